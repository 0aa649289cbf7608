#include <config.h>

#include "aws/credentials-json.h"

#include <string.h>

#include "unit.h"

static const struct aws_credentials_form plain = {
    .names = {"AccessKeyId", "SecretAccessKey", "Token"}, .expiration = "Expiration"};
static const struct aws_credentials_form versioned = {
    .names = {"AccessKeyId", "SecretAccessKey", "SessionToken"},
    .expiration = "Expiration",
    .versioned = true};
static const struct aws_credentials_form inside = {
    .inside = "roleCredentials", .names = {"a", "s", "t"}, .expiration = "e"};

static struct aws_credentials *parsed(const char *text, const struct aws_credentials_form *form) {
  struct error *error = NULL;
  struct aws_credentials *found = aws_credentials_parse(text, strlen(text), form, "test", &error);
  ck_assert_msg(found != NULL, "%s", error ? error->message : "no error");
  ck_assert_ptr_null(error);
  ck_assert_str_eq(found->access_key_id, "AKID");
  ck_assert_str_eq(found->secret_access_key, "5ecret");
  ck_assert_str_eq(found->provider, "test");
  return found;
}

START_TEST(all_that_there_is) {
  struct aws_credentials *found =
      parsed("{\"AccessKeyId\": \"AKID\", \"SecretAccessKey\": \"5ecret\", \"Token\": \"t/=+\", "
             "\"Expiration\": \"2024-01-02T04:04:05.5+01:00\", \"AccountId\": \"123456789012\", "
             "\"Code\": \"Success\", \"Type\": \"AWS-HMAC\"}",
             &plain);
  ck_assert_str_eq(found->session_token, "t/=+");
  ck_assert_int_eq(found->expiry, INT64_C(1704164645));
  ck_assert_str_eq(found->account, "123456789012");
  aws_credentials_free(found);
  found = parsed("{\"roleCredentials\":{\"a\":\"AKID\",\"s\":\"5ecret\",\"t\":\"x\","
                 "\"e\":1704164645999}}",
                 &inside);
  ck_assert_int_eq(found->expiry, INT64_C(1704164645));
  aws_credentials_free(found);
}
END_TEST

START_TEST(as_little_as_there_may_be) {
  static const char *const texts[] = {
      "{\"Version\":1,\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"5ecret\"}",
      " {\"Version\":1,\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"5ecret\","
      "\"SessionToken\":\"\",\"Expiration\":null,\"AccountId\":\"12\"}\n",
      "{\"Version\":1,\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"5ecret\","
      "\"SessionToken\":null,\"AccountId\":12}"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct aws_credentials *found = parsed(texts[i], &versioned);
    ck_assert_ptr_null(found->session_token);
    ck_assert_int_eq(found->expiry, 0);
    ck_assert_ptr_null(found->account);
    aws_credentials_free(found);
  }
}
END_TEST

static void refused(const char *text, const struct aws_credentials_form *form,
                    const char *message) {
  struct error *error = NULL;
  ck_assert_ptr_null(aws_credentials_parse(text, strlen(text), form, "test", &error));
  ck_assert_ptr_nonnull(error);
  ck_assert_int_eq(error->status, STATUS_UNAUTHORIZED);
  if (strcmp(error->message, message) != 0)
    ck_assert_msg(strncmp(message, "not JSON", 8) == 0 &&
                      strncmp(error->message, "not JSON", 8) == 0,
                  "got: %s\nwant: %s", error->message, message);
  ck_assert_ptr_null(strstr(error->message, "5ecret"));
  error_free(error);
}

#define KEYS "\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"5ecret\""

