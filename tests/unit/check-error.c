#include <config.h>

#include "base/error.h"

#include "base/cleanup.h"
#include "unit.h"

START_TEST(the_first_failure_stays) {
  cleanup(cleanup_error) struct error *error = NULL;
  ck_assert_int_eq(error_set(&error, STATUS_NOT_FOUND, "no %s", "tag"), -1);
  ck_assert_int_eq(error_set(&error, STATUS_DENIED, "second"), -1);
  ck_assert_int_eq(error->status, STATUS_NOT_FOUND);
  ck_assert_str_eq(error->message, "no tag");
}
END_TEST

START_TEST(context_goes_before) {
  cleanup(cleanup_error) struct error *error = NULL;
  error_set(&error, STATUS_LOCAL, "wrong");
  ck_assert_int_eq(error_wrap(&error, "line %d", 3), -1);
  ck_assert_int_eq(error_wrap(&error, "reading %s", "input.txt"), -1);
  ck_assert_str_eq(error->message, "reading input.txt: line 3: wrong");
  ck_assert_int_eq(error->status, STATUS_LOCAL);
}
END_TEST

/* What MESSAGE becomes under "profile dev". */
static void expect_once(const char *message, const char *want) {
  cleanup(cleanup_error) struct error *error = NULL;
  error_set(&error, STATUS_DENIED, "%s", message);
  ck_assert_int_eq(error_wrap_once(&error, "profile dev"), -1);
  ck_assert_str_eq(error->message, want);
  ck_assert_int_eq(error->status, STATUS_DENIED);
}

START_TEST(context_is_said_once) {
  expect_once("wrong", "profile dev: wrong");
  expect_once("profile dev: wrong", "profile dev: wrong");
  expect_once("AWS credentials: profile dev: wrong", "profile dev: AWS credentials: wrong");
  expect_once("AWS credentials: profile developer: wrong",
              "profile dev: AWS credentials: profile developer: wrong");
  expect_once("the profile dev: wrong", "profile dev: the profile dev: wrong");
}
END_TEST

START_TEST(nobody_need_listen) {
  struct error *none = NULL;
  ck_assert_int_eq(error_set(NULL, STATUS_LOCAL, "x"), -1);
  ck_assert_int_eq(error_wrap(NULL, "x"), -1);
  ck_assert_int_eq(error_wrap(&none, "x"), -1);
  ck_assert_int_eq(error_wrap_once(NULL, "x"), -1);
  ck_assert_int_eq(error_wrap_once(&none, "x"), -1);
  ck_assert_ptr_null(none);
  ck_assert_ptr_null(error_copy(NULL));
  error_free(NULL);
}
END_TEST

START_TEST(a_copy_is_its_own) {
  cleanup(cleanup_error) struct error *error = NULL;
  error_set(&error, STATUS_TLS, "one");
  cleanup(cleanup_error) struct error *copy = error_copy(error);
  error_wrap(&error, "two");
  ck_assert_str_eq(copy->message, "one");
  ck_assert_int_eq(copy->status, STATUS_TLS);
}
END_TEST

UNIT_MAIN("error", tcase_add_test(tcase, the_first_failure_stays);
          tcase_add_test(tcase, context_goes_before);
          tcase_add_test(tcase, context_is_said_once); tcase_add_test(tcase, nobody_need_listen);
          tcase_add_test(tcase, a_copy_is_its_own);)
