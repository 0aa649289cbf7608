/* Signature Version 4 as libcurl makes it, checked by an own reading of the rules ("Create a signed
   AWS API request", IAM User Guide). */
#include <config.h>

#include "net/http.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <signal.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

#include "http-server.h"
#include "unit.h"

enum { DIGEST = 32 };

static const struct http_signature with_token = {.region = "eu-central-1",
                                                 .service = "ecr",
                                                 .access_key_id = "AKIDEXAMPLE",
                                                 .secret_access_key =
                                                     "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                                                 .session_token = "IQoJb3JpZ2luX2VjE/+token=="};

static const char *const headers[] = {
    "content-type: application/x-amz-json-1.1",
    "x-amz-target: AmazonEC2ContainerRegistry_V20150921.DescribeImages", NULL};

static char *hex(const unsigned char *bytes) {
  char *text = xmalloc(2 * DIGEST + 1);
  for (size_t i = 0; i < DIGEST; i++) {
    text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
    text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
  }
  text[2 * DIGEST] = '\0';
  return text;
}

static char *sha256(const char *text) {
  unsigned char digest[DIGEST];
  ck_assert(EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL));
  return hex(digest);
}

static void hmac(unsigned char *key, size_t length, const char *text) {
  unsigned char digest[DIGEST];
  ck_assert_ptr_nonnull(HMAC(EVP_sha256(), key, (int)length, (const unsigned char *)text,
                             strlen(text), digest, NULL));
  memcpy(key, digest, DIGEST);
}

/* Value of header NAME (any case) in REQUEST; caller frees. NULL: none. */
static char *header(const char *request, const char *name) {
  size_t length = strlen(name);
  for (const char *line = strstr(request, "\r\n"); line && strncmp(line, "\r\n\r\n", 4) != 0;
       line = strstr(line + 2, "\r\n"))
    if (strncasecmp(line + 2, name, length) == 0 && line[2 + length] == ':') {
      const char *value = line + 3 + length;
      value += strspn(value, " ");
      return xstrndup(value, strcspn(value, "\r"));
    }
  return NULL;
}

/* Text of AUTHORIZATION between BEFORE and the next comma or the end; caller frees. */
static char *between(const char *authorization, const char *before) {
  const char *start = strstr(authorization, before);
  ck_assert_msg(start != NULL, "%s lacks %s", authorization, before);
  start += strlen(before);
  return xstrndup(start, strcspn(start, ","));
}

/* The signature that REQUEST, signed for SIGNATURE with these headers, must have. */
static char *expected_signature(const char *request, const char *signed_headers,
                                const struct http_signature *signature) {
  struct strbuf canonical = STRBUF(65536);
  strbuf_append(&canonical, request, strcspn(request, " "));
  strbuf_puts(&canonical, "\n/\n\n");
  for (const char *name = signed_headers; *name;) {
    size_t length = strcspn(name, ";");
    cleanup(cleanup_free) char *one = xstrndup(name, length);
    cleanup(cleanup_free) char *value = header(request, one);
    ck_assert_msg(value != NULL, "%s is signed but not sent", one);
    strbuf_printf(&canonical, "%s:%s\n", one, value);
    name += length + (name[length] == ';');
  }
  cleanup(cleanup_free) char *body = sha256(strstr(request, "\r\n\r\n") + 4);
  strbuf_printf(&canonical, "\n%s\n%s", signed_headers, body);
  cleanup(cleanup_free) char *hashed = sha256(strbuf_str(&canonical));
  strbuf_free(&canonical);

  cleanup(cleanup_free) char *date = header(request, "x-amz-date");
  ck_assert_ptr_nonnull(date);
  ck_assert_uint_eq(strlen(date), 16);
  cleanup(cleanup_free) char *text =
      xasprintf("AWS4-HMAC-SHA256\n%s\n%.8s/%s/%s/aws4_request\n%s", date, date, signature->region,
                signature->service, hashed);
  unsigned char key[256];
  size_t length = strlen(signature->secret_access_key) + 4;
  ck_assert_uint_lt(length, sizeof key);
  memcpy(key, "AWS4", 4);
  memcpy(key + 4, signature->secret_access_key, length - 4);
  date[8] = '\0';
  hmac(key, length, date);
  hmac(key, DIGEST, signature->region);
  hmac(key, DIGEST, signature->service);
  hmac(key, DIGEST, "aws4_request");
  hmac(key, DIGEST, text);
  return hex(key);
}

