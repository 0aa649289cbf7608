/* Many requests at once, and how the loop ends. One at a time: check-http.c. */
#include <config.h>

#include "net/http.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "http-exchange.h"
#include "unit.h"

/* A request whose end makes the stop descriptor readable. */
struct stopper {
  int fd;
  struct result result;
};

static void stop(void *arg, const struct http_response *response) {
  struct stopper *stopper = arg;
  done(&stopper->result, response);
  ck_assert_int_eq(write(stopper->fd, "", 1), 1);
}

START_TEST(who_waits_for_a_retry_takes_no_place) {
  cleanup(cleanup_server) struct server *server = SCRIPT(
      {.text = "HTTP/1.1 429 Slow\r\nRetry-After: 77\r\nContent-Length: 0\r\n\r\n"}, {.text = OK});
  int fds[2];
  ck_assert_int_eq(pipe(fds), 0);
  struct strbuf notes = STRBUF(4096);
  struct http *http = new_http((struct http_options){
      .jobs = 1, .max_retries = 1, .stop_fd = fds[0], .note = add_note, .note_arg = &notes});
  cleanup(cleanup_free) char *url = xasprintf("http://127.0.0.1:%d/", server_port(server));
  cleanup(cleanup_result) struct result first = {0};
  struct stopper second = {.fd = fds[1]};
  const struct http_request request = {.method = "GET", .url = url, .max_body = 9};
  http_send(http, &request, done, &first);
  http_send(http, &request, stop, &second);
  struct error *err = NULL;
  ck_assert_int_eq(http_run(http, &err), -1);
  ck_assert_int_eq(err->status, STATUS_LOCAL);
  ck_assert_str_eq(err->message, "interrupted");
  error_free(err);
  ck_assert_str_eq(second.result.body, "hi");
  ck_assert(has(strbuf_str(&notes), "retry 1 of 1 in 77.0 s: 429 from "));
  ck_assert_int_eq(first.calls, 0);
  http_free(http);
  ck_assert_int_eq(first.calls, 1);
  ck_assert_int_eq(first.error, STATUS_LOCAL);
  ck_assert_str_eq(first.message, "stopped");
  ck_assert_int_eq(second.result.calls, 1);
  cleanup_result(&second.result);
  strbuf_free(&notes);
  close(fds[0]);
  close(fds[1]);
}
END_TEST

START_TEST(a_stop_ends_what_is_under_way) {
  cleanup(cleanup_server) struct server *silent = SCRIPT({.text = "", .then = SERVER_HANG});
  cleanup(cleanup_server) struct server *server = server_start_reply(OK);
  int fds[2];
  ck_assert_int_eq(pipe(fds), 0);
  struct http *http = new_http((struct http_options){.jobs = 2, .stop_fd = fds[0]});
  cleanup(cleanup_free) char *url = xasprintf("http://127.0.0.1:%d/", server_port(silent));
  cleanup(cleanup_free) char *good = xasprintf("http://127.0.0.1:%d/", server_port(server));
  cleanup(cleanup_result) struct result active = {0}, queued = {0}, bad = {0};
  struct stopper stopper = {.fd = fds[1]};
  http_send(http, &(struct http_request){.method = "GET", .url = url}, done, &active);
  http_send(http, &(struct http_request){.method = "GET", .url = good, .max_body = 2}, stop,
            &stopper);
  struct error *err = NULL;
  ck_assert_int_eq(http_run(http, &err), -1);
  error_free(err);
  err = NULL;
  http_send(http, &(struct http_request){.method = "GET", .url = url}, done, &queued);
  http_send(http, &(struct http_request){.method = "GET", .url = "ftp://x/"}, done, &bad);
  /* Still readable: nothing more is done. */
  ck_assert_int_eq(http_run(http, &err), -1);
  error_free(err);
  ck_assert_int_eq(active.calls + queued.calls + bad.calls, 0);
  http_free(http);
  ck_assert_int_eq(active.calls, 1);
  ck_assert_int_eq(active.error, STATUS_LOCAL);
  ck_assert_int_eq(queued.calls, 1);
  ck_assert_int_eq(queued.error, STATUS_LOCAL);
  ck_assert_int_eq(bad.calls, 1);
  ck_assert_int_eq(stopper.result.calls, 1);
  cleanup_result(&stopper.result);
  close(fds[0]);
  close(fds[1]);
}
END_TEST

