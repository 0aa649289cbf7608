#include <config.h>

#include "base/redact.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

#include "unit.h"

#define LONG_SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define PASSWORD "p@ss w\"rd:9"

static void cleanup_redactor(struct redactor **redactor) {
  redactor_free(*redactor);
}

static struct redactor *knowing(const char *secret) {
  struct redactor *redactor = redactor_new();
  redactor_add(redactor, secret);
  return redactor;
}

/* Filters TEXT by a redactor that knows SECRET. */
#define SEEN(secret, text)                                                                         \
  cleanup(cleanup_redactor) struct redactor *redactor = knowing(secret);                           \
  cleanup(cleanup_free) char *seen = redacted(redactor, text)

START_TEST(what_is_no_secret_stays) {
  static const char *const texts[] = {
      "",
      "a",
      "https://registry.example/v2/library/nginx/manifests/latest answered: no",
      "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
      "100% sure \\ &amp; 5%ZZ \\u12 &#; &#x; & %",
      "wJalrXUtnFE", /* eleven bytes are less than a part */
      "\xff\xfe bytes",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    SEEN(LONG_SECRET, texts[i]);
    ck_assert_str_eq(seen, texts[i]);
  }
  cleanup(cleanup_redactor) struct redactor *empty = redactor_new();
  cleanup(cleanup_free) char *seen = redacted(empty, "text");
  ck_assert_str_eq(seen, "text");
  ck_assert_ptr_null(redacted(empty, NULL));
  ck_assert_ptr_null(redacted_data(empty, NULL));
}
END_TEST

START_TEST(raw_secrets_go) {
  static const char *const cases[][2] = {
      {LONG_SECRET, "(hidden)"},
      {"key=" LONG_SECRET "!", "key=(hidden)!"},
      {"twice " LONG_SECRET LONG_SECRET ".", "twice (hidden)."},
      {"two " LONG_SECRET " and " LONG_SECRET, "two (hidden) and (hidden)"},
      {"WJALRXUTNFEMI/K7MDENG+BPXRFICYEXAMPLEKEY", "(hidden)"},
      /* In part: what was cut off before, behind or both. */
      {"begin wJalrXUtnFEM...", "begin (hidden)..."},
      {"end CYEXAMPLEKEY", "end (hidden)"},
      {"middle XUtnFEMI/K7MDENG+bPx is it", "middle (hidden) is it"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    SEEN(LONG_SECRET, cases[i][0]);
    ck_assert_str_eq(seen, cases[i][1]);
  }
}
END_TEST

/* Every part of PART_MIN bytes goes, wherever it begins. */
START_TEST(every_part_goes) {
  size_t length = strlen(LONG_SECRET);
  for (size_t start = 0; start < length; start++)
    for (size_t size = 12; start + size <= length; size++) {
      cleanup(cleanup_free) char *text = xasprintf("<%.*s>", (int)size, &LONG_SECRET[start]);
      SEEN(LONG_SECRET, text);
      ck_assert_str_eq(seen, "<(hidden)>");
    }
}
END_TEST

static char *base64(const char *text) {
  size_t length = strlen(text);
  char *out = xcalloc(length * 2 + 8, 1);
  EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)text, (int)length);
  return out;
}

/* Each byte of TEXT between BEFORE and AFTER, in HOW: "x", "X" (two digits of hex) or "d". */
static char *digits(const char *text, const char *before, char how, const char *after) {
  struct strbuf out = STRBUF(4096);
  for (size_t i = 0; text[i]; i++) {
    unsigned byte = (unsigned char)text[i];
    strbuf_puts(&out, before);
    if (how == 'd')
      strbuf_printf(&out, "%u", byte);
    else if (how == 'X')
      strbuf_printf(&out, "%02X", byte);
    else
      strbuf_printf(&out, "%02x", byte);
    strbuf_puts(&out, after);
  }
  return strbuf_take(&out);
}

static void check_gone(const char *secret, const char *encoded) {
  cleanup(cleanup_free) char *text = xasprintf("it says %s, does it", encoded);
  SEEN(secret, text);
  ck_assert_msg(strstr(seen, encoded) == NULL, "%s", seen);
  ck_assert_msg(strstr(seen, "(hidden)") != NULL, "%s", seen);
}

