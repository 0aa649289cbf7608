/* Which request is next: of the hosts that may be asked that with the fewest under way, so that a
   slow one does not take all places; of its requests the first that came. Under a cap on all under
   way and one on those to each host, which shrinks when the host throttles and grows again
   (additive increase, multiplicative decrease); calls of an operation are paced instead (net/pace).
   A host is an origin and a lane (see net/http), and shares its cap among its operations.
   Retries wait here too, outside both caps. Starts nothing itself. */
#ifndef OCIDUP_NET_QUEUE_H
#define OCIDUP_NET_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/request.h"

struct queue;

/* JOBS under way at most, JOBS_PER_HOST of them to one host; both at least 1. */
struct queue *queue_new(size_t jobs, size_t jobs_per_host);

/* Calls of an operation are never spaced to fewer than RATE a second. Before the first queue_add.
 */
void queue_set_slowest(struct queue *queue, double rate);

/* Adds REQUEST by its origin, behind those with a smaller sequence. Here and below the queue
   borrows the request until queue_next or queue_drain gives it back. */
void queue_add(struct queue *queue, struct request *request);

/* Keeps REQUEST until its `due`. */
void queue_delay(struct queue *queue, struct request *request);

/* It is NOW: adds all delayed requests that are due. */
void queue_wake(struct queue *queue, int64_t now);

/* When to come again though no answer came: the first delayed one is due, or one that only waits
   for its pace may go; -1: none does. */
int64_t queue_next_due(const struct queue *queue);

/* Takes the next request that may start, and counts it as under way; NULL: none now. */
struct request *queue_next(struct queue *queue);

/* UNREACHED: there was no connection to send it on. */
enum queue_result { QUEUE_OK, QUEUE_THROTTLED, QUEUE_FAILED, QUEUE_UNREACHED };

/* REQUEST is no longer under way. Returns the new limit when the host's limit was lowered, else 0:
   answers to what was started before the last lowering do not lower it again. With an operation the
   limit is one of calls a second. */
size_t queue_release(struct queue *queue, struct request *request, enum queue_result result);

/* True when the last request to REQUEST's host that ended had no connection. REQUEST is one that
   queue_next gave. */
bool queue_is_unreached(const struct request *request);

/* A host that speaks TLS may speak HTTP/2, over one connection, as long as it gets no more requests
   at a time than one takes: servers and libcurl take 100. Until it is known that it does not it
   gets so many, at most. */
#define QUEUE_STREAMS 100

/* The host of REQUEST, which is under way, speaks HTTP/1: each request has a connection. */
void queue_widen(struct queue *queue, const struct request *request);

/* The lowest limit of a host that may not have all its places now; 0: all may. *A_SECOND is the
   lowest pace of the operations that are asked now, in calls a second; 0: none is paced. */
size_t queue_lowest_limit(const struct queue *queue, size_t *a_second);

/* How many wait for a free place, are under way, are delayed. */
size_t queue_queued(const struct queue *queue);
size_t queue_active(const struct queue *queue);
size_t queue_delayed(const struct queue *queue);

/* Takes any request that waits or is delayed; NULL: none. */
struct request *queue_drain(struct queue *queue);

/* Must be empty. NULL is allowed. */
void queue_free(struct queue *queue);

#endif