static void count(void *arg, const struct http_response *response) {
  ck_assert(!response->error);
  ck_assert_int_eq(response->status, 200);
  ++*(int *)arg;
}

/* Most requests that SERVER saw together when 24 are sent under LIMITS. */
static size_t most_together(struct http_options limits, size_t hold) {
  const struct server_reply replies[] = {{.text = OK}};
  cleanup(cleanup_server) struct server *server = server_start(
      &(struct server_script){.replies = replies, .count = 1, .hold = hold, .total = 24});
  cleanup(cleanup_http) struct http *http = new_http(limits);
  cleanup(cleanup_free) char *url = xasprintf("http://127.0.0.1:%d/", server_port(server));
  int calls = 0;
  for (int i = 0; i < 24; i++)
    http_send(http, &(struct http_request){.method = "GET", .url = url, .max_body = 2}, count,
              &calls);
  run(http);
  ck_assert_int_eq(calls, 24);
  server_stop(server);
  return server_most(server);
}

START_TEST(limits_are_reached_and_not_passed) {
  ck_assert_uint_eq(most_together((struct http_options){.jobs = 6}, 6), 6);
  ck_assert_uint_eq(most_together((struct http_options){.jobs = 20, .jobs_per_host = 3}, 3), 3);
}
END_TEST

START_TEST(connections_are_used_again) {
  cleanup(cleanup_server) struct server *server = SCRIPT({.text = OK, .then = SERVER_KEEP});
  cleanup(cleanup_http) struct http *http = new_http((struct http_options){.jobs = 2});
  cleanup(cleanup_free) char *url = xasprintf("http://127.0.0.1:%d/", server_port(server));
  int calls = 0;
  for (int i = 0; i < 20; i++)
    http_send(http, &(struct http_request){.method = "GET", .url = url, .max_body = 2}, count,
              &calls);
  run(http);
  ck_assert_int_eq(calls, 20);
  server_stop(server);
  ck_assert_uint_eq(server_requests(server), 20);
  ck_assert_uint_le(server_connections(server), 2);
}
END_TEST

struct feeder {
  struct http *http;
  char *url;
  int left;    /* to send */
  int at_once; /* sent by each call */
  int open;    /* sent and not done */
  int most;    /* open, at most */
  int finished;
  int asked;
  bool alone;   /* has work only when none is open */
  bool stopped; /* what is open fails */
};

static void fed(void *arg, const struct http_response *response) {
  struct feeder *feeder = arg;
  ck_assert_int_eq(response->status, feeder->stopped ? 0 : 200);
  feeder->open--;
  feeder->finished++;
}

static bool feed(void *arg) {
  struct feeder *feeder = arg;
  feeder->asked++;
  if (feeder->left == 0 || (feeder->alone && feeder->open > 0))
    return false;
  for (int i = 0; i < feeder->at_once && feeder->left > 0; i++) {
    http_send(feeder->http,
              &(struct http_request){.method = "GET", .url = feeder->url, .max_body = 2}, fed,
              feeder);
    feeder->left--;
    if (++feeder->open > feeder->most)
      feeder->most = feeder->open;
  }
  return true;
}

static void run_feeder(struct feeder *feeder) {
  cleanup(cleanup_server) struct server *server = SCRIPT({.text = OK, .then = SERVER_KEEP});
  cleanup(cleanup_http) struct http *http = new_http((struct http_options){.jobs = 4});
  cleanup(cleanup_free) char *url = xasprintf("http://127.0.0.1:%d/", server_port(server));
  feeder->http = http;
  feeder->url = url;
  http_feed(http, feed, feeder);
  run(http);
}

