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

START_TEST(a_get_gives_status_body_and_headers) {
  static const char reply[] = "HTTP/1.1 200 OK\r\nX-Many: a, b\r\nContent-Encoding: gzip\r\n"
                              "Content-Length: 5\r\nX-MANY:  c \r\n\r\na\0b\xff\n";
  cleanup(cleanup_server) struct server *server =
      SCRIPT({.text = reply, .length = sizeof reply - 1});
  cleanup(cleanup_result) struct result result = {0};
  const char *const headers[] = {"Accept: text/plain", NULL};
  ask(server, (struct http_options){0},
      (struct http_request){.headers = headers, .authorization = "Basic c2VjcmV0", .max_body = 5},
      "/v2/x?page=1", &result);
  ck_assert(!result.failed);
  ck_assert_int_eq(result.status, 200);
  ck_assert_uint_eq(result.length, 5);
  ck_assert_mem_eq(result.body, "a\0b\xff\n", 6);
  ck_assert_str_eq(result.values, "a, b|c");
  ck_assert(has(result.url, "http://127.0.0.1:"));
  ck_assert(has(result.url, "/v2/x") && !has(result.url, "?"));
  server_stop(server);
  const char *request = server_request(server, 0);
  ck_assert(has(request, "GET /v2/x?page=1 HTTP/1.1\r\n"));
  ck_assert(has(request, "\r\nAccept: text/plain\r\n"));
  ck_assert(has(request, "\r\nauthorization: Basic c2VjcmV0\r\n"));
  ck_assert(has(request, "\r\nUser-Agent: ocidup/" PACKAGE_VERSION "\r\n"));
  ck_assert(!has(request, "ccept-Encoding") && !has(request, "ookie"));
}
END_TEST

static void look_up(void *arg, const struct http_response *response) {
  ck_assert_str_eq(http_header(response, "x-ONE"), "1");
  ck_assert_str_eq(http_header(response, "X-Two"), "first");
  ck_assert_str_eq(http_header(response, "x-three"), "");
  ck_assert_ptr_null(http_header(response, "x-four"));
  ck_assert_ptr_null(http_header(response, "x-early"));
  ++*(int *)arg;
}

START_TEST(headers_are_found_in_any_case) {
  cleanup(cleanup_server) struct server *server = server_start_reply(
      "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
      "HTTP/1.1 200 OK\r\nx-one: 1\r\nX-TWO: first\r\nx-two: second\r\nX-Three:\r\n\r\n");
  cleanup(cleanup_http) struct http *http = new_http((struct http_options){0});
  cleanup(cleanup_free) char *url = xasprintf("http://127.0.0.1:%d/", server_port(server));
  int calls = 0;
  http_send(http, &(struct http_request){.method = "GET", .url = url}, look_up, &calls);
  run(http);
  ck_assert_int_eq(calls, 1);
}
END_TEST

