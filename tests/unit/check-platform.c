#include <config.h>

#include "registry/platform.h"

#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"

#include "unit.h"

#define PART_64 "0123456789012345678901234567890123456789012345678901234567890123"

struct format_case {
  const char *os, *architecture, *variant, *os_version, *expected;
};

static void check_format(const struct format_case *cases, size_t count) {
  for (size_t i = 0; i < count; i++) {
    cleanup(cleanup_free) char *platform =
        platform_format(cases[i].os, cases[i].architecture, cases[i].variant, cases[i].os_version);
    ck_assert_msg((platform != NULL) == (cases[i].expected != NULL), "case %zu gave %s", i,
                  platform ? platform : "nothing");
    if (platform)
      ck_assert_str_eq(platform, cases[i].expected);
  }
}
#define CHECK_FORMAT(...)                                                                          \
  do {                                                                                             \
    static const struct format_case cases[] = {__VA_ARGS__};                                       \
    check_format(cases, sizeof(cases) / sizeof(cases[0]));                                         \
  } while (0)

START_TEST(architectures_have_one_name) {
  CHECK_FORMAT(
      {"linux", "amd64", NULL, NULL, "linux/amd64"}, {"linux", "amd64", "v1", NULL, "linux/amd64"},
      {"linux", "amd64", "v2", NULL, "linux/amd64/v2"},
      {"linux", "x86_64", NULL, NULL, "linux/amd64"},
      {"linux", "x86-64", "v3", NULL, "linux/amd64/v3"},
      {"linux", "arm64", "v8", NULL, "linux/arm64"}, {"linux", "arm64", "8", NULL, "linux/arm64"},
      {"linux", "aarch64", "", NULL, "linux/arm64"},
      {"linux", "arm64", "v9", NULL, "linux/arm64/v9"},
      {"linux", "arm", NULL, NULL, "linux/arm/v7"}, {"linux", "arm", "7", NULL, "linux/arm/v7"},
      {"linux", "arm", "v7", NULL, "linux/arm/v7"}, {"linux", "arm", "6", NULL, "linux/arm/v6"},
      {"linux", "arm", "v5", NULL, "linux/arm/v5"}, {"linux", "arm", "8", NULL, "linux/arm/v8"},
      {"linux", "armhf", NULL, NULL, "linux/arm/v7"},
      {"linux", "armel", "v7", NULL, "linux/arm/v6"}, {"linux", "i386", NULL, NULL, "linux/386"},
      {"linux", "386", NULL, NULL, "linux/386"}, {"linux", "s390x", NULL, NULL, "linux/s390x"},
      {"Linux", "AMD64", "V1", NULL, "linux/amd64"},
      {"macos", "arm64", NULL, NULL, "darwin/arm64"});
}
END_TEST

START_TEST(only_windows_shows_its_version) {
  CHECK_FORMAT({"windows", "amd64", NULL, "10.0.20348.1", "windows(10.0.20348.1)/amd64"},
               {"Windows", "x86_64", "v1", "10.0.20348.1", "windows(10.0.20348.1)/amd64"},
               {"windows", "amd64", NULL, "", "windows/amd64"},
               {"windows", "amd64", NULL, NULL, "windows/amd64"},
               {"linux", "amd64", NULL, "5.4", "linux/amd64"});
}
END_TEST

START_TEST(what_does_not_say_is_none) {
  CHECK_FORMAT({NULL, "amd64", NULL, NULL, NULL}, {"linux", NULL, NULL, NULL, NULL},
               {"", "amd64", NULL, NULL, NULL}, {"linux", "", "v1", NULL, NULL},
               {"unknown", "unknown", NULL, NULL, NULL}, {"unknown", "unknown", "v1", NULL, NULL},
               {"linux", "unknown", NULL, NULL, "linux/unknown"});
}
END_TEST

START_TEST(nothing_from_a_server_breaks_a_list) {
  CHECK_FORMAT({"linux,x", "amd64", NULL, NULL, NULL}, {"linux", "amd(64)", NULL, NULL, NULL},
               {"linux", "amd64", "v/1", NULL, NULL}, {"linux", "amd64", "\n", NULL, NULL},
               {"linux", "amd64", NULL, ")", NULL}, {"windows", "amd64", NULL, "1\xc2\x9b", NULL},
               {"linux", "amd 64", NULL, NULL, NULL}, {PART_64 "x", "amd64", NULL, NULL, NULL},
               {PART_64, "amd64", NULL, NULL, PART_64 "/amd64"});
}
END_TEST

