#include <config.h>

#include "registry/challenge.h"

#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

#include "unit.h"

static void check_text(const char *text, const char *expected) {
  ck_assert_int_eq(text != NULL, expected != NULL);
  if (expected)
    ck_assert_str_eq(text, expected);
}

static void parse(const char *value, struct challenge *challenge) {
  cleanup(cleanup_error) struct error *err = NULL;
  ck_assert_msg(challenge_parse(value, challenge, &err) == 0, "%s: %s", value,
                err ? err->message : "?");
  ck_assert_ptr_null(err);
}

static void check(const char *value, enum challenge_scheme scheme, const char *realm,
                  const char *service, const char *scope) {
  cleanup(challenge_clear) struct challenge challenge = CHALLENGE;
  parse(value, &challenge);
  ck_assert_msg(challenge.scheme == scheme, "%s: scheme %d", value, (int)challenge.scheme);
  check_text(challenge.realm, realm);
  check_text(challenge.service, service);
  check_text(challenge.scope, scope);
}

START_TEST(what_registries_send_is_read) {
  check("Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\","
        "scope=\"repository:library/nginx:pull,push\"",
        CHALLENGE_BEARER, "https://auth.docker.io/token", "registry.docker.io",
        "repository:library/nginx:pull,push");
  check("Bearer realm=\"https://ghcr.io/token\",service=\"ghcr.io\",scope=\"\"", CHALLENGE_BEARER,
        "https://ghcr.io/token", "ghcr.io", "");
  check("Basic realm=\"https://123456789012.dkr.ecr.us-east-1.amazonaws.com/\",service=\"ecr."
        "amazonaws.com\"",
        CHALLENGE_BASIC, "https://123456789012.dkr.ecr.us-east-1.amazonaws.com/",
        "ecr.amazonaws.com", NULL);
  check("Basic realm=\"Registry Realm\"", CHALLENGE_BASIC, "Registry Realm", NULL, NULL);

  cleanup(challenge_clear) struct challenge challenge = CHALLENGE;
  parse("Bearer realm=\"https://a/\",error=\"insufficient_scope\"", &challenge);
  ck_assert_str_eq(challenge.error, "insufficient_scope");
}
END_TEST

START_TEST(forms_vary) {
  check("bEARER ReAlM=\"https://a/\",SERVICE=s", CHALLENGE_BEARER, "https://a/", "s", NULL);
  check("  Bearer   realm = \"https://a/\" , , service\t=\t\"s\",  ", CHALLENGE_BEARER,
        "https://a/", "s", NULL);
  check("Bearer realm=https://a/b?c=d,service=s", CHALLENGE_BEARER, "https://a/b?c=d", "s", NULL);
  check("Bearer realm=\"https://a/\" service=\"s\"", CHALLENGE_BEARER, "https://a/", "s", NULL);
  check("Bearer realm=\"a\\\"b\\\\c\\d\"", CHALLENGE_BEARER, "a\"b\\cd", NULL, NULL);
  check("Bearer realm=\"\xc3\xa9\"", CHALLENGE_BEARER, "\xc3\xa9", NULL, NULL);
  check("Bearer x-realm=\"no\",realms=\"no\",real=\"no\"", CHALLENGE_BEARER, NULL, NULL, NULL);
  check("Bearer realm=\"first\",realm=\"second\"", CHALLENGE_BEARER, "first", NULL, NULL);
  check("Bearer", CHALLENGE_BEARER, NULL, NULL, NULL);
  check("", CHALLENGE_NONE, NULL, NULL, NULL);
  check(" , ,", CHALLENGE_NONE, NULL, NULL, NULL);
}
END_TEST

START_TEST(bearer_is_found_among_others) {
  check("Basic realm=\"b\", Bearer realm=\"https://a/\",scope=\"s\"", CHALLENGE_BEARER,
        "https://a/", NULL, "s");
  check("Bearer realm=\"https://a/\", Basic realm=\"b\",service=\"x\"", CHALLENGE_BEARER,
        "https://a/", NULL, NULL);
  check("Bearer realm=\"1\",scope=\"s\", Bearer realm=\"2\",service=\"t\"", CHALLENGE_BEARER, "1",
        NULL, "s");
  check("Negotiate, Bearer realm=\"https://a/\"", CHALLENGE_BEARER, "https://a/", NULL, NULL);
  check("Negotiate abc==, NTLM TlRMTVNTUAAB/+x=, Bearer realm=\"https://a/\"", CHALLENGE_BEARER,
        "https://a/", NULL, NULL);
  check("Negotiate realm, Basic realm=\"b\"", CHALLENGE_BASIC, "b", NULL, NULL);
  check("Digest realm=\"x, Bearer realm=\\\"evil\\\"\", nonce=\"n\", Basic realm=\"b\"",
        CHALLENGE_BASIC, "b", NULL, NULL);
  check("Digest realm=\"x\",nonce=\"n\"", CHALLENGE_NONE, NULL, NULL, NULL);
  check("Bearers realm=\"x\", XBasic realm=\"y\"", CHALLENGE_NONE, NULL, NULL, NULL);
}
END_TEST

