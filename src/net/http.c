#include <config.h>

#include "net/http.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "base/cleanup.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "net/ca.h"
#include "net/loop.h"
#include "net/outcome.h"
#include "net/queue.h"
#include "net/quota.h"
#include "net/request.h"
#include "net/retry.h"
#include "net/trace.h"
#include "net/transfer.h"
#include "net/url.h"
#include "net/watch.h"

enum {
  DEFAULT_JOBS = 32,
  MAX_JOBS = 1024,
  DEFAULT_TIMEOUT = 30,
  MAX_TIMEOUT = 24 * 60 * 60,
  /* Requests in memory for each job, before the feeder is not asked for more. */
  FED_PER_JOB = 8,
  MAX_WAIT_MS = 1000,
  TICK_MS = 200,
  /* Until it is looked again whether a server that gives so many requests gives one more. */
  QUOTA_WAIT_MS = 50
};

struct http {
  struct transfer_options transfer;
  char *user_agent;
  size_t jobs;
  unsigned max_retries;
  long backoff_ms;
  void (*note)(void *arg, const char *text);
  void *note_arg;
  struct trace trace;
  struct http_watch *watch;
  struct http_watch *own_watch; /* NULL: it is somebody else's */
  void (*tick)(void *arg, size_t at_a_time, size_t a_second);
  void *tick_arg;
  int64_t next_tick;

  struct loop *loop;
  struct queue *queue;
  struct transfer *active;
  struct transfer *ended; /* of them: that wait to be finished, in the order of their requests */
  size_t ended_bytes;     /* of their bodies */
  struct transfer *idle;
  struct transfer *large; /* of those under way, the one whose body is */
  uint64_t clock;         /* of net/overlap */
  /* Requests with an error from the start, oldest first: even they end in http_run only. */
  struct request *refused;
  struct request **refused_end;
  uint64_t sequence;
  bool (*feed)(void *arg);
  void *feed_arg;
  bool running;
};

/* Bodies that wait while the network is looked at. */
#define ENDED_MAX ((size_t)256 * 1024)

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Only for jitter: when there is no entropy, a fixed one does no harm. */
static uint64_t random_bits(void) {
  uint64_t bits = 0;
  unsigned char bytes[sizeof bits];
  if (RAND_bytes(bytes, sizeof bytes) == 1)
    memcpy(&bits, bytes, sizeof bits);
  return bits;
}

struct http *http_new(const struct http_options *options, struct error **err) {
  /* It copies keys and tokens, and frees them as they are. */
  if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, secret_free_block, secret_realloc, strdup,
                           calloc) != CURLE_OK) {
    error_set(err, STATUS_LOCAL, "libcurl cannot be used");
    return NULL;
  }
  size_t jobs = options->jobs > 0 ? options->jobs : DEFAULT_JOBS;
  if (jobs > MAX_JOBS)
    jobs = MAX_JOBS;
  /* No connection is closed while its host may be asked again soon. */
  struct loop *loop = loop_new(jobs, options->stop_fd);
  if (!loop) {
    curl_global_cleanup();
    error_set(err, STATUS_LOCAL, "libcurl cannot be used");
    return NULL;
  }
  struct http *http = xcalloc(1, sizeof *http);
  http->loop = loop;
  http->jobs = jobs;
  http->max_retries = options->max_retries;
  http->backoff_ms = options->backoff_ms > 0 ? options->backoff_ms : RETRY_BACKOFF_MS;
  http->note = options->note;
  http->note_arg = options->note_arg;
  if (!options->watch)
    http->own_watch = http_watch_new();
  http->watch = options->watch ? options->watch : http->own_watch;
  if (options->trace) {
    http->trace = (struct trace){.line = options->trace,
                                 .arg = options->note_arg,
                                 .redactor = http_watch_redactor(http->watch)};
    http->transfer.trace = &http->trace;
  }
  http->tick = options->tick;
  http->tick_arg = options->tick_arg;
  http->user_agent = xstrdup(options->user_agent ? options->user_agent : "ocidup/" PACKAGE_VERSION);
  if (options->ca)
    ca_copy(&http->transfer.ca, options->ca);
  http->transfer.direct = options->direct;
  http->transfer.large = &http->large;
  http->transfer.clock = &http->clock;
  http->transfer.user_agent = http->user_agent;
  http->transfer.timeout = options->timeout > 0 ? options->timeout : DEFAULT_TIMEOUT;
  if (http->transfer.timeout > MAX_TIMEOUT)
    http->transfer.timeout = MAX_TIMEOUT;
  http->queue =
      queue_new(http->jobs, options->jobs_per_host > 0 ? options->jobs_per_host : http->jobs);
  /* A call that waits for its turn waits no longer than for a first retry. */
  queue_set_slowest(http->queue, 1000.0 / (double)http->backoff_ms);
  http->refused_end = &http->refused;
  return http;
}

