#include <config.h>

#include "aws/profile.h"

#include <string.h>

#include "aws/credentials-static.h"
#include "files.h"
#include "unit.h"

static const char *lookup(void *arg, const char *name) {
  for (const char *const *pair = arg; pair && *pair; pair += 2)
    if (strcmp(pair[0], name) == 0)
      return pair[1];
  return NULL;
}

#define ENVIRONMENT(...) ((void *)(const char *[]){__VA_ARGS__, NULL})

static struct aws_profiles *read_with(void *env, struct error **err) {
  const struct aws_context context = {.env = lookup, .env_arg = env};
  return aws_profiles_read(&context, err);
}

/* The profiles of two files with these contents. */
static struct aws_profiles *profiles_of(const char *config, const char *credentials) {
  char *config_path = files_write("config", config, strlen(config));
  char *credentials_path = files_write("credentials", credentials, strlen(credentials));
  struct error *error = NULL;
  struct aws_profiles *profiles = read_with(
      ENVIRONMENT("AWS_CONFIG_FILE", config_path, "AWS_SHARED_CREDENTIALS_FILE", credentials_path),
      &error);
  ck_assert_msg(profiles != NULL, "%s", error ? error->message : "no error set");
  ck_assert_pstr_eq(aws_profiles_config_path(profiles), config_path);
  ck_assert_pstr_eq(aws_profiles_credentials_path(profiles), credentials_path);
  free(config_path);
  free(credentials_path);
  return profiles;
}

/* KEY "k" of PROFILE in a config file with this content; NULL: none. */
static void config_gives(const char *config, const char *profile, const char *want) {
  struct aws_profiles *profiles = profiles_of(config, "");
  const char *got = aws_profiles_get(profiles, profile, "k");
  ck_assert_msg(want ? got && strcmp(got, want) == 0 : !got, "%s: [%s] gives %s", config, profile,
                got ? got : "nothing");
  ck_assert_int_eq(aws_profiles_has(profiles, profile), want != NULL);
  aws_profiles_free(profiles);
}

START_TEST(names_in_the_config_file) {
  config_gives("[default]\nk=1", "default", "1");
  config_gives("[profile default]\nk=1", "default", "1");
  config_gives("[profile dev]\nk=1", "dev", "1");
  config_gives("[profile \t dev ]\nk=1", "dev", "1");
  config_gives("[profile\tdev]\nk=1", "dev", "1");
  config_gives("[profile \"my dev\"]\nk=1", "my dev", "1");
  config_gives("[profile 'my dev']\nk=1", "my dev", "1");
  config_gives("[profile my\\ dev]\nk=1", "my dev", "1");
  config_gives("[profile my\" \"dev]\nk=1", "my dev", "1");
  config_gives("['profile' dev]\nk=1", "dev", "1");
  config_gives("[profile \"a\\\"b\\c\"]\nk=1", "a\"b\\c", "1");
  config_gives("[profile 'a\\']\nk=1", "a\\", "1");
  config_gives("[profile \"\"]\nk=1", "", "1");
  config_gives("[profile a@b:c/d.e+f-g_h%i]\nk=1", "a@b:c/d.e+f-g_h%i", "1");
  /* None of these is a profile. */
  config_gives("[dev]\nk=1", "dev", NULL);
  config_gives("[profile my dev]\nk=1", "my dev", NULL);
  config_gives("[profile my dev]\nk=1", "my", NULL);
  config_gives("[profile \"dev]\nk=1", "dev", NULL);
  config_gives("[profile]\nk=1", "profile", NULL);
  config_gives("[profile]\nk=1", "", NULL);
  config_gives("[profiledev]\nk=1", "dev", NULL);
  config_gives("[profile Dev]\nk=1", "dev", NULL);
  config_gives("[Profile dev]\nk=1", "dev", NULL);
  config_gives("[sso-session dev]\nk=1", "dev", NULL);
  config_gives("[services dev]\nk=1", "dev", NULL);
}
END_TEST

