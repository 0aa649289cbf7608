/* For tests of net/http: requests to a scripted server, and what their callback was told. */
#ifndef OCIDUP_TESTS_HTTP_EXCHANGE_H
#define OCIDUP_TESTS_HTTP_EXCHANGE_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "http-server.h"
#include "net/http.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
#define ANSWER(status) "HTTP/1.1 " status "\r\nContent-Length: 3\r\n\r\nwhy"

/* What DONE was told, of the last call. */
struct result {
  int calls;
  long status;
  char *body;
  size_t length;
  bool failed;
  enum status error;
  char *message;
  char *url;
  unsigned retries;
  char *values; /* of header X-Many, joined by '|' */
};

static inline void cleanup_result(struct result *result) {
  free(result->body);
  free(result->message);
  free(result->url);
  free(result->values);
}

static inline void cleanup_server(struct server **server) {
  if (*server)
    server_free(*server);
}

static inline void cleanup_http(struct http **http) {
  http_free(*http);
}

static inline void join(void *arg, const char *value) {
  struct strbuf *joined = arg;
  strbuf_printf(joined, "%s%s", joined->length ? "|" : "", value);
}

static inline void done(void *arg, const struct http_response *response) {
  struct result *result = arg;
  int calls = result->calls;
  cleanup_result(result);
  *result = (struct result){.calls = calls + 1,
                            .status = response->status,
                            .body = xmalloc(response->length + 1),
                            .length = response->length,
                            .failed = response->error != NULL,
                            .url = xstrdup(response->url),
                            .retries = response->retries};
  memcpy(result->body, response->body, response->length + 1);
  if (response->error) {
    result->error = response->error->status;
    result->message = xstrdup(response->error->message);
  }
  struct strbuf joined = STRBUF(1024);
  http_header_each(response, "x-many", join, &joined);
  result->values = strbuf_take(&joined);
}

static inline void add_note(void *arg, const char *text) {
  strbuf_printf(arg, "%s\n", text);
}

static inline struct http *new_http(struct http_options options) {
  if (options.backoff_ms == 0)
    options.backoff_ms = 1;
  if (options.timeout == 0)
    options.timeout = 20;
  if (options.stop_fd == 0)
    options.stop_fd = -1;
  struct error *err = NULL;
  struct http *http = http_new(&options, &err);
  ck_assert_msg(http != NULL, "%s", err ? err->message : "?");
  return http;
}

static inline void run(struct http *http) {
  struct error *err = NULL;
  ck_assert_msg(http_run(http, &err) == 0, "%s", err ? err->message : "?");
  ck_assert_ptr_null(err);
}

/* One request to PATH of SERVER, with OPTIONS. */
static inline void ask(const struct server *server, struct http_options options,
                       struct http_request request, const char *path, struct result *result) {
  cleanup(cleanup_http) struct http *http = new_http(options);
  cleanup(cleanup_free) char *url = xasprintf("http://127.0.0.1:%d%s", server_port(server), path);
  request.url = url;
  if (!request.method)
    request.method = "GET";
  if (!request.max_body)
    request.max_body = 1024;
  http_send(http, &request, done, result);
  run(http);
  ck_assert_int_eq(result->calls, 1);
}

static inline bool has(const char *text, const char *part) {
  return strstr(text, part) != NULL;
}

static inline struct server *script(const struct server_reply *replies, size_t count) {
  return server_start(&(struct server_script){.replies = replies, .count = count});
}
#define SCRIPT(...)                                                                                \
  script((const struct server_reply[]){__VA_ARGS__},                                               \
         sizeof((const struct server_reply[]){__VA_ARGS__}) / sizeof(struct server_reply))

/* What main does for TCASE of SUITE. */
static inline int run_suite(Suite *suite, TCase *tcase) {
  /* As cli_signals does. */
  signal(SIGPIPE, SIG_IGN);
  /* Whatever proxies there are, none is for loopback. */
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  unsetenv("no_proxy");
  unsetenv("NO_PROXY");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_set_tap(runner, "-");
  srunner_run_all(runner, CK_SILENT);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
