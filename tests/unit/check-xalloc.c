#include <config.h>

#include "base/xalloc.h"

#include <stdint.h>

#include "unit.h"

/* As the C library does, and not end it in another way. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
  return "allocator_may_return_null=1";
}

/* Each of these must end the program with 2: a size that wrapped around would be memory for less
   than was asked for. */

START_TEST(a_product_that_overflows_ends_it) {
  free(xreallocarray(NULL, SIZE_MAX / 8 + 2, 8));
}
END_TEST

START_TEST(memory_that_there_is_not_ends_it) {
  free(xcalloc(SIZE_MAX / 8 + 2, 8));
}
END_TEST

START_TEST(an_array_that_doubles_beyond_sizes_ends_it) {
  size_t capacity = SIZE_MAX / 2 + 1;
  char one;
  (void)xgrow(&one, SIZE_MAX - 1, &capacity, 1);
}
END_TEST

START_TEST(nothing_is_something) {
  char *none = xmalloc(0);
  ck_assert_ptr_nonnull(none);
  none = xreallocarray(none, 0, 8);
  ck_assert_ptr_nonnull(none);
  free(none);
  char *zeros = xcalloc(0, 8);
  ck_assert_ptr_nonnull(zeros);
  free(zeros);
}
END_TEST

START_TEST(an_array_grows_to_hold_what_it_must) {
  int *array = NULL;
  size_t capacity = 0;
  for (size_t count = 0; count < 1000; count++) {
    array = xgrow(array, count, &capacity, sizeof *array);
    ck_assert_uint_gt(capacity, count);
    array[count] = (int)count;
  }
  for (size_t i = 0; i < 1000; i++)
    ck_assert_int_eq(array[i], (int)i);
  ck_assert_uint_lt(capacity, 4000);
  free(array);
}
END_TEST

UNIT_MAIN("xalloc", tcase_add_exit_test(tcase, a_product_that_overflows_ends_it, 2);
          tcase_add_exit_test(tcase, memory_that_there_is_not_ends_it, 2);
          tcase_add_exit_test(tcase, an_array_that_doubles_beyond_sizes_ends_it, 2);
          tcase_add_test(tcase, nothing_is_something);
          tcase_add_test(tcase, an_array_grows_to_hold_what_it_must);)