START_TEST(head_post_and_put_are_what_they_say) {
  cleanup(cleanup_server) struct server *server =
      SCRIPT({.text = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\nX-Many: 1\r\n\r\n"},
             {.text = OK}, {.text = OK});
  cleanup(cleanup_result) struct result head = {0};
  ask(server, (struct http_options){0}, (struct http_request){.method = "HEAD", .max_body = 1}, "/",
      &head);
  ck_assert(!head.failed);
  ck_assert_int_eq(head.status, 200);
  ck_assert_str_eq(head.values, "1");
  ck_assert_uint_eq(head.length, 0);
  cleanup(cleanup_result) struct result post = {0};
  ask(server, (struct http_options){0},
      (struct http_request){.method = "POST", .body = "{\"a\":1}", .body_length = 7}, "/", &post);
  ck_assert_str_eq(post.body, "hi");
  cleanup(cleanup_result) struct result put = {0};
  ask(server, (struct http_options){0}, (struct http_request){.method = "PUT"}, "/", &put);
  ck_assert_str_eq(put.body, "hi");
  server_stop(server);
  ck_assert(has(server_request(server, 2), "PUT / HTTP/1.1\r\n"));
  ck_assert(has(server_request(server, 2), "\r\nContent-Length: 0\r\n"));
  ck_assert(has(server_request(server, 0), "HEAD / HTTP/1.1\r\n"));
  ck_assert(has(server_request(server, 1), "POST / HTTP/1.1\r\n"));
  ck_assert(has(server_request(server, 1), "\r\nContent-Length: 7\r\n"));
  ck_assert(has(server_request(server, 1), "\r\n\r\n{\"a\":1}"));
}
END_TEST

START_TEST(a_body_has_a_maximum) {
  cleanup(cleanup_server) struct server *server = SCRIPT(
      {.text = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n1234"},
      /* Not announced: what came decides. */
      {.text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n"},
      /* Announced: nobody waits for the rest, which never comes. */
      {.text = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n1", .then = SERVER_HANG},
      {.text = "HTTP/1.1 404 Not Found\r\nContent-Length: 999\r\n\r\n12345", .then = SERVER_HANG});
  const struct http_options options = {.max_retries = 3};
  const struct http_request request = {.max_body = 4};
  struct result result[4] = {{0}};
  for (size_t i = 0; i < 4; i++)
    ask(server, options, request, "/", &result[i]);
  ck_assert(!result[0].failed);
  ck_assert_str_eq(result[0].body, "1234");
  for (size_t i = 1; i < 3; i++) {
    ck_assert(result[i].failed);
    ck_assert_int_eq(result[i].error, STATUS_TOO_LARGE);
    ck_assert_uint_eq(result[i].retries, 0);
    ck_assert(has(result[i].message, "/: more than 4 bytes"));
    ck_assert_uint_eq(result[i].length, 0);
  }
  /* That it is missing matters more than how long the page about it is. */
  ck_assert(!result[3].failed);
  ck_assert_int_eq(result[3].status, 404);
  ck_assert_str_eq(result[3].body, "1234");
  for (size_t i = 0; i < 4; i++)
    cleanup_result(&result[i]);
}
END_TEST

/* However large an answer may be, a page about a failure needs less, and its end is not waited for.
 */
START_TEST(a_page_about_a_failure_has_a_maximum) {
  enum { MOST = 64 * 1024 };
  struct strbuf text = STRBUF(4 * MOST);
  strbuf_puts(&text, "HTTP/1.1 404 Not Found\r\nContent-Length: 99999999\r\n\r\n");
  for (size_t i = 0; i < 2 * MOST; i++)
    strbuf_putc(&text, 'x');
  cleanup(cleanup_server) struct server *server =
      SCRIPT({.text = strbuf_str(&text), .then = SERVER_HANG});
  cleanup(cleanup_result) struct result result = {0};
  ask(server, (struct http_options){.max_retries = 3}, (struct http_request){.max_body = 10 * MOST},
      "/", &result);
  ck_assert(!result.failed);
  ck_assert_int_eq(result.status, 404);
  ck_assert_uint_eq(result.length, MOST);
  strbuf_free(&text);
}
END_TEST

START_TEST(what_a_failure_quotes_is_hidden) {
  cleanup(cleanup_server) struct server *server = server_start_reply(
      "HTTP/1.1 400 Bad\r\nContent-Length: 28\r\n\r\nnot with Bearer t0ken5ecret1");
  const struct http_request request = {.authorization = "Bearer t0ken5ecret1", .max_body = 99};
  cleanup(cleanup_result) struct result result = {0};
  ask(server, (struct http_options){0}, request, "/", &result);
  ck_assert_int_eq(result.status, 400);
  ck_assert(has(result.body, "not with "));
  ck_assert_msg(!has(result.body, "5ecret"), "%s", result.body);
}
END_TEST

START_TEST(headers_have_a_maximum) {
  cleanup(cleanup_free) char *line = xmalloc(60001);
  memset(line, 'x', 60000);
  line[60000] = '\0';
  cleanup(cleanup_free) char *reply =
      xasprintf("HTTP/1.1 200 OK\r\na: %s\r\nb: %s\r\nc: %s\r\nd: %s\r\ne: %s\r\n\r\n", line, line,
                line, line, line);
  cleanup(cleanup_server) struct server *server = server_start_reply(reply);
  cleanup(cleanup_result) struct result result = {0};
  ask(server, (struct http_options){.max_retries = 3}, (struct http_request){0}, "/", &result);
  ck_assert_int_eq(result.error, STATUS_TOO_LARGE);
  ck_assert_uint_eq(result.retries, 0);
}
END_TEST

static unsigned tries;

static void count_try(void *arg) {
  struct result *result = arg;
  ck_assert_int_eq(result->calls, 0);
  tries++;
}

START_TEST(transient_answers_are_retried) {
  cleanup(cleanup_server) struct server *server = SCRIPT(
      {.text = ANSWER("500 Oops")}, {.text = ANSWER("502 Oops")}, {.text = ANSWER("503 Oops")},
      {.text = ANSWER("504 Oops")}, {.text = ANSWER("429 Slow")}, {.text = OK});
  cleanup(cleanup_result) struct result result = {0};
  struct strbuf notes = STRBUF(4096);
  ask(server, (struct http_options){.max_retries = 5, .note = add_note, .note_arg = &notes},
      (struct http_request){.tried = count_try}, "/p?secret=1", &result);
  ck_assert_int_eq(result.status, 200);
  ck_assert_uint_eq(result.retries, 5);
  ck_assert_uint_eq(tries, 5);
  ck_assert_str_eq(result.body, "hi");
  cleanup(cleanup_free) char *first =
      xasprintf("retry 1 of 5 in 0.0 s: 500 from http://127.0.0.1:%d/p\n", server_port(server));
  ck_assert(has(strbuf_str(&notes), first));
  ck_assert(has(strbuf_str(&notes), "retry 5 of 5 in 0.0 s: 429 from "));
  ck_assert(has(strbuf_str(&notes), " throttles: at most 16 requests at a time now\n"));
  ck_assert(!has(strbuf_str(&notes), "secret"));
  strbuf_free(&notes);
}
END_TEST

START_TEST(the_last_retry_hands_the_answer_on) {
  cleanup(cleanup_server) struct server *server = server_start_reply(ANSWER("503 No"));
  cleanup(cleanup_result) struct result result = {0};
  ask(server, (struct http_options){.max_retries = 3}, (struct http_request){.method = "POST"}, "/",
      &result);
  ck_assert(!result.failed);
  ck_assert_int_eq(result.status, 503);
  ck_assert_str_eq(result.body, "why");
  ck_assert_uint_eq(result.retries, 3);
  server_stop(server);
  ck_assert_uint_eq(server_requests(server), 4);
}
END_TEST

START_TEST(other_answers_are_not_retried) {
  cleanup(cleanup_server) struct server *server =
      SCRIPT({.text = ANSWER("404 No")}, {.text = ANSWER("501 No")}, {.text = ANSWER("401 No")});
  static const long expected[] = {404, 501, 401};
  for (size_t i = 0; i < 3; i++) {
    cleanup(cleanup_result) struct result result = {0};
    ask(server, (struct http_options){.max_retries = 3}, (struct http_request){0}, "/", &result);
    ck_assert_int_eq(result.status, expected[i]);
  }
  server_stop(server);
  ck_assert_uint_eq(server_requests(server), 3);
}
END_TEST

static bool is_throttling(const struct http_response *response) {
  return response->status == 400 && strstr(response->body, "ThrottlingException");
}

START_TEST(callers_say_what_else_is_transient) {
  cleanup(cleanup_server) struct server *server =
      SCRIPT({.text = "HTTP/1.1 400 Bad\r\n\r\n{\"__type\":\"ThrottlingException\"}"},
             {.text = "HTTP/1.1 400 Bad\r\n\r\n{\"__type\":\"ValidationException\"}"});
  cleanup(cleanup_result) struct result result = {0};
  struct strbuf notes = STRBUF(4096);
  ask(server, (struct http_options){.max_retries = 3, .note = add_note, .note_arg = &notes},
      (struct http_request){.transient = is_throttling}, "/", &result);
  ck_assert_int_eq(result.status, 400);
  ck_assert_uint_eq(result.retries, 1);
  ck_assert(has(result.body, "Validation"));
  ck_assert(has(strbuf_str(&notes), "throttles"));
  strbuf_free(&notes);
}
END_TEST

START_TEST(broken_transfers_are_retried) {
  cleanup(cleanup_server) struct server *server = SCRIPT(
      {.text = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", .then = SERVER_RESET},
      {.text = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"}, {.text = ""},
      {.text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123"}, {.text = OK});
  cleanup(cleanup_result) struct result result = {0};
  ask(server, (struct http_options){.max_retries = 9}, (struct http_request){0}, "/", &result);
  ck_assert_int_eq(result.status, 200);
  ck_assert_str_eq(result.body, "hi");
  ck_assert_uint_eq(result.retries, 4);
}
END_TEST

START_TEST(a_partial_body_is_a_failure) {
  cleanup(cleanup_server) struct server *server =
      server_start_reply("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
  cleanup(cleanup_result) struct result result = {0};
  ask(server, (struct http_options){.max_retries = 1}, (struct http_request){0},
      "/blob?X-Amz-Signature=5ecret", &result);
  ck_assert(result.failed);
  ck_assert_int_eq(result.error, STATUS_NETWORK);
  ck_assert_int_eq(result.status, 0);
  ck_assert_uint_eq(result.length, 0);
  ck_assert(has(result.message, "/blob: "));
  ck_assert(has(result.message, " (2 tries)"));
  ck_assert(!has(result.message, "5ecret"));
}
END_TEST

START_TEST(a_refused_connection_is_retried_and_fails) {
  struct server *server = server_start_reply(OK);
  int port = server_port(server);
  server_free(server);
  cleanup(cleanup_http) struct http *http = new_http((struct http_options){.max_retries = 2});
  cleanup(cleanup_free) char *url = xasprintf("http://127.0.0.1:%d/", port);
  cleanup(cleanup_result) struct result result = {0};
  http_send(http, &(struct http_request){.method = "GET", .url = url}, done, &result);
  run(http);
  ck_assert_int_eq(result.calls, 1);
  ck_assert_int_eq(result.error, STATUS_NETWORK);
  ck_assert_uint_eq(result.retries, 2);
}
END_TEST

START_TEST(a_stall_is_a_timeout) {
  cleanup(cleanup_server) struct server *server = SCRIPT({.text = "", .then = SERVER_HANG});
  cleanup(cleanup_server) struct server *later =
      SCRIPT({.text = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", .then = SERVER_HANG});
  cleanup(cleanup_http) struct http *http = new_http((struct http_options){.timeout = 1});
  cleanup(cleanup_free) char *first = xasprintf("http://127.0.0.1:%d/", server_port(server));
  cleanup(cleanup_free) char *second = xasprintf("http://127.0.0.1:%d/", server_port(later));
  /* Nobody ever greets a client that speaks TLS. */
  cleanup(cleanup_free) char *third = xasprintf("https://127.0.0.1:%d/", server_port(server));
  cleanup(cleanup_result) struct result headers = {0}, body = {0}, tls = {0};
  struct timespec before, after;
  clock_gettime(CLOCK_MONOTONIC, &before);
  http_send(http, &(struct http_request){.method = "GET", .url = first}, done, &headers);
  http_send(http, &(struct http_request){.method = "GET", .url = second, .max_body = 9}, done,
            &body);
  http_send(http, &(struct http_request){.method = "GET", .url = third}, done, &tls);
  run(http);
  ck_assert_int_eq(headers.error, STATUS_TIMEOUT);
  ck_assert_int_eq(body.error, STATUS_TIMEOUT);
  ck_assert_int_eq(tls.error, STATUS_TIMEOUT);
  /* libcurl looks at the speed of the last seconds, so it may notice late. */
  clock_gettime(CLOCK_MONOTONIC, &after);
  ck_assert_int_lt(after.tv_sec - before.tv_sec, 12);
}
END_TEST

START_TEST(a_redirect_in_the_origin_keeps_credentials) {
  cleanup(cleanup_server) struct server *server =
      SCRIPT({.text = "HTTP/1.1 307 There\r\nLocation: ../b?q=1#f\r\nContent-Length: 0\r\n\r\n"},
             {.text = OK});
  cleanup(cleanup_result) struct result result = {0};
  ask(server, (struct http_options){0},
      (struct http_request){.method = "HEAD", .follow = true, .authorization = "Bearer t0ken"},
      "/v2/a", &result);
  ck_assert_int_eq(result.status, 200);
  ck_assert(has(result.url, "/b") && !has(result.url, "q=1"));
  server_stop(server);
  ck_assert(has(server_request(server, 1), "HEAD /b?q=1 HTTP/1.1\r\n"));
  ck_assert(has(server_request(server, 1), "\r\nauthorization: Bearer t0ken\r\n"));
}
END_TEST

START_TEST(a_redirect_to_another_origin_drops_credentials) {
  cleanup(cleanup_server) struct server *third = server_start_reply(OK);
  cleanup(cleanup_free) char *back = xasprintf(
      "HTTP/1.1 302 There\r\nLocation: http://127.0.0.1:%d/back\r\n\r\n", server_port(third));
  cleanup(cleanup_server) struct server *other = server_start_reply(back);
  cleanup(cleanup_free) char *away = xasprintf(
      "HTTP/1.1 302 There\r\nLocation: http://127.0.0.1:%d/there\r\n\r\n", server_port(other));
  cleanup(cleanup_server) struct server *server = server_start_reply(away);
  const char *const headers[] = {"X-Key: 5ecret", "accept: text/plain", NULL};
  cleanup(cleanup_result) struct result result = {0};
  ask(server, (struct http_options){0},
      (struct http_request){.follow = true, .authorization = "Bearer 5ecret", .headers = headers},
      "/here", &result);
  ck_assert_str_eq(result.body, "hi");
  server_stop(server);
  server_stop(other);
  server_stop(third);
  ck_assert(has(server_request(server, 0), "authorization: Bearer 5ecret"));
  ck_assert(has(server_request(server, 0), "X-Key: 5ecret"));
  const char *const others[] = {server_request(other, 0), server_request(third, 0)};
  for (size_t i = 0; i < 2; i++) {
    ck_assert(has(others[i], i == 0 ? "GET /there " : "GET /back "));
    ck_assert(has(others[i], "accept: text/plain"));
    ck_assert(!has(others[i], "5ecret"));
    ck_assert(!has(others[i], "uthorization"));
  }
}
END_TEST

START_TEST(who_was_led_away_and_back_has_no_credentials) {
  cleanup(cleanup_server) struct server *server = NULL;
  /* The first port is known only when it runs, so the other one redirects by scheme-relative text
     that the first got from its script: made in two steps. */
  char location[128];
  struct server_reply replies[] = {{.text = location}, {.text = OK}};
  server = script(replies, 2);
  char back[128];
  snprintf(back, sizeof back, "HTTP/1.1 302 Back\r\nLocation: http://127.0.0.1:%d/admin\r\n\r\n",
           server_port(server));
  cleanup(cleanup_server) struct server *other = server_start_reply(back);
  snprintf(location, sizeof location, "HTTP/1.1 302 Go\r\nLocation: //127.0.0.1:%d/x\r\n\r\n",
           server_port(other));
  cleanup(cleanup_result) struct result result = {0};
  ask(server, (struct http_options){0},
      (struct http_request){.follow = true, .authorization = "Bearer 5ecret"}, "/", &result);
  ck_assert_str_eq(result.body, "hi");
  server_stop(server);
  ck_assert(has(server_request(server, 0), "5ecret"));
  ck_assert(has(server_request(server, 1), "GET /admin "));
  ck_assert(!has(server_request(server, 1), "5ecret"));
}
END_TEST

START_TEST(a_redirect_loop_ends) {
  cleanup(cleanup_server) struct server *server =
      server_start_reply("HTTP/1.1 301 Round\r\nLocation: /\r\nContent-Length: 0\r\n\r\n");
  cleanup(cleanup_result) struct result result = {0};
  ask(server, (struct http_options){.max_retries = 2}, (struct http_request){.follow = true}, "/",
      &result);
  ck_assert_int_eq(result.error, STATUS_SERVER_ERROR);
  ck_assert(has(result.message, "more than 5 redirects"));
  server_stop(server);
  ck_assert_uint_eq(server_requests(server), 6);
}
END_TEST

START_TEST(redirects_that_must_not_be_followed) {
  static const char reply[] = "HTTP/1.1 302 Go\r\nLocation: http://u:5ecret@127.0.0.1/\r\n"
                              "Content-Length: 0\r\n\r\n";
  cleanup(cleanup_server) struct server *server = server_start_reply(reply);
  cleanup(cleanup_result) struct result user = {0};
  ask(server, (struct http_options){0}, (struct http_request){.follow = true}, "/", &user);
  ck_assert_int_eq(user.error, STATUS_SERVER_ERROR);
  ck_assert(has(user.message, "refused"));
  ck_assert(!has(user.message, "5ecret"));
  /* These are answers like others. */
  const struct http_signature signature = {"us-east-1", "ecr", "AKID", "key", NULL};
  const struct http_request requests[] = {{.follow = false},
                                          {.follow = true, .method = "POST"},
                                          {.follow = true, .method = "PUT"},
                                          {.follow = true, .signature = &signature}};
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
    cleanup(cleanup_result) struct result result = {0};
    ask(server, (struct http_options){0}, requests[i], "/", &result);
    ck_assert(!result.failed);
    ck_assert_int_eq(result.status, 302);
  }
  server_stop(server);
  ck_assert_uint_eq(server_requests(server), 5);
}
END_TEST

START_TEST(a_retry_starts_where_the_request_did) {
  cleanup(cleanup_server) struct server *other = SCRIPT({.text = ANSWER("503 Busy")}, {.text = OK});
  cleanup(cleanup_free) char *away =
      xasprintf("HTTP/1.1 302 There\r\nLocation: http://127.0.0.1:%d/there?signed\r\n\r\n",
                server_port(other));
  cleanup(cleanup_server) struct server *server = server_start_reply(away);
  cleanup(cleanup_result) struct result result = {0};
  ask(server, (struct http_options){.max_retries = 1},
      (struct http_request){.follow = true, .authorization = "Bearer t0ken"}, "/here", &result);
  ck_assert_str_eq(result.body, "hi");
  ck_assert_uint_eq(result.retries, 1);
  server_stop(server);
  ck_assert_uint_eq(server_requests(server), 2);
  ck_assert(has(server_request(server, 1), "GET /here "));
  ck_assert(has(server_request(server, 1), "t0ken"));
}
END_TEST

int main(void) {
  TCase *tcase = tcase_create("http");
  tcase_add_test(tcase, a_get_gives_status_body_and_headers);
  tcase_add_test(tcase, headers_are_found_in_any_case);
  tcase_add_test(tcase, head_post_and_put_are_what_they_say);
  tcase_add_test(tcase, a_body_has_a_maximum);
  tcase_add_test(tcase, a_page_about_a_failure_has_a_maximum);
  tcase_add_test(tcase, what_a_failure_quotes_is_hidden);
  tcase_add_test(tcase, headers_have_a_maximum);
  tcase_add_test(tcase, transient_answers_are_retried);
  tcase_add_test(tcase, the_last_retry_hands_the_answer_on);
  tcase_add_test(tcase, other_answers_are_not_retried);
  tcase_add_test(tcase, callers_say_what_else_is_transient);
  tcase_add_test(tcase, broken_transfers_are_retried);
  tcase_add_test(tcase, a_partial_body_is_a_failure);
  tcase_add_test(tcase, a_refused_connection_is_retried_and_fails);
  tcase_add_test(tcase, a_stall_is_a_timeout);
  tcase_add_test(tcase, a_redirect_in_the_origin_keeps_credentials);
  tcase_add_test(tcase, a_redirect_to_another_origin_drops_credentials);
  tcase_add_test(tcase, who_was_led_away_and_back_has_no_credentials);
  tcase_add_test(tcase, a_redirect_loop_ends);
  tcase_add_test(tcase, redirects_that_must_not_be_followed);
  tcase_add_test(tcase, a_retry_starts_where_the_request_did);
  return run_suite(suite_create("http"), tcase);
}
