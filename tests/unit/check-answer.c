#include <config.h>

#include "registry/answer.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

#include "unit.h"

#define URL "https://r.example/v2/a/tags/list?n=1000"

static void check_error(long http, const char *body, enum status status, const char *message) {
  cleanup(cleanup_error) struct error *error = NULL;
  ck_assert_int_eq(answer_error("https://r.example", http, body, strlen(body), &error), -1);
  ck_assert_str_eq(error->message, message);
  ck_assert_int_eq(error->status, status);
}

START_TEST(errors_say_what_the_registry_said) {
  check_error(404, "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"no such\"}]}",
              STATUS_NOT_FOUND, "https://r.example answered: no such");
  check_error(400, "{\"errors\":[{\"code\":\"NAME_UNKNOWN\"}]}", STATUS_NOT_FOUND,
              "https://r.example answered: NAME_UNKNOWN");
  check_error(403, "{\"errors\":[{\"code\":\"TOOMANYREQUESTS\",\"message\":\"slow\"}]}",
              STATUS_RATE_LIMITED, "https://r.example answered: slow");
  check_error(401, "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"no\"}]}", STATUS_DENIED,
              "https://r.example answered: no");
  /* The first code that we know decides. */
  check_error(500,
              "{\"errors\":[1,{\"code\":\"ODD\",\"message\":\"a\"},"
              "{\"code\":\"UNAUTHORIZED\",\"message\":\"b\"}]}",
              STATUS_UNAUTHORIZED, "https://r.example answered: b");
  check_error(403, "{\"message\":\"by a proxy\"}", STATUS_DENIED,
              "https://r.example answered: by a proxy");
  check_error(401, "{\"details\":\"wrong name\"}", STATUS_UNAUTHORIZED,
              "https://r.example answered: wrong name");
}
END_TEST

START_TEST(errors_without_sense_have_the_http_status) {
  check_error(404, "<html>", STATUS_NOT_FOUND, "https://r.example answered with HTTP status 404");
  check_error(502, "", STATUS_SERVER_ERROR, "https://r.example answered with HTTP status 502");
  check_error(403, "{\"errors\":{}}", STATUS_DENIED,
              "https://r.example answered with HTTP status 403");
  check_error(429, "[]", STATUS_RATE_LIMITED, "https://r.example answered with HTTP status 429");
}
END_TEST

START_TEST(messages_are_short_and_clean) {
  cleanup(cleanup_error) struct error *error = NULL;
  char body[2000];
  memset(body, 'x', sizeof body);
  static const char head[] = "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"\\u001b[2J\\n";
  memcpy(body, head, sizeof head - 1);
  memcpy(body + sizeof body - 4, "\"}]}", 4);
  answer_error("w", 403, body, sizeof body, &error);
  ck_assert_uint_lt(strlen(error->message), 400);
  ck_assert_ptr_null(strpbrk(error->message, "\033\n"));
}
END_TEST

static char *token(const char *body, long *lifetime, struct error **error) {
  return answer_token(body, strlen(body), lifetime, error);
}

START_TEST(tokens_are_taken) {
  static const struct {
    const char *body;
    const char *token;
    long lifetime;
  } cases[] = {
      {"{\"token\":\"abc\"}", "abc", 60},
      {"{\"access_token\":\"x.y-z\",\"expires_in\":300}", "x.y-z", 300},
      {"{\"token\":\"\",\"access_token\":\"b\"}", "b", 60},
      {"{\"token\":\"a\",\"access_token\":\"b\",\"expires_in\":0}", "a", 60},
      {"{\"token\":\"a\",\"expires_in\":-1}", "a", 60},
      {"{\"token\":\"a\",\"expires_in\":\"9\"}", "a", 60},
      {"{\"token\":\"a\",\"expires_in\":12.7}", "a", 12},
      {"{\"token\":\"a\",\"expires_in\":1e300}", "a", 86400},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    long lifetime = 0;
    cleanup(cleanup_free) char *got = token(cases[i].body, &lifetime, NULL);
    ck_assert_msg(got != NULL, "%s", cases[i].body);
    ck_assert_str_eq(got, cases[i].token);
    ck_assert_int_eq(lifetime, cases[i].lifetime);
  }
}
END_TEST

START_TEST(what_is_no_token_is_refused) {
  static const char *const bodies[] = {"",
                                       "abc",
                                       "[]",
                                       "{}",
                                       "{\"token\":1}",
                                       "{\"token\":\"\"}",
                                       "{\"token\":\"a b\"}",
                                       "{\"token\":\"a\\r\\nX: y\"}",
                                       "{\"token\":\"\\u00e9\"}"};
  for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
    cleanup(cleanup_error) struct error *error = NULL;
    long lifetime;
    ck_assert_msg(token(bodies[i], &lifetime, &error) == NULL, "%s", bodies[i]);
    ck_assert_int_eq(error->status, STATUS_UNAUTHORIZED);
    ck_assert_ptr_null(strchr(error->message, '\r'));
  }
}
END_TEST