static void add_refused(struct http *http, struct request *request) {
  *http->refused_end = request;
  http->refused_end = &request->next;
}

void http_send(struct http *http, const struct http_request *asked, http_done_fn *done, void *arg) {
  struct request *request = request_new(asked, done, arg);
  request->sequence = http->sequence++;
  request_teach(request, http_watch_redactor(http->watch));
  redact_error(http_watch_redactor(http->watch), request->error);
  if (request->error) {
    add_refused(http, request);
  } else {
    queue_add(http->queue, request);
  }
}

void http_send_error(struct http *http, const struct error *error, http_done_fn *done, void *arg) {
  struct request *request =
      request_new(&(struct http_request){.method = "GET", .url = "http://localhost/"}, done, arg);
  error_free(request->error);
  request->error = error_copy(error);
  redact_error(http_watch_redactor(http->watch), request->error);
  add_refused(http, request);
}

void http_feed(struct http *http, bool (*feed)(void *arg), void *arg) {
  http->feed = feed;
  http->feed_arg = arg;
}

/* REQUEST ends with an error and no transfer. */
static void refuse(struct request *request, const struct error *error) {
  cleanup(cleanup_free) char *shown = http_url_display(request->target);
  struct http_response response = {
      .error = error, .body = "", .url = shown, .retries = request->retries};
  request->done(request->arg, &response);
  request_free(request);
}

static struct request *take_refused(struct http *http) {
  struct request *request = http->refused;
  if (request) {
    http->refused = request->next;
    if (!http->refused)
      http->refused_end = &http->refused;
  }
  return request;
}

static void refuse_all(struct http *http) {
  for (struct request *request; (request = take_refused(http));)
    refuse(request, request->error);
}

static struct transfer *take_idle(struct http *http) {
  struct transfer *transfer = http->idle;
  if (!transfer)
    return transfer_new();
  http->idle = transfer->next;
  return transfer;
}

static void put_idle(struct http *http, struct transfer *transfer) {
  transfer->next = http->idle;
  http->idle = transfer;
}

/* Puts a transfer whose request left it among the idle ones. */
static struct request *detach(struct http *http, struct transfer *transfer) {
  if (transfer->previous)
    transfer->previous->next = transfer->next;
  else
    http->active = transfer->next;
  if (transfer->next)
    transfer->next->previous = transfer->previous;
  loop_remove(http->loop, transfer->easy);
  struct request *request = transfer_end(transfer);
  put_idle(http, transfer);
  if (http->large == transfer) {
    http->large = http->active;
    while (http->large && !http->large->paused)
      http->large = http->large->next;
    if (http->large)
      transfer_resume(http->large);
  }
  return request;
}

/* True when REQUEST, which queue_next gave, may not be sent now: its host gives no more, or it is
   not known whether it does. */
static bool hold_back(struct http *http, struct request *request) {
  if (!request->metered)
    return false;
  struct quota *quota = watch_quota(http->watch, request->origin);
  enum quota_answer answer = quota_ask(quota, (int64_t)time(NULL));
  if (answer == QUOTA_MAY)
    return false;
  queue_release(http->queue, request, QUEUE_FAILED);
  if (answer == QUOTA_WAIT) {
    request->due = now_ms() + QUOTA_WAIT_MS;
    queue_delay(http->queue, request);
    return true;
  }
  cleanup(cleanup_free) char *why = quota_spent_text(quota);
  cleanup(cleanup_free) char *shown = http_url_display(request->target);
  error_set(&request->error, STATUS_RATE_LIMITED, "%s: not asked, %s", shown, why);
  add_refused(http, request);
  return true;
}