START_TEST(of_two_sections_the_later) {
  config_gives("[default]\nk=1\n[profile default]\nk=2", "default", "2");
  config_gives("[profile default]\nk=2\n[default]\nk=1", "default", "1");
  config_gives("[profile a]\nk=1\n[profile 'a']\nk=2", "a", "2");
  config_gives("[profile a]\nk=1\n[profile a]\nk=2", "a", "2");
}
END_TEST

START_TEST(the_credentials_file_wins) {
  struct aws_profiles *profiles =
      profiles_of("[default]\na=1\nb=1\nc=1\nE=1\n[profile x]\na=2\n[profile y y]\na=1\n",
                  "[default]\na=3\nb=\nd=3\n[profile x]\na=4\n[\"q q\"]\na=5\n");
  ck_assert_pstr_eq(aws_profiles_get(profiles, "default", "a"), "3");
  ck_assert_pstr_eq(aws_profiles_get_config(profiles, "default", "a"), "1");
  ck_assert_pstr_eq(aws_profiles_get_credentials(profiles, "default", "a"), "3");
  ck_assert_pstr_eq(aws_profiles_get(profiles, "default", "b"), "1"); /* empty is not set */
  ck_assert_ptr_null(aws_profiles_get_credentials(profiles, "default", "b"));
  ck_assert_pstr_eq(aws_profiles_get(profiles, "default", "c"), "1");
  ck_assert_pstr_eq(aws_profiles_get(profiles, "default", "d"), "3");
  ck_assert_pstr_eq(aws_profiles_get(profiles, "default", "e"), "1");
  ck_assert_ptr_null(aws_profiles_get_config(profiles, "default", "d"));
  /* Sections there are named as profiles are, quotes and all. */
  ck_assert_pstr_eq(aws_profiles_get(profiles, "x", "a"), "2");
  ck_assert_ptr_null(aws_profiles_get_credentials(profiles, "x", "a"));
  ck_assert_pstr_eq(aws_profiles_get(profiles, "profile x", "a"), "4");
  ck_assert_pstr_eq(aws_profiles_get(profiles, "\"q q\"", "a"), "5");
  ck_assert_ptr_null(aws_profiles_get(profiles, "q q", "a"));
  ck_assert_ptr_null(aws_profiles_get(profiles, "none", "a"));
  static const char *const names[] = {"default", "x", "profile x", "\"q q\"", NULL};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    ck_assert_pstr_eq(aws_profiles_name(profiles, i), names[i]);
  aws_profiles_free(profiles);
}
END_TEST

START_TEST(keys_of_all_sections) {
  struct aws_profiles *profiles =
      profiles_of("[DEFAULT]\nk=1\nl=1\n[profile x]\nl=2\n", "[DEFAULT]\nm=3\n[default]\nn=4\n");
  ck_assert_pstr_eq(aws_profiles_get(profiles, "x", "k"), "1");
  ck_assert_pstr_eq(aws_profiles_get(profiles, "x", "l"), "2");
  ck_assert_ptr_null(aws_profiles_get(profiles, "x", "m"));
  ck_assert_pstr_eq(aws_profiles_get(profiles, "default", "m"), "3");
  ck_assert_ptr_null(aws_profiles_get(profiles, "default", "k"));
  ck_assert_ptr_null(aws_profiles_get(profiles, "DEFAULT", "m"));
  ck_assert(!aws_profiles_has(profiles, "DEFAULT"));
  aws_profiles_free(profiles);
}
END_TEST

