/* Proxies: which variable counts, what a refusal is told as, and that user and password of a proxy
   are in no message. */
#include <config.h>

#include "net/proxy.h"

#include <signal.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "net/http.h"

#include "http-server.h"
#include "unit.h"

static const char *const variables[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                        "ALL_PROXY",  "HTTP_PROXY",  "no_proxy",    "NO_PROXY"};

static void clear(void) {
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
    unsetenv(variables[i]);
}

START_TEST(the_variables_have_an_order) {
  clear();
  ck_assert_ptr_null(proxy_variable("https"));
  setenv("HTTP_PROXY", "http://a", 1); /* a client of a web server could set it */
  ck_assert_ptr_null(proxy_variable("http"));
  static const struct {
    const char *set;
    const char *https;
    const char *http;
  } steps[] = {{"ALL_PROXY", "ALL_PROXY", "ALL_PROXY"},
               {"all_proxy", "all_proxy", "all_proxy"},
               {"HTTPS_PROXY", "HTTPS_PROXY", "all_proxy"},
               {"https_proxy", "https_proxy", "all_proxy"},
               {"http_proxy", "https_proxy", "http_proxy"}};
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    setenv(steps[i].set, "http://proxy:1", 1);
    ck_assert_str_eq(proxy_variable("https"), steps[i].https);
    ck_assert_str_eq(proxy_variable("http"), steps[i].http);
  }
  setenv("https_proxy", "", 1);
  ck_assert_str_eq(proxy_variable("https"), "HTTPS_PROXY");
}
END_TEST

START_TEST(a_proxy_is_shown_without_its_user) {
  static const struct {
    const char *value;
    const char *shown;
    bool user;
  } cases[] = {
      {"http://proxy:3128", "the proxy http://proxy:3128 (https_proxy)", false},
      {"http://me:s3cret@proxy:3128/", "the proxy http://proxy:3128 (https_proxy)", true},
      {"me:s3cret@proxy:3128", "the proxy proxy:3128 (https_proxy)", true},
      {"http://me:s3/c@re#t@proxy:1", "the proxy http://proxy:1 (https_proxy)", true},
      {"socks5h://s3cret@proxy?x=y", "the proxy socks5h://proxy (https_proxy)", true},
  };
  clear();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    setenv("https_proxy", cases[i].value, 1);
    cleanup(cleanup_free) char *shown = proxy_display("https_proxy");
    ck_assert_str_eq(shown, cases[i].shown);
    ck_assert_int_eq(proxy_has_user("https_proxy"), cases[i].user);
  }
}
END_TEST

