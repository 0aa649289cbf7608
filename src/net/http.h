/* HTTP for everything that talks: one curl_multi loop, a cap on requests under way (all, and per
   host), retries with backoff and jitter, redirects that never carry credentials to another
   origin, bodies with a mandatory maximum, AWS Signature Version 4 by libcurl. Knows no registry
   and no AWS service: callers say what may be retried. Not thread-safe; callbacks run inside
   http_run and may send more, but neither run nor free. What it hands out for people (messages of
   errors, notes, bodies of answers that are no success) holds no secret of a request. Proxies are
   those of the environment, as libcurl reads it, but never for loopback and link-local hosts. The
   process must ignore SIGPIPE. */
#ifndef OCIDUP_NET_HTTP_H
#define OCIDUP_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct ca;
struct http;
struct http_watch; /* net/watch.h */

struct http_options {
  size_t jobs; /* requests under way at once, at most; 0: the default, 32; no more than 1024 */
  size_t
      jobs_per_host; /* of them to one host (scheme, name and port) and lane; 0: no other limit */
  unsigned max_retries; /* tries after the first */
  long timeout; /* seconds without progress (connecting, or less than 100 bytes a second) before a
                   try fails; 0: 30. With progress, a try may take 10 times as long and 5 minutes */
  long backoff_ms; /* milliseconds before a first retry, at most; doubled for each next one, up to
                      20 s; 0: 200 */
  bool direct;     /* never by a proxy, whatever the environment says */
  const struct ca *ca;    /* which certificates are trusted (net/ca.h); NULL: the system's */
  const char *user_agent; /* NULL: "ocidup/VERSION" */
  int stop_fd;            /* when readable, http_run ends early; -1: none */
  /* Called for each retry and other event worth a -v line; NULL: none. TEXT holds no secret. */
  void (*note)(void *arg, const char *text);
  /* Called for what is sent and what comes, a line or two each, as -vv shows it (net/trace), with
     note_arg; NULL: none. TEXT holds no secret. */
  void (*trace)(void *arg, const char *text);
  void *note_arg;
  /* Shared with other loops, borrowed: counts requests, and learns and takes out secrets. NULL: one
     of its own. */
  struct http_watch *watch;
  /* Called some times a second while http_run works, for a display; NULL: none. The slowest
     throttling host gets AT_A_TIME requests at a time, the slowest operation that is throttled so
     many calls A_SECOND; 0: none is. */
  void (*tick)(void *arg, size_t at_a_time, size_t a_second);
  void *tick_arg;
};

/* Signing for AWS: borrowed strings, copied by http_send. */
struct http_signature {
  const char *region;
  const char *service;
  const char *access_key_id;
  const char *secret_access_key;
  const char *session_token; /* NULL: none */
};

struct http_response;

struct http_request {
  const char *method;         /* "GET", "HEAD", "POST" or "PUT" */
  const char *url;            /* http or https */
  const char *from;           /* URL or origin of the server that named `url`; NULL: none did. Where
                                 a server leads, also by a redirect, by plain http no name of another
                                 host is followed to this machine's link */
  const char *const *headers; /* "Name: value", ends with NULL; NULL: none */
  const char *authorization;  /* value of Authorization; dropped when a redirect leaves the
                                 origin (scheme, host, port); NULL: none */
  const char *body;           /* for POST and PUT */
  size_t body_length;
  const struct http_signature *signature; /* NULL: not signed; signed requests follow no redirect */
  const char *lane; /* who asks, for hosts that count the requests of each apart: limits are those
                       of a host and lane, and each gets its share of `jobs`; NULL: nobody named */
  const char *operation; /* what is asked, for hosts that throttle each by a token bucket: calls of
                            it are spaced, once they throttle, as net/pace says; NULL: a host that
                            throttles gets fewer requests at a time */
  size_t max_body; /* mandatory: more bytes than this is STATUS_TOO_LARGE; of an answer that is no
                      success (HTTP status 300 and up) the rest is left out instead, and what is
                      beyond 64 KiB */
  bool metered; /* counts where a server gives so many in hours (net/quota): when they are used up
                   it is not sent, but STATUS_RATE_LIMITED */
  bool follow;  /* follow up to 5 redirects (301, 302, 303, 307, 308) of GET and HEAD; https
                   never leads to http; another origin gets of the headers only Accept */
  /* Whether this response is a transient failure to be retried, beside 429, 500, 502, 503, 504
     and broken transfers, which always are; NULL: no other. */
  bool (*transient)(const struct http_response *response);
  /* Called with DONE's ARG when a try ended and there will be another; NULL: nobody asks. */
  void (*tried)(void *arg);
  const struct ca *ca; /* instead of the options'; NULL: those. Borrowed until DONE was called */
};

