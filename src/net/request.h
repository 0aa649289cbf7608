/* A request as it waits, is tried, and waits again: the copy of what was asked, and where it is
   now. Secrets in it are wiped when it is freed. */
#ifndef OCIDUP_NET_REQUEST_H
#define OCIDUP_NET_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/redact.h"
#include "net/http.h"

struct request {
  /* As asked, owned. */
  char *method;
  char *url;
  char **headers; /* ends with NULL */
  char *authorization;
  char *body;
  size_t body_length;
  bool is_signed;
  char *region;
  char *service;
  char *access_key_id;
  char *secret_access_key;
  char *session_token;
  char *lane;      /* NULL: none */
  char *operation; /* NULL: none */
  size_t max_body;
  bool metered;
  bool follow;
  bool named; /* by a server of another host */
  bool (*transient)(const struct http_response *response);
  void (*tried)(void *arg);
  const struct ca *ca; /* borrowed; NULL: the loop's */
  http_done_fn *done;
  void *arg;

  /* Where it is. */
  char *target;       /* URL of this try: `url`, or where redirects led; owned */
  char *origin;       /* of `target`; owned */
  bool foreign;       /* a redirect of this try left the origin: nothing secret is sent any more */
  unsigned redirects; /* of this try */
  unsigned retries;
  struct error *error; /* refused before it was tried; owned */

  /* For the queue. */
  struct request *next;
  uint64_t sequence; /* in the order of sending; a retry keeps its place */
  int64_t due;       /* monotonic milliseconds: not before */
  struct queue_host *host;
  unsigned epoch; /* of the host's limit when it was started */
};

/* A copy of REQUEST. What cannot be asked (an URL that is none, a line break in a header) is in
   `error`. */
struct request *request_new(const struct http_request *request, http_done_fn *done, void *arg);

/* Back to the URL as asked, for a new try. */
void request_restart(struct request *request);

/* Leads it to TARGET (taken over). 0, or -1 with *err when TARGET may not be asked. */
int request_redirect(struct request *request, char *target, struct error **err);

/* Tells REDACTOR what must not be shown of what is sent: keys, tokens and passwords wherever they
   stand; values of headers, of the query and of the body that may be such. */
void request_teach(const struct request *request, struct redactor *redactor);

/* NULL is allowed. */
void request_free(struct request *request);

#endif