START_TEST(a_feeder_is_asked_for_no_more_than_is_wanted) {
  struct feeder one = {.left = 100, .at_once = 1};
  run_feeder(&one);
  ck_assert_int_eq(one.finished, 100);
  ck_assert_int_eq(one.most, 4);
  struct feeder three = {.left = 100, .at_once = 3};
  run_feeder(&three);
  ck_assert_int_eq(three.finished, 100);
  ck_assert_int_le(three.most, 4 + 2);
}
END_TEST

START_TEST(a_feeder_without_work_is_asked_again) {
  struct feeder feeder = {.left = 10, .at_once = 2, .alone = true};
  run_feeder(&feeder);
  ck_assert_int_eq(feeder.finished, 10);
  ck_assert_int_eq(feeder.most, 2);
}
END_TEST

struct pile {
  struct feeder feeder;
  const char *silent;
  int fd;
};

static void stop_at_timeout(void *arg, const char *text) {
  struct pile *pile = arg;
  if (has(text, pile->silent))
    ck_assert_int_eq(write(pile->fd, "", 1), 1);
}

START_TEST(delayed_requests_bound_the_feeding) {
  /* All that is fed waits for a long time. One request takes a second to fail, which would be
     enough to feed many more than 8 for each of 2 jobs. */
  cleanup(cleanup_server) struct server *server =
      server_start_reply("HTTP/1.1 500 Oops\r\nRetry-After: 100\r\nContent-Length: 0\r\n\r\n");
  cleanup(cleanup_server) struct server *silent = SCRIPT({.text = "", .then = SERVER_HANG});
  int fds[2];
  ck_assert_int_eq(pipe(fds), 0);
  cleanup(cleanup_free) char *url = xasprintf("http://127.0.0.1:%d/", server_port(server));
  cleanup(cleanup_free) char *hung = xasprintf("http://127.0.0.1:%d/", server_port(silent));
  struct pile pile = {
      .feeder = {.left = 400, .at_once = 1, .url = url}, .silent = hung, .fd = fds[1]};
  struct http *http = new_http((struct http_options){.jobs = 2,
                                                     .max_retries = 1,
                                                     .timeout = 1,
                                                     .stop_fd = fds[0],
                                                     .note = stop_at_timeout,
                                                     .note_arg = &pile});
  pile.feeder.http = http;
  cleanup(cleanup_result) struct result result = {0};
  http_send(http, &(struct http_request){.method = "GET", .url = hung}, done, &result);
  http_feed(http, feed, &pile.feeder);
  struct error *err = NULL;
  ck_assert_int_eq(http_run(http, &err), -1);
  error_free(err);
  ck_assert_int_gt(pile.feeder.open, 2);
  ck_assert_int_lt(pile.feeder.open, 16);
  pile.feeder.stopped = true;
  http_free(http);
  ck_assert_int_eq(pile.feeder.open, 0);
  close(fds[0]);
  close(fds[1]);
}
END_TEST

/* A chain of requests, each sent by the end of the one before. */
struct chain {
  struct http *http;
  char *url;
  int left;
  int calls;
};

static void next(void *arg, const struct http_response *response) {
  struct chain *chain = arg;
  ck_assert_int_eq(response->status, 200);
  chain->calls++;
  struct error *err = NULL;
  ck_assert_int_eq(http_run(chain->http, &err), -1);
  error_free(err);
  for (int i = 0; i < 2 && chain->left > 0; i++) {
    chain->left--;
    http_send(chain->http,
              &(struct http_request){.method = "GET", .url = chain->url, .max_body = 2}, next,
              chain);
  }
}

START_TEST(callbacks_send_more_but_do_not_run) {
  cleanup(cleanup_server) struct server *server = SCRIPT({.text = OK, .then = SERVER_KEEP});
  cleanup(cleanup_http) struct http *http = new_http((struct http_options){.jobs = 3});
  cleanup(cleanup_free) char *url = xasprintf("http://127.0.0.1:%d/", server_port(server));
  struct chain chain = {.http = http, .url = url, .left = 50};
  http_send(http, &(struct http_request){.method = "GET", .url = url, .max_body = 2}, next, &chain);
  run(http);
  ck_assert_int_eq(chain.calls, 51);
}
END_TEST