START_TEST(encoded_secrets_go) {
  static const char *const secrets[] = {LONG_SECRET, PASSWORD, "hunter22", "s3cr"};
  static const char *const before[] = {"", "u:", "user:", "AWS:"};
  for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
    for (size_t k = 0; k < sizeof before / sizeof *before; k++) {
      cleanup(cleanup_free) char *pair = xasprintf("%s%s", before[k], secrets[i]);
      cleanup(cleanup_free) char *once = base64(pair);
      check_gone(secrets[i], once);
      cleanup(cleanup_free) char *twice = base64(once);
      check_gone(secrets[i], twice);
      cleanup(cleanup_free) char *escaped = digits(once, "%", 'X', "");
      check_gone(secrets[i], escaped);
      for (char *c = once; *c; c++)
        *c = (char)(*c == '+' ? '-' : *c == '/' ? '_' : *c);
      once[strcspn(once, "=")] = '\0';
      check_gone(secrets[i], once);
    }
    static const struct {
      const char *before;
      char how;
      const char *after;
    } forms[] = {{"", 'x', ""},      {"", 'X', ""},    {"%", 'x', ""},   {"%", 'X', ""},
                 {"\\u00", 'x', ""}, {"\\x", 'x', ""}, {"&#", 'd', ";"}, {"&#x", 'x', ";"}};
    for (size_t k = 0; k < sizeof forms / sizeof *forms; k++) {
      cleanup(cleanup_free) char *encoded =
          digits(secrets[i], forms[k].before, forms[k].how, forms[k].after);
      check_gone(secrets[i], encoded);
    }
  }
  check_gone(PASSWORD, "p%40ss+w%22rd:9 p%40ss%20w%22rd%3A9");
  check_gone(PASSWORD, "p@ss w\\\"rd:9");
  check_gone(PASSWORD, "p@ss w&quot;rd:9");
  check_gone(LONG_SECRET, "wJalrXUtnFEMI%252FK7MDENG%252BbPxRfiCYEXAMPLEKEY");
  check_gone(LONG_SECRET, "wJalrXUtnFEMI\\/K7MDENG\\u002bbPxRfiCYEXAMPLEKEY");
}
END_TEST

/* What stands around it stays. */
START_TEST(encodings_are_words) {
  static const struct {
    const char *before;
    char how;
    const char *after;
  } forms[] = {{"", 'x', ""}, {"%", 'x', ""}, {"\\u00", 'x', ""}, {"\\x", 'x', ""}};
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    cleanup(cleanup_free) char *encoded =
        digits(LONG_SECRET, forms[i].before, forms[i].how, forms[i].after);
    cleanup(cleanup_free) char *text = xasprintf("it says %s, does it", encoded);
    SEEN(LONG_SECRET, text);
    ck_assert_str_eq(seen, "it says (hidden), does it");
  }
}
END_TEST

START_TEST(short_secrets_go_as_words_only) {
  SEEN("test", "test=test, the latest test-image tested at test.example");
  ck_assert_str_eq(seen, "(hidden)=(hidden), the latest (hidden)-image tested at (hidden).example");
  cleanup(cleanup_redactor) struct redactor *tiny = knowing("abc");
  cleanup(cleanup_free) char *kept = redacted(tiny, "abc");
  ck_assert_str_eq(kept, "abc");
  /* From eight on they go anywhere. */
  cleanup(cleanup_redactor) struct redactor *seven = knowing("hunter2");
  cleanup(cleanup_free) char *shorter = redacted(seven, "xhunter2x hunter2");
  ck_assert_str_eq(shorter, "xhunter2x (hidden)");
  cleanup(cleanup_redactor) struct redactor *eight = knowing("hunter22");
  cleanup(cleanup_free) char *longer = redacted(eight, "xhunter22x hunter22");
  ck_assert_str_eq(longer, "x(hidden)x (hidden)");
}
END_TEST

START_TEST(names_are_not_changed_by_chance) {
  cleanup(cleanup_redactor) struct redactor *redactor = knowing("my-company-registry");
  redactor_add(redactor, "application");
  redactor_add(redactor, LONG_SECRET);
  ck_assert_ptr_null(redacted_data(redactor, "my-company-registry/app"));
  ck_assert_ptr_null(redacted_data(redactor, "application/vnd.oci.image.index.v1+json"));
  ck_assert_ptr_null(redacted_data(redactor, "host/wJalrXUtnFEMI"));
  cleanup(cleanup_free) char *image = redacted_data(redactor, "host/repo:" LONG_SECRET);
  ck_assert_str_eq(image, "host/repo:(hidden)");
  cleanup(cleanup_free) char *code = base64(LONG_SECRET);
  cleanup(cleanup_free) char *encoded = redacted_data(redactor, code);
  ck_assert_str_eq(encoded, "(hidden)");
}
END_TEST