START_TEST(what_cannot_be_used_is_told_without_values) {
  refused("", &plain, "not JSON");
  refused("export AWS_SECRET_ACCESS_KEY=5ecret", &plain, "not JSON");
  refused("{" KEYS, &plain, "not JSON");
  refused("[\"5ecret\"]", &plain, "no JSON object");
  refused("\"5ecret\"", &plain, "no JSON object");
  refused("{}", &plain, "there is no \"AccessKeyId\"");
  refused("{\"AccessKeyId\":\"\",\"SecretAccessKey\":\"5ecret\"}", &plain,
          "there is no \"AccessKeyId\"");
  refused("{\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":5}", &plain,
          "there is no \"SecretAccessKey\"");
  refused("{" KEYS ",\"Token\":7}", &plain, "there is no \"Token\"");
  refused("{" KEYS "}", &versioned, "there is no \"Version\": 1");
  refused("{" KEYS ",\"Version\":2}", &versioned, "\"Version\" is not 1");
  refused("{" KEYS ",\"Version\":\"1\"}", &versioned, "\"Version\" is not 1");
  refused("{" KEYS ",\"Expiration\":\"5ecret\"}", &plain, "\"Expiration\" is no point in time");
  refused("{" KEYS ",\"Expiration\":\"\"}", &plain, "\"Expiration\" is no point in time");
  refused("{" KEYS ",\"Expiration\":0}", &plain, "\"Expiration\" is no point in time");
  refused("{" KEYS ",\"Expiration\":\"1969-12-31T23:59:59Z\"}", &plain,
          "\"Expiration\" is no point in time");
  refused("{" KEYS ",\"Expiration\":{}}", &plain, "\"Expiration\" is no point in time");
  refused("{\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"5ecret\\n\"}", &plain,
          "SecretAccessKey holds white space or a character that no key has");
  refused("{\"roleCredentials\":[]}", &inside, "there is no \"a\"");
  refused("{" KEYS ",\"Code\":\"Assume\\u001bRole\",\"Message\":\"EC2 cannot\"}", &plain,
          "Assume\357\277\275Role: EC2 cannot");
  refused("{\"Code\":\"Failed\"}", &plain, "Failed");
}
END_TEST

START_TEST(keys_that_ran_out_are_refused) {
  const char *text = "{" KEYS ",\"Expiration\":\"2024-01-02T03:04:05Z\"}";
  struct aws_credentials *found = parsed(text, &plain);
  ck_assert_ptr_eq(aws_credentials_current(found, found->expiry - 1, NULL), found);
  struct error *error = NULL;
  ck_assert_ptr_null(aws_credentials_current(found, found->expiry, &error));
  ck_assert_str_eq(error->message, "the keys ran out at 2024-01-02T03:04:05Z");
  error_free(error);
  ck_assert_ptr_null(aws_credentials_current(NULL, 0, NULL));
  found = parsed("{" KEYS "}", &plain);
  ck_assert_ptr_eq(aws_credentials_current(found, INT64_MAX, NULL), found);
  aws_credentials_free(found);
}
END_TEST

START_TEST(what_was_said_is_shown_without_the_secret) {
  char *said = aws_credentials_said("no\nsuch token", "5ecret");
  ck_assert_str_eq(said, "no\357\277\275such token");
  free(said);
  said = aws_credentials_said("the token 5ecret is bad", "5ecret");
  ck_assert_str_eq(said, "");
  free(said);
  said = aws_credentials_said(NULL, NULL);
  ck_assert_str_eq(said, "");
  free(said);
  char longer[500];
  memset(longer, 'x', sizeof longer - 1);
  longer[sizeof longer - 1] = '\0';
  said = aws_credentials_said(longer, "");
  ck_assert_uint_eq(strlen(said), 200);
  free(said);
}
END_TEST

/* Seen while another reference still holds them. */
START_TEST(all_strings_are_overwritten) {
  struct json_object *top = json_tokener_parse("{\"a\":\"one\",\"b\":[\"two\",{\"c\":\"three\"}]}");
  struct json_object *b = json_object_object_get(top, "b");
  struct json_object *strings[] = {json_object_object_get(top, "a"),
                                   json_object_array_get_idx(b, 0),
                                   json_object_object_get(json_object_array_get_idx(b, 1), "c")};
  for (int i = 0; i < 3; i++)
    json_object_get(strings[i]);
  aws_json_wipe(top);
  for (int i = 0; i < 3; i++) {
    ck_assert_int_ge(json_object_get_string_len(strings[i]), 3);
    ck_assert_mem_eq(json_object_get_string(strings[i]), "\0\0\0", 3);
    json_object_put(strings[i]);
  }
}
END_TEST

UNIT_MAIN("credentials-json", tcase_add_test(tcase, all_that_there_is);
          tcase_add_test(tcase, as_little_as_there_may_be);
          tcase_add_test(tcase, what_cannot_be_used_is_told_without_values);
          tcase_add_test(tcase, keys_that_ran_out_are_refused);
          tcase_add_test(tcase, what_was_said_is_shown_without_the_secret);
          tcase_add_test(tcase, all_strings_are_overwritten);)
