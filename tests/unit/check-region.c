#include <config.h>

#include "aws/region.h"

#include <stdbool.h>
#include <string.h>

#include "files.h"
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

/* ---- tables that botocore gives (tests/peers/endpoints.py) ---- */

enum { CELLS = 7 };

/* The table NAME, beside this source or in the folder OCIDUP_ENDPOINTS. */
static FILE *open_table(const char *name) {
  const char *folder = getenv("OCIDUP_ENDPOINTS");
  const char *srcdir = getenv("srcdir");
  char *path = NULL;
  if (folder)
    ck_assert_int_gt(asprintf(&path, "%s/%s", folder, name), 0);
  else
    ck_assert_int_gt(asprintf(&path, "%s/tests/unit/%s", srcdir ? srcdir : ".", name), 0);
  FILE *file = fopen(path, "r");
  ck_assert_msg(file != NULL, "cannot read %s", path);
  free(path);
  return file;
}

/* Calls CHECK with the cells of each row behind the header; how many there were. */
static size_t each_row(const char *name, void (*check)(char *const cells[CELLS])) {
  FILE *file = open_table(name);
  char line[4096];
  size_t rows = 0;
  ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
  for (; fgets(line, sizeof line, file); rows++) {
    line[strcspn(line, "\n")] = '\0';
    char *cells[CELLS], *rest = line;
    for (int i = 0; i < CELLS; i++)
      ck_assert_msg((cells[i] = strsep(&rest, "\t")) != NULL, "row %zu is short", rows + 1);
    ck_assert_ptr_null(rest);
    check(cells);
  }
  ck_assert(feof(file));
  (void)fclose(file);
  return rows;
}

static enum aws_service service_of(const char *name) {
  static const char *const names[] = {
      [AWS_ECR] = "ecr", [AWS_STS] = "sts", [AWS_SSO] = "sso", [AWS_SSO_OIDC] = "sso-oidc"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(names[i], name) == 0)
      return (enum aws_service)i;
  ck_abort_msg("no service %s", name);
}

/* The endpoint has URL and is signed for SIGNED; or URL is "error" and there is none. */
static void endpoint_agrees(const struct aws_context *context, const struct aws_profiles *profiles,
                            const char *service, const char *region, const char *url,
                            const char *signed_for, const char *what) {
  struct error *error = NULL;
  struct aws_endpoint endpoint = {.url = NULL};
  int result = aws_endpoint_find(context, profiles, NULL, service_of(service), region, NULL,
                                 &endpoint, &error);
  if (strcmp(url, "error") == 0) {
    ck_assert_msg(result < 0, "%s in %s, %s: %s and no error", service, region, what, endpoint.url);
    ck_assert_ptr_nonnull(error);
    ck_assert_int_eq(error->status, STATUS_LOCAL);
  } else {
    ck_assert_msg(result == 0, "%s in %s, %s: %s", service, region, what,
                  error ? error->message : "no error set");
    ck_assert_msg(strcmp(endpoint.url, url) == 0, "%s in %s, %s: %s and not %s", service, region,
                  what, endpoint.url, url);
    ck_assert_msg(strcmp(endpoint.region, signed_for) == 0, "%s in %s, %s: signed for %s", service,
                  region, what, endpoint.region);
    ck_assert_ptr_nonnull(endpoint.why);
  }
  error_free(error);
  aws_endpoint_clear(&endpoint);
}

static void check_region(char *const cells[CELLS]) {
  void *env = ENVIRONMENT("AWS_USE_FIPS_ENDPOINT", *cells[2] == '1' ? "true" : "false",
                          "AWS_USE_DUALSTACK_ENDPOINT", *cells[3] == '1' ? "true" : "false",
                          "AWS_STS_REGIONAL_ENDPOINTS", cells[4]);
  const struct aws_context context = {.env = lookup, .env_arg = env};
  char what[64];
  (void)snprintf(what, sizeof what, "FIPS %s, dual stack %s, %s", cells[2], cells[3], cells[4]);
  endpoint_agrees(&context, NULL, cells[0], cells[1], cells[5], cells[6], what);
}

START_TEST(endpoints_of_all_regions) {
  ck_assert_uint_gt(each_row("endpoints.tsv", check_region), 1000);
}
END_TEST