START_TEST(parts_are_normalised_one_by_one) {
  struct platform platform;
  ck_assert(platform_normalize("Linux", "armhf", NULL, "5.4-Generic", &platform));
  ck_assert_str_eq(platform.os, "linux");
  ck_assert_str_eq(platform.architecture, "arm");
  ck_assert_str_eq(platform.variant, "v7");
  ck_assert_str_eq(platform.os_version, "5.4-Generic");
  ck_assert(platform_normalize(NULL, NULL, NULL, NULL, &platform));
  ck_assert_str_eq(platform.os, "");
  ck_assert_str_eq(platform.architecture, "");
  ck_assert(!platform_normalize("linux", "amd64", "a,b", NULL, &platform));
  ck_assert_str_eq(platform.os, "");
}
END_TEST

START_TEST(what_users_type_is_normalised) {
  static const struct {
    const char *text, *expected;
  } cases[] = {{"linux/amd64", "linux/amd64"},
               {"Linux/x86_64", "linux/amd64"},
               {"linux/arm64/v8", "linux/arm64"},
               {"linux/arm", "linux/arm/v7"},
               {"linux/arm/v6", "linux/arm/v6"},
               {"windows/amd64", "windows/amd64"},
               {"windows(10.0.20348)/amd64", "windows(10.0.20348)/amd64"},
               {"Windows(10.0)/amd64/v1", "windows(10.0)/amd64"}};
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    cleanup(cleanup_error) struct error *err = NULL;
    cleanup(cleanup_free) char *platform = platform_parse(cases[i].text, &err);
    ck_assert_msg(platform != NULL, "%s", cases[i].text);
    ck_assert_str_eq(platform, cases[i].expected);
    ck_assert_ptr_null(err);
  }
}
END_TEST

START_TEST(other_text_is_refused) {
  static const char *const bad[] = {"",
                                    "linux",
                                    "amd64",
                                    "/",
                                    "linux/",
                                    "/amd64",
                                    "linux/arm/",
                                    "linux//v7",
                                    "linux/arm/v7/x",
                                    "linux amd64",
                                    "linux/amd64,linux/arm64",
                                    "windows(/amd64",
                                    "windows()/amd64",
                                    "windows(1/amd64",
                                    "windows(1)x/amd64",
                                    "windows((1))/amd64",
                                    "linux(5.4)/amd64",
                                    "(1)/amd64",
                                    "windows/amd64(1)",
                                    "unknown/unknown"};
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    cleanup(cleanup_error) struct error *err = NULL;
    cleanup(cleanup_free) char *platform = platform_parse(bad[i], &err);
    ck_assert_msg(platform == NULL, "%s gave %s", bad[i], platform);
    ck_assert_int_eq(err->status, STATUS_LOCAL);
    ck_assert_ptr_nonnull(strstr(err->message, "not a platform"));
  }
}
END_TEST

START_TEST(a_wanted_platform_means_its_builds) {
  static const char *const pairs[][2] = {
      {"linux/amd64", "linux/amd64"},
      {"windows/amd64", "windows/amd64"},
      {"windows/amd64", "windows(10.0.20348.1)/amd64"},
      {"windows(10.0.20348)/amd64", "windows(10.0.20348.1)/amd64"},
      {"windows(10.0.20348.1)/amd64", "windows(10.0.20348.1)/amd64"},
      {"windows(10)/arm64", "windows(10.0.1)/arm64"}};
  static const char *const others[][2] = {
      {"linux/arm/v7", "linux/arm64"},
      {"linux/arm/v7", "linux/arm/v6"},
      {"linux/amd64", "linux/amd64/v2"},
      {"linux/amd64", "linux/amd6"},
      {"windows/amd64", "windows(10.0.20348.1)/arm64"},
      {"windows/amd64", "linux/amd64"},
      {"windows(10.0.20348.1)/amd64", "windows/amd64"},
      {"windows(10.0.20348.1)/amd64", "windows(10.0.20348)/amd64"},
      {"windows(10.0.2034)/amd64", "windows(10.0.20348.1)/amd64"},
      {"windows(10.0.20348)/amd64", "windows(10.0.17763.1)/amd64"},
      {"windowsx/amd64", "windowsx(1)/amd64"}};
  for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
    ck_assert_msg(platform_matches(pairs[i][0], pairs[i][1]), "%s", pairs[i][1]);
  for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
    ck_assert_msg(!platform_matches(others[i][0], others[i][1]), "%s", others[i][1]);
}
END_TEST

UNIT_MAIN("platform", tcase_add_test(tcase, architectures_have_one_name);
          tcase_add_test(tcase, only_windows_shows_its_version);
          tcase_add_test(tcase, what_does_not_say_is_none);
          tcase_add_test(tcase, nothing_from_a_server_breaks_a_list);
          tcase_add_test(tcase, parts_are_normalised_one_by_one);
          tcase_add_test(tcase, what_users_type_is_normalised);
          tcase_add_test(tcase, other_text_is_refused);
          tcase_add_test(tcase, a_wanted_platform_means_its_builds);)
