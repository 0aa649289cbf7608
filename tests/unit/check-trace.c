#include <config.h>

#include "net/trace.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "net/http.h"
#include "net/request.h"
#include "net/watch.h"

#include "http-server.h"
#include "unit.h"

START_TEST(urls_show_what_they_may) {
  static const char *const cases[][2] = {
      {"https://r.example/v2/a/tags/list?n=1000&last=v1", NULL},
      {"https://a.example/token?service=r&scope=repository:a:pull&account=me", NULL},
      {"https://s3.example/x?X-Amz-Signature=5ecret", "https://s3.example/x?(hidden)"},
      {"https://s3.example/x?a=5ecret&b=5ecret&n=2&c=5ecret",
       "https://s3.example/x?(hidden)&n=2&(hidden)"},
      {"https://s3.example/x?5ecret", "https://s3.example/x?(hidden)"},
      {"https://s3.example/x?n", "https://s3.example/x?(hidden)"},
      {"https://u:5ecret@r.example/x?n=1#5ecret", "https://r.example/x?n=1"},
      {"/v2/b?last=x&n=3", NULL},
      {"/v2/b?sig=5ecret", "/v2/b?(hidden)"},
      {"//u:5ecret@r.example/x?y=5ecret", "r.example/x?(hidden)"},
      {"", ""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct strbuf out = STRBUF(4096);
    trace_put_url(&out, cases[i][0]);
    ck_assert_str_eq(strbuf_str(&out), cases[i][1] ? cases[i][1] : cases[i][0]);
    strbuf_free(&out);
  }
}
END_TEST

START_TEST(headers_show_what_they_may) {
  static const char *const cases[][3] = {
      {"Content-Type", "application/json", "content-type: application/json"},
      {"X-AMZN-RequestId", "1-2", "x-amzn-requestid: 1-2"},
      {"RateLimit-Limit", "100;w=21600", "ratelimit-limit: 100;w=21600"},
      {"Authorization", "Bearer 5ecret", "authorization: (hidden)"},
      {"Proxy-Authorization", "Basic 5ecret", "proxy-authorization: (hidden)"},
      {"x-amz-security-token", "5ecret", "x-amz-security-token: (hidden)"},
      {"x-aws-ec2-metadata-token", "5ecret", "x-aws-ec2-metadata-token: (hidden)"},
      {"x-aws-ec2-metadata-token-ttl-seconds", "60", "x-aws-ec2-metadata-token-ttl-seconds: 60"},
      {"x-amz-sso_bearer_token", "5ecret", "x-amz-sso_bearer_token: (hidden)"},
      {"Set-Cookie", "5ecret", "set-cookie: (hidden)"},
      {"Location", "https://b.example/x?sig=5ecret", "location: https://b.example/x?(hidden)"},
      {"Location", "/v2/x", "location: /v2/x"},
      {"Link", "</v2/_catalog?n=2&last=b>; rel=\"next\"", "link: </v2/_catalog?n=2&last=b>"},
      {"Link", "<https://u:5ecret@h/x?t=5ecret>; a=5ecret", "link: <https://h/x?(hidden)>"},
      {"Link", "5ecret", "link: (hidden)"},
      {"Link", "<5ecret", "link: (hidden)"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct strbuf out = STRBUF(4096);
    trace_put_header(&out, cases[i][0], cases[i][1]);
    ck_assert_str_eq(strbuf_str(&out), cases[i][2]);
    strbuf_free(&out);
  }
}
END_TEST

START_TEST(challenges_show_what_they_may) {
  static const char *const cases[][2] = {
      {"Bearer realm=\"https://a.example/token\",service=\"r\",scope=\"repository:a:pull\"",
       "Bearer realm=\"https://a.example/token\" service=\"r\" scope=\"repository:a:pull\""},
      {"Basic realm=\"Registry Realm\"", "Basic realm=\"Registry Realm\""},
      {"Bearer realm=\"https://u:5ecret@a.example/t?k=5ecret\", error=invalid_token",
       "Bearer realm=\"https://a.example/t?(hidden)\" error=\"invalid_token\""},
      {"Bearer error_description=\"you sent 5ecret, why\", error=\"x\"",
       "Bearer (hidden) error=\"x\""},
      {"Bearer x=\"a\\\" 5ecret\"", "Bearer (hidden)"},
      {"Negotiate 5ecret==", "(hidden) (hidden)"},
      {"Bearer 5ecret", "Bearer (hidden)"},
      {"Bearer 5ecret==", "Bearer (hidden)"},
      {"\"5ecret", "(hidden)"},
      {"Bearer realm=\"", "Bearer realm=\"\"\""},
      {"5ecret=", "(hidden)"},
      {",,, ", ""},
      {"", ""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct strbuf out = STRBUF(4096);
    trace_put_header(&out, "WWW-Authenticate", cases[i][0]);
    cleanup(cleanup_free) char *want = xasprintf("www-authenticate: %s", cases[i][1]);
    ck_assert_str_eq(strbuf_str(&out), want);
    strbuf_free(&out);
  }
}
END_TEST

static void ignore(void *arg, const struct http_response *response) {
  (void)arg;
  (void)response;
}

/* That what REQUEST carries is taken out of each of TEXTS, which ends with NULL. */
static void check_taught(const struct http_request *asked, const char *const *texts) {
  struct request *request = request_new(asked, ignore, NULL);
  ck_assert_ptr_null(request->error);
  struct redactor *redactor = redactor_new();
  request_teach(request, redactor);
  for (; *texts; texts++) {
    cleanup(cleanup_free) char *seen = redacted(redactor, *texts);
    ck_assert_msg(strstr(seen, "(hidden)") && !strstr(seen, "5ecret"), "%s: %s", *texts, seen);
  }
  cleanup(cleanup_free) char *other = redacted(redactor, "application/octet-stream 20240101");
  ck_assert_str_eq(other, "application/octet-stream 20240101");
  redactor_free(redactor);
  request_free(request);
}

START_TEST(requests_teach_their_secrets) {
  const struct http_signature signature = {"r", "s", "AKID5ecret", "the/5ecret", "the+5ecret"};
  check_taught(
      &(struct http_request){.method = "GET", .url = "http://a/p", .signature = &signature},
      (const char *const[]){"no AKID5ecret", "cannot use the/5ecret", "the+5ecret is long", NULL});
  check_taught(
      &(struct http_request){
          .method = "GET", .url = "http://a/", .authorization = "Bearer abc5ecret"},
      (const char *const[]){"bad header: abc5ecret", "Authorization: Bearer abc5ecret", NULL});
  /* me:my:5ecret */
  check_taught(
      &(struct http_request){
          .method = "GET", .url = "http://a/", .authorization = "Basic bWU6bXk6NWVjcmV0"},
      (const char *const[]){"password my:5ecret", "bWU6bXk6NWVjcmV0", "my%3A5ecret", NULL});
  check_taught(
      &(struct http_request){.method = "GET", .url = "http://a/", .authorization = "token5ecret"},
      (const char *const[]){"token5ecret", NULL});
  check_taught(&(struct http_request){.method = "GET",
                                      .url = "http://a/p?X-Amz-Signature=5ecret5ecret&n=20240101&"
                                             "response-content-type=application/octet-stream&"
                                             "access_token=a%2Fb5ecret"},
               (const char *const[]){"5ecret5ecret", "a/b5ecret", "a%2Fb5ecret", NULL});
  check_taught(
      &(struct http_request){
          .method = "GET",
          .url = "http://a/",
          .headers = (const char *const[]){"x-aws-ec2-metadata-token: token5ecret",
                                           "Accept: application/octet-stream",
                                           "authorization: Basic bWU6bXk6NWVjcmV0", NULL}},
      (const char *const[]){"token5ecret", "my:5ecret", NULL});
  static const char form[] = "Action=20240101&WebIdentityToken=jwt.5ecret%2B&RoleArn=application";
  check_taught(&(struct http_request){.method = "POST",
                                      .url = "http://a/",
                                      .headers = (const char *const[]){"Content-Type: application/"
                                                                       "x-www-form-urlencoded",
                                                                       NULL},
                                      .body = form,
                                      .body_length = sizeof form - 1},
               (const char *const[]){"jwt.5ecret+", "jwt.5ecret%2B", NULL});
  static const char json[] = "{\"clientSecret\":\"my\\/5ecret\",\"n\":\"20240101\",\"x\":{}}";
  check_taught(
      &(struct http_request){.method = "POST",
                             .url = "http://a/",
                             .headers =
                                 (const char *const[]){"content-type: application/json", NULL},
                             .body = json,
                             .body_length = sizeof json - 1},
      (const char *const[]){"my/5ecret", "my\\/5ecret", NULL});
}
END_TEST

/* ---- a loop, and a server that quotes all it was sent ---- */

struct seen {
  struct strbuf trace;
  struct strbuf notes;
  char *body;
  char *error;
};

static void add_trace(void *arg, const char *text) {
  struct seen *seen = arg;
  strbuf_printf(&seen->trace, "%s\n", text);
}

static void add_note(void *arg, const char *text) {
  struct seen *seen = arg;
  strbuf_printf(&seen->notes, "%s\n", text);
}

static void done(void *arg, const struct http_response *response) {
  struct seen *seen = arg;
  seen->body = xstrdup(response->body);
  seen->error = response->error ? xstrdup(response->error->message) : NULL;
}

static void add_line(void *arg, const char *line) {
  strbuf_printf(arg, "%s\n", line);
}

#define TOKEN "eyJhbGciOiJub25lIn0.5ecret5ecret5ecret.5ecret"

/* Asks SERVER for PATH with TOKEN; *counts gets the lines of the watch. */
static void ask(struct server *server, const char *path, struct seen *seen, struct strbuf *counts) {
  *seen = (struct seen){.trace = STRBUF(64 * 1024), .notes = STRBUF(64 * 1024)};
  struct http_watch *watch = http_watch_new();
  const struct http_options options = {.max_retries = 2,
                                       .backoff_ms = 1,
                                       .stop_fd = -1,
                                       .note = add_note,
                                       .trace = add_trace,
                                       .note_arg = seen,
                                       .watch = watch};
  struct http *http = http_new(&options, NULL);
  cleanup(cleanup_free) char *url = xasprintf("http://127.0.0.1:%d%s", server_port(server), path);
  http_send(http,
            &(struct http_request){.method = "GET",
                                   .url = url,
                                   .authorization = "Bearer " TOKEN,
                                   .max_body = 1000,
                                   .follow = true},
            done, seen);
  ck_assert_int_eq(http_run(http, NULL), 0);
  http_free(http);
  *counts = (struct strbuf)STRBUF(4096);
  http_watch_each(watch, add_line, counts);
  http_watch_free(watch);
}

static void clear(struct seen *seen, struct strbuf *counts) {
  strbuf_free(&seen->trace);
  strbuf_free(&seen->notes);
  strbuf_free(counts);
  free(seen->body);
  free(seen->error);
}

static bool has(const char *text, const char *part) {
  return strstr(text, part) != NULL;
}

START_TEST(a_request_is_traced) {
  static const struct server_reply replies[] = {
      {.text = "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 4\r\n\r\nbusy",
       .then = SERVER_KEEP},
      {.text = "HTTP/1.1 302 Found\r\nLocation: /b?sig=5ecret5ecret\r\nContent-Length: 0\r\n\r\n",
       .then = SERVER_KEEP},
      {.text =
           "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nDate: \x1b[2Jtoday\r\nX-A: 5ecret\r\n\r\nhi",
       .then = SERVER_KEEP}};
  struct server *server = server_start(&(struct server_script){.replies = replies, .count = 3});
  struct seen seen;
  struct strbuf counts;
  ask(server, "/a?n=1", &seen, &counts);
  ck_assert_str_eq(seen.body, "hi");
  const char *trace = strbuf_str(&seen.trace);
  cleanup(cleanup_free) char *first =
      xasprintf("[1] > GET http://127.0.0.1:%d/a?n=1\n[1] > ", server_port(server));
  cleanup(cleanup_free) char *third =
      xasprintf("[3] > GET http://127.0.0.1:%d/b?(hidden)\n", server_port(server));
  ck_assert_msg(strncmp(trace, first, strlen(first)) == 0, "%s", trace);
  ck_assert(has(trace, "; authorization: (hidden)"));
  ck_assert(has(trace, "\n[1] < 503, 4 bytes, "));
  ck_assert(has(trace, " ms, new connection\n[1] < retry-after: 0; content-length: 4\n"));
  ck_assert(has(trace, "\n[2] < location: /b?(hidden); content-length: 0\n"));
  ck_assert(has(trace, third));
  ck_assert(has(trace, "date: \xef\xbf\xbd[2Jtoday; x-a: (hidden)\n"));
  ck_assert_msg(!has(trace, "5ecret"), "%s", trace);
  cleanup(cleanup_free) char *want =
      xasprintf("127.0.0.1:%d: 3 requests, 1 retry, 1 connection\n", server_port(server));
  ck_assert_str_eq(strbuf_str(&counts), want);
  clear(&seen, &counts);
  server_free(server);
}
END_TEST

START_TEST(what_a_server_quotes_does_not_come_back) {
  static const char *const replies[] = {
      "HTTP/1.1 403 " TOKEN "\r\nContent-Type: " TOKEN "\r\nX-" TOKEN
      ": 1\r\nContent-Length: 53\r\n"
      "\r\n{\"m\":\"" TOKEN "\"}",
      "HTTP/1.1 302 Found\r\nLocation: ftp://h/" TOKEN "\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 302 Found\r\nLocation: https://" TOKEN ".invalid:1/x?" TOKEN
      "\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 401 No\r\nWWW-Authenticate: Bearer realm=\"https://h/" TOKEN "?" TOKEN
      "\",service=\"" TOKEN "\"\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: " TOKEN "\r\n\r\n",
      TOKEN " 200 OK\r\n\r\n",
  };
  for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
    struct server *server = server_start_reply(replies[i]);
    struct seen seen;
    struct strbuf counts;
    ask(server, "/a", &seen, &counts);
    const char *const shown[] = {strbuf_str(&seen.trace), strbuf_str(&seen.notes), seen.body,
                                 seen.error ? seen.error : "", strbuf_str(&counts)};
    for (size_t k = 0; k < sizeof shown / sizeof *shown; k++)
      /* Names of hosts are in lower case. */
      ck_assert_msg(!strcasestr(shown[k], "5ecret"), "%zu: %s", i, shown[k]);
    clear(&seen, &counts);
    server_free(server);
  }
}
END_TEST

UNIT_MAIN("trace", tcase_add_test(tcase, urls_show_what_they_may);
          tcase_add_test(tcase, headers_show_what_they_may);
          tcase_add_test(tcase, challenges_show_what_they_may);
          tcase_add_test(tcase, requests_teach_their_secrets);
          tcase_add_test(tcase, a_request_is_traced);
          tcase_add_test(tcase, what_a_server_quotes_does_not_come_back);)
