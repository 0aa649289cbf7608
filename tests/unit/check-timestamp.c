#include <config.h>

#include "base/timestamp.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"

#include "unit.h"

static void check_normalized(const char *text, const char *expected) {
  cleanup(cleanup_free) char *time = timestamp_normalize(text);
  ck_assert_msg((time != NULL) == (expected != NULL), "%s", text);
  if (expected)
    ck_assert_str_eq(time, expected);
}

START_TEST(date_times_become_utc_seconds) {
  check_normalized("2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z");
  check_normalized("2024-01-02T03:04:05.123456789+02:00", "2024-01-02T01:04:05Z");
  check_normalized("2024-01-02t03:04:05.9z", "2024-01-02T03:04:05Z");
  check_normalized("2024-01-01T00:30:00+01:00", "2023-12-31T23:30:00Z");
  check_normalized("2024-02-28T23:59:59-00:01", "2024-02-29T00:00:59Z");
  check_normalized("2023-02-28T23:59:59-00:01", "2023-03-01T00:00:59Z");
  check_normalized("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z");
  check_normalized("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z");
  check_normalized("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z");
  check_normalized("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z");
  check_normalized("2000-02-29T12:00:00Z", "2000-02-29T12:00:00Z");
}
END_TEST

START_TEST(other_text_is_no_time) {
  static const char *const bad[] = {"",
                                    "2024",
                                    "2024-01-02",
                                    "2024-01-02T03:04:05",
                                    "2024-01-02 03:04:05Z",
                                    "2024-01-02T03:04Z",
                                    "2024-01-02T03:04:05.Z",
                                    "2024-01-02T03:04:05,5Z",
                                    "2024-01-02T03:04:05Z ",
                                    " 2024-01-02T03:04:05Z",
                                    "2024-1-02T03:04:05Z",
                                    "2024-00-02T03:04:05Z",
                                    "2024-13-02T03:04:05Z",
                                    "2024-01-00T03:04:05Z",
                                    "2024-01-32T03:04:05Z",
                                    "2023-02-29T03:04:05Z",
                                    "1900-02-29T03:04:05Z",
                                    "2024-04-31T03:04:05Z",
                                    "2024-01-02T24:00:00Z",
                                    "2024-01-02T03:60:05Z",
                                    "2024-01-02T03:04:60Z",
                                    "2024-01-02T03:04:05+0200",
                                    "2024-01-02T03:04:05+02",
                                    "2024-01-02T03:04:05+24:00",
                                    "2024-01-02T03:04:05+02:60",
                                    "2024-01-02T03:04:05+02:00Z",
                                    "0000-01-01T00:00:00+00:01",
                                    "9999-12-31T23:59:59-00:01",
                                    "-024-01-02T03:04:05Z"};
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
    check_normalized(bad[i], NULL);
}
END_TEST

static void check_seconds(int64_t seconds, const char *expected) {
  cleanup(cleanup_free) char *time = timestamp_format(seconds);
  ck_assert_msg((time != NULL) == (expected != NULL), "%lld", (long long)seconds);
  if (expected)
    ck_assert_str_eq(time, expected);
}

START_TEST(seconds_become_date_times) {
  check_seconds(0, "1970-01-01T00:00:00Z");
  check_seconds(-1, "1969-12-31T23:59:59Z");
  check_seconds(1704164645, "2024-01-02T03:04:05Z");
  check_seconds(INT64_C(-62167219200), "0000-01-01T00:00:00Z");
  check_seconds(INT64_C(-62167219201), NULL);
  check_seconds(INT64_C(253402300799), "9999-12-31T23:59:59Z");
  check_seconds(INT64_C(253402300800), NULL);
  check_seconds(INT64_MAX, NULL);
  check_seconds(INT64_MIN, NULL);
}
END_TEST

static void check_against_the_c_library(int64_t seconds) {
  time_t clock = (time_t)seconds;
  struct tm broken_down;
  char expected[96];
  ck_assert_ptr_nonnull(gmtime_r(&clock, &broken_down));
  snprintf(expected, sizeof(expected), "%04d-%02d-%02dT%02d:%02d:%02dZ", broken_down.tm_year + 1900,
           broken_down.tm_mon + 1, broken_down.tm_mday, broken_down.tm_hour, broken_down.tm_min,
           broken_down.tm_sec);
  cleanup(cleanup_free) char *time = timestamp_format(seconds);
  if (!time || strcmp(time, expected) != 0)
    ck_abort_msg("%lld gave %s", (long long)seconds, time ? time : "nothing");
  cleanup(cleanup_free) char *again = timestamp_normalize(time);
  if (!again || strcmp(again, expected) != 0)
    ck_abort_msg("%s gave %s", expected, again ? again : "nothing");
}

/* Every day from 1896 to 2104 (two century years without a leap day, one with), and a day in
   about every third year of the whole range. */
START_TEST(days_agree_with_the_c_library) {
  for (int64_t seconds = INT64_C(-2335219200); seconds < INT64_C(4233686400); seconds += 86399)
    check_against_the_c_library(seconds);
  for (int64_t seconds = INT64_C(-62167219200); seconds <= INT64_C(253402300799);
       seconds += INT64_C(86399987))
    check_against_the_c_library(seconds);
}
END_TEST

START_TEST(fractions_are_cut_off) {
  static const struct {
    double seconds;
    const char *expected;
  } cases[] = {{1704164645.987, "2024-01-02T03:04:05Z"},
               {1704164645.0, "2024-01-02T03:04:05Z"},
               {0.5, "1970-01-01T00:00:00Z"},
               {-0.5, "1969-12-31T23:59:59Z"},
               {-1.0, "1969-12-31T23:59:59Z"},
               {253402300799.5, "9999-12-31T23:59:59Z"},
               {253402300800.0, NULL},
               {1e300, NULL},
               {-1e300, NULL},
               {(double)INFINITY, NULL},
               {(double)NAN, NULL}};
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    cleanup(cleanup_free) char *time = timestamp_format_double(cases[i].seconds);
    ck_assert_msg((time != NULL) == (cases[i].expected != NULL), "case %zu", i);
    if (time)
      ck_assert_str_eq(time, cases[i].expected);
  }
}
END_TEST

START_TEST(date_times_become_seconds_since_the_epoch) {
  int64_t seconds = 7;
  ck_assert(timestamp_parse("2024-01-02T05:04:05.9+02:00", &seconds));
  ck_assert_int_eq(seconds, 1704164645);
  ck_assert(timestamp_parse("1970-01-01T00:00:00Z", &seconds));
  ck_assert_int_eq(seconds, 0);
  ck_assert(!timestamp_parse("1970-01-01 00:00:01Z", &seconds));
  ck_assert_int_eq(seconds, 0);
}
END_TEST

UNIT_MAIN("timestamp", tcase_add_test(tcase, date_times_become_utc_seconds);
          tcase_add_test(tcase, other_text_is_no_time);
          tcase_add_test(tcase, seconds_become_date_times);
          tcase_add_test(tcase, days_agree_with_the_c_library);
          tcase_add_test(tcase, fractions_are_cut_off);
          tcase_add_test(tcase, date_times_become_seconds_since_the_epoch);)
