#include <config.h>

#include "base/environment.h"

#include <string.h>

#include "unit.h"

/* Of these (they end with NULL), as many as WANT says are given, and in its order. */
static void gives(const char *const *want, const char *const *ours) {
  union {
    const char *const *in;
    char *const *out;
  } strings = {.in = ours};
  char **chosen = environment_for_helper(strings.out);
  size_t i = 0;
  for (; want[i] && chosen[i]; i++)
    ck_assert_str_eq(chosen[i], want[i]);
  ck_assert_msg(!want[i], "lacks %s", want[i]);
  ck_assert_msg(!chosen[i], "has %s", chosen[i]);
  free(chosen);
}

#define STRINGS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NOTHING ((const char *const[]){NULL})

START_TEST(settings_of_helpers_and_nothing_else) {
  gives(STRINGS("HOME=/h", "AWS_PROFILE=p", "LC_ALL=C", "PASSWORD_STORE_DIR=/s", "https_proxy=x"),
        STRINGS("HOME=/h", "AWS_PROFILE=p", "GITHUB_TOKEN=t", "LC_ALL=C", "PASSWORD_STORE_DIR=/s",
                "CI_JOB_TOKEN=t", "https_proxy=x", "DB_PASSWORD=x"));
  gives(STRINGS("AWS_=1", "XDG_=2", "PATH="), STRINGS("AWS_=1", "XDG_=2", "PATH="));
  gives(NOTHING, NOTHING);
}
END_TEST

START_TEST(no_name_that_only_looks_like_one) {
  gives(NOTHING, STRINGS("HOMES=1", "HOM=1", "MY_HOME=1", "home=1", "AWS=1", "aws_x=1", "AWS-X=1",
                         "HTTP_PROXY_PASSWORD=1", "*=1", " =1", "=HOME=1", ""));
}
END_TEST

#define MORE "OCIDUP_HELPER_ENV="

START_TEST(more_are_named) {
  const char *const names[] = {MORE "VAULT_*, GITHUB_TOKEN\t,X", MORE "X GITHUB_TOKEN VAULT_*",
                               MORE ",X,VAULT_*,,GITHUB_TOKEN,"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    gives(STRINGS("VAULT_ADDR=a", "X=", names[i], "GITHUB_TOKEN=t"),
          STRINGS("VAULT_ADDR=a", "X=", "Y=", "XY=", names[i], "GITHUB_TOKEN=t", "GITHUB=t"));
  gives(STRINGS(MORE "*", "ANY=1"), STRINGS(MORE "*", "ANY=1"));
  gives(STRINGS(MORE), STRINGS(MORE, "ANY=1"));
  gives(STRINGS(MORE "A"), STRINGS("OCIDUP_HELPER=ANY", MORE "A", "ANY=1"));
}
END_TEST

UNIT_MAIN("environment", tcase_add_test(tcase, settings_of_helpers_and_nothing_else);
          tcase_add_test(tcase, no_name_that_only_looks_like_one);
          tcase_add_test(tcase, more_are_named);)
