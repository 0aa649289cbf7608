#include <config.h>

#include "net/loop.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/xalloc.h"

#define NEVER INT64_MAX
#define NS_PER_MS INT64_C(1000000)

struct loop {
  CURLM *multi;
  struct pollfd *polled; /* the first is what stops */
  size_t count, capacity;
  size_t *places; /* of each descriptor in POLLED; 0: it is not there */
  size_t place_count;
  int64_t due;   /* when libcurl wants to be called whatever happens; NEVER */
  CURLMcode bad; /* what went wrong, or CURLM_OK */
};

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 * NS_PER_MS + now.tv_nsec;
}

/* ---- what libcurl says ---- */

static void forget(struct loop *loop, size_t fd) {
  size_t place = loop->places[fd];
  if (place == 0)
    return;
  loop->places[fd] = 0;
  loop->count--;
  if (place == loop->count)
    return;
  loop->polled[place] = loop->polled[loop->count];
  loop->places[loop->polled[place].fd] = place;
}

static void add(struct loop *loop, curl_socket_t socket) {
  size_t fd = (size_t)socket;
  if (fd >= loop->place_count) {
    size_t count = 2 * fd + 16;
    loop->places = xreallocarray(loop->places, count, sizeof *loop->places);
    memset(loop->places + loop->place_count, 0, (count - loop->place_count) * sizeof *loop->places);
    loop->place_count = count;
  }
  if (loop->places[fd] > 0)
    return;
  loop->polled = xgrow(loop->polled, loop->count, &loop->capacity, sizeof *loop->polled);
  loop->polled[loop->count] = (struct pollfd){.fd = socket};
  loop->places[fd] = loop->count++;
}

/* CURLMOPT_SOCKETFUNCTION */
static int watch(CURL *easy, curl_socket_t socket, int what, void *arg, void *unused) {
  (void)easy, (void)unused;
  struct loop *loop = arg;
  if (what == CURL_POLL_REMOVE) {
    if ((size_t)socket < loop->place_count)
      forget(loop, (size_t)socket);
    return 0;
  }
  add(loop, socket);
  loop->polled[loop->places[socket]].events =
      (short)((what & CURL_POLL_IN ? POLLIN : 0) | (what & CURL_POLL_OUT ? POLLOUT : 0));
  return 0;
}

/* CURLMOPT_TIMERFUNCTION */
static int set_timer(CURLM *multi, long timeout, void *arg) {
  (void)multi;
  struct loop *loop = arg;
  loop->due = timeout < 0 ? NEVER : now_ns() + timeout * NS_PER_MS;
  return 0;
}

/* ---- */

struct loop *loop_new(size_t max_connections, int stop_fd) {
  CURLM *multi = curl_multi_init();
  if (!multi)
    return NULL;
  struct loop *loop = xcalloc(1, sizeof *loop);
  loop->multi = multi;
  loop->due = NEVER;
  loop->polled = xgrow(NULL, 0, &loop->capacity, sizeof *loop->polled);
  /* poll(2) passes over one that is negative. */
  loop->polled[loop->count++] = (struct pollfd){.fd = stop_fd, .events = POLLIN};
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, loop);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, loop);
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)max_connections);
  curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
  return loop;
}

int loop_add(struct loop *loop, CURL *easy) {
  return curl_multi_add_handle(loop->multi, easy) == CURLM_OK ? 0 : -1;
}

void loop_remove(struct loop *loop, CURL *easy) {
  curl_multi_remove_handle(loop->multi, easy);
}

/* Milliseconds, no more than MAX, until libcurl's time has come; not too early. */
static int wait_for(const struct loop *loop, int max) {
  if (loop->due == NEVER)
    return max;
  int64_t left = loop->due - now_ns();
  if (left <= 0)
    return 0;
  left = (left + NS_PER_MS - 1) / NS_PER_MS;
  return left < max ? (int)left : max;
}

/* As curl_multi_perform would see it: an end or an error is found out by reading. */
static int happened(short events) {
  return (events & (POLLIN | POLLERR | POLLHUP) ? CURL_CSELECT_IN : 0) |
         (events & POLLOUT ? CURL_CSELECT_OUT : 0) | (events & POLLNVAL ? CURL_CSELECT_ERR : 0);
}

/* Tells libcurl of EVENTS at SOCKET, which may be CURL_SOCKET_TIMEOUT, unless it has failed. */
static void act(struct loop *loop, curl_socket_t socket, int events) {
  int running;
  if (loop->bad == CURLM_OK)
    loop->bad = curl_multi_socket_action(loop->multi, socket, events, &running);
}

void loop_hurry(struct loop *loop) {
  if (loop->due == NEVER || loop->due > now_ns())
    return;
  loop->due = NEVER;
  act(loop, CURL_SOCKET_TIMEOUT, 0);
}

enum loop_result loop_turn(struct loop *loop, int timeout, struct error **err) {
  int ready = poll(loop->polled, (nfds_t)loop->count, wait_for(loop, timeout));
  if (ready < 0 && errno != EINTR && errno != EAGAIN) {
    error_set(err, STATUS_LOCAL, "poll: %s", strerror(errno));
    return LOOP_FAILED;
  }
  if (ready > 0 && loop->polled[0].revents)
    return LOOP_STOPPED;
  loop_hurry(loop);
  /* A time that it forgot to tell would be the end: so it is asked now and then anyway. */
  if (ready == 0 && timeout > 0)
    act(loop, CURL_SOCKET_TIMEOUT, 0);
  /* From behind: what is taken away meanwhile is replaced by the last one, which was seen. */
  for (size_t i = loop->count; ready > 0 && i-- > 1;) {
    if (i >= loop->count || !loop->polled[i].revents)
      continue;
    int events = happened(loop->polled[i].revents);
    loop->polled[i].revents = 0;
    act(loop, loop->polled[i].fd, events);
  }
  if (loop->bad == CURLM_OK)
    return LOOP_OK;
  error_set(err, STATUS_LOCAL, "libcurl: %s", curl_multi_strerror(loop->bad));
  return LOOP_FAILED;
}

CURL *loop_ended(struct loop *loop, CURLcode *code) {
  int left;
  for (CURLMsg *message; (message = curl_multi_info_read(loop->multi, &left));) {
    if (message->msg != CURLMSG_DONE)
      continue;
    *code = message->data.result;
    return message->easy_handle;
  }
  return NULL;
}

void loop_free(struct loop *loop) {
  if (!loop)
    return;
  /* It still says which sockets it closes. */
  curl_multi_cleanup(loop->multi);
  free(loop->polled);
  free(loop->places);
  free(loop);
}