/* Starts what may start. 0, or -1 when libcurl does not work. */
static int start(struct http *http, struct error **err) {
  for (struct request *request; (request = queue_next(http->queue));) {
    if (hold_back(http, request))
      continue;
    struct transfer *transfer = take_idle(http);
    unsigned long number =
        watch_try(http->watch, request->origin, request->retries > 0 && request->redirects == 0);
    if (transfer && transfer_begin(transfer, request, &http->transfer, number) == 0 &&
        loop_add(http->loop, transfer->easy) == 0) {
      transfer->previous = NULL;
      transfer->next = http->active;
      if (http->active)
        http->active->previous = transfer;
      http->active = transfer;
      if (request->metered)
        quota_sent(watch_quota(http->watch, request->origin));
      continue;
    }
    if (transfer) {
      if (transfer->request)
        transfer_end(transfer);
      put_idle(http, transfer);
    }
    queue_release(http->queue, request, QUEUE_FAILED);
    queue_add(http->queue, request);
    return error_set(err, STATUS_LOCAL, "libcurl cannot start a request");
  }
  return 0;
}

/* Takes note of what ended. */
static void collect(struct http *http) {
  CURLcode code;
  for (CURL *easy; (easy = loop_ended(http->loop, &code));) {
    struct transfer *transfer = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    transfer->overlap.ended = true;
    transfer->code = code;
    long version = 0;
    curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
    if (version < CURL_HTTP_VERSION_2_0)
      for (struct transfer *other = http->active; other; other = other->next)
        if (other != transfer)
          overlap_compare(&transfer->overlap, &other->overlap);
    http->ended_bytes += transfer->body.length;
    struct transfer **place = &http->ended;
    while (*place && (*place)->request->sequence < transfer->request->sequence)
      place = &(*place)->next_ended;
    transfer->next_ended = *place;
    *place = transfer;
  }
}

void http_hurry(struct http *http) {
  cleanup(cleanup_error) struct error *again = NULL; /* the loop meets it once more */
  if (!http->running || start(http, &again) != 0)
    return;
  loop_hurry(http->loop);
  /* A near server may have answered. */
  collect(http);
}

static void note(const struct http *http, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void note(const struct http *http, const char *format, ...) {
  if (!http->note)
    return;
  char text[4096];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  cleanup(cleanup_free) char *seen = redacted(http_watch_redactor(http->watch), text);
  cleanup(cleanup_free) char *clean = text_sanitized(seen);
  http->note(http->note_arg, clean);
}

/* Sets when REQUEST is tried again, and says so. */
static void schedule(struct http *http, struct request *request,
                     const struct http_response *response) {
  const char *value = http_header(response, "Retry-After");
  long after = value ? http_retry_after(value, (int64_t)time(NULL), RETRY_AFTER_MAX) : -1;
  int64_t delay = retry_delay(request->retries, http->backoff_ms, after, random_bits());
  request->due = now_ms() + delay;
  request->retries++;
  if (response->error)
    note(http, "retry %u of %u in %.1f s: %s", request->retries, http->max_retries,
         (double)delay / 1000, response->error->message);
  else
    note(http, "retry %u of %u in %.1f s: %ld from %s", request->retries, http->max_retries,
         (double)delay / 1000, response->status, response->url);
}

static void add_tries(struct error *error, unsigned tries) {
  char *message = xasprintf("%s (%u tries)", error->message, tries);
  free(error->message);
  error->message = message;
}

/* Takes what the answer tells of its host's limit over hours; when that is used up and the answer
   is for that, what to tell, else NULL; caller frees. */
static char *take_quota(struct http *http, const struct request *request,
                        const struct http_response *response) {
  struct quota *quota = watch_quota(http->watch, request->origin);
  if (request->metered)
    quota_ended(quota);
  int64_t now = (int64_t)time(NULL);
  const struct quota_told told = {.status = response->status,
                                  .retry_after = http_header(response, "Retry-After"),
                                  .limit = http_header(response, "RateLimit-Limit"),
                                  .remaining = http_header(response, "RateLimit-Remaining"),
                                  .reset = http_header(response, "RateLimit-Reset"),
                                  .source = http_header(response, "Docker-RateLimit-Source")};
  if (quota_take(quota, &told, now)) {
    cleanup(cleanup_free) char *text = quota_text(quota);
    note(http, "%s: %s", request->origin, text);
  }
  if (response->status != 429 || quota_ask(quota, now) != QUOTA_SPENT)
    return NULL;
  return quota_spent_text(quota);
}

/* Counts and traces a try that ended. Of an answer that is no success the body may quote what we
   sent: it goes on without. */
static void ended(struct http *http, struct transfer *transfer, struct http_response *response,
                  struct error *error) {
  const struct redactor *redactor = http_watch_redactor(http->watch);
  long connections = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &connections);
  watch_connected(http->watch, transfer->request->origin,
                  connections > 0 ? (size_t)connections : 0);
  long version = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_VERSION, &version);
  if (version == CURL_HTTP_VERSION_1_0 || version == CURL_HTTP_VERSION_1_1)
    queue_widen(http->queue, transfer->request);
  redact_error(redactor, error);
  if (http->transfer.trace)
    trace_end(http->transfer.trace, transfer->number, transfer->easy,
              error ? error->message : NULL);
  if (response->status < 300 || response->length == 0)
    return;
  struct strbuf seen = STRBUF(SIZE_MAX / 2);
  redact(redactor, &seen, response->body, response->length);
  OPENSSL_cleanse(transfer->body.data, transfer->body.length);
  strbuf_free(&transfer->body);
  transfer->body = seen;
  response->body = strbuf_str(&seen);
  response->length = seen.length;
}