START_TEST(passwords_are_known) {
  static const char *const cases[][4] = {
      {"http_proxy", "http://me:s3cr%3ft@proxy:3128", "no s3cr?t, no s3cr%3ft, but proxy:3128",
       "no (hidden), no (hidden), but proxy:3128"},
      {"https_proxy", "http://s3cret@proxy", "s3cret", "(hidden)"},
      {"ALL_PROXY", "me:s3cret@proxy:1", "Proxy s3cret", "Proxy (hidden)"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    clear();
    setenv(cases[i][0], cases[i][1], 1);
    struct redactor *redactor = redactor_new();
    proxy_teach(redactor);
    cleanup(cleanup_free) char *seen = redacted(redactor, cases[i][2]);
    ck_assert_str_eq(seen, cases[i][3]);
    redactor_free(redactor);
  }
}
END_TEST

struct result {
  long status;
  enum status error;
  unsigned retries;
  char message[1024];
};

static void done(void *arg, const struct http_response *response) {
  struct result *result = arg;
  result->status = response->status;
  result->retries = response->retries;
  if (response->error) {
    result->error = response->error->status;
    snprintf(result->message, sizeof result->message, "%s", response->error->message);
  }
}

static struct result get(const char *url) {
  struct http *http = http_new(
      &(struct http_options){.max_retries = 2, .backoff_ms = 1, .stop_fd = -1, .timeout = 20},
      NULL);
  ck_assert_ptr_nonnull(http);
  struct result result = {0};
  http_send(http, &(struct http_request){.method = "GET", .url = url, .max_body = 9}, done,
            &result);
  ck_assert_int_eq(http_run(http, NULL), 0);
  http_free(http);
  return result;
}

/* A proxy that answers each request with REPLY, to be used for VARIABLE's URLs. */
static struct server *proxy(const char *variable, const char *reply) {
  clear();
  struct server *server = server_start_reply(reply);
  cleanup(cleanup_free) char *url = xasprintf("http://me:s3cret@127.0.0.1:%d", server_port(server));
  setenv(variable, url, 1);
  return server;
}

#define REFUSAL(status) "HTTP/1.1 " status "\r\nContent-Length: 3\r\nConnection: close\r\n\r\nwhy"

START_TEST(a_refusal_is_told_once_as_the_proxy_s) {
  static const struct {
    const char *variable;
    const char *url;
    const char *reply;
    const char *said;
    size_t requests;
  } cases[] = {
      {"https_proxy", "https://registry.example/v2/", REFUSAL("407 No"),
       "(https_proxy) does not take the user and password", 1},
      {"ALL_PROXY", "http://registry.example/v2/", REFUSAL("407 No"),
       "(ALL_PROXY) does not take the user and password", 1},
      {"HTTPS_PROXY", "https://registry.example/v2/", REFUSAL("403 No"),
       "(HTTPS_PROXY) does not lead there: it answered 403", 1},
      {"https_proxy", "https://registry.example/v2/", REFUSAL("502 No"),
       "(https_proxy) does not lead there: it answered 502", 3},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct server *server = proxy(cases[i].variable, cases[i].reply);
    struct result result = get(cases[i].url);
    ck_assert_int_eq(result.error, STATUS_NETWORK);
    ck_assert_msg(strstr(result.message, cases[i].said), "%s", result.message);
    ck_assert_msg(!strstr(result.message, "s3cret"), "%s", result.message);
    server_stop(server);
    ck_assert_uint_eq(server_requests(server), cases[i].requests);
    server_free(server);
  }
}
END_TEST

START_TEST(a_proxy_that_is_not_there_is_told) {
  /* A port on which nobody listens any more. */
  struct server *server = proxy("https_proxy", "");
  server_stop(server);
  server_free(server);
  struct result result = get("https://registry.example/v2/");
  ck_assert_int_eq(result.error, STATUS_NETWORK);
  ck_assert_msg(strstr(result.message, "(https_proxy)"), "%s", result.message);
  ck_assert_msg(!strstr(result.message, "s3cret"), "%s", result.message);
}
END_TEST

START_TEST(what_is_no_proxy_is_told_without_its_secrets) {
  static const char *const values[] = {"http://me:s3cret@", "gopher://me:s3cret@proxy:1",
                                       "http://me:s3cret@pro xy:1", "http://me:s3cret@proxy:99999"};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    clear();
    setenv("https_proxy", values[i], 1);
    struct result result = get("https://registry.example/v2/");
    ck_assert_int_eq(result.error, STATUS_NETWORK);
    ck_assert_msg(strstr(result.message, "https_proxy"), "%s", result.message);
    ck_assert_msg(!strstr(result.message, "s3cret"), "%s", result.message);
  }
}
END_TEST

START_TEST(what_is_near_is_asked_without_a_proxy) {
  static const char *const near[] = {"127.0.0.1", "localhost"};
  for (size_t i = 0; i < sizeof near / sizeof *near; i++) {
    struct server *asked = server_start_reply("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    struct server *server = proxy("http_proxy", REFUSAL("403 No"));
    cleanup(cleanup_free) char *url = xasprintf("http://%s:%d/", near[i], server_port(asked));
    struct result result = get(url);
    ck_assert_msg(result.status == 200, "%s", result.message);
    server_stop(server);
    ck_assert_uint_eq(server_requests(server), 0);
    server_free(server);
    server_free(asked);
  }
}
END_TEST

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  Suite *suite = suite_create("proxy");
  TCase *tcase = tcase_create("proxy");
  tcase_set_timeout(tcase, 60);
  tcase_add_test(tcase, the_variables_have_an_order);
  tcase_add_test(tcase, a_proxy_is_shown_without_its_user);
  tcase_add_test(tcase, passwords_are_known);
  tcase_add_test(tcase, a_refusal_is_told_once_as_the_proxy_s);
  tcase_add_test(tcase, a_proxy_that_is_not_there_is_told);
  tcase_add_test(tcase, what_is_no_proxy_is_told_without_its_secrets);
  tcase_add_test(tcase, what_is_near_is_asked_without_a_proxy);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_set_tap(runner, "-");
  srunner_run_all(runner, CK_SILENT);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