START_TEST(unsound_requests_are_refused_in_the_loop) {
  static const char *const injected[] = {"X-A: b\r\nX-C: d", NULL};
  static const char *const empty[] = {"Expect:", NULL};
  static const char *const nameless[] = {": x", NULL};
  const struct http_request requests[] = {
      {.method = "GET", .url = "http://user:5ecret@127.0.0.1:1/"},
      {.method = "GET", .url = "ftp://127.0.0.1:1/"},
      {.method = "GET", .url = "file:///etc/passwd"},
      {.method = "GET", .url = "127.0.0.1:1"},
      {.method = "GET", .url = ""},
      {.method = "GET", .url = "http://127.0.0.1:1/a b"},
      {.method = "DELETE", .url = "http://127.0.0.1:1/"},
      {.method = "GET", .url = "http://127.0.0.1:1/", .headers = injected},
      {.method = "GET", .url = "http://127.0.0.1:1/", .headers = empty},
      {.method = "GET", .url = "http://127.0.0.1:1/", .headers = nameless},
      {.method = "GET", .url = "http://127.0.0.1:1/", .authorization = "Bearer 5ecret\nX: y"},
  };
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
    cleanup(cleanup_http) struct http *http = new_http((struct http_options){0});
    cleanup(cleanup_result) struct result result = {0};
    http_send(http, &requests[i], done, &result);
    ck_assert_int_eq(result.calls, 0);
    run(http);
    ck_assert_int_eq(result.calls, 1);
    ck_assert_msg(result.error == STATUS_UNSUPPORTED, "%zu: %s", i, result.message);
    ck_assert(!has(result.message, "5ecret"));
    ck_assert(!has(result.url, "5ecret"));
  }
}
END_TEST

START_TEST(talking_past_each_other_is_explained) {
  const struct server_reply http_only[] = {{.text = ANSWER("400 Bad Request")}};
  cleanup(cleanup_server) struct server *plain =
      server_start(&(struct server_script){.replies = http_only, .count = 1, .deaf = true});
  const struct server_reply closes[] = {{.text = "", .then = SERVER_RESET}};
  cleanup(cleanup_server) struct server *broken =
      server_start(&(struct server_script){.replies = closes, .count = 1, .deaf = true});
  /* What a TLS server says to plain text: an alert. */
  cleanup(cleanup_server) struct server *tls = server_start_reply("\x15\x03\x03\x02\x02\x46");
  cleanup(cleanup_http) struct http *http = new_http((struct http_options){.max_retries = 1});
  cleanup(cleanup_free) char *first = xasprintf("https://127.0.0.1:%d/", server_port(plain));
  cleanup(cleanup_free) char *second = xasprintf("https://127.0.0.1:%d/", server_port(broken));
  cleanup(cleanup_free) char *third = xasprintf("http://127.0.0.1:%d/", server_port(tls));
  cleanup(cleanup_result) struct result a = {0}, b = {0}, c = {0};
  http_send(http, &(struct http_request){.method = "GET", .url = first}, done, &a);
  http_send(http, &(struct http_request){.method = "GET", .url = second}, done, &b);
  http_send(http, &(struct http_request){.method = "GET", .url = third}, done, &c);
  run(http);
  ck_assert_int_eq(a.error, STATUS_TLS);
  ck_assert_uint_eq(a.retries, 0);
  ck_assert_msg(has(a.message, "--plain-http"), "%s", a.message);
  ck_assert_msg(b.error == STATUS_NETWORK, "%s", b.message);
  ck_assert_uint_eq(b.retries, 1);
  ck_assert_msg(c.error == STATUS_SERVER_ERROR, "%s", c.message);
  ck_assert_msg(has(c.message, "--tls"), "%s", c.message);
  ck_assert_uint_eq(c.retries, 0);
}
END_TEST

