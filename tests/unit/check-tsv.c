#include <config.h>

#include "base/tsv.h"

#include <string.h>

#include "unit.h"

static size_t split(const char *text, char *line, char **cells, size_t max) {
  strcpy(line, text);
  return tsv_split(line, strlen(line), cells, max);
}

START_TEST(lines_split_at_tabs) {
  char line[100];
  char *cells[4] = {NULL};
  ck_assert_uint_eq(split("a\t\tbc", line, cells, 4), 3);
  ck_assert_str_eq(cells[0], "a");
  ck_assert_str_eq(cells[1], "");
  ck_assert_str_eq(cells[2], "bc");
  ck_assert_ptr_null(cells[3]);
  ck_assert_uint_eq(split("", line, cells, 4), 1);
  ck_assert_str_eq(cells[0], "");
  ck_assert_uint_eq(split("x\t", line, cells, 4), 2);
  ck_assert_str_eq(cells[1], "");
}
END_TEST

START_TEST(more_cells_than_wanted_are_counted) {
  char line[100];
  char *cells[3] = {NULL};
  ck_assert_uint_eq(split("1\t2\t3\t4", line, cells, 2), 4);
  ck_assert_str_eq(cells[1], "2");
  ck_assert_ptr_null(cells[2]);
}
END_TEST

START_TEST(escapes_are_undone) {
  char cell[] = "a\\tb\\nc\\rd\\\\e\\\\t";
  size_t offset = 99;
  ck_assert_int_eq(tsv_unescape(cell, &offset), 0);
  ck_assert_str_eq(cell, "a\tb\nc\rd\\e\\t");
  char plain[] = "plain";
  ck_assert_int_eq(tsv_unescape(plain, &offset), 0);
  ck_assert_str_eq(plain, "plain");
}
END_TEST

START_TEST(other_escapes_are_refused) {
  static const struct {
    const char *cell;
    size_t offset;
  } wrong[] = {{"\\x", 0}, {"ab\\", 2}, {"\\t\\\\\\", 4}, {"a\\0", 1}, {"\\T", 0}, {"ab\\ ", 2}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    char cell[16];
    size_t offset = 99;
    strcpy(cell, wrong[i].cell);
    ck_assert_int_eq(tsv_unescape(cell, &offset), -1);
    ck_assert_uint_eq(offset, wrong[i].offset);
  }
}
END_TEST

static void check_put(const char *text, const char *expected) {
  struct strbuf out = STRBUF(100);
  ck_assert_int_eq(tsv_put_cell(&out, text), 0);
  ck_assert_str_eq(strbuf_str(&out), expected);
  strbuf_free(&out);
}

START_TEST(cells_are_written) {
  check_put(NULL, "-");
  check_put("", "-");
  check_put("-", "-");
  check_put("abc", "abc");
  check_put("a\tb\nc\rd\\", "a\\tb\\nc\\rd\\\\");
  check_put("\\t", "\\\\t");
  check_put("\033\n\xFF", "\xEF\xBF\xBD\\n\xEF\xBF\xBD");
}
END_TEST

START_TEST(a_full_buffer_is_told) {
  struct strbuf out = STRBUF(3);
  ck_assert_int_eq(tsv_put_cell(&out, "ab\n"), -1);
  ck_assert(out.overflow);
  strbuf_free(&out);
}
END_TEST

UNIT_MAIN("tsv", tcase_add_test(tcase, lines_split_at_tabs);
          tcase_add_test(tcase, more_cells_than_wanted_are_counted);
          tcase_add_test(tcase, escapes_are_undone);
          tcase_add_test(tcase, other_escapes_are_refused);
          tcase_add_test(tcase, cells_are_written); tcase_add_test(tcase, a_full_buffer_is_told);)