/* Takes \n, \r, \t and \\ for what they mean; "-" is empty. */
static void unescape(char *cell) {
  if (strcmp(cell, "-") == 0)
    *cell = '\0';
  char *out = cell;
  for (; *cell; cell++)
    if (*cell == '\\') {
      cell++;
      *out++ = *cell == 'n' ? '\n' : *cell == 'r' ? '\r' : *cell == 't' ? '\t' : *cell;
    } else {
      *out++ = *cell;
    }
  *out = '\0';
}

static void check_setting(char *const cells[CELLS]) {
  char what[1024];
  (void)snprintf(what, sizeof what, "%s, %s, %s", cells[2], cells[3], cells[4]);
  for (int i = 2; i <= 4; i++)
    unescape(cells[i]);
  char *config = files_write("config", cells[3], strlen(cells[3]));
  char *credentials = files_write("credentials", cells[4], strlen(cells[4]));
  enum { VARIABLES = 8 };
  const char *env[2 * VARIABLES + 1] = {"AWS_CONFIG_FILE", config, "AWS_SHARED_CREDENTIALS_FILE",
                                        credentials};
  size_t count = 4;
  for (char *rest = cells[2], *word; (word = strsep(&rest, " ")) && *word;) {
    ck_assert_uint_lt(count, 2 * VARIABLES);
    env[count++] = strsep(&word, "=");
    env[count++] = word;
  }
  const struct aws_context context = {.env = lookup, .env_arg = (void *)env};
  struct error *error = NULL;
  struct aws_profiles *profiles = aws_profiles_read(&context, &error);
  if (profiles)
    endpoint_agrees(&context, profiles, cells[0], cells[1], cells[5], cells[6], what);
  else
    ck_assert_msg(strcmp(cells[5], "error") == 0, "%s: %s", what,
                  error ? error->message : "no error set");
  error_free(error);
  aws_profiles_free(profiles);
  free(config);
  free(credentials);
}

START_TEST(endpoints_by_settings) {
  ck_assert_uint_gt(each_row("endpoint-settings.tsv", check_setting), 50);
}
END_TEST

/* ---- what only we say ---- */

static struct aws_profiles *profiles_of(const char *config, struct aws_context *context) {
  static const char *env[5] = {"AWS_CONFIG_FILE", NULL, "AWS_SHARED_CREDENTIALS_FILE", "/dev/null"};
  char *path = files_write("config", config, strlen(config));
  env[1] = path;
  *context = (struct aws_context){.env = lookup, .env_arg = (void *)env};
  struct aws_profiles *profiles = aws_profiles_read(context, NULL);
  ck_assert_ptr_nonnull(profiles);
  free(path);
  env[1] = NULL;
  return profiles;
}

static void why_is(const struct aws_context *context, const struct aws_profiles *profiles,
                   const char *profile, enum aws_service service, const char *override,
                   const char *want) {
  struct error *error = NULL;
  struct aws_endpoint endpoint = {.url = NULL};
  int result = aws_endpoint_find(context, profiles, profile, service, "us-gov-west-1", override,
                                 &endpoint, &error);
  ck_assert_str_eq(result < 0 ? error->message : endpoint.why, want);
  error_free(error);
  aws_endpoint_clear(&endpoint);
}