/* What came. Borrowed: valid during the callback. */
struct http_response {
  const struct error *error; /* no usable answer: network, tls, timeout, too_large, server_error (a
                                redirect that is refused, an answer that is no HTTP), unsupported (a
                                request that is no sound one), rate_limited (not sent, see
                                `metered`), local (stopped); else NULL. Its
                                message is "URL: reason", without secrets */
  long status;               /* HTTP status; 0 with error */
  const char *body;          /* NUL-terminated behind its end */
  size_t length;
  const char *url;    /* the last one asked, for messages; without its query */
  unsigned retries;   /* how many were made */
  const char *advice; /* when a limit over hours is used up, what to tell of that; else NULL */
  void *headers;      /* for http_header */
};

/* Value of response header NAME (any case), the first of them when several; NULL: none. Borrowed
   like the response. */
const char *http_header(const struct http_response *response, const char *name);

/* Calls EACH for every value of header NAME (challenges may come in several). */
void http_header_each(const struct http_response *response, const char *name,
                      void (*each)(void *arg, const char *value), void *arg);

typedef void http_done_fn(void *arg, const struct http_response *response);

/* OPTIONS is copied, its strings too. NULL with *err when libcurl is not usable. */
struct http *http_new(const struct http_options *options, struct error **err);

/* Queues a request (everything in it is copied). DONE is called exactly once for it from http_run
   (or from http_free, with an error, when it did not finish). A host that throttles (429, 503, or
   `transient`) gets half as many requests at a time, and one more again for each round of
   successes. A request that waits for its retry takes no place among the `jobs`. */
void http_send(struct http *http, const struct http_request *request, http_done_fn *done,
               void *arg);

/* For a callback that has much to do yet before it returns: what can be begun of what was queued is
   begun now. */
void http_hurry(struct http *http);

/* Queues a failure instead of a request: DONE is called from http_run with ERROR (copied), as if
   that had come of one. For what is found out before there is something to send. */
void http_send_error(struct http *http, const struct error *error, http_done_fn *done, void *arg);

/* FEED is asked for more work whenever fewer requests than `jobs` are queued and under way, unless
   many more wait for a retry (8 times `jobs` bounds all). It sends some and returns true, or
   returns false when it has none now (it is asked again after the next response). One feeder at a
   time: another takes its place, NULL takes it away. */
void http_feed(struct http *http, bool (*feed)(void *arg), void *arg);

/* Works until there is nothing queued or under way and the feeder has nothing. 0; or -1 with *err
   when the loop itself broke or stop_fd became readable. */
int http_run(struct http *http, struct error **err);

/* Unfinished requests get their DONE (STATUS_LOCAL, "stopped"), so free it before what those use.
   NULL is allowed. */
void http_free(struct http *http);

/* For messages: URL without user info, query and fragment, sanitised; caller frees. */
char *http_url_display(const char *url);

/* Makes a status of an HTTP status that is no success: 401 unauthorized, 403 denied, 404
   not_found, 429 rate_limited, 408 timeout, others server_error. */
enum status http_status_failure(long http_status);

/* Seconds to wait that a Retry-After value asks for (seconds, or an HTTP date against NOW, Unix
   time), within 0 to MAX (at least 0); -1 when it is neither. RFC 9110, 10.2.3. */
long http_retry_after(const char *value, int64_t now, long max);

#endif
