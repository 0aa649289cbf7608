/* How many requests a server gives in hours, as Docker Hub does with its pulls and tells by
   RateLimit-Limit and RateLimit-Remaining ("76;w=21600": 76 more, of a window of six hours). Owns
   what was told and whether more may be asked; which requests count is said by who asks (`metered`
   in net/http.h). Limits over a shorter time are not its business: Retry-After and backoff deal
   with these. https://docs.docker.com/docker-hub/usage/pulls/ */
#ifndef OCIDUP_NET_QUOTA_H
#define OCIDUP_NET_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What Docker Hub counts by: an address, or an account. */
#define QUOTA_SOURCE_MAX 80

/* All zero: nothing is known. */
struct quota {
  long limit;     /* 0: not told */
  long window;    /* seconds; 0: nothing was told */
  long remaining; /* of the last answer */
  size_t under_way;
  int64_t until; /* Unix seconds: until then nothing more is given */
  char source[QUOTA_SOURCE_MAX];
};

enum quota_answer { QUOTA_MAY, QUOTA_WAIT, QUOTA_SPENT };

/* Whether a request that counts may be sent at NOW (Unix seconds). QUOTA_WAIT: those under way may
   be the last ones, what they bring will tell. */
enum quota_answer quota_ask(const struct quota *quota, int64_t now);

/* One that counts is sent, and has ended with or without an answer. */
void quota_sent(struct quota *quota);
void quota_ended(struct quota *quota);

/* What an answer to any request says of it: values of headers, NULL where there is none. */
struct quota_told {
  long status;
  const char *retry_after, *limit, *remaining, *reset, *source;
};

/* True when TOLD is the first that tells anything. */
bool quota_take(struct quota *quota, const struct quota_told *told, int64_t now);

/* "76 of 100 left, of 6 hours (192.0.2.1)"; caller frees. `window` is told. */
char *quota_text(const struct quota *quota);

/* "100 in 6 hours are used up: try again after 2024-01-02T03:04:05Z"; caller frees. It is spent. */
char *quota_spent_text(const struct quota *quota);

#endif
