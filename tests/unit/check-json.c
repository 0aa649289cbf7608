#include <config.h>

#include "base/json.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

#include "unit.h"

static struct json_object *parse(const char *text, struct error **err) {
  return json_parse_bounded(text, strlen(text), JSON_DEPTH, STATUS_BAD_MANIFEST, err);
}

START_TEST(values_are_read) {
  static const char *const good[] = {
      "{}",    "[]", " \t\r\n{\"a\": [1, -2.5e3, \"\\u00e9\", true, false, null]}\r\n ",
      "\"x\"", "12", "true",
      "1.5"};
  for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
    cleanup(cleanup_error) struct error *err = NULL;
    cleanup(cleanup_json) struct json_object *value = parse(good[i], &err);
    ck_assert_msg(value && !err, "%s: %s", good[i], err ? err->message : "no value");
  }
}
END_TEST

START_TEST(what_is_not_strict_json_is_refused) {
  static const char *const bad[] = {"",
                                    " ",
                                    "null",
                                    "{",
                                    "[1,",
                                    "[1,]",
                                    "{\"a\":1,}",
                                    "{'a':1}",
                                    "{\"a\":1,\"a\":1}",
                                    "[{\"b\":{\"a\":[],\"\\u0061\":[1]}}]",
                                    "{a:1}",
                                    "// x\n{}",
                                    "/* x */{}",
                                    "{} {}",
                                    "{}x",
                                    "[] ]",
                                    "NaN",
                                    "Infinity",
                                    "TRUE",
                                    "tru",
                                    "\"open",
                                    "\"raw\nline\"",
                                    "\"\\x41\"",
                                    "[1 2]",
                                    "\"\xff\"",
                                    "\"\xc3\"",
                                    "\"\xed\xa0\x80\"",
                                    "\"\xc0\xaf\"",
                                    "\"\xe0\x80\xaf\"",
                                    "\"\xf0\x80\x80\xaf\"",
                                    "\"\xf4\x90\x80\x80\"",
                                    "\"\xf6\x9f\x98\xa0\"",
                                    "\"\x80\"",
                                    "['a']",
                                    "-Infinity",
                                    "[-Infinity]",
                                    "00",
                                    "[-01]",
                                    "[1.]",
                                    "[-.5]",
                                    "[0.e1]",
                                    "{\"a\":01.5}",
                                    "\"\x01\"",
                                    "[\v]",
                                    "\xef\xbb\xbf{}"};
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    cleanup(cleanup_error) struct error *err = NULL;
    cleanup(cleanup_json) struct json_object *value = parse(bad[i], &err);
    ck_assert_msg(!value, "%s was taken", bad[i]);
    ck_assert_ptr_nonnull(err);
    ck_assert_int_eq(err->status, STATUS_BAD_MANIFEST);
  }
}
END_TEST

START_TEST(nuls_are_refused) {
  static const struct {
    const char *data;
    size_t length;
  } bad[] = {{"{}\0", 3},     {"{\"a\0\":1}", 8},        {"\0{}", 3},
             {"\"\\\0\"", 4}, {"{\"a\\u0000b\":1}", 15}, {"[\"\\\\\\u0000\"]", 12}};
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    cleanup(cleanup_error) struct error *err = NULL;
    ck_assert_ptr_null(
        json_parse_bounded(bad[i].data, bad[i].length, JSON_DEPTH, STATUS_BAD_MANIFEST, &err));
    ck_assert_ptr_nonnull(err);
  }
  /* A backslash that is escaped, and the letters after it. */
  cleanup(cleanup_json) struct json_object *value = parse("[\"\\\\u0000\"]", NULL);
  ck_assert_ptr_nonnull(value);
  ck_assert_str_eq(json_object_get_string(json_object_array_get_idx(value, 0)), "\\u0000");
}
END_TEST