START_TEST(an_earlier_header_counts) {
  cleanup(challenge_clear) struct challenge challenge = CHALLENGE;
  parse("Basic realm=\"b\",service=\"old\"", &challenge);
  parse("Negotiate", &challenge);
  ck_assert_int_eq(challenge.scheme, CHALLENGE_BASIC);
  parse("Bearer realm=\"https://a/\"", &challenge);
  ck_assert_int_eq(challenge.scheme, CHALLENGE_BEARER);
  ck_assert_str_eq(challenge.realm, "https://a/");
  ck_assert_ptr_null(challenge.service);
  parse("Bearer realm=\"https://b/\"", &challenge);
  parse("Basic realm=\"c\"", &challenge);
  ck_assert_int_eq(challenge.scheme, CHALLENGE_BEARER);
  ck_assert_str_eq(challenge.realm, "https://a/");

  cleanup(cleanup_error) struct error *err = NULL;
  ck_assert_int_eq(challenge_parse("Bearer realm=\"", &challenge, &err), -1);
  ck_assert_str_eq(challenge.realm, "https://a/");
}
END_TEST

START_TEST(what_cannot_be_read_is_refused) {
  static const char *const bad[] = {"Bearer realm=\"open",
                                    "Bearer realm=\"open\\",
                                    "Bearer realm=\"open\\\"",
                                    "Bearer realm=\"a\"b",
                                    "Bearer realm=\"a\"\"b\"",
                                    "Bearer realm=a\"b\"",
                                    "Bearer realm=\"a\x01\"",
                                    "Bearer realm=\"a\\\x1b\"",
                                    "Bearer realm=\"a\r\nb\"",
                                    "Bearer realm=a\x7f",
                                    "\"Bearer\"",
                                    "=",
                                    "Bearer=x",
                                    "Bearer \xff",
                                    "Basic realm=\"b\", ()",
                                    "{\"errors\":[]}"};
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    struct challenge challenge = CHALLENGE;
    cleanup(cleanup_error) struct error *err = NULL;
    ck_assert_msg(challenge_parse(bad[i], &challenge, &err) == -1, "%s was taken", bad[i]);
    ck_assert_int_eq(err->status, STATUS_UNAUTHORIZED);
    ck_assert_int_eq(challenge.scheme, CHALLENGE_NONE);
    ck_assert_ptr_null(challenge.realm);
  }
}
END_TEST

START_TEST(sizes_are_bounded) {
  struct strbuf text = STRBUF(20000);
  struct challenge challenge = CHALLENGE;
  strbuf_puts(&text, "Bearer realm=\"");
  for (int i = 0; i < 4096; i++)
    strbuf_putc(&text, 'x');
  size_t length = text.length;
  strbuf_puts(&text, "\"");
  parse(strbuf_str(&text), &challenge);
  ck_assert_uint_eq(strlen(challenge.realm), 4096);
  challenge_clear(&challenge);
  text.length = length;
  strbuf_puts(&text, "x\"");
  ck_assert_int_eq(challenge_parse(strbuf_str(&text), &challenge, NULL), -1);

  strbuf_clear(&text);
  strbuf_puts(&text, "Basic");
  while (text.length < 16384)
    strbuf_putc(&text, ',');
  parse(strbuf_str(&text), &challenge);
  challenge_clear(&challenge);
  strbuf_putc(&text, ',');
  ck_assert_int_eq(challenge_parse(strbuf_str(&text), &challenge, NULL), -1);
  ck_assert(!text.overflow);
  strbuf_free(&text);
}
END_TEST

UNIT_MAIN("challenge", tcase_add_test(tcase, what_registries_send_is_read);
          tcase_add_test(tcase, forms_vary); tcase_add_test(tcase, bearer_is_found_among_others);
          tcase_add_test(tcase, an_earlier_header_counts);
          tcase_add_test(tcase, what_cannot_be_read_is_refused);
          tcase_add_test(tcase, sizes_are_bounded);)