/* True when TRANSFER has, or had, a connection to send its request on. */
static bool is_connected(const struct transfer *transfer) {
  curl_off_t ready = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
  return ready > 0;
}

/* No connection to HOST could be made: those that wait to share one are put back, to have their own
   try at once and not one after the other. */
static void put_back(struct http *http, const struct queue_host *host) {
  for (struct transfer *transfer = http->active, *next; transfer; transfer = next) {
    next = transfer->next;
    if (transfer->request->host != host || !transfer->waits || transfer->overlap.ended ||
        is_connected(transfer))
      continue;
    struct request *request = detach(http, transfer);
    if (request->metered)
      quota_ended(watch_quota(http->watch, request->origin));
    queue_release(http->queue, request, QUEUE_UNREACHED);
    queue_add(http->queue, request);
  }
}

/* What is to be done when TRANSFER, which is under way no more, has ended. */
static void finish(struct http *http, struct transfer *transfer) {
  CURL *easy = transfer->easy;
  struct request *request = transfer->request;
  cleanup(cleanup_error) struct error *error = NULL;
  cleanup(cleanup_free) char *shown = http_url_display(request->target);
  const struct http_response nothing = {.body = "", .url = shown, .retries = request->retries};
  struct http_response response = nothing;
  http->transfer.one_at_a_time = http->transfer.one_at_a_time || transfer_is_mixed(transfer);
  if (transfer_result(transfer, transfer->code, &error) == 0) {
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &response.status);
    response.body = strbuf_str(&transfer->body);
    response.length = transfer->body.length;
    response.headers = easy;
  }
  ended(http, transfer, &response, error);
  response.error = error;
  cleanup(cleanup_free) char *advice = take_quota(http, request, &response);
  response.advice = advice;

  enum queue_result result;
  enum outcome outcome =
      outcome_of(transfer, request, &response, http->max_retries, &result, &error);
  const struct queue_host *host = request->host;
  if (result == QUEUE_FAILED && response.error && !is_connected(transfer))
    result = QUEUE_UNREACHED;
  redact_error(http_watch_redactor(http->watch), error);
  size_t limit = queue_release(http->queue, request, result);
  if (limit > 0 && request->operation)
    note(http, "%s throttles %s: at most %zu a second now", request->origin, request->operation,
         limit);
  else if (limit > 0)
    note(http, "%s throttles: at most %zu requests at a time now", request->origin, limit);
  switch (outcome) {
  case OUTCOME_DELIVER:
    if (error) {
      response = nothing;
      response.error = error;
      if (request->retries > 0)
        add_tries(error, request->retries + 1);
    }
    request->done(request->arg, &response);
    request_free(detach(http, transfer));
    break;
  case OUTCOME_RETRY:
    schedule(http, request, &response);
    detach(http, transfer);
    /* From the start: where a redirect led may hold only for a while. */
    request_restart(request);
    queue_delay(http->queue, request);
    if (request->tried)
      request->tried(request->arg);
    break;
  case OUTCOME_MOVED:
    detach(http, transfer);
    request_teach(request, http_watch_redactor(http->watch));
    queue_add(http->queue, request);
    break;
  }
  if (result == QUEUE_UNREACHED)
    put_back(http, host);
}

