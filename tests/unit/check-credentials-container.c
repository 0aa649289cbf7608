#include <config.h>

#include "aws/credentials-container.h"

#include <string.h>

#include "fake-world.h"
#include "files.h"

#define RELATIVE "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
#define FULL "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define FILE_NAME "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
#define TOKEN "AWS_CONTAINER_AUTHORIZATION_TOKEN"

#define KEYS                                                                                       \
  "{\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"5ecret\",\"Token\":\"t\","                      \
  "\"Expiration\":\"2024-01-02T04:04:05Z\"}"

/* Asks in WORLD; everything scripted must have been asked. */
static struct aws_credentials *ask(struct fake_world *world, struct error **err) {
  world->direct = true;
  world->timeout = 2;
  world->retries = 2;
  struct aws_credentials *found = aws_credentials_container(fake_context(world), err);
  ck_assert_uint_eq(world->at, world->length);
  return found;
}

static void gives(struct fake_world world, const char *provider) {
  struct error *error = NULL;
  struct aws_credentials *found = ask(&world, &error);
  ck_assert_msg(found != NULL, "%s", error ? error->message : "no error");
  ck_assert_str_eq(found->access_key_id, "AKID");
  ck_assert_str_eq(found->secret_access_key, "5ecret");
  ck_assert_str_eq(found->session_token, "t");
  ck_assert_int_eq(found->expiry, FAKE_NOW + 3600);
  ck_assert_str_eq(found->provider, provider);
  aws_credentials_free(found);
}

static void refused(struct fake_world world, const char *message) {
  struct error *error = NULL;
  ck_assert_ptr_null(ask(&world, &error));
  ck_assert_ptr_nonnull(error);
  ck_assert_int_eq(error->status, STATUS_UNAUTHORIZED);
  ck_assert_str_eq(error->message, message);
  error_free(error);
}

/* An address, and what is other than usual. */
#define ANSWERS(...)                                                                               \
  FAKE_SCRIPT({.header = "Accept: application/json",                                               \
               .status = 200,                                                                      \
               .answer = KEYS,                                                                     \
               .url = __VA_ARGS__})

START_TEST(nothing_to_say_when_not_in_a_container) {
  struct fake_world world = {.env = FAKE_ENV(TOKEN, "t", FULL, "")};
  struct error *error = NULL;
  ck_assert_ptr_null(ask(&world, &error));
  ck_assert_ptr_null(error);
}
END_TEST

START_TEST(the_relative_address_comes_first) {
  gives((struct fake_world){.env = FAKE_ENV(RELATIVE, "/v2/x?a=b", FULL, "http://localhost/"),
                            ANSWERS("http://169.254.170.2/v2/x?a=b")},
        "container endpoint http://169.254.170.2:80");
  gives((struct fake_world){.env = FAKE_ENV(FULL, "http://localhost:81/get", TOKEN, "Basic x y"),
                            ANSWERS("http://localhost:81/get", .authorization = "Basic x y")},
        "container endpoint http://localhost:81");
}
END_TEST

START_TEST(the_token_file_comes_first) {
  char *path = files_write("token", "of file", 7);
  gives((struct fake_world){.env = FAKE_ENV(FULL, "https://example.com/", FILE_NAME, path, TOKEN,
                                            "of variable"),
                            ANSWERS("https://example.com/", .authorization = "of file")},
        "container endpoint https://example.com:443");
  free(path);
}
END_TEST

START_TEST(plain_http_only_to_the_machine_and_its_host) {
  static const char *const good[] = {"http://127.0.0.1/",
                                     "http://127.9.9.9:8080/",
                                     "http://[::1]/",
                                     "http://LOCALHOST/",
                                     "http://169.254.170.2/",
                                     "http://169.254.170.23/v1/credentials",
                                     "http://[fd00:ec2::23]/v1",
                                     "http://[FD00:0EC2:0:0::0023]/v1",
                                     "http://0x7f.1/",
                                     "https://example.com/"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    struct fake_world world = {
        .env = FAKE_ENV(FULL, good[i]),
        .script = &(struct fake_exchange){.url = good[i], .status = 200, .answer = KEYS},
        .length = 1};
    struct error *error = NULL;
    struct aws_credentials *found = ask(&world, &error);
    ck_assert_msg(found != NULL, "%s: %s", good[i], error ? error->message : "no error");
    aws_credentials_free(found);
  }
  static const char *const bad[][2] = {
      {"http://example.com/", "example.com"},
      {"http://169.254.169.254/", "169.254.169.254"},
      {"http://169.254.170.2.example.com/", "169.254.170.2.example.com"},
      {"http://localhost.example.com/", "localhost.example.com"},
      {"http://a.localhost/", "a.localhost"},
      {"http://10.0.0.1/", "10.0.0.1"},
      {"http://[fd00:ec2::24]/", "[fd00:ec2::24]"},
      {"http://[::ffff:127.0.0.1]/", "[::ffff:127.0.0.1]"},
      {"http://[::]/", "[::]"},
      {"http://0.0.0.0/", "0.0.0.0"}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char message[256];
    (void)snprintf(message, sizeof message,
                   FULL ": plain http is only for localhost, loopback addresses, 169.254.170.2, "
                        "169.254.170.23 and [fd00:ec2::23], not for %s",
                   bad[i][1]);
    refused((struct fake_world){.env = FAKE_ENV(FULL, bad[i][0], TOKEN, "t")}, message);
  }
}
END_TEST

