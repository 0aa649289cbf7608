#include <config.h>

#include "base/scan.h"

#include <stdint.h>
#include <string.h>

#include "unit.h"

typedef size_t scan_fn(const char *text, size_t length, uint32_t base, uint32_t *marks);

static scan_fn *const scans[] = {scan_marks, scan_marks_portable};
enum { SCANS = sizeof scans / sizeof *scans };

/* One byte after the other, as the header says it. */
static size_t scan_slowly(const char *text, size_t length, uint32_t base, uint32_t *marks) {
  size_t count = 0;
  for (size_t i = 0; i < length; i++)
    if (text[i] == '\\' || (unsigned char)text[i] <= '\r')
      marks[count++] = base + (uint32_t)i;
  return count;
}

/* What each finds in the LENGTH bytes at TEXT, behind which FILL stands. */
static void expect_marks(const char *text, size_t length, char fill) {
  char *copy = malloc(length + SCAN_PADDING);
  uint32_t *want = malloc((length + SCAN_PADDING) * sizeof *want);
  uint32_t *got = malloc((length + SCAN_PADDING) * sizeof *got);
  memcpy(copy, text, length);
  memset(copy + length, fill, SCAN_PADDING);
  size_t count = scan_slowly(copy, length, 1000, want);
  for (size_t i = 0; i < SCANS; i++) {
    ck_assert_uint_eq(scans[i](copy, length, 1000, got), count);
    ck_assert_mem_eq(got, want, count * sizeof *got);
  }
  free(copy);
  free(want);
  free(got);
}

START_TEST(each_byte_at_each_place) {
  char text[200];
  for (size_t length = 1; length <= sizeof text; length += length % 64 < 62 ? 7 : 1)
    for (size_t at = 0; at < length; at++) {
      memset(text, 'x', length);
      static const char some[] = "\t\n\r\\\0\v";
      for (size_t i = 0; i < sizeof some - 1; i++) {
        text[at] = some[i];
        expect_marks(text, length, some[(i + 1) % (sizeof some - 1)]);
      }
    }
}
END_TEST

START_TEST(every_value_of_a_byte) {
  char text[3 * 256];
  for (size_t i = 0; i < sizeof text; i++)
    text[i] = (char)i;
  for (size_t shift = 0; shift < 70; shift++)
    expect_marks(text + shift, sizeof text - 70, '\t');
}
END_TEST

START_TEST(nothing_and_nothing_else) {
  char text[1024];
  expect_marks("", 0, '\t');
  memset(text, '\t', sizeof text);
  for (size_t length = 0; length <= sizeof text; length++)
    expect_marks(text, length, '\t');
}
END_TEST

/* Of a few bytes, so that what is found stands close together, too. */
START_TEST(texts_of_all_kinds) {
  static const char bytes[] = "\t\n\r\\\0xy\x7F\x80\xFF-\x0E";
  static char text[SCAN_MAX];
  uint64_t state = 1;
  for (size_t round = 0; round < 300; round++) {
    size_t length = round < 290 ? round * 3 : SCAN_MAX - round % 2;
    size_t kinds = 1 + round % (sizeof bytes - 1);
    for (size_t i = 0; i < length; i++) {
      state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
      text[i] = bytes[(state >> 33) % kinds];
    }
    expect_marks(text, length, '\n');
  }
}
END_TEST

START_TEST(hexadecimal_digits) {
  static const char digits[] = "0123456789abcdef";
  char text[SCAN_HEX + 2]; /* behind it anything may stand */
  for (size_t i = 0; i < sizeof text; i++)
    text[i] = i > SCAN_HEX ? 'g' : digits[i % 16];
  for (size_t shift = 0; shift < 2; shift++)
    for (size_t at = 0; at < SCAN_HEX; at++)
      for (int byte = 0; byte < 256; byte++) {
        char was = text[shift + at];
        text[shift + at] = (char)byte;
        bool is = byte && strchr(digits, byte);
        ck_assert_int_eq(scan_is_hex(text + shift), is);
        ck_assert_int_eq(scan_is_hex_portable(text + shift), is);
        text[shift + at] = was;
      }
}
END_TEST

UNIT_MAIN("scan", tcase_add_test(tcase, each_byte_at_each_place);
          tcase_add_test(tcase, every_value_of_a_byte);
          tcase_add_test(tcase, nothing_and_nothing_else);
          tcase_add_test(tcase, texts_of_all_kinds); tcase_add_test(tcase, hexadecimal_digits);)