START_TEST(sessions_and_services) {
  struct aws_profiles *profiles =
      profiles_of("[profile a]\nservices = s 1\nsso_session=n\n[profile b]\nservices=none\n"
                  "[sso-session n]\nsso_region=r\nsso_start_url=https://x/#/\n"
                  "[services \"s 1\"]\nECR =\n  endpoint_url = http://e\n  x = 1\n"
                  "sso_oidc =\n  endpoint_url =\nsts = http://t\n",
                  "[c]\nservices = s 1\n");
  ck_assert_pstr_eq(aws_profiles_sso_session(profiles, "n", "sso_region"), "r");
  ck_assert_pstr_eq(aws_profiles_sso_session(profiles, "n", "sso_start_url"), "https://x/#/");
  ck_assert_ptr_null(aws_profiles_sso_session(profiles, "n", "none"));
  ck_assert_ptr_null(aws_profiles_sso_session(profiles, "a", "services"));
  ck_assert_pstr_eq(aws_profiles_service_endpoint(profiles, "a", "ecr", NULL), "http://e");
  ck_assert_pstr_eq(aws_profiles_service_endpoint(profiles, "c", "ecr", NULL), "http://e");
  ck_assert_ptr_null(aws_profiles_service_endpoint(profiles, "a", "sso_oidc", NULL));
  ck_assert_ptr_null(aws_profiles_service_endpoint(profiles, "a", "sts", NULL));
  ck_assert_ptr_null(aws_profiles_service_endpoint(profiles, "a", "sso", NULL));
  struct error *error = NULL;
  ck_assert_ptr_null(aws_profiles_service_endpoint(profiles, "b", "ecr", &error));
  ck_assert_ptr_nonnull(error);
  ck_assert_ptr_nonnull(strstr(error->message, "services of profile b names no section"));
  error_free(error);
  ck_assert_ptr_null(aws_profiles_service_endpoint(profiles, "default", "ecr", NULL));
  aws_profiles_free(profiles);
}
END_TEST

static const char *default_with(void *env) {
  const struct aws_context context = {.env = lookup, .env_arg = env};
  return aws_profiles_default(&context);
}

START_TEST(which_profile) {
  ck_assert_str_eq(default_with(NULL), "default");
  ck_assert_str_eq(default_with(ENVIRONMENT("AWS_PROFILE", "a")), "a");
  ck_assert_str_eq(default_with(ENVIRONMENT("AWS_PROFILE", "a", "AWS_DEFAULT_PROFILE", "b")), "b");
  ck_assert_str_eq(default_with(ENVIRONMENT("AWS_PROFILE", "a", "AWS_DEFAULT_PROFILE", "")), "a");
  ck_assert_str_eq(default_with(ENVIRONMENT("AWS_PROFILE", "")), "default");
}
END_TEST

START_TEST(where_the_files_are) {
  char *folder = files_path(".aws");
  ck_assert_int_eq(mkdir(folder, 0700), 0);
  char *config = files_write(".aws/config", "[default]\nk=config", 18);
  char *credentials = files_write(".aws/credentials", "[default]\nl=credentials", 23);
  char *other = files_write("other", "[default]\nk=other\nl=other", 25);
  struct aws_profiles *profiles = read_with(ENVIRONMENT("HOME", files_folder), NULL);
  ck_assert_pstr_eq(aws_profiles_config_path(profiles), config);
  ck_assert_pstr_eq(aws_profiles_credentials_path(profiles), credentials);
  ck_assert_pstr_eq(aws_profiles_get(profiles, "default", "k"), "config");
  ck_assert_pstr_eq(aws_profiles_get(profiles, "default", "l"), "credentials");
  aws_profiles_free(profiles);
  profiles = read_with(ENVIRONMENT("HOME", files_folder, "AWS_CONFIG_FILE", "~/other",
                                   "AWS_SHARED_CREDENTIALS_FILE", ""),
                       NULL);
  ck_assert_pstr_eq(aws_profiles_config_path(profiles), other);
  ck_assert_pstr_eq(aws_profiles_get(profiles, "default", "k"), "other");
  ck_assert_pstr_eq(aws_profiles_get(profiles, "default", "l"), "credentials");
  aws_profiles_free(profiles);
  /* Neither is there. */
  profiles =
      read_with(ENVIRONMENT("HOME", folder, "AWS_SHARED_CREDENTIALS_FILE", "/dev/null"), NULL);
  ck_assert_ptr_nonnull(profiles);
  ck_assert(!aws_profiles_has(profiles, "default"));
  ck_assert_ptr_null(aws_profiles_get(profiles, "default", "k"));
  ck_assert_ptr_null(aws_profiles_sso_session(profiles, "default", "k"));
  ck_assert_ptr_null(aws_profiles_service_endpoint(profiles, "default", "ecr", NULL));
  ck_assert_ptr_null(aws_profiles_name(profiles, 0));
  aws_profiles_free(profiles);
  free(folder);
  free(config);
  free(credentials);
  free(other);
}
END_TEST