START_TEST(addresses_that_are_none) {
  static const char *const bad[] = {"ftp://localhost/", "localhost", "http://u:5ecret@localhost/",
                                    "http://", "/v2"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    refused((struct fake_world){.env = FAKE_ENV(FULL, bad[i])},
            FULL " is no http or https URL without user info");
  /* Would be another host: http://169.254.170.2.example.com/ */
  refused((struct fake_world){.env = FAKE_ENV(RELATIVE, ".example.com/", FULL, "http://[::1]/")},
          RELATIVE " does not start with /");
  refused((struct fake_world){.env = FAKE_ENV(RELATIVE, "@example.com/")},
          RELATIVE " does not start with /");
}
END_TEST

START_TEST(tokens_that_are_none) {
  refused((struct fake_world){.env = FAKE_ENV(FULL, "http://[::1]/", TOKEN, "5ecret\r\nX-Evil: 1")},
          TOKEN " holds a line break, which no token has");
  refused((struct fake_world){.env = FAKE_ENV(FULL, "http://[::1]/", TOKEN, " ")},
          TOKEN " is empty");
  static const struct {
    const char *text;
    size_t length;
    const char *message;
  } files[] = {{"5ecret\n", 7, FILE_NAME " holds a line break, which no token has"},
               {"5ec\0ret", 7, FILE_NAME " holds a line break, which no token has"},
               {"", 0, FILE_NAME " is empty"}};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    char *path = files_write("bad-token", files[i].text, files[i].length);
    /* A bad file is not made good by the variable. */
    refused(
        (struct fake_world){.env = FAKE_ENV(FULL, "http://[::1]/", FILE_NAME, path, TOKEN, "good")},
        files[i].message);
    free(path);
  }
  refused((struct fake_world){.env = FAKE_ENV(FULL, "http://[::1]/", FILE_NAME, "/nonexistent")},
          FILE_NAME ": /nonexistent: No such file or directory");
  refused((struct fake_world){.env = FAKE_ENV(FULL, "http://[::1]/", FILE_NAME, "/dev/zero")},
          FILE_NAME ": /dev/zero: File too large");
}
END_TEST

/* The path may be what the keys are had for, so it is not shown. */
#define URL "http://127.0.0.1:7/5ecret-path"
#define ENDPOINT "container endpoint http://127.0.0.1:7: "

START_TEST(failures_say_what_came_and_no_secret) {
#define FAILS(message, ...)                                                                        \
  refused((struct fake_world){.env = FAKE_ENV(FULL, URL, TOKEN, "5ecret-token"),                   \
                              FAKE_SCRIPT(                                                         \
                                  {.url = URL, .authorization = "5ecret-token", __VA_ARGS__})},    \
          ENDPOINT message)
  FAILS("HTTP status 401", .status = 401, .answer = "<html>5ecret-token</html>");
  FAILS("HTTP status 400: Bad: No such\357\277\275task", .status = 400,
        .answer = "{\"code\":\"Bad\",\"message\":\"No such\\u001btask\"}");
  FAILS("HTTP status 400: Bad", .status = 400,
        .answer = "{\"code\":\"Bad\",\"message\":\"token 5ecret-token is bad\"}");
  FAILS("HTTP status 302", .status = 302);
  FAILS("connection refused", .error = STATUS_NETWORK, .why = URL ": connection refused");
  FAILS("stopped", .error = STATUS_LOCAL, .why = "stopped");
  FAILS("there is no \"AccessKeyId\"", .status = 200, .answer = "{}");
  FAILS("the keys ran out at 2024-01-02T03:04:05Z", .status = 200,
        .answer = "{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"b\",\"Expiration\":"
                  "\"2024-01-02T03:04:05Z\"}");
}
END_TEST

UNIT_MAIN("credentials-container", tcase_add_unchecked_fixture(tcase, files_setup, files_teardown);
          tcase_add_test(tcase, nothing_to_say_when_not_in_a_container);
          tcase_add_test(tcase, the_relative_address_comes_first);
          tcase_add_test(tcase, the_token_file_comes_first);
          tcase_add_test(tcase, plain_http_only_to_the_machine_and_its_host);
          tcase_add_test(tcase, addresses_that_are_none);
          tcase_add_test(tcase, tokens_that_are_none);
          tcase_add_test(tcase, failures_say_what_came_and_no_secret);)