/* Finishes those that ended, the ones that were asked for first, for a millisecond or so: the page
   behind the last one is not to wait until all that the last one brought was worked on. But what
   has come and is not worked on takes memory. True when there was one. */
static bool finish_some(struct http *http) {
  bool any = http->ended;
  for (int64_t until = now_ms() + 1;
       http->ended && (now_ms() < until || http->ended_bytes > ENDED_MAX);) {
    struct transfer *transfer = http->ended;
    http->ended = transfer->next_ended;
    http->ended_bytes -= transfer->body.length;
    finish(http, transfer);
  }
  return any;
}

/* Asks the feeder, a bounded number of times. True when it should be asked again soon. */
static bool feed(struct http *http) {
  for (size_t i = 0; i < http->jobs; i++) {
    if (!http->feed)
      return false;
    size_t ready = queue_queued(http->queue) + queue_active(http->queue);
    if (ready >= http->jobs || ready + queue_delayed(http->queue) >= FED_PER_JOB * http->jobs)
      return false;
    if (!http->feed(http->feed_arg))
      return false;
  }
  return true;
}

static void tick(struct http *http) {
  int64_t time = now_ms();
  if (!http->tick || time < http->next_tick)
    return;
  http->next_tick = time + TICK_MS;
  size_t a_second, at_a_time = queue_lowest_limit(http->queue, &a_second);
  http->tick(http->tick_arg, at_a_time, a_second);
}

/* Milliseconds until the next retry or tick. */
static int time_to_wait(const struct http *http) {
  int64_t wait = http->tick ? TICK_MS : MAX_WAIT_MS;
  int64_t due = queue_next_due(http->queue);
  if (due >= 0 && due - now_ms() < wait)
    wait = due - now_ms();
  return wait > 0 ? (int)wait : 0;
}

static bool has_work(const struct http *http) {
  return queue_queued(http->queue) + queue_active(http->queue) + queue_delayed(http->queue) > 0;
}

static int run(struct http *http, struct error **err) {
  bool more = true; /* that needs no answer */
  /* The last turn only sees whether it is done because we were stopped, and whoever is asked for
     credentials with us. */
  bool done = false;
  for (;;) {
    switch (loop_turn(http->loop, more || done ? 0 : time_to_wait(http), err)) {
    case LOOP_OK:
      break;
    case LOOP_STOPPED:
      return error_set(err, STATUS_LOCAL, "interrupted");
    case LOOP_FAILED:
      return -1;
    }
    if (done)
      return 0;
    tick(http);
    collect(http);
    more = finish_some(http) && http->ended;
    queue_wake(http->queue, now_ms());
    more = feed(http) || more;
    if (start(http, err) != 0)
      return -1;
    if (http->refused) {
      more = true;
      refuse_all(http);
    }
    done = !more && !has_work(http);
  }
}

int http_run(struct http *http, struct error **err) {
  if (http->running)
    return error_set(err, STATUS_LOCAL, "http_run was called from inside itself");
  http->running = true;
  int result = run(http, err);
  http->running = false;
  return result;
}

void http_free(struct http *http) {
  if (!http)
    return;
  http->running = true;
  cleanup(cleanup_error) struct error *stopped = NULL;
  error_set(&stopped, STATUS_LOCAL, "stopped");
  while (http->active) {
    /* A name that is being looked up would be waited for. */
    curl_easy_setopt(http->active->easy, CURLOPT_QUICK_EXIT, 1L);
    struct request *request = detach(http, http->active);
    if (request->metered)
      quota_ended(watch_quota(http->watch, request->origin));
    queue_release(http->queue, request, QUEUE_FAILED);
    refuse(request, stopped);
  }
  /* Callbacks may have sent more. */
  for (struct request *request;
       (request = queue_drain(http->queue)) || (request = take_refused(http));)
    refuse(request, stopped);
  while (http->idle)
    transfer_free(take_idle(http));
  queue_free(http->queue);
  loop_free(http->loop);
  curl_global_cleanup();
  ca_clear(&http->transfer.ca);
  http_watch_free(http->own_watch);
  free(http->user_agent);
  free(http);
}
