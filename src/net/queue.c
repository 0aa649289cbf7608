#include <config.h>

#include "net/queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hashmap.h"
#include "base/xalloc.h"
#include "net/pace.h"

/* One origin and lane. */
struct lane {
  char *key;
  size_t active;
};

/* One operation of a lane. They stay until the end: there are few, and they remember their limits.
 */
struct queue_host {
  char *key;
  struct lane *lane;
  bool paced;
  struct pace pace;
  struct request *first; /* by sequence */
  struct request *last;
  size_t active;
  size_t limit;
  size_t most;                      /* that the limit may be */
  size_t successes;                 /* since the limit changed */
  unsigned epoch;                   /* counts lowerings */
  bool unreached;                   /* for the last one that ended there was no connection */
  struct queue_host *previous_busy; /* the hosts for which something waits */
  struct queue_host *next_busy;
};

struct queue {
  size_t jobs;
  size_t jobs_per_host;
  double slowest; /* pace */
  int64_t now;    /* of the last queue_wake */
  struct hashmap *lanes, *hosts;
  struct queue_host *busy;
  size_t queued;
  size_t active;
  /* A binary heap by `due`, then sequence. */
  struct request **delayed;
  size_t delayed_count;
  size_t delayed_capacity;
};

struct queue *queue_new(size_t jobs, size_t jobs_per_host) {
  struct queue *queue = xcalloc(1, sizeof *queue);
  queue->jobs = jobs;
  queue->jobs_per_host = jobs_per_host < jobs ? jobs_per_host : jobs;
  queue->lanes = hashmap_new();
  queue->hosts = hashmap_new();
  return queue;
}

void queue_set_slowest(struct queue *queue, double rate) {
  queue->slowest = rate;
}

static struct lane *find_lane(struct queue *queue, const struct request *request) {
  cleanup(cleanup_free) char *key =
      xasprintf("%s %s", request->origin, request->lane ? request->lane : "");
  struct lane *lane = hashmap_get(queue->lanes, key);
  if (!lane) {
    lane = xcalloc(1, sizeof *lane);
    lane->key = key;
    key = NULL;
    hashmap_put(queue->lanes, lane->key, lane);
  }
  return lane;
}

static struct queue_host *find_host(struct queue *queue, const struct request *request) {
  const char *operation = request->operation ? request->operation : "";
  cleanup(cleanup_free) char *key =
      xasprintf("%s %s %s", request->origin, operation, request->lane ? request->lane : "");
  struct queue_host *host = hashmap_get(queue->hosts, key);
  if (!host) {
    host = xcalloc(1, sizeof *host);
    host->key = key;
    key = NULL;
    host->lane = find_lane(queue, request);
    host->paced = request->operation;
    host->pace.slowest = queue->slowest;
    host->most = queue->jobs_per_host;
    if (strncmp(request->origin, "https:", 6) == 0 && host->most > QUEUE_STREAMS)
      host->most = QUEUE_STREAMS;
    host->limit = host->most;
    hashmap_put(queue->hosts, host->key, host);
  }
  return host;
}

void queue_add(struct queue *queue, struct request *request) {
  struct queue_host *host = find_host(queue, request);
  request->host = host;
  if (!host->first) {
    host->previous_busy = NULL;
    host->next_busy = queue->busy;
    if (queue->busy)
      queue->busy->previous_busy = host;
    queue->busy = host;
  }
  if (!host->last || host->last->sequence < request->sequence) {
    request->next = NULL;
    if (host->last)
      host->last->next = request;
    else
      host->first = request;
    host->last = request;
  } else {
    /* A retry or a redirected one: older than most, so its place is near the front. */
    struct request **place = &host->first;
    while (*place && (*place)->sequence < request->sequence)
      place = &(*place)->next;
    request->next = *place;
    *place = request;
  }
  queue->queued++;
}

/* Takes the first request of HOST, which has one. */
static struct request *shift(struct queue *queue, struct queue_host *host) {
  struct request *request = host->first;
  host->first = request->next;
  request->next = NULL;
  if (!host->first) {
    host->last = NULL;
    if (host->previous_busy)
      host->previous_busy->next_busy = host->next_busy;
    else
      queue->busy = host->next_busy;
    if (host->next_busy)
      host->next_busy->previous_busy = host->previous_busy;
  }
  queue->queued--;
  return request;
}

/* Whether there is a place for one more of HOST. */
static bool has_place(const struct queue *queue, const struct queue_host *host) {
  return queue->active < queue->jobs && host->active < host->limit &&
         host->lane->active < queue->jobs_per_host;
}

static bool is_first(const struct queue_host *a, const struct queue_host *b) {
  if (a->lane->active != b->lane->active)
    return a->lane->active < b->lane->active;
  return a->first->sequence < b->first->sequence;
}

struct request *queue_next(struct queue *queue) {
  struct queue_host *next = NULL;
  for (struct queue_host *host = queue->busy; host; host = host->next_busy)
    if (has_place(queue, host) && pace_wait(&host->pace, queue->now) == 0 &&
        (!next || is_first(host, next)))
      next = host;
  if (!next)
    return NULL;
  struct request *request = shift(queue, next);
  request->epoch = next->paced ? pace_call(&next->pace, queue->now) : next->epoch;
  next->active++;
  next->lane->active++;
  queue->active++;
  return request;
}

