#include <config.h>

#include "aws/credentials-imds.h"

#include <string.h>

#include "fake-world.h"
#include "files.h"

#define BASE "http://169.254.169.254"
#define TTL "x-aws-ec2-metadata-token-ttl-seconds: 21600"
#define SESSION "x-aws-ec2-metadata-token: tOk+/=="
#define ROLES "/latest/meta-data/iam/security-credentials/"
#define KEYS                                                                                       \
  "{\"Code\":\"Success\",\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"5ecret\",\"Token\":\"t\"," \
  "\"Expiration\":\"2024-01-02T04:04:05Z\"}"

#define BEGINS(base)                                                                               \
  {                                                                                                \
    .method = "PUT", .url = base "/latest/api/token", .header = TTL, .status = 200,                \
    .answer = "tOk+/=="                                                                            \
  }
#define NAMES(base, ...)                                                                           \
  { .url = base ROLES, .header = SESSION, __VA_ARGS__ }
#define HAS_ROLE(base) NAMES(base, .status = 200, .answer = "my-role\n")
#define GIVES(base, ...)                                                                           \
  { .url = base ROLES "my-role", .header = SESSION, __VA_ARGS__ }
#define ALL(base)                                                                                  \
  FAKE_SCRIPT(BEGINS(base), HAS_ROLE(base), GIVES(base, .status = 200, .answer = KEYS))

/* Asks in WORLD as the profile "dev" of LINES (NULL: there are no profiles); everything scripted
   must have been asked. */
static struct aws_credentials *ask(struct fake_world *world, const char *lines,
                                   struct error **err) {
  world->direct = true;
  const struct aws_context *context = fake_context(world);
  struct aws_profiles *profiles = NULL;
  if (lines) {
    char *text = NULL;
    ck_assert_int_ge(asprintf(&text, "[profile dev]\n%s\n", lines), 0);
    char *path = files_write("config", text, strlen(text));
    free(text);
    struct fake_world files = {
        .env = FAKE_ENV("AWS_CONFIG_FILE", path, "AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")};
    profiles = aws_profiles_read(fake_context(&files), NULL);
    ck_assert_ptr_nonnull(profiles);
    free(path);
  }
  struct aws_credentials *found = aws_credentials_imds(context, profiles, "dev", err);
  aws_profiles_free(profiles);
  ck_assert_uint_eq(world->at, world->length);
  return found;
}

static void gives(struct fake_world world, const char *lines) {
  struct error *error = NULL;
  struct aws_credentials *found = ask(&world, lines, &error);
  ck_assert_msg(found != NULL, "%s", error ? error->message : "no error");
  ck_assert_str_eq(found->access_key_id, "AKID");
  ck_assert_str_eq(found->secret_access_key, "5ecret");
  ck_assert_str_eq(found->session_token, "t");
  ck_assert_int_eq(found->expiry, FAKE_NOW + 3600);
  ck_assert_str_eq(found->provider, "instance role my-role");
  ck_assert_str_eq(world.notes, "");
  aws_credentials_free(found);
}

static void silent(struct fake_world world, const char *note) {
  struct error *error = NULL;
  ck_assert_ptr_null(ask(&world, NULL, &error));
  ck_assert_ptr_null(error);
  ck_assert_str_eq(world.notes, note);
}

static void refused(struct fake_world world, const char *lines, const char *message) {
  struct error *error = NULL;
  ck_assert_ptr_null(ask(&world, lines, &error));
  ck_assert_ptr_nonnull(error);
  ck_assert_int_eq(error->status, STATUS_UNAUTHORIZED);
  ck_assert_str_eq(error->message, message);
  error_free(error);
}

START_TEST(a_session_then_the_role_then_its_keys) {
  gives((struct fake_world){.timeout = 1, .retries = 0, ALL(BASE)}, NULL);
}
END_TEST

