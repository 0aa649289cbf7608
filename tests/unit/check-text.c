#include <config.h>

#include "base/text.h"

#include <string.h>

#include "unit.h"

#define BAD "\xEF\xBF\xBD"

static void check(const char *text, const char *expected) {
  char *got = text_sanitized(text);
  ck_assert_str_eq(got, expected);
  ck_assert_int_eq(text_is_clean(text, strlen(text), false), strcmp(text, expected) == 0);
  free(got);
}

START_TEST(people_can_write) {
  check("", "");
  check("plain ~ text", "plain ~ text");
  check("caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x90\x8B", "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x90\x8B");
  check("\xC2\xA0\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF",
        "\xC2\xA0\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF");
}
END_TEST

START_TEST(nothing_drives_a_terminal) {
  check("\033[1m", BAD "[1m");
  check("a\x7F", "a" BAD);
  check("\xC2\x80\xC2\x9B\xC2\x9F", BAD BAD BAD);
  check("a\tb\nc\rd", "a" BAD "b" BAD "c" BAD "d");
  for (char c = 1; c < 0x20; c++) {
    char text[2] = {c, '\0'};
    check(text, BAD);
  }
}
END_TEST

START_TEST(nothing_turns_text_round) {
  check("\xD8\x9C", BAD); /* U+061C */
  check("\xE2\x80\x8D\xE2\x80\x8E\xE2\x80\x8F\xE2\x80\x90",
        "\xE2\x80\x8D" BAD BAD "\xE2\x80\x90"); /* U+200D to U+2010 */
  check("\xE2\x80\xA9\xE2\x80\xAA\xE2\x80\xAE\xE2\x80\xAF",
        "\xE2\x80\xA9" BAD BAD "\xE2\x80\xAF"); /* U+2029, 202A, 202E, 202F */
  check("\xE2\x81\xA5\xE2\x81\xA6\xE2\x81\xA9\xE2\x81\xAA",
        "\xE2\x81\xA5" BAD BAD "\xE2\x81\xAA"); /* U+2065, 2066, 2069, 206A */
}
END_TEST

START_TEST(each_wrong_byte_is_replaced) {
  check("\x80x", BAD "x");
  check("\xC0\xAF", BAD BAD); /* overlong */
  check("\xC1\xBF", BAD BAD);
  check("\xE0\x9F\xBF", BAD BAD BAD);         /* overlong */
  check("\xED\xA0\x80", BAD BAD BAD);         /* a surrogate */
  check("\xF0\x8F\xBF\xBF", BAD BAD BAD BAD); /* overlong */
  check("\xF4\x90\x80\x80", BAD BAD BAD BAD); /* over U+10FFFF */
  check("\xF5\xFF", BAD BAD);
  check("\xE2\x82", BAD BAD); /* cut off */
  check("\xE2\x82y", BAD BAD "y");
  check("\xC3(", BAD "(");
}
END_TEST

START_TEST(bytes_behind_a_nul_count) {
  struct strbuf out = STRBUF(100);
  ck_assert_int_eq(text_sanitize(&out, "a\0b\t\n\r", 6, true), 0);
  ck_assert_str_eq(strbuf_str(&out), "a" BAD "b\t\n" BAD);
  ck_assert(!text_is_clean("a\0b", 3, true));
  ck_assert(text_is_clean("a\t\n", 3, true));
  ck_assert(!text_is_clean("a\t\n", 3, false));
  strbuf_free(&out);
}
END_TEST

START_TEST(a_full_buffer_is_told) {
  struct strbuf out = STRBUF(4);
  ck_assert_int_eq(text_sanitize(&out, "ab\033", 3, false), -1);
  ck_assert(out.overflow);
  strbuf_free(&out);
}
END_TEST

UNIT_MAIN("text", tcase_add_test(tcase, people_can_write);
          tcase_add_test(tcase, nothing_drives_a_terminal);
          tcase_add_test(tcase, nothing_turns_text_round);
          tcase_add_test(tcase, each_wrong_byte_is_replaced);
          tcase_add_test(tcase, bytes_behind_a_nul_count);
          tcase_add_test(tcase, a_full_buffer_is_told);)
