#include <config.h>

#include "report/pool.h"

#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "report/failures.h"
#include "unit.h"

START_TEST(nothing_stays_nothing) {
  struct pool *pool = pool_new(1);
  ck_assert_ptr_null(pool_keep(pool, NULL));
  ck_assert_str_eq(pool_keep(pool, ""), "");
  pool_free(pool);
  pool_free(NULL);
}
END_TEST

/* So many that some share their 32-bit hash (about five pairs do), and that the table grows often:
   each must still be itself, and be at the address where it was. */
START_TEST(each_is_itself_and_kept_once) {
  enum { COUNT = 200000 };
  struct pool *pool = pool_new(1);
  const char **kept = xcalloc(COUNT, sizeof *kept);
  char text[32];
  for (int i = 0; i < COUNT; i++) {
    snprintf(text, sizeof text, "string %d", i);
    kept[i] = pool_keep(pool, text);
    if (strcmp(kept[i], text) != 0)
      ck_abort_msg("'%s' became '%s'", text, kept[i]);
  }
  for (int i = 0; i < COUNT; i++) {
    snprintf(text, sizeof text, "string %d", i);
    if (pool_keep(pool, text) != kept[i])
      ck_abort_msg("'%s' was kept twice", text);
  }
  free(kept);
  pool_free(pool);
}
END_TEST

START_TEST(long_strings_are_kept_whole) {
  struct pool *pool = pool_new(1);
  const char *kept[40];
  for (size_t i = 0; i < 40; i++) {
    size_t length = i * 5000;
    char *text = xmalloc(length + 1);
    memset(text, 'a' + (int)(i % 26), length);
    text[length] = '\0';
    kept[i] = pool_keep(pool, text);
    ck_assert_str_eq(kept[i], text);
    ck_assert_ptr_eq(pool_keep(pool, text), kept[i]);
    free(text);
  }
  for (size_t i = 0; i < 40; i++)
    ck_assert_uint_eq(strlen(kept[i]), i * 5000);
  pool_free(pool);
}
END_TEST

START_TEST(what_is_forgotten_stays_as_it_is) {
  struct pool *pool = pool_new(7);
  const char *before = pool_keep(pool, "string");
  pool_forget(pool);
  const char *after = pool_keep(pool, "string");
  ck_assert_ptr_ne(before, after);
  ck_assert_str_eq(before, after);
  ck_assert_ptr_eq(pool_keep(pool, "string"), after);
  pool_free(pool);
}
END_TEST

/* An inventory says a million times that two rows could not be read. */
START_TEST(failures_that_repeat_take_no_memory) {
  struct pool *pool = pool_new(1);
  struct failures failures = {.count = 0};
  const struct record rows[] = {{.cell = {[RECORD_IMAGE] = "host/a", [RECORD_DETAIL] = "no"}},
                                {.cell = {[RECORD_IMAGE] = "host/b", [RECORD_DETAIL] = "no"}}};
  for (int i = 0; i < 1000000; i++)
    failures_add(&failures, pool, &rows[i % 2], STATUS_DENIED);
  ck_assert_uint_lt(failures.capacity, 100);
  failures_settle(&failures);
  ck_assert_uint_eq(failures.count, 2);
  ck_assert_str_eq(failures.list[0].image, "host/a");
  ck_assert_str_eq(failures.list[1].image, "host/b");
  free(failures.list);
  pool_free(pool);
}
END_TEST

UNIT_MAIN("pool", tcase_add_test(tcase, nothing_stays_nothing);
          tcase_add_test(tcase, each_is_itself_and_kept_once);
          tcase_add_test(tcase, long_strings_are_kept_whole);
          tcase_add_test(tcase, what_is_forgotten_stays_as_it_is);
          tcase_add_test(tcase, failures_that_repeat_take_no_memory);)