START_TEST(where_it_is_can_be_said) {
  static const char endpoint[] = "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                    mode[] = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";
  gives((struct fake_world){.env = FAKE_ENV(endpoint, "http://localhost:1338/base//"),
                            ALL("http://localhost:1338/base")},
        "ec2_metadata_service_endpoint = http://localhost:1/");
  gives((struct fake_world){.env = FAKE_ENV(mode, "IPv6"), ALL("http://[fd00:ec2::254]")},
        "ec2_metadata_service_endpoint_mode = IPv4");
  gives((struct fake_world){.env = FAKE_ENV(mode, "IPv6", endpoint, "http://localhost:2"),
                            ALL("http://localhost:2")},
        NULL);
  gives((struct fake_world){ALL("http://localhost:3")},
        "ec2_metadata_service_endpoint = http://localhost:3");
  gives((struct fake_world){ALL("http://[fd00:ec2::254]")},
        "ec2_metadata_service_endpoint_mode = ipv6");
}
END_TEST

START_TEST(patience_can_be_said) {
  gives((struct fake_world){.env = FAKE_ENV("AWS_METADATA_SERVICE_TIMEOUT", "5",
                                            "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "4"),
                            .timeout = 5,
                            .retries = 3,
                            ALL(BASE)},
        "metadata_service_timeout = 7");
  gives((struct fake_world){.timeout = 7, .retries = 1, ALL(BASE)},
        "metadata_service_timeout = 7\nmetadata_service_num_attempts = 2");
}
END_TEST

START_TEST(settings_that_are_none) {
  refused((struct fake_world){.env = FAKE_ENV("AWS_METADATA_SERVICE_TIMEOUT", "soon")}, NULL,
          "AWS_METADATA_SERVICE_TIMEOUT is no number from 1 to 3600");
  refused((struct fake_world){.env = FAKE_ENV("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "0")}, NULL,
          "AWS_METADATA_SERVICE_NUM_ATTEMPTS is no number from 1 to 100");
  refused((struct fake_world){.length = 0}, "metadata_service_timeout = 1.5",
          "metadata_service_timeout is no number from 1 to 3600");
  refused((struct fake_world){.env = FAKE_ENV("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "v6")},
          NULL, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE is neither IPv4 nor IPv6");
  static const char *const bad[] = {"localhost", "ftp://localhost/", "http://u:5ecret@localhost/",
                                    "http://localhost/?a", "http://localhost/#a"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    refused((struct fake_world){.env = FAKE_ENV("AWS_EC2_METADATA_SERVICE_ENDPOINT", bad[i])}, NULL,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT is no http or https URL without user info, query "
            "and fragment");
}
END_TEST

START_TEST(turned_off_it_is_not_asked) {
  silent((struct fake_world){.env = FAKE_ENV("AWS_EC2_METADATA_DISABLED", "TRUE")}, "");
  gives((struct fake_world){.env = FAKE_ENV("AWS_EC2_METADATA_DISABLED", "1"), ALL(BASE)}, NULL);
}
END_TEST

#define TOKEN_FAILS(...)                                                                           \
  FAKE_SCRIPT({.method = "PUT", .url = BASE "/latest/api/token", .header = TTL, __VA_ARGS__})

START_TEST(machines_that_are_no_instance) {
  silent((struct fake_world){TOKEN_FAILS(.error = STATUS_TIMEOUT, .why = "too slow")},
         "no instance metadata service: too slow\n");
  silent((struct fake_world){TOKEN_FAILS(.error = STATUS_NETWORK, .why = "no route")},
         "no instance metadata service: no route\n");
  /* Version 1 only, turned off, another cloud's, a portal that answers everything. */
  static const long statuses[] = {400, 401, 403, 404, 405, 503};
  for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
    char note[256];
    (void)snprintf(note, sizeof note,
                   "the instance metadata service " BASE
                   " gives no token (HTTP status %ld); its version 1 is not asked\n",
                   statuses[i]);
    silent((struct fake_world){TOKEN_FAILS(.status = statuses[i], .answer = "tOk")}, note);
  }
  static const char *const bodies[] = {"", "<html> </html>", "a\r\nb", "a\177"};
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
    silent((struct fake_world){TOKEN_FAILS(.status = 200, .answer = bodies[i])},
           "the instance metadata service " BASE
           " gives no token (HTTP status 200); its version 1 is not asked\n");
}
END_TEST

START_TEST(an_instance_without_a_role) {
  silent((struct fake_world){FAKE_SCRIPT(BEGINS(BASE), NAMES(BASE, .status = 404))},
         "the instance has no role\n");
  silent((struct fake_world){FAKE_SCRIPT(BEGINS(BASE), NAMES(BASE, .status = 200))},
         "the instance has no role\n");
}
END_TEST

#define FAILED "instance metadata service: "

START_TEST(an_instance_that_cannot_is_an_error) {
  refused((struct fake_world){TOKEN_FAILS(.error = STATUS_LOCAL, .why = "stopped")}, NULL,
          FAILED "stopped");
  refused((struct fake_world){FAKE_SCRIPT(BEGINS(BASE),
                                          NAMES(BASE, .error = STATUS_TIMEOUT, .why = "too slow"))},
          NULL, FAILED "too slow");
  refused((struct fake_world){FAKE_SCRIPT(BEGINS(BASE), NAMES(BASE, .status = 401))}, NULL,
          FAILED "HTTP status 401 for the role's name");
  static const char *const names[] = {"../../x", "a b", "a?b", "a%2fb", "\n"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    refused((struct fake_world){FAKE_SCRIPT(BEGINS(BASE),
                                            NAMES(BASE, .status = 200, .answer = names[i]))},
            NULL, FAILED "what it gives as the role's name is none");
  refused(
      (struct fake_world){FAKE_SCRIPT(BEGINS(BASE), HAS_ROLE(BASE), GIVES(BASE, .status = 500))},
      NULL, FAILED "role my-role: HTTP status 500");
  refused((struct fake_world){FAKE_SCRIPT(BEGINS(BASE), HAS_ROLE(BASE),
                                          GIVES(BASE, .status = 200,
                                                .answer = "{\"Code\":\"AssumeRoleUnauthorizedAccess"
                                                          "\",\"Message\":\"EC2 cannot\"}"))},
          NULL, FAILED "role my-role: AssumeRoleUnauthorizedAccess: EC2 cannot");
  refused((struct fake_world){FAKE_SCRIPT(BEGINS(BASE), HAS_ROLE(BASE),
                                          GIVES(BASE, .status = 200, .answer = "{}"))},
          NULL, FAILED "role my-role: there is no \"AccessKeyId\"");
}
END_TEST

/* While the service cannot renew them, they are good for longer than they say. */
START_TEST(keys_that_ran_out_are_used_and_asked_for_again) {
  struct fake_world world = {.now = FAKE_NOW + 3600, ALL(BASE)};
  struct aws_credentials *found = ask(&world, NULL, NULL);
  ck_assert_ptr_nonnull(found);
  ck_assert_int_eq(found->expiry, FAKE_NOW + 3600 + 900);
  ck_assert_str_eq(world.notes, "the keys of role my-role ran out at 2024-01-02T04:04:05Z and the "
                                "instance has no newer ones: they are used as they are\n");
  aws_credentials_free(found);
}
END_TEST

UNIT_MAIN("credentials-imds", tcase_add_unchecked_fixture(tcase, files_setup, files_teardown);
          tcase_add_test(tcase, a_session_then_the_role_then_its_keys);
          tcase_add_test(tcase, where_it_is_can_be_said);
          tcase_add_test(tcase, patience_can_be_said);
          tcase_add_test(tcase, settings_that_are_none);
          tcase_add_test(tcase, turned_off_it_is_not_asked);
          tcase_add_test(tcase, machines_that_are_no_instance);
          tcase_add_test(tcase, an_instance_without_a_role);
          tcase_add_test(tcase, an_instance_that_cannot_is_an_error);
          tcase_add_test(tcase, keys_that_ran_out_are_used_and_asked_for_again);)
