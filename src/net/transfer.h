/* One try of one request on one libcurl handle: its options, what comes, and what its end means.
   Decides nothing about retries and redirects. (http_header and http_header_each are here too.) */
#ifndef OCIDUP_NET_TRANSFER_H
#define OCIDUP_NET_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>

#include <curl/curl.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "net/ca.h"
#include "net/overlap.h"
#include "net/request.h"
#include "net/trace.h"

/* What all tries have in common; borrowed. */
struct transfer_options {
  long timeout; /* seconds without progress */
  struct ca ca; /* unless the request has one of its own */
  bool direct;  /* by no proxy */
  const char *user_agent;
  const struct trace *trace; /* NULL: none */
  struct transfer **large;   /* whose body may grow beyond the usual; the others are paused */
  uint64_t *clock;           /* of net/overlap */
  bool one_at_a_time;        /* on a connection: no HTTP/2 */
};

struct transfer {
  struct transfer
      *previous; /* in the loop's list of those under way, or of idle ones (next only) */
  struct transfer *next;
  struct overlap overlap; /* `ended`: libcurl's part of the try is over, with CODE: */
  CURLcode code;
  uint64_t *clock;
  struct transfer *next_ended; /* in the loop's list of those */
  struct request *request;     /* owned while under way */
  CURL *easy;                  /* kept from try to try, for its connections */
  const struct trace *trace;
  unsigned long number; /* of the try, for the trace */
  struct curl_slist *headers;
  struct strbuf body;
  struct transfer **large;
  const struct ca *ca; /* of this try */
  bool direct;         /* this try is by no proxy */
  bool waits;          /* for a connection that is being made, to share it */
  bool on_link;        /* a name was not followed to this machine's link */
  bool paused;         /* its body has no room until the large one is done */
  size_t header_bytes;
  bool body_too_large;
  bool headers_too_large;
  bool cut; /* the body of an answer that is no success, left where it passed max_body */
  char reason[CURL_ERROR_SIZE];
};

/* NULL when libcurl gives no handle. */
struct transfer *transfer_new(void);

/* Sets up TRANSFER for a try of REQUEST (taken over; to be taken back by transfer_end), the
   NUMBER-th. 0, or -1 when libcurl takes an option not. */
int transfer_begin(struct transfer *transfer, struct request *request,
                   const struct transfer_options *options, unsigned long number);

/* What CODE, the end of the try, means: 0 when there is an HTTP answer to hand on, or -1 with *err
   (network, tls, timeout, too_large), whose message is libcurl's and may hold anything. */
int transfer_result(const struct transfer *transfer, CURLcode code, struct error **err);

/* True when what came may be another's answer: HTTP/1.1 on a connection that was shared. */
bool transfer_is_mixed(const struct transfer *transfer);

/* True when a proxy refused to lead there, and will again. */
bool transfer_is_refused(const struct transfer *transfer);

/* Lets the body of a paused one grow: it is the large one now. */
void transfer_resume(struct transfer *transfer);

/* Forgets the try, wipes what came and gives the request back; the handle stays. */
struct request *transfer_end(struct transfer *transfer);

/* Ended ones only. NULL is allowed. */
void transfer_free(struct transfer *transfer);

#endif
