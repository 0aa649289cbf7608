#include <config.h>

#include "base/xalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

/* As the C library does, and not end it in another way. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
  return "allocator_may_return_null=1";
}

/* What BODY ends a process with. (Not Check's own way: in valgrind all tests are in one process.)
 */
static int status_of(void (*body)(void)) {
  pid_t child = fork();
  if (child == 0) {
    (void)close(STDERR_FILENO);
    body();
    _exit(0);
  }
  int status = 0;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void take_a_product(void) {
  free(xreallocarray(NULL, SIZE_MAX / 8 + 2, 8));
}

static void take_what_there_is_not(void) {
  free(xcalloc(SIZE_MAX / 8 + 2, 8));
}

static void double_beyond_sizes(void) {
  size_t capacity = SIZE_MAX / 2 + 1;
  char one;
  (void)xgrow(&one, SIZE_MAX - 1, &capacity, 1);
}

/* A size that wrapped around would be memory for less than was asked for. */
START_TEST(sizes_that_overflow_end_it) {
  ck_assert_int_eq(status_of(take_a_product), 2);
  ck_assert_int_eq(status_of(take_what_there_is_not), 2);
  ck_assert_int_eq(status_of(double_beyond_sizes), 2);
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

UNIT_MAIN("xalloc", tcase_add_test(tcase, sizes_that_overflow_end_it);
          tcase_add_test(tcase, nothing_is_something);
          tcase_add_test(tcase, an_array_grows_to_hold_what_it_must);)