/* As few bytes of a secret as matter are found wherever they stand, in either encoding. */
START_TEST(names_show_no_secret) {
  for (size_t start = 0; start + 32 <= strlen(LONG_SECRET); start++) {
    cleanup(cleanup_redactor) struct redactor *redactor = knowing(LONG_SECRET);
    for (size_t before = 0; before < 8; before++) {
      cleanup(cleanup_free) char *raw =
          xasprintf("%.*s%.32s", (int)before, "1234567", &LONG_SECRET[start]);
      cleanup(cleanup_free) char *less =
          xasprintf("%.*s:%.31s", (int)before, "1234567", &LONG_SECRET[start]);
      ck_assert_ptr_null(redacted_data(redactor, less));
      cleanup(cleanup_free) char *once = base64(raw);
      cleanup(cleanup_free) char *hex = digits(raw, "", 'x', "");
      const char *const texts[] = {raw, once, hex};
      for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cleanup(cleanup_free) char *name = xasprintf("host/%s:v1", texts[i]);
        cleanup(cleanup_free) char *seen = redacted_data(redactor, name);
        ck_assert_msg(seen && strstr(seen, "(hidden)"), "%s", name);
      }
    }
  }
  /* A whole one of twenty bytes, the shortest that matters. */
  cleanup(cleanup_redactor) struct redactor *redactor = knowing("AKIAIOSFODNN7EXAMPLE");
  cleanup(cleanup_free) char *raw = redacted_data(redactor, "AKIAIOSFODNN7EXAMPLE");
  ck_assert_str_eq(raw, "(hidden)");
  cleanup(cleanup_free) char *once = base64("AKIAIOSFODNN7EXAMPLE");
  once[strcspn(once, "=")] = '\0';
  cleanup(cleanup_free) char *encoded = redacted_data(redactor, once);
  ck_assert_str_eq(encoded, "(hidden)");
  cleanup(cleanup_free) char *hex = digits("AKIAIOSFODNN7EXAMPLE", "", 'x', "");
  cleanup(cleanup_free) char *hexed = redacted_data(redactor, hex);
  ck_assert_str_eq(hexed, "(hidden)");
}
END_TEST

/* Two thousand tokens are told apart from the others, and old ones go at last. */
START_TEST(many_secrets_are_known) {
  cleanup(cleanup_redactor) struct redactor *redactor = redactor_new();
  char token[64];
  for (unsigned i = 0; i < 5000; i++) {
    snprintf(token, sizeof token, "%08x-%08x-token", i * 2654435761u, i);
    redactor_add(redactor, LONG_SECRET);
    redactor_add(redactor, token);
  }
  for (unsigned i = 3000; i < 5000; i++) {
    snprintf(token, sizeof token, "%08x-%08x-token", i * 2654435761u, i);
    cleanup(cleanup_free) char *seen = redacted(redactor, token);
    ck_assert_str_eq(seen, "(hidden)");
  }
  cleanup(cleanup_free) char *kept = redacted(redactor, LONG_SECRET);
  ck_assert_str_eq(kept, "(hidden)");
}
END_TEST

/* A server that chose the token chooses the text too. */
START_TEST(a_search_ends) {
  char *token = xmalloc(16001);
  memset(token, 'a', 16000);
  token[16000] = '\0';
  cleanup(cleanup_redactor) struct redactor *redactor = knowing(token);
  char *text = xmalloc(65001);
  memset(text, 'a', 65000);
  text[65000] = '\0';
  for (size_t i = 11; i < 65000; i += 12)
    text[i] = 'b';
  cleanup(cleanup_free) char *seen = redacted(redactor, text);
  ck_assert(strcmp(seen, "(hidden)") == 0 || strcmp(seen, text) == 0);
  free(token);
  free(text);
}
END_TEST

START_TEST(errors_are_filtered) {
  cleanup(cleanup_redactor) struct redactor *redactor = knowing(LONG_SECRET);
  cleanup(cleanup_error) struct error *error = NULL;
  error_set(&error, STATUS_DENIED, "not with %s", LONG_SECRET);
  redact_error(redactor, error);
  ck_assert_str_eq(error->message, "not with (hidden)");
  ck_assert_int_eq(error->status, STATUS_DENIED);
  redact_error(redactor, NULL);
}
END_TEST

UNIT_MAIN("redact", tcase_add_test(tcase, what_is_no_secret_stays);
          tcase_add_test(tcase, raw_secrets_go); tcase_add_test(tcase, every_part_goes);
          tcase_add_test(tcase, encoded_secrets_go); tcase_add_test(tcase, encodings_are_words);
          tcase_add_test(tcase, short_secrets_go_as_words_only);
          tcase_add_test(tcase, names_are_not_changed_by_chance);
          tcase_add_test(tcase, names_show_no_secret);
          tcase_add_test(tcase, many_secrets_are_known); tcase_add_test(tcase, a_search_ends);
          tcase_add_test(tcase, errors_are_filtered);)
