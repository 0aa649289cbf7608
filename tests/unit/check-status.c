#include <config.h>

#include "base/status.h"

#include "unit.h"

START_TEST(names_round_trip) {
  for (int i = STATUS_OK; i < STATUS_LOCAL; i++) {
    enum status status;
    ck_assert(status_parse(status_name((enum status)i), &status));
    ck_assert_int_eq(status, i);
  }
}
END_TEST

START_TEST(unknown_names_are_refused) {
  enum status status;
  ck_assert(!status_parse("", &status));
  ck_assert(!status_parse("OK", &status));
  ck_assert(!status_parse("local", &status));
}
END_TEST

START_TEST(failures_are_told_from_outcomes) {
  ck_assert(!status_is_failure(STATUS_OK));
  ck_assert(!status_is_failure(STATUS_ARCHIVED));
  ck_assert(!status_is_failure(STATUS_LEGACY));
  ck_assert(status_is_failure(STATUS_INVALID_REFERENCE));
  ck_assert(status_is_failure(STATUS_SERVER_ERROR));
}
END_TEST

UNIT_MAIN("status", tcase_add_test(tcase, names_round_trip);
          tcase_add_test(tcase, unknown_names_are_refused);
          tcase_add_test(tcase, failures_are_told_from_outcomes);)