START_TEST(who_waits_for_a_connection_that_fails_tries_at_once) {
  const struct server_reply replies[] = {{.text = "", .then = SERVER_HANG}};
  cleanup(cleanup_server) struct server *server = server_start(
      &(struct server_script){.replies = replies, .count = 1, .hold = 4, .total = 4, .deaf = true});
  cleanup(cleanup_http) struct http *http = new_http((struct http_options){.timeout = 1});
  cleanup(cleanup_free) char *url = xasprintf("https://127.0.0.1:%d/", server_port(server));
  struct result results[4] = {{0}};
  for (size_t i = 0; i < 4; i++)
    http_send(http, &(struct http_request){.method = "GET", .url = url}, done, &results[i]);
  run(http);
  for (size_t i = 0; i < 4; i++) {
    ck_assert(results[i].failed);
    cleanup_result(&results[i]);
  }
  server_stop(server);
  /* The first one failed alone; not so the others. */
  ck_assert_uint_ge(server_most(server), 3);
}
END_TEST

START_TEST(large_bodies_come_one_after_the_other) {
  enum { SIZE = 9 * 1024 * 1024, COUNT = 4 };
  const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 9437184\r\n\r\n";
  char *text = xcalloc(1, sizeof head + SIZE);
  memcpy(text, head, strlen(head));
  memset(text + strlen(head), 'x', SIZE);
  struct server *servers[COUNT];
  cleanup(cleanup_http) struct http *http = new_http((struct http_options){0});
  struct result results[COUNT] = {{0}};
  for (size_t i = 0; i < COUNT; i++) {
    /* One does not come to its end. */
    struct server_reply reply = {.text = text,
                                 .length = strlen(head) + (i > 0 ? SIZE : SIZE - 1),
                                 .then = i > 0 ? SERVER_KEEP : SERVER_CLOSE};
    servers[i] = server_start(&(struct server_script){.replies = &reply, .count = 1});
    cleanup(cleanup_free) char *url = xasprintf("http://127.0.0.1:%d/", server_port(servers[i]));
    http_send(http, &(struct http_request){.method = "GET", .url = url, .max_body = SIZE}, done,
              &results[i]);
  }
  run(http);
  ck_assert_int_eq(results[0].error, STATUS_NETWORK);
  for (size_t i = 0; i < COUNT; i++) {
    ck_assert_int_eq(results[i].calls, 1);
    if (i > 0) {
      ck_assert(!results[i].failed);
      ck_assert_uint_eq(results[i].length, SIZE);
      ck_assert_uint_eq(strspn(results[i].body, "x"), SIZE);
    }
    cleanup_result(&results[i]);
    server_free(servers[i]);
  }
  free(text);
}
END_TEST

int main(void) {
  TCase *tcase = tcase_create("http-loop");
  tcase_add_test(tcase, who_waits_for_a_retry_takes_no_place);
  tcase_add_test(tcase, a_stop_ends_what_is_under_way);
  tcase_add_test(tcase, limits_are_reached_and_not_passed);
  tcase_add_test(tcase, connections_are_used_again);
  tcase_add_test(tcase, a_feeder_is_asked_for_no_more_than_is_wanted);
  tcase_add_test(tcase, a_feeder_without_work_is_asked_again);
  tcase_add_test(tcase, delayed_requests_bound_the_feeding);
  tcase_add_test(tcase, callbacks_send_more_but_do_not_run);
  tcase_add_test(tcase, unsound_requests_are_refused_in_the_loop);
  tcase_add_test(tcase, large_bodies_come_one_after_the_other);
  tcase_add_test(tcase, talking_past_each_other_is_explained);
  Suite *suite = suite_create("http-loop");
  NATIVE(tcase_add_test(native, who_waits_for_a_connection_that_fails_tries_at_once);)
  return run_suite(suite, tcase);
}