static void refused(void *env, const char *message) {
  struct error *error = NULL;
  ck_assert_ptr_null(read_with(env, &error));
  ck_assert_int_eq(error->status, STATUS_LOCAL);
  ck_assert_str_eq(error->message, message);
  error_free(error);
}

static void keep_note(void *arg, const char *text) {
  free(*(char **)arg);
  *(char **)arg = strdup(text);
}

START_TEST(files_that_cannot_be_read) {
  char *home = files_path("home");
  ck_assert_int_eq(mkdir(home, 0700), 0);
  char *folder = files_path("home/.aws");
  ck_assert_int_eq(mkdir(folder, 0700), 0);
  char *path = files_write("home/.aws/credentials", "[default]\nsecret\n", 17);
  char *message = NULL;
  ck_assert_int_gt(asprintf(&message, "%s: line 2: neither [SECTION] nor KEY = VALUE", path), 0);
  refused(ENVIRONMENT("HOME", home), message);
  free(message);
  ck_assert_int_gt(
      asprintf(&message, "AWS_CONFIG_FILE: %s: line 2: neither [SECTION] nor KEY = VALUE", path),
      0);
  refused(ENVIRONMENT("AWS_CONFIG_FILE", path), message);
  free(message);
  ck_assert_int_eq(chmod(path, 0), 0);
  bool sunk = files_sink();
  if (geteuid() != 0) {
    ck_assert_int_gt(asprintf(&message, "AWS_SHARED_CREDENTIALS_FILE: %s: Permission denied", path),
                     0);
    refused(ENVIRONMENT("AWS_SHARED_CREDENTIALS_FILE", path), message);
    free(message);
    message = NULL;
    const struct aws_context context = {.env = lookup,
                                        .env_arg = ENVIRONMENT("HOME", home),
                                        .note = keep_note,
                                        .note_arg = &message};
    struct aws_profiles *profiles = aws_profiles_read(&context, NULL);
    ck_assert_ptr_nonnull(profiles);
    ck_assert_ptr_null(aws_profiles_name(profiles, 0));
    aws_profiles_free(profiles);
    ck_assert_ptr_nonnull(message);
    ck_assert_ptr_nonnull(strstr(message, "home/.aws/credentials may not be read"));
    free(message);
  }
  files_rise(sunk);
  free(path);
  free(folder);
  free(home);
}
END_TEST