size_t queue_release(struct queue *queue, struct request *request, enum queue_result result) {
  struct queue_host *host = request->host;
  host->active--;
  host->lane->active--;
  queue->active--;
  host->unreached = result == QUEUE_UNREACHED;
  if (host->paced) {
    if (result == QUEUE_OK)
      pace_success(&host->pace, request->epoch, queue->now, host->active);
    return result == QUEUE_THROTTLED && pace_throttled(&host->pace, request->epoch, queue->now)
               ? (size_t)(host->pace.rate + 0.5)
               : 0;
  }
  if (result == QUEUE_THROTTLED && request->epoch == host->epoch) {
    host->successes = 0;
    if (host->limit == 1)
      return 0;
    host->epoch++;
    host->limit /= 2;
    return host->limit;
  }
  if (result == QUEUE_OK && host->limit < host->most && ++host->successes >= host->limit) {
    host->limit++;
    host->successes = 0;
  }
  return 0;
}

bool queue_is_unreached(const struct request *request) {
  return request->host->unreached;
}

void queue_widen(struct queue *queue, const struct request *request) {
  struct queue_host *host = request->host;
  if (host->limit == host->most)
    host->limit = queue->jobs_per_host;
  host->most = queue->jobs_per_host;
}

struct lowest {
  size_t limit;
  double rate;
};

static void lower(void *arg, const char *key, void *value) {
  (void)key;
  struct lowest *lowest = arg;
  const struct queue_host *host = value;
  if (host->limit < host->most && host->limit < lowest->limit)
    lowest->limit = host->limit;
  bool asked = host->first || host->active > 0;
  if (asked && host->pace.rate > 0 && (lowest->rate <= 0 || host->pace.rate < lowest->rate))
    lowest->rate = host->pace.rate;
}

size_t queue_lowest_limit(const struct queue *queue, size_t *a_second) {
  struct lowest lowest = {.limit = queue->jobs_per_host};
  hashmap_each(queue->hosts, lower, &lowest);
  *a_second = (size_t)(lowest.rate + 0.5);
  return lowest.limit < queue->jobs_per_host ? lowest.limit : 0;
}

static bool is_before(const struct request *a, const struct request *b) {
  return a->due != b->due ? a->due < b->due : a->sequence < b->sequence;
}

void queue_delay(struct queue *queue, struct request *request) {
  queue->delayed =
      xgrow(queue->delayed, queue->delayed_count, &queue->delayed_capacity, sizeof *queue->delayed);
  size_t at = queue->delayed_count++;
  while (at > 0 && is_before(request, queue->delayed[(at - 1) / 2])) {
    queue->delayed[at] = queue->delayed[(at - 1) / 2];
    at = (at - 1) / 2;
  }
  queue->delayed[at] = request;
}

/* Takes the delayed request that is due first; there is one. */
static struct request *pop_delayed(struct queue *queue) {
  struct request *first = queue->delayed[0];
  struct request *moved = queue->delayed[--queue->delayed_count];
  size_t count = queue->delayed_count;
  size_t at = 0;
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= count)
      break;
    if (child + 1 < count && is_before(queue->delayed[child + 1], queue->delayed[child]))
      child++;
    if (!is_before(queue->delayed[child], moved))
      break;
    queue->delayed[at] = queue->delayed[child];
    at = child;
  }
  queue->delayed[at] = moved;
  return first;
}

void queue_wake(struct queue *queue, int64_t now) {
  queue->now = now;
  while (queue->delayed_count > 0 && queue->delayed[0]->due <= now)
    queue_add(queue, pop_delayed(queue));
}

int64_t queue_next_due(const struct queue *queue) {
  int64_t due = queue->delayed_count > 0 ? queue->delayed[0]->due : -1;
  for (const struct queue_host *host = queue->busy; host; host = host->next_busy) {
    int64_t wait = has_place(queue, host) ? pace_wait(&host->pace, queue->now) : 0;
    if (wait > 0 && (due < 0 || queue->now + wait < due))
      due = queue->now + wait;
  }
  return due;
}

size_t queue_queued(const struct queue *queue) {
  return queue->queued;
}

size_t queue_active(const struct queue *queue) {
  return queue->active;
}

size_t queue_delayed(const struct queue *queue) {
  return queue->delayed_count;
}

struct request *queue_drain(struct queue *queue) {
  if (queue->busy)
    return shift(queue, queue->busy);
  return queue->delayed_count > 0 ? pop_delayed(queue) : NULL;
}

static void free_lane(void *arg, const char *key, void *value) {
  (void)arg;
  (void)key;
  struct lane *lane = value;
  free(lane->key);
  free(lane);
}

static void free_host(void *arg, const char *key, void *value) {
  (void)arg;
  (void)key;
  struct queue_host *host = value;
  free(host->key);
  free(host);
}

void queue_free(struct queue *queue) {
  if (!queue)
    return;
  hashmap_each(queue->hosts, free_host, NULL);
  hashmap_free(queue->hosts);
  hashmap_each(queue->lanes, free_lane, NULL);
  hashmap_free(queue->lanes);
  free(queue->delayed);
  free(queue);
}
