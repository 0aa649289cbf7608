#include <config.h>

#include "base/strbuf.h"

#include <stdint.h>
#include <string.h>

#include "base/xalloc.h"
#include "unit.h"

START_TEST(grows_to_its_maximum_and_no_further) {
  struct strbuf buf = STRBUF(1000);
  for (int i = 0; i < 1000; i++)
    ck_assert_int_eq(strbuf_putc(&buf, (char)('a' + i % 26)), 0);
  ck_assert_uint_eq(buf.length, 1000);
  ck_assert_uint_eq(strlen(strbuf_str(&buf)), 1000);
  ck_assert(!buf.overflow);
  ck_assert_int_eq(strbuf_putc(&buf, 'x'), -1);
  ck_assert(buf.overflow);
  ck_assert_uint_eq(buf.length, 1000);
  strbuf_free(&buf);
}
END_TEST

START_TEST(overflow_is_sticky_until_cleared) {
  struct strbuf buf = STRBUF(4);
  ck_assert_int_eq(strbuf_puts(&buf, "ab"), 0);
  ck_assert_int_eq(strbuf_printf(&buf, "%d", 123), -1);
  ck_assert_str_eq(strbuf_str(&buf), "ab");
  ck_assert_int_eq(strbuf_puts(&buf, "c"), -1);
  ck_assert_str_eq(strbuf_str(&buf), "ab");
  strbuf_clear(&buf);
  ck_assert_str_eq(strbuf_str(&buf), "");
  ck_assert_int_eq(strbuf_printf(&buf, "%d", 1234), 0);
  ck_assert_str_eq(strbuf_str(&buf), "1234");
  strbuf_free(&buf);
}
END_TEST

START_TEST(numbers_are_decimal) {
  struct strbuf buf = STRBUF(40);
  ck_assert_int_eq(strbuf_put_number(&buf, 0), 0);
  ck_assert_int_eq(strbuf_put_number(&buf, UINT64_MAX), 0);
  ck_assert_str_eq(strbuf_str(&buf), "018446744073709551615");
  ck_assert_int_eq(strbuf_put_number(&buf, UINT64_MAX), -1);
  strbuf_free(&buf);
}
END_TEST

START_TEST(bytes_and_nothing_survive) {
  struct strbuf buf = STRBUF(SIZE_MAX);
  ck_assert_str_eq(strbuf_str(&buf), "");
  ck_assert_int_eq(strbuf_append(&buf, "", 0), 0);
  ck_assert_int_eq(strbuf_append(&buf, "a\0b", 3), 0);
  ck_assert_uint_eq(buf.length, 3);
  ck_assert_int_eq(memcmp(buf.data, "a\0b", 4), 0);
  ck_assert_int_eq(strbuf_append(&buf, "x", SIZE_MAX - 3), -1);
  strbuf_free(&buf);
}
END_TEST

START_TEST(taking_leaves_it_empty) {
  struct strbuf buf = STRBUF(8);
  char *nothing = strbuf_take(&buf);
  ck_assert_str_eq(nothing, "");
  free(nothing);
  strbuf_puts(&buf, "12345678");
  char *taken = strbuf_take(&buf);
  ck_assert_str_eq(taken, "12345678");
  free(taken);
  ck_assert_uint_eq(buf.max, 8);
  ck_assert_int_eq(strbuf_puts(&buf, "again"), 0);
  strbuf_free(&buf);
  /* Freed, it is as new. */
  ck_assert_uint_eq(buf.length, 0);
  ck_assert_str_eq(strbuf_str(&buf), "");
  ck_assert_int_eq(strbuf_puts(&buf, "once"), 0);
  ck_assert_str_eq(strbuf_str(&buf), "once");
  strbuf_free(&buf);
}
END_TEST

START_TEST(arrays_grow) {
  size_t capacity = 0;
  int *array = NULL;
  for (int i = 0; i < 1000; i++) {
    array = xgrow(array, (size_t)i, &capacity, sizeof *array);
    ck_assert_uint_gt(capacity, (size_t)i);
    array[i] = i;
  }
  ck_assert_int_eq(array[0], 0);
  ck_assert_int_eq(array[999], 999);
  free(array);
}
END_TEST

UNIT_MAIN("strbuf", tcase_add_test(tcase, grows_to_its_maximum_and_no_further);
          tcase_add_test(tcase, overflow_is_sticky_until_cleared);
          tcase_add_test(tcase, numbers_are_decimal);
          tcase_add_test(tcase, bytes_and_nothing_survive);
          tcase_add_test(tcase, taking_leaves_it_empty); tcase_add_test(tcase, arrays_grow);)