START_TEST(why_it_is_that_endpoint) {
  struct aws_context context;
  struct aws_profiles *profiles =
      profiles_of("[default]\nuse_fips_endpoint=true\n[profile a]\nendpoint_url=http://h\n"
                  "services=s\nregion=eu-west-1\n[services s]\nsts=\n endpoint_url=http://t\n"
                  "[profile b]\nendpoint_url=secret\nregion=se cret\nservices=x\n"
                  "[profile c]\nservices=x\nsts_regional_endpoints=x\n"
                  "[profile d]\nendpoint_url=ftp://secret\n",
                  &context);
  why_is(&context, profiles, "a", AWS_ECR, "http://x", "--endpoint-url");
  why_is(&context, profiles, "a", AWS_ECR, NULL, "endpoint_url of profile a");
  why_is(&context, profiles, "a", AWS_STS, NULL,
         "endpoint_url of sts in the services of profile a");
  why_is(&context, profiles, NULL, AWS_SSO, NULL,
         "the FIPS endpoint of the SSO portal in us-gov-west-1");
  why_is(&context, profiles, "none", AWS_ECR, NULL, "the endpoint of ECR in us-gov-west-1");
  why_is(&context, profiles, "d", AWS_ECR, NULL,
         "endpoint_url of profile d: an http or https URL without user, query and fragment is "
         "needed");
  struct error *error = NULL;
  ck_assert_pstr_eq(aws_region_default(&context, profiles, "a", &error), "eu-west-1");
  ck_assert_ptr_null(error);
  ck_assert_ptr_null(aws_region_default(&context, profiles, "b", &error));
  ck_assert_str_eq(error->message, "region of profile b holds no region's name");
  error_free(error);
  error = NULL;
  ck_assert_ptr_null(aws_region_default(&context, profiles, NULL, &error));
  ck_assert_str_eq(error->message,
                   "no AWS region: give --region, or set AWS_REGION or region of profile default");
  error_free(error);
  error = NULL;
  ck_assert_ptr_null(aws_region_default(&context, profiles, "z\n", &error));
  ck_assert_str_eq(error->message, "no AWS region: there is no profile z\xef\xbf\xbd; there are: "
                                   "default, a, b, c, d");
  error_free(error);
  aws_profiles_free(profiles);
}
END_TEST

START_TEST(what_there_is_not) {
  const struct aws_context context = {.env = lookup,
                                      .env_arg =
                                          ENVIRONMENT("AWS_USE_DUALSTACK_ENDPOINT", "true",
                                                      "AWS_STS_REGIONAL_ENDPOINTS", "global")};
  struct aws_endpoint endpoint = {.url = NULL};
  struct error *error = NULL;
  ck_assert_int_lt(
      aws_endpoint_find(&context, NULL, NULL, AWS_ECR, "us-isof-east-1", NULL, &endpoint, &error),
      0);
  ck_assert_str_eq(error->message,
                   "us-isof-east-1: AWS has no dual-stack endpoints in this region's partition; "
                   "AWS_USE_DUALSTACK_ENDPOINT asks for one");
  error_free(error);
  error = NULL;
  ck_assert_int_lt(
      aws_endpoint_find(&context, NULL, NULL, AWS_STS, "us-east-1", NULL, &endpoint, &error), 0);
  ck_assert_str_eq(error->message, "AWS_STS_REGIONAL_ENDPOINTS is neither regional nor legacy");
  error_free(error);
  error = NULL;
  ck_assert_int_lt(
      aws_endpoint_find(&context, NULL, NULL, AWS_ECR, "evil.org/\n", NULL, &endpoint, &error), 0);
  ck_assert_str_eq(error->message, "no region's name: evil.org/\xef\xbf\xbd");
  error_free(error);
  ck_assert_ptr_null(endpoint.url);
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

START_TEST(hosts_of_private_registries) {
  static const struct {
    const char *rest, *region;
    bool fips;
  } hosts[] = {
      {"dkr.ecr.us-east-1.amazonaws.com", "us-east-1", false},
      {"dkr.ecr-fips.us-east-1.amazonaws.com", "us-east-1", true},
      {"dkr-ecr.us-east-1.on.aws", "us-east-1", false},
      {"dkr-ecr-fips.us-east-1.on.aws", "us-east-1", true},
      {"dkr.ecr.us-new-12.amazonaws.com", "us-new-12", false},
      {"dkr.ecr.us-gov-west-1.amazonaws.com", "us-gov-west-1", false},
      {"dkr.ecr-fips.us-gov-east-1.amazonaws.com", "us-gov-east-1", true},
      {"dkr-ecr-fips.us-gov-east-1.on.aws", "us-gov-east-1", true},
      {"dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1", false},
      {"dkr-ecr.cn-northwest-1.on.amazonwebservices.com.cn", "cn-northwest-1", false},
      {"dkr.ecr.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1", false},
      {"dkr-ecr.eusc-de-east-1.on.amazonwebservices.eu", "eusc-de-east-1", false},
      {"dkr.ecr.us-iso-east-1.c2s.ic.gov", "us-iso-east-1", false},
      {"dkr.ecr.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1", false},
      {"dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1", false},
      {"dkr.ecr.us-isof-south-1.csp.hci.ic.gov", "us-isof-south-1", false},
  };
  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
    char *host = NULL, *account = NULL, *region = NULL;
    bool fips = !hosts[i].fips;
    ck_assert_int_gt(asprintf(&host, "123456789012.%s", hosts[i].rest), 0);
    ck_assert_msg(aws_ecr_registry_parse(host, &account, &region, &fips), "%s", host);
    ck_assert_str_eq(account, "123456789012");
    ck_assert_str_eq(region, hosts[i].region);
    ck_assert_int_eq(fips, hosts[i].fips);
    if (strncmp(hosts[i].rest, "dkr.ecr.", 8) == 0) {
      char *again = aws_ecr_registry_host(account, region);
      ck_assert_str_eq(again, host);
      free(again);
    }
    free(host);
    free(account);
    free(region);
  }
}
END_TEST

