#include <config.h>

#include "base/ordered.h"

#include <stdio.h>

#include "base/strbuf.h"
#include "unit.h"

static void emit(void *arg, struct record_set *rows) {
  for (size_t i = 0; i < rows->count; i++)
    strbuf_puts(arg, rows->rows[i].cell[RECORD_IMAGE]);
}

static void put(struct ordered *ordered, uint64_t place, const char *image,
                void (*how)(struct ordered *ordered, uint64_t place, struct record_set *rows)) {
  struct record_set rows = RECORD_SET;
  struct record record = {.cell = {[RECORD_IMAGE] = image}};
  if (image)
    record_set_add(&rows, &record);
  how(ordered, place, &rows);
  ck_assert_uint_eq(rows.count, 0);
  ck_assert_ptr_null(rows.rows);
}

static void done(struct ordered *ordered, uint64_t place, const char *image) {
  put(ordered, place, image, ordered_done);
}

START_TEST(what_is_next_goes_on_as_it_comes) {
  struct strbuf seen = STRBUF(100);
  struct ordered *ordered = ordered_new(emit, &seen);
  for (uint64_t i = 0; i < 3; i++)
    ordered_take(ordered);
  put(ordered, 1, "b", ordered_put);
  put(ordered, 0, "a", ordered_put);
  ck_assert_str_eq(strbuf_str(&seen), "a");
  put(ordered, 1, "c", ordered_put);
  done(ordered, 0, NULL);
  ck_assert_str_eq(strbuf_str(&seen), "abc");
  ck_assert_uint_eq(ordered_pending(ordered), 2);
  put(ordered, 2, "e", ordered_put);
  done(ordered, 1, "d");
  ck_assert_str_eq(strbuf_str(&seen), "abcde");
  ordered_free(ordered);
  strbuf_free(&seen);
}
END_TEST

START_TEST(early_results_wait) {
  struct strbuf seen = STRBUF(100);
  struct ordered *ordered = ordered_new(emit, &seen);
  for (uint64_t i = 0; i < 4; i++)
    ck_assert_uint_eq(ordered_take(ordered), i);
  ck_assert_uint_eq(ordered_pending(ordered), 4);
  done(ordered, 2, "c");
  done(ordered, 1, NULL);
  ck_assert_str_eq(strbuf_str(&seen), "");
  ck_assert_uint_eq(ordered_pending(ordered), 4);
  done(ordered, 0, "a");
  ck_assert_str_eq(strbuf_str(&seen), "ac");
  ck_assert_uint_eq(ordered_pending(ordered), 1);
  ck_assert_uint_eq(ordered_take(ordered), 4);
  done(ordered, 4, "e");
  done(ordered, 3, "d");
  ck_assert_str_eq(strbuf_str(&seen), "acde");
  ck_assert_uint_eq(ordered_pending(ordered), 0);
  ordered_free(ordered);
  strbuf_free(&seen);
}
END_TEST

START_TEST(more_than_the_ring_holds) {
  struct strbuf seen = STRBUF(10000);
  struct strbuf expected = STRBUF(10000);
  struct ordered *ordered = ordered_new(emit, &seen);
  /* The ring has gone round in part when it must grow. */
  for (uint64_t i = 0; i < 50; i++)
    done(ordered, ordered_take(ordered), "-");
  for (uint64_t i = 0; i < 1000; i++)
    ck_assert_uint_eq(ordered_take(ordered), 50 + i);
  strbuf_clear(&seen);
  for (uint64_t i = 1000; i-- > 0;) {
    char digits[8];
    (void)snprintf(digits, sizeof digits, "%d,", (int)i);
    done(ordered, 50 + i, digits);
  }
  for (int i = 0; i < 1000; i++)
    strbuf_printf(&expected, "%d,", i);
  ck_assert_str_eq(strbuf_str(&seen), strbuf_str(&expected));
  ordered_free(ordered);
  strbuf_free(&seen);
  strbuf_free(&expected);
}
END_TEST

struct nested {
  struct ordered *ordered;
  struct strbuf seen;
};

static void emit_and_finish_next(void *arg, struct record_set *rows) {
  struct nested *nested = arg;
  if (nested->seen.length == 0)
    done(nested->ordered, 1, "b");
  emit(&nested->seen, rows);
}

START_TEST(what_is_done_meanwhile_does_not_overtake) {
  struct nested nested = {.seen = STRBUF(100)};
  nested.ordered = ordered_new(emit_and_finish_next, &nested);
  ordered_take(nested.ordered);
  ordered_take(nested.ordered);
  done(nested.ordered, 0, "a");
  ck_assert_str_eq(strbuf_str(&nested.seen), "ab");
  ordered_free(nested.ordered);
  strbuf_free(&nested.seen);
}
END_TEST

START_TEST(what_waits_is_freed) {
  struct strbuf seen = STRBUF(100);
  struct ordered *ordered = ordered_new(emit, &seen);
  ordered_take(ordered);
  ordered_take(ordered);
  done(ordered, 1, "b");
  ordered_free(ordered);
  ck_assert_str_eq(strbuf_str(&seen), "");
  ordered_free(NULL);
}
END_TEST

UNIT_MAIN("ordered", tcase_add_test(tcase, early_results_wait);
          tcase_add_test(tcase, what_is_next_goes_on_as_it_comes);
          tcase_add_test(tcase, more_than_the_ring_holds);
          tcase_add_test(tcase, what_is_done_meanwhile_does_not_overtake);
          tcase_add_test(tcase, what_waits_is_freed);)