/* Pairs that json-c takes for halves: the character's last 16 bits are a half's. */
START_TEST(characters_beyond_16_bits_are_read) {
  static const struct {
    const char *json, *text;
  } cases[] = {
      {"[\"\\ud836\\uDC00\"]", "\xf0\x9d\xa0\x80"},
      {"[\"x\\ud877\\udd8dy\"]", "x\xf0\xad\xb6\x8dy"},
      {"[\"\\uDBFF\\uDFFF\\\\ud877\\udd8d\"]", "\xf4\x8f\xbf\xbf\\ud877\xef\xbf\xbd"},
      {"[\"\\ud83d\\ude00\\\"\"]", "\xf0\x9f\x98\x80\""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    cleanup(cleanup_json) struct json_object *value = parse(cases[i].json, NULL);
    ck_assert_msg(value != NULL, "%s", cases[i].json);
    ck_assert_str_eq(json_object_get_string(json_object_array_get_idx(value, 0)), cases[i].text);
  }
  ck_assert_ptr_null(parse("\"\\ud877\\udd8d", NULL));
  ck_assert_ptr_null(parse("\"\\ud877\\udd8", NULL));
}
END_TEST

START_TEST(length_decides_not_a_nul) {
  cleanup(cleanup_json) struct json_object *value =
      json_parse_bounded("[1]garbage", 3, JSON_DEPTH, STATUS_LOCAL, NULL);
  ck_assert_ptr_nonnull(value);
}
END_TEST

START_TEST(nesting_is_bounded) {
  char text[80];
  memset(text, '[', 40);
  memset(text + 40, ']', 40);
  cleanup(cleanup_json) struct json_object *within =
      json_parse_bounded(text + 40 - 31, 62, JSON_DEPTH, STATUS_LOCAL, NULL);
  ck_assert_ptr_nonnull(within);
  cleanup(cleanup_error) struct error *err = NULL;
  ck_assert_ptr_null(json_parse_bounded(text, 80, JSON_DEPTH, STATUS_LOCAL, &err));
  ck_assert_ptr_nonnull(err);
}
END_TEST

START_TEST(containers_are_bounded) {
  struct strbuf text = STRBUF(4 * JSON_CONTAINERS_MAX);
  strbuf_puts(&text, "[\"[{\\\"[\"");
  for (size_t i = 1; i < JSON_CONTAINERS_MAX; i++)
    strbuf_puts(&text, ",{}");
  size_t length = text.length;
  strbuf_puts(&text, "]");
  cleanup(cleanup_json) struct json_object *most = parse(strbuf_str(&text), NULL);
  ck_assert_ptr_nonnull(most);

  text.length = length;
  strbuf_puts(&text, ",[]]");
  ck_assert(!text.overflow);
  cleanup(cleanup_error) struct error *err = NULL;
  ck_assert_ptr_null(parse(strbuf_str(&text), &err));
  ck_assert_ptr_nonnull(strstr(err->message, "objects and arrays"));
  strbuf_free(&text);
}
END_TEST

START_TEST(messages_say_where) {
  cleanup(cleanup_error) struct error *err = NULL;
  ck_assert_ptr_null(parse("{\"a\":1} x", &err));
  ck_assert_str_eq(err->message, "not JSON: unexpected character at byte 9");
  cleanup(cleanup_error) struct error *cut = NULL;
  ck_assert_ptr_null(parse("{\"a\":1", &cut));
  ck_assert_str_eq(cut->message, "not JSON: unexpected end of data");
}
END_TEST

START_TEST(members_are_read_by_type) {
  cleanup(cleanup_json) struct json_object *object =
      parse("{\"s\":\"x\",\"i\":-7,\"d\":1.5,\"a\":[],\"o\":{},\"n\":null,\"b\":true}", NULL);
  static const char *const names[] = {"s", "i", "d", "a", "o", "n", "b", "none"};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    char kind = names[i][0];
    ck_assert_int_eq(json_get(object, names[i]) != NULL, kind != 'n');
    ck_assert_int_eq(json_get_string(object, names[i]) != NULL, kind == 's');
    ck_assert_int_eq(json_get_array(object, names[i]) != NULL, kind == 'a');
    ck_assert_int_eq(json_get_object(object, names[i]) != NULL, kind == 'o');
  }
  ck_assert_str_eq(json_get_string(object, "s"), "x");

  cleanup(cleanup_json) struct json_object *array = parse("[1]", NULL);
  ck_assert_ptr_null(json_get(array, "s"));
  ck_assert_ptr_null(json_get(NULL, "s"));
}
END_TEST

UNIT_MAIN("json", tcase_add_test(tcase, values_are_read);
          tcase_add_test(tcase, what_is_not_strict_json_is_refused);
          tcase_add_test(tcase, nuls_are_refused);
          tcase_add_test(tcase, characters_beyond_16_bits_are_read);
          tcase_add_test(tcase, length_decides_not_a_nul);
          tcase_add_test(tcase, nesting_is_bounded); tcase_add_test(tcase, containers_are_bounded);
          tcase_add_test(tcase, messages_say_where);
          tcase_add_test(tcase, members_are_read_by_type);)
