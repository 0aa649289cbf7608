/* When and how long a failed try waits for the next one. Pure functions; the loop and its clock
   are http.c's. (http_retry_after is here too.) */
#ifndef OCIDUP_NET_RETRY_H
#define OCIDUP_NET_RETRY_H

#include <stdbool.h>
#include <stdint.h>

/* Milliseconds before the first retry, at most; doubled for each further one. */
#define RETRY_BACKOFF_MS 200
/* No backoff is longer, milliseconds. */
#define RETRY_BACKOFF_MAX_MS 20000
/* What a server can ask for by Retry-After, seconds. */
#define RETRY_AFTER_MAX 120

/* True for the HTTP statuses that are transient whoever sends them: 429, 500, 502, 503, 504. */
bool retry_status_is_transient(long http_status);

/* Milliseconds to wait before the retry after RETRIES earlier ones. Without RETRY_AFTER (seconds,
   -1: none) anything from 0 to the backoff, "full jitter": clients that failed together do not
   come back together. With it, that long and up to BASE_MS more. RANDOM is 64 random bits. */
int64_t retry_delay(unsigned retries, long base_ms, long retry_after, uint64_t random);

#endif