START_TEST(hosts_that_only_look_so) {
  static const char *const hosts[] = {
      "",
      "123456789012",
      "123456789012.",
      "123456789012.dkr.ecr.",
      "123456789012.dkr.ecr.us-east-1",
      "123456789012.dkr.ecr.us-east-1.",
      "123456789012.dkr.ecr..amazonaws.com",
      "123456789012.dkr.ecr.amazonaws.com",
      "123456789012.dkr.ecr.us-east-1.amazonaws.com.evil.org",
      "123456789012.dkr.ecr.us-east-1.amazonaws.com.",
      "123456789012.dkr.ecr.us-east-1.amazonaws.com:443",
      "123456789012.dkr.ecr.us-east-1.amazonaws.com/",
      "123456789012.dkr.ecr.us-east-1.amazonaws.com.cn",
      "123456789012.dkr.ecr.cn-north-1.amazonaws.com",
      "123456789012.dkr.ecr.us-east-1.evil.amazonaws.com",
      "123456789012.dkr.ecr.us-east-1.amazonaws.org",
      "123456789012.dkr.ecr.us-east-1.xamazonaws.com",
      "123456789012.dkr.ecr.us-east-1.on.aws",
      "123456789012.dkr-ecr.us-east-1.amazonaws.com",
      "123456789012.dkr-ecr.us-iso-east-1.on.aws",
      "123456789012.dkr-ecr.us-iso-east-1.",
      "123456789012.dkr.ecr.us_east-1.amazonaws.com",
      "123456789012.dkr.ecr.-us-east-1.amazonaws.com",
      "123456789012.dkr.ecr.us-iso-east-1.amazonaws.com",
      "123456789012.dkr.ecr-fipsx.us-east-1.amazonaws.com",
      "123456789012.dkrxecr.us-east-1.amazonaws.com",
      "123456789012.ecr.us-east-1.amazonaws.com",
      "x123456789012.dkr.ecr.us-east-1.amazonaws.com",
      "12345678901.dkr.ecr.us-east-1.amazonaws.com",
      "1234567890123.dkr.ecr.us-east-1.amazonaws.com",
      "12345678901x.dkr.ecr.us-east-1.amazonaws.com",
      "api.ecr.us-east-1.amazonaws.com",
      "public.ecr.aws",
  };
  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
    char *account = NULL, *region = NULL;
    bool fips;
    ck_assert_msg(!aws_ecr_registry_parse(hosts[i], &account, &region, &fips), "%s", hosts[i]);
    ck_assert_ptr_null(account);
    ck_assert_ptr_null(region);
  }
}
END_TEST

UNIT_MAIN("region", tcase_add_unchecked_fixture(tcase, files_setup, files_teardown);
          tcase_add_test(tcase, names_that_could_be_regions);
          tcase_add_test(tcase, default_region_comes_from_two_variables);
          tcase_add_test(tcase, default_region_says_what_to_set);
          tcase_add_test(tcase, endpoints_by_partition);
          tcase_add_test(tcase, endpoint_overrides_in_their_order);
          tcase_add_test(tcase, endpoints_that_are_none);
          tcase_add_test(tcase, endpoints_of_all_regions);
          tcase_add_test(tcase, endpoints_by_settings);
          tcase_add_test(tcase, why_it_is_that_endpoint); tcase_add_test(tcase, what_there_is_not);
          tcase_add_test(tcase, registry_hosts); tcase_add_test(tcase, hosts_of_private_registries);
          tcase_add_test(tcase, hosts_that_only_look_so);)