static void check_next(const char *value, const char *expected) {
  cleanup(cleanup_error) struct error *error = NULL;
  cleanup(cleanup_free) char *next = NULL;
  ck_assert_msg(answer_next(value, URL, &next, &error) == 0, "%s: %s", value,
                error ? error->message : "?");
  if (expected)
    ck_assert_str_eq(next, expected);
  else
    ck_assert_msg(next == NULL, "%s: %s", value, next);
}

START_TEST(the_next_page_is_found) {
  check_next("</v2/a/tags/list?last=x&n=1000>; rel=\"next\"", "/v2/a/tags/list?last=x&n=1000");
  check_next("<https://r.example/v2/x>;rel=next", "/v2/x");
  check_next("<https://R.EXAMPLE:443/v2/x>;rel=next", "/v2/x");
  check_next("<list?last=x>; rel=\"prev next\"", "/v2/a/tags/list?last=x");
  check_next("<?last=x>; REL=NEXT", "/v2/a/tags/list?last=x");
  check_next("</p>; rel=\"prev\", </n>; title=\"a, b; rel=c\"; rel=\"next\"", "/n");
  check_next("</v2/x#part>; rel=next", "/v2/x");
}
END_TEST

START_TEST(other_links_are_passed_over) {
  check_next("", NULL);
  check_next("</v2/x>", NULL);
  check_next("</v2/x>; rel=\"nextone\"", NULL);
  check_next("</v2/x>; rel=\"pre\\\"next\"", NULL);
  check_next("</v2/x>; title=next; rel", NULL);
  check_next("</v2/x; rel=next", NULL);
  check_next("/v2/x; rel=next", NULL);
}
END_TEST

START_TEST(pages_elsewhere_are_refused) {
  static const char *const values[] = {
      "<https://evil.example/v2/x>; rel=next", "<//evil.example/v2/x>; rel=next",
      "<http://r.example/v2/x>; rel=next",     "<https://r.example:444/v2/x>; rel=next",
      "<https://u@r.example/v2/x>; rel=next",  "<" URL ">; rel=next",
      "</v2/a/tags/list?n=1000>; rel=next"};
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    cleanup(cleanup_error) struct error *error = NULL;
    cleanup(cleanup_free) char *next = NULL;
    ck_assert_msg(answer_next(values[i], URL, &next, &error) == -1, "%s", values[i]);
    ck_assert_ptr_null(next);
    ck_assert_int_eq(error->status, STATUS_SERVER_ERROR);
  }
}
END_TEST

static int join(void *arg, const char *name, struct error **err) {
  if (strcmp(name, "stop") == 0)
    return error_set(err, STATUS_TOO_LARGE, "stopped");
  strbuf_printf(arg, "%s|", name);
  return 0;
}

static int names(const char *body, struct strbuf *joined, struct error **err) {
  return answer_names(body, strlen(body), "tags", join, joined, err);
}

START_TEST(names_are_taken) {
  cleanup(strbuf_free) struct strbuf joined = STRBUF(100);
  ck_assert_int_eq(names("{\"name\":\"a\",\"tags\":[\"1\",\"b\"]}", &joined, NULL), 0);
  ck_assert_int_eq(names("{\"tags\":null}", &joined, NULL), 0);
  ck_assert_int_eq(names("{\"tags\":[]}", &joined, NULL), 0);
  ck_assert_str_eq(strbuf_str(&joined), "1|b|");
}
END_TEST

START_TEST(what_is_no_name_is_told) {
  cleanup(strbuf_free) struct strbuf joined = STRBUF(100);
  cleanup(cleanup_error) struct error *error = NULL;
  ck_assert_int_eq(names("{\"tags\":[\"1\",2,\"b\",null]}", &joined, &error), -1);
  ck_assert_int_eq(error->status, STATUS_SERVER_ERROR);
  ck_assert_str_eq(error->message, "2 in the list of tags are no names: left out");
  ck_assert_str_eq(strbuf_str(&joined), "1|b|");
}
END_TEST

START_TEST(what_is_no_list_is_refused) {
  static const char *const bodies[] = {"", "[]", "{}", "{\"tags\":\"x\"}", "{\"tags\":[\"stop\"]}"};
  for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
    cleanup(strbuf_free) struct strbuf joined = STRBUF(100);
    cleanup(cleanup_error) struct error *error = NULL;
    ck_assert_msg(names(bodies[i], &joined, &error) == -1, "%s", bodies[i]);
    ck_assert_int_eq(error->status, i < 4 ? STATUS_SERVER_ERROR : STATUS_TOO_LARGE);
  }
}
END_TEST

UNIT_MAIN("answer", tcase_add_test(tcase, errors_say_what_the_registry_said);
          tcase_add_test(tcase, errors_without_sense_have_the_http_status);
          tcase_add_test(tcase, messages_are_short_and_clean);
          tcase_add_test(tcase, tokens_are_taken);
          tcase_add_test(tcase, what_is_no_token_is_refused);
          tcase_add_test(tcase, the_next_page_is_found);
          tcase_add_test(tcase, other_links_are_passed_over);
          tcase_add_test(tcase, pages_elsewhere_are_refused);
          tcase_add_test(tcase, names_are_taken); tcase_add_test(tcase, what_is_no_name_is_told);
          tcase_add_test(tcase, what_is_no_list_is_refused);)
