#include <config.h>

#include "aws/region.h"

#include <string.h>

#include "unit.h"

static const char *lookup(void *arg, const char *name) {
  for (const char *const *pair = arg; pair && *pair; pair += 2)
    if (strcmp(pair[0], name) == 0)
      return pair[1];
  return NULL;
}

#define ENVIRONMENT(...) ((void *)(const char *[]){__VA_ARGS__, NULL})

static const char *region_with(void *env, struct error **err) {
  const struct aws_context context = {.env = lookup, .env_arg = env};
  return aws_region_default(&context, NULL, NULL, err);
}

/* The URL of ECR's API; caller frees. */
static char *endpoint_with(const char *region, const char *override, void *env,
                           struct error **err) {
  const struct aws_context context = {.env = lookup, .env_arg = env};
  struct aws_endpoint endpoint = {.url = NULL};
  if (aws_endpoint_find(&context, NULL, NULL, AWS_ECR, region, override, &endpoint, err) < 0)
    return NULL;
  char *url = endpoint.url;
  endpoint.url = NULL;
  aws_endpoint_clear(&endpoint);
  return url;
}

START_TEST(names_that_could_be_regions) {
  ck_assert(aws_region_is_valid("us-east-1"));
  ck_assert(aws_region_is_valid("us-gov-west-1"));
  ck_assert(aws_region_is_valid("local"));
  ck_assert(!aws_region_is_valid(""));
  ck_assert(!aws_region_is_valid("US-EAST-1"));
  ck_assert(!aws_region_is_valid("us-east-1."));
  ck_assert(!aws_region_is_valid("us-east-1/"));
  ck_assert(!aws_region_is_valid("-us"));
  ck_assert(!aws_region_is_valid("us-"));
  ck_assert(!aws_region_is_valid("us east"));
  ck_assert(!aws_region_is_valid("us@evil"));
  char text[65];
  memset(text, 'a', 64);
  text[64] = '\0';
  ck_assert(!aws_region_is_valid(text));
  text[63] = '\0';
  ck_assert(aws_region_is_valid(text));
}
END_TEST

START_TEST(default_region_comes_from_two_variables) {
  ck_assert_str_eq(
      region_with(ENVIRONMENT("AWS_DEFAULT_REGION", "eu-west-1", "AWS_REGION", "us-west-2"), NULL),
      "us-west-2");
  ck_assert_str_eq(
      region_with(ENVIRONMENT("AWS_DEFAULT_REGION", "eu-west-1", "AWS_REGION", ""), NULL),
      "eu-west-1");
}
END_TEST

START_TEST(default_region_says_what_to_set) {
  struct error *error = NULL;
  ck_assert_ptr_null(region_with(NULL, &error));
  ck_assert_int_eq(error->status, STATUS_LOCAL);
  ck_assert_str_eq(error->message, "no AWS region: give --region, or set AWS_REGION");
  error_free(error);
  error = NULL;
  /* One that is wrong does not give way to the next. */
  ck_assert_ptr_null(
      region_with(ENVIRONMENT("AWS_REGION", "us_east", "AWS_DEFAULT_REGION", "us-east-1"), &error));
  ck_assert_str_eq(error->message, "AWS_REGION holds no region's name: us_east");
  error_free(error);
}
END_TEST

static void endpoint_is(const char *region, const char *override, void *env, const char *want) {
  struct error *error = NULL;
  char *url = endpoint_with(region, override, env, &error);
  ck_assert_msg(url != NULL, "%s", error ? error->message : "no error set");
  ck_assert_str_eq(url, want);
  free(url);
}

START_TEST(endpoints_by_partition) {
  endpoint_is("us-east-1", NULL, NULL, "https://api.ecr.us-east-1.amazonaws.com/");
  endpoint_is("us-gov-west-1", NULL, NULL, "https://api.ecr.us-gov-west-1.amazonaws.com/");
  endpoint_is("cn-north-1", NULL, NULL, "https://api.ecr.cn-north-1.amazonaws.com.cn/");
  endpoint_is("eusc-de-east-1", NULL, NULL, "https://api.ecr.eusc-de-east-1.amazonaws.eu/");
  endpoint_is("us-iso-east-1", NULL, NULL, "https://api.ecr.us-iso-east-1.c2s.ic.gov/");
  endpoint_is("us-isob-east-1", NULL, NULL, "https://api.ecr.us-isob-east-1.sc2s.sgov.gov/");
}
END_TEST

START_TEST(endpoint_overrides_in_their_order) {
  void *env =
      ENVIRONMENT("AWS_ENDPOINT_URL", "http://all:1", "AWS_ENDPOINT_URL_ECR", "http://ecr:2/");
  endpoint_is("us-east-1", "https://here:3/path/", env, "https://here:3/path/");
  endpoint_is("us-east-1", NULL, env, "http://ecr:2/");
  endpoint_is("us-east-1", NULL, ENVIRONMENT("AWS_ENDPOINT_URL", "http://[::1]:1"),
              "http://[::1]:1/");
  endpoint_is("us-east-1", NULL, ENVIRONMENT("AWS_ENDPOINT_URL", ""),
              "https://api.ecr.us-east-1.amazonaws.com/");
  endpoint_is("us-east-1", NULL,
              ENVIRONMENT("AWS_ENDPOINT_URL", "http://all:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                          "true"),
              "https://api.ecr.us-east-1.amazonaws.com/");
}
END_TEST

START_TEST(endpoints_that_are_none) {
  static const char *const bad[] = {"localhost:4566",
                                    "ftp://host/",
                                    "http://",
                                    "https://user:secret@host/",
                                    "https://host/?query",
                                    "https://host/#fragment",
                                    "https://ho st/",
                                    "file:///etc/passwd"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct error *error = NULL;
    ck_assert_msg(!endpoint_with("us-east-1", bad[i], NULL, &error), "%s", bad[i]);
    ck_assert_int_eq(error->status, STATUS_LOCAL);
    ck_assert_msg(strncmp(error->message, "--endpoint-url: ", 16) == 0, "%s", error->message);
    ck_assert_ptr_null(strstr(error->message, "secret"));
    error_free(error);
  }
  struct error *error = NULL;
  ck_assert_ptr_null(
      endpoint_with("us-east-1", NULL, ENVIRONMENT("AWS_ENDPOINT_URL", "nonsense"), &error));
  ck_assert_ptr_nonnull(strstr(error->message, "AWS_ENDPOINT_URL: "));
  error_free(error);
}
END_TEST

START_TEST(registry_hosts) {
  char *host = aws_ecr_registry_host("123456789012", "eu-central-1");
  ck_assert_str_eq(host, "123456789012.dkr.ecr.eu-central-1.amazonaws.com");
  free(host);
  host = aws_ecr_registry_host("123456789012", "cn-north-1");
  ck_assert_str_eq(host, "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn");
  free(host);
}
END_TEST

UNIT_MAIN("region", tcase_add_test(tcase, names_that_could_be_regions);
          tcase_add_test(tcase, default_region_comes_from_two_variables);
          tcase_add_test(tcase, default_region_says_what_to_set);
          tcase_add_test(tcase, endpoints_by_partition);
          tcase_add_test(tcase, endpoint_overrides_in_their_order);
          tcase_add_test(tcase, endpoints_that_are_none); tcase_add_test(tcase, registry_hosts);)
