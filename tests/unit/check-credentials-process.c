#include <config.h>

#include "aws/credentials-process.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/xalloc.h"

#include "fake-world.h"
#include "files.h"

/* What profile "dev" gives when it holds these LINES. */
static struct aws_credentials *ask(const char *lines, struct error **err) {
  char *text = NULL;
  ck_assert_int_ge(asprintf(&text, "[profile dev]\n%s\n[profile none]\nregion = x\n", lines), 0);
  char *path = files_write("config", text, strlen(text));
  free(text);
  struct fake_world world = {
      .env = FAKE_ENV("AWS_CONFIG_FILE", path, "AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")};
  const struct aws_context *context = fake_context(&world);
  struct aws_profiles *profiles = aws_profiles_read(context, NULL);
  ck_assert_ptr_nonnull(profiles);
  ck_assert_ptr_null(aws_credentials_process(context, profiles, "none", err));
  ck_assert(!err || !*err);
  struct aws_credentials *found = aws_credentials_process(context, profiles, "dev", err);
  aws_profiles_free(profiles);
  free(path);
  return found;
}

#define PRINTS(json) "credential_process = printf %s '" json "'"
#define KEYS "\"Version\":1,\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"5ecret\""

START_TEST(keys_are_what_the_program_prints) {
  struct error *error = NULL;
  struct aws_credentials *found =
      ask(PRINTS("{" KEYS ",\"SessionToken\":\"t\",\"Expiration\":\"2024-01-02T03:04:06Z\","
                 "\"AccountId\":\"123456789012\"}") "\naws_account_id = 999999999999",
          &error);
  ck_assert_msg(found != NULL, "%s", error ? error->message : "no error");
  ck_assert_str_eq(found->access_key_id, "AKID");
  ck_assert_str_eq(found->secret_access_key, "5ecret");
  ck_assert_str_eq(found->session_token, "t");
  ck_assert_int_eq(found->expiry, FAKE_NOW + 1);
  ck_assert_str_eq(found->account, "123456789012");
  ck_assert(!found->confirmed);
  ck_assert_str_eq(found->provider, "credential_process of profile dev");
  aws_credentials_free(found);
  found = ask(PRINTS("{" KEYS "}") "\naws_account_id = 999999999999", NULL);
  ck_assert_int_eq(found->expiry, 0);
  ck_assert_ptr_null(found->session_token);
  ck_assert_str_eq(found->account, "999999999999");
  aws_credentials_free(found);
  static const char *const odd[] = {"99999999999", "9999999999999", "99999999999x", "my account"};
  for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
    cleanup(cleanup_free) char *lines =
        xasprintf("credential_process = printf %%s '{" KEYS "}'\naws_account_id = %s", odd[i]);
    found = ask(lines, NULL);
    ck_assert_ptr_null(found->account);
    aws_credentials_free(found);
  }
}
END_TEST

/* A program that lies: what it was given and printed is in no message. */
static void refused(const char *lines, const char *message) {
  struct error *error = NULL;
  ck_assert_ptr_null(ask(lines, &error));
  ck_assert_ptr_nonnull(error);
  ck_assert_int_eq(error->status, STATUS_UNAUTHORIZED);
  ck_assert_str_eq(error->message, message);
  error_free(error);
}

#define FAILED "profile dev: credential_process: "

START_TEST(failures_name_profile_and_program) {
  refused("credential_process = sh -c 'echo 5ecret; echo 5ecret >&2; exit 7' --password 5ecret",
          FAILED "sh: ended with status 7; run it by hand to see why");
  refused("credential_process = false 5ecret",
          FAILED "false: ended with status 1; run it by hand to see why");
  refused("credential_process = printf '5ecret", FAILED "a quote (') is not closed");
  refused("credential_process = printf %s '{}'",
          FAILED "what printf printed cannot be used: there is no \"Version\": 1");
  refused(PRINTS("{" KEYS ",\"Expiration\":\"2024-01-02T03:04:05Z\"}"),
          FAILED "what printf printed cannot be used: the keys ran out at 2024-01-02T03:04:05Z");
  refused("credential_process = head -c 300000 /dev/zero",
          FAILED "head: printed more than 262144 bytes");
}
END_TEST

START_TEST(a_program_that_is_not_there_is_told) {
  refused("credential_process = no-such-program-of-ocidup 5ecret",
          FAILED "no-such-program-of-ocidup: no such program in PATH");
  refused("credential_process = ''", FAILED ": no such program in PATH");
}
END_TEST

START_TEST(no_shell_reads_it) {
  refused("credential_process = printf %s x5ecret; false",
          FAILED "what printf printed cannot be used: not JSON: unexpected character at byte 1");
}
END_TEST

UNIT_MAIN("credentials-process", tcase_add_unchecked_fixture(tcase, files_setup, files_teardown);
          tcase_add_test(tcase, keys_are_what_the_program_prints);
          tcase_add_test(tcase, failures_name_profile_and_program);
          tcase_add_test(tcase, no_shell_reads_it);
          NATIVE(tcase_add_unchecked_fixture(native, files_setup, files_teardown);
                 tcase_add_test(native, a_program_that_is_not_there_is_told);))
