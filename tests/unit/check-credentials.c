#include <config.h>

#include "aws/source.h"

#include <string.h>

#include "unit.h"

/* An environment: name, value, name, value, NULL. */
static const char *lookup(void *arg, const char *name) {
  for (const char *const *pair = arg; pair && *pair; pair += 2)
    if (strcmp(pair[0], name) == 0)
      return pair[1];
  return NULL;
}

#define ENVIRONMENT(...) ((void *)(const char *[]){__VA_ARGS__, NULL})

/* What is found with the variables ENV alone. */
static struct aws_source *source_with(struct aws_context *context, void *env) {
  *context = (struct aws_context){.env = lookup, .env_arg = env};
  return aws_source_new(context, NULL, &(struct aws_source_options){.profile = NULL});
}

static void refused(void *env, const char *message) {
  struct error *error = NULL;
  struct aws_context context;
  struct aws_source *source = source_with(&context, env);
  ck_assert_ptr_null(aws_source_get(source, &error));
  aws_source_free(source);
  ck_assert_ptr_nonnull(error);
  ck_assert_int_eq(error->status, STATUS_UNAUTHORIZED);
  ck_assert_str_eq(error->message, message);
  error_free(error);
}

START_TEST(keys_come_from_the_environment) {
  struct aws_context context;
  struct aws_source *source = source_with(
      &context, ENVIRONMENT("AWS_ACCESS_KEY_ID", "AKID", "AWS_SECRET_ACCESS_KEY", "a/b+c="));
  const struct aws_credentials *found = aws_source_get(source, NULL);
  ck_assert_ptr_nonnull(found);
  ck_assert_str_eq(found->access_key_id, "AKID");
  ck_assert_str_eq(found->secret_access_key, "a/b+c=");
  ck_assert_ptr_null(found->session_token);
  ck_assert_str_eq(found->provider, "environment");
  aws_source_free(source);
}
END_TEST

START_TEST(session_token_by_its_new_name_then_its_old) {
  struct aws_context context;
  struct aws_source *source =
      source_with(&context, ENVIRONMENT("AWS_ACCESS_KEY_ID", "a", "AWS_SECRET_ACCESS_KEY", "b",
                                        "AWS_SECURITY_TOKEN", "old", "AWS_SESSION_TOKEN", "new"));
  ck_assert_str_eq(aws_source_get(source, NULL)->session_token, "new");
  aws_source_free(source);
  source = source_with(&context, ENVIRONMENT("AWS_ACCESS_KEY_ID", "a", "AWS_SECRET_ACCESS_KEY", "b",
                                             "AWS_SECURITY_TOKEN", "old", "AWS_SESSION_TOKEN", ""));
  ck_assert_str_eq(aws_source_get(source, NULL)->session_token, "old");
  aws_source_free(source);
}
END_TEST

START_TEST(none_says_what_was_looked_for) {
  const char *message =
      "no AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; "
      "'aws configure export-credentials --format env' prints them";
  refused(NULL, message);
  refused(ENVIRONMENT("AWS_ACCESS_KEY_ID", "", "AWS_SECRET_ACCESS_KEY", ""), message);
  refused(ENVIRONMENT("AWS_SESSION_TOKEN", "alone"), message);
}
END_TEST

START_TEST(half_is_an_error_that_names_the_other_half) {
  refused(ENVIRONMENT("AWS_ACCESS_KEY_ID", "a"),
          "AWS credentials: AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not");
  refused(ENVIRONMENT("AWS_SECRET_ACCESS_KEY", "secret", "AWS_ACCESS_KEY_ID", ""),
          "AWS credentials: AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not");
}
END_TEST

START_TEST(badly_copied_values_are_named_and_not_shown) {
  refused(
      ENVIRONMENT("AWS_ACCESS_KEY_ID", "a", "AWS_SECRET_ACCESS_KEY", "secret\n"),
      "AWS credentials: AWS_SECRET_ACCESS_KEY holds white space or a character that no key has");
  refused(ENVIRONMENT("AWS_ACCESS_KEY_ID", " a", "AWS_SECRET_ACCESS_KEY", "secret"),
          "AWS credentials: AWS_ACCESS_KEY_ID holds white space or a character that no key has");
  refused(ENVIRONMENT("AWS_ACCESS_KEY_ID", "a", "AWS_SECRET_ACCESS_KEY", "b", "AWS_SECURITY_TOKEN",
                      "t\r\nx-evil: 1"),
          "AWS credentials: AWS_SECURITY_TOKEN holds white space or a character that no key has");
}
END_TEST

UNIT_MAIN("credentials", tcase_add_test(tcase, keys_come_from_the_environment);
          tcase_add_test(tcase, session_token_by_its_new_name_then_its_old);
          tcase_add_test(tcase, none_says_what_was_looked_for);
          tcase_add_test(tcase, half_is_an_error_that_names_the_other_half);
          tcase_add_test(tcase, badly_copied_values_are_named_and_not_shown);)
