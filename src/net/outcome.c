#include <config.h>

#include "net/outcome.h"

#include <stdbool.h>
#include <string.h>

#include "net/retry.h"
#include "net/url.h"

enum { MAX_REDIRECTS = 5 };

static bool is_redirect(long status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Leads REQUEST to where RESPONSE says, if it says so and may. OUTCOME_MOVED, or OUTCOME_DELIVER
   (with *err when the redirect is refused). */
static enum outcome redirect(struct request *request, const struct http_response *response,
                             struct error **err) {
  const char *location = http_header(response, "Location");
  if (!location || (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0))
    return OUTCOME_DELIVER;
  if (request->redirects >= MAX_REDIRECTS) {
    error_set(err, STATUS_SERVER_ERROR, "%s: more than %d redirects", response->url,
              (int)MAX_REDIRECTS);
    return OUTCOME_DELIVER;
  }
  char *target = url_redirect(request->target, location, err);
  return target && request_redirect(request, target, err) == 0 ? OUTCOME_MOVED : OUTCOME_DELIVER;
}

enum outcome outcome_of(const struct transfer *transfer, struct request *request,
                        const struct http_response *response, unsigned max_retries,
                        enum queue_result *result, struct error **err) {
  bool again;
  *result = QUEUE_FAILED;
  if (response->error) {
    again =
        (response->error->status == STATUS_NETWORK || response->error->status == STATUS_TIMEOUT) &&
        !transfer_is_refused(transfer);
  } else if (request->follow && is_redirect(response->status)) {
    *result = QUEUE_OK;
    return redirect(request, response, err);
  } else {
    bool asked = !retry_status_is_transient(response->status) && request->transient &&
                 request->transient(response);
    again = asked || retry_status_is_transient(response->status);
    if (asked || response->status == 429 || response->status == 503)
      *result = QUEUE_THROTTLED;
    else if (!again)
      *result = QUEUE_OK;
  }
  /* A row that says when to come back serves better than a run of hours. */
  return again && !response->advice && request->retries < max_retries ? OUTCOME_RETRY
                                                                      : OUTCOME_DELIVER;
}
