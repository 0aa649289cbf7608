/* What is to be done when a try has ended: hand it on, try again, or go where it is led. Decides,
   and leads the request there; queues, limits and clocks are http.c's. */
#ifndef OCIDUP_NET_OUTCOME_H
#define OCIDUP_NET_OUTCOME_H

#include "base/error.h"
#include "net/http.h"
#include "net/queue.h"
#include "net/request.h"
#include "net/transfer.h"

enum outcome { OUTCOME_DELIVER, OUTCOME_RETRY, OUTCOME_MOVED };

/* Judges RESPONSE, the end of TRANSFER's try of REQUEST, which may be tried MAX_RETRIES times more
   than once. *RESULT is what it tells of the host. With *err, OUTCOME_DELIVER is of that instead: a
   redirect that is refused. */
enum outcome outcome_of(const struct transfer *transfer, struct request *request,
                        const struct http_response *response, unsigned max_retries,
                        enum queue_result *result, struct error **err);

#endif