static void check_signature(const char *request, const struct http_signature *signature,
                            const char *signed_headers) {
  cleanup(cleanup_free) char *authorization = header(request, "authorization");
  ck_assert_msg(authorization != NULL, "%s", request);
  ck_assert(strncmp(authorization, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/", 40) == 0);
  cleanup(cleanup_free) char *credential = between(authorization, "Credential=");
  cleanup(cleanup_free) char *scope =
      xasprintf("/%s/%s/aws4_request", signature->region, signature->service);
  ck_assert(strlen(credential) > strlen(scope));
  ck_assert_str_eq(credential + strlen(credential) - strlen(scope), scope);
  cleanup(cleanup_free) char *names = between(authorization, "SignedHeaders=");
  ck_assert_str_eq(names, signed_headers);
  cleanup(cleanup_free) char *given = between(authorization, "Signature=");
  cleanup(cleanup_free) char *expected = expected_signature(request, names, signature);
  ck_assert_str_eq(given, expected);
  ck_assert(!strstr(request, "Expect"));
  ck_assert(!strstr(request, signature->secret_access_key));
}

static void ignore(void *arg, const struct http_response *response) {
  ck_assert(!response->error);
  *(long *)arg = response->status;
}

/* Posts BODY, signed, to a server that is busy at first. */
static void check_post(const char *body, const struct http_signature *signature,
                       const char *signed_headers) {
  const struct server_reply replies[] = {
      {.text = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", .then = SERVER_KEEP},
      {.text = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}};
  struct server *server = server_start(&(struct server_script){.replies = replies, .count = 2});
  struct http *http = http_new(
      &(struct http_options){.max_retries = 1, .backoff_ms = 1, .stop_fd = -1, .timeout = 20},
      NULL);
  ck_assert_ptr_nonnull(http);
  cleanup(cleanup_free) char *url = xasprintf("http://127.0.0.1:%d/", server_port(server));
  long status = 0;
  http_send(http,
            &(struct http_request){.method = "POST",
                                   .url = url,
                                   .headers = headers,
                                   .body = body,
                                   .body_length = strlen(body),
                                   .signature = signature,
                                   /* The signature goes first. */
                                   .authorization = "Bearer other"},
            ignore, &status);
  ck_assert_int_eq(http_run(http, NULL), 0);
  ck_assert_int_eq(status, 200);
  http_free(http);
  server_stop(server);
  ck_assert_uint_eq(server_requests(server), 2);
  for (size_t i = 0; i < 2; i++)
    check_signature(server_request(server, i), signature, signed_headers);
  server_free(server);
}

START_TEST(requests_are_signed) {
  struct http_signature without_token = with_token;
  without_token.session_token = NULL;
  check_post("{\"repositoryName\":\"a/b\"}", &without_token,
             "content-type;host;x-amz-date;x-amz-target");
}
END_TEST

START_TEST(a_session_token_is_sent_and_signed) {
  check_post("{}", &with_token, "content-type;host;x-amz-date;x-amz-security-token;x-amz-target");
}
END_TEST

START_TEST(an_empty_body_is_signed) {
  check_post("", &with_token, "content-type;host;x-amz-date;x-amz-security-token;x-amz-target");
}
END_TEST

START_TEST(a_large_body_is_signed) {
  /* 100 digests are about 10 kB; this is what one call could grow to. */
  cleanup(cleanup_free) char *body = xmalloc(200 * 1024 + 1);
  memset(body, 'x', 200 * 1024);
  body[200 * 1024] = '\0';
  check_post(body, &with_token, "content-type;host;x-amz-date;x-amz-security-token;x-amz-target");
}
END_TEST

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  Suite *suite = suite_create("http-sign");
  TCase *tcase = tcase_create("http-sign");
  tcase_set_timeout(tcase, 60);
  tcase_add_test(tcase, requests_are_signed);
  tcase_add_test(tcase, a_session_token_is_sent_and_signed);
  tcase_add_test(tcase, an_empty_body_is_signed);
  tcase_add_test(tcase, a_large_body_is_signed);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_set_tap(runner, "-");
  srunner_run_all(runner, CK_SILENT);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