START_TEST(keys_in_profiles) {
  struct aws_profiles *profiles = profiles_of(
      "[default]\naws_access_key_id=C\naws_secret_access_key=c\naws_account_id=123456789012\n"
      "[profile half]\nAWS_SECRET_ACCESS_KEY=c\n",
      "[default]\naws_access_key_id = A\nAWS_Secret_Access_Key = a/+=\naws_session_token = t\n"
      "aws_account_id=12345678901x\n"
      "[old]\naws_access_key_id=O\naws_secret_access_key=o\naws_session_token=new\n"
      "aws_security_token=old\n[none]\nregion=x\n");
  struct error *error = NULL;
  struct aws_credentials *keys = aws_credentials_static(profiles, "default", false, &error);
  ck_assert_ptr_nonnull(keys);
  ck_assert_str_eq(keys->access_key_id, "A");
  ck_assert_str_eq(keys->secret_access_key, "a/+=");
  ck_assert_str_eq(keys->session_token, "t");
  ck_assert_int_eq(keys->expiry, 0);
  ck_assert_ptr_null(keys->account);
  char *from = NULL;
  ck_assert_int_gt(
      asprintf(&from, "profile default in %s", aws_profiles_credentials_path(profiles)), 0);
  ck_assert_str_eq(keys->provider, from);
  free(from);
  aws_credentials_free(keys);
  keys = aws_credentials_static(profiles, "default", true, &error);
  ck_assert_ptr_nonnull(keys);
  ck_assert_str_eq(keys->access_key_id, "C");
  ck_assert_str_eq(keys->secret_access_key, "c");
  ck_assert_ptr_null(keys->session_token);
  ck_assert_pstr_eq(keys->account, "123456789012");
  aws_credentials_free(keys);
  keys = aws_credentials_static(profiles, "old", false, &error);
  ck_assert_ptr_nonnull(keys);
  ck_assert_pstr_eq(keys->session_token, "old");
  aws_credentials_free(keys);
  ck_assert_ptr_null(aws_credentials_static(profiles, "old", true, &error));
  ck_assert_ptr_null(aws_credentials_static(profiles, "none", false, &error));
  ck_assert_ptr_null(aws_credentials_static(profiles, "half", true, &error));
  ck_assert_ptr_null(aws_credentials_static(profiles, "missing", false, &error));
  ck_assert_ptr_null(error);
  aws_profiles_free(profiles);
}
END_TEST

/* A credentials file with CONTENT is refused: BEFORE, its path, AFTER. */
static void keys_refused(const char *content, const char *before, const char *after) {
  struct aws_profiles *profiles = profiles_of("", content);
  struct error *error = NULL;
  ck_assert_ptr_null(aws_credentials_static(profiles, "default", false, &error));
  ck_assert_ptr_nonnull(error);
  ck_assert_int_eq(error->status, STATUS_UNAUTHORIZED);
  char *message = NULL;
  ck_assert_int_gt(
      asprintf(&message, "%s%s%s", before, aws_profiles_credentials_path(profiles), after), 0);
  ck_assert_str_eq(error->message, message);
  free(message);
  error_free(error);
  aws_profiles_free(profiles);
}

START_TEST(keys_that_are_none) {
  keys_refused("[default]\naws_access_key_id=A\n", "profile default in ",
               " has aws_access_key_id, but no aws_secret_access_key");
  keys_refused("[default]\naws_access_key_id=A\naws_secret_access_key=\n", "profile default in ",
               " has aws_access_key_id, but no aws_secret_access_key");
  keys_refused("[default]\naws_access_key_id=A\naws_secret_access_key=s # secret\n",
               "aws_secret_access_key of profile default in ",
               " holds white space or a character that no key has");
  keys_refused("[default]\naws_access_key_id=A\naws_secret_access_key=s\naws_session_token=a\n b\n",
               "aws_session_token of profile default in ",
               " holds white space or a character that no key has");
}
END_TEST

UNIT_MAIN("profile", tcase_add_unchecked_fixture(tcase, files_setup, files_teardown);
          tcase_add_test(tcase, names_in_the_config_file);
          tcase_add_test(tcase, of_two_sections_the_later);
          tcase_add_test(tcase, the_credentials_file_wins);
          tcase_add_test(tcase, keys_of_all_sections); tcase_add_test(tcase, sessions_and_services);
          tcase_add_test(tcase, which_profile); tcase_add_test(tcase, where_the_files_are);
          tcase_add_test(tcase, files_that_cannot_be_read); tcase_add_test(tcase, keys_in_profiles);
          tcase_add_test(tcase, keys_that_are_none);)
