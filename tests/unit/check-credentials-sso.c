#include <config.h>

#include "aws/credentials-sso.h"

#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

#include "aws/sso-token.h"
#include "fake-world.h"
#include "files.h"

#define BASE "http://127.0.0.1:9/x"
#define START "https://example.awsapps.com/start"
/* SHA-1 of "corp", and of START. */
#define BY_SESSION "ee0bfd2552fbd840c02cc48b6e823320543c450f"
#define BY_URL "e8be5486177c5b5392bd9aa76563515b29358e6e"

#define PORTAL BASE "/federation/credentials?role_name=Read%2BOnly&account_id=123456789012"
#define BEARER(token) "x-amz-sso_bearer_token: " token
#define KEYS                                                                                       \
  "{\"roleCredentials\":{\"accessKeyId\":\"AKID\",\"secretAccessKey\":\"5ecret\","                 \
  "\"sessionToken\":\"t\",\"expiration\":1704168245000}}"
#define GIVES(token)                                                                               \
  { .url = PORTAL, .header = BEARER(token), .status = 200, .answer = KEYS }

#define PROFILE "[profile dev]\nsso_account_id = 123456789012\nsso_role_name = Read+Only\n"
#define SESSION                                                                                    \
  PROFILE "sso_session = corp\n[sso-session corp]\nsso_start_url = " START                         \
          "\nsso_region = us-east-1\n"
#define OLD_FORM PROFILE "sso_start_url = " START "\nsso_region = us-east-1\n"

/* The cached token's members; what follows expiresAt is for a renewal. */
#define CACHED(expires) "{\"accessToken\":\"old-token\",\"expiresAt\":\"" expires "\""
#define CLIENT                                                                                     \
  ",\"clientId\":\"me\",\"clientSecret\":\"c5ecret/\",\"refreshToken\":\"r5ecret\","               \
  "\"startUrl\":\"" START "\",\"mine\":[1]"
#define REGISTERED CLIENT ",\"registrationExpiresAt\":\"2024-03-01T00:00:00Z\"}"
#define LONG_GOOD "2024-01-02T03:19:05Z"  /* 15 minutes */
#define SHORT_GOOD "2024-01-02T03:19:04Z" /* one second less */
#define OVER "2024-01-02T03:04:05Z"

#define RENEWS(...)                                                                                \
  {                                                                                                \
    .method = "POST", .url = BASE "/token", .header = "Content-Type: application/json",            \
    .body = "{\"grantType\":\"refresh_token\",\"clientId\":\"me\",\"clientSecret\":\"c5ecret/\","  \
            "\"refreshToken\":\"r5ecret\"}",                                                       \
    __VA_ARGS__                                                                                    \
  }
#define RENEWED                                                                                    \
  RENEWS(.status = 200, .answer = "{\"accessToken\":\"new-token\",\"expiresIn\":3600,"             \
                                  "\"refreshToken\":\"r6ecret\"}")

static char *cache_path(const char *hash) {
  char *name = NULL;
  ck_assert_int_ge(asprintf(&name, ".aws/sso/cache/%s.json", hash), 0);
  char *path = files_path(name);
  free(name);
  return path;
}

/* The folders of the cache, with TOKEN (NULL: none) in it. */
static void put(const char *hash, const char *token) {
  static const char *const folders[] = {".aws", ".aws/sso", ".aws/sso/cache"};
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
    char *path = files_path(folders[i]);
    (void)mkdir(path, 0700);
    free(path);
  }
  static const char *const hashes[] = {BY_SESSION, BY_URL};
  for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
    char *path = cache_path(hashes[i]);
    (void)remove(path);
    free(path);
  }
  if (!token)
    return;
  char *name = NULL;
  ck_assert_int_ge(asprintf(&name, ".aws/sso/cache/%s.json", hash), 0);
  free(files_write(name, token, strlen(token)));
  free(name);
}

/* Asks in WORLD for profile "dev" of CONFIG; everything scripted must have been asked. */
static struct aws_credentials *ask(struct fake_world *world, const char *config,
                                   struct error **err) {
  char *path = files_write("config", config, strlen(config));
  world->env = FAKE_ENV("AWS_CONFIG_FILE", path, "AWS_SHARED_CREDENTIALS_FILE", "/nonexistent",
                        "HOME", files_folder, "AWS_ENDPOINT_URL", BASE "/");
  const struct aws_context *context = fake_context(world);
  struct aws_profiles *profiles = aws_profiles_read(context, NULL);
  ck_assert_ptr_nonnull(profiles);
  struct aws_credentials *found = aws_credentials_sso(context, profiles, "dev", err);
  aws_profiles_free(profiles);
  free(path);
  ck_assert_uint_eq(world->at, world->length);
  return found;
}

static void gives(struct fake_world world, const char *config, const char *notes) {
  struct error *error = NULL;
  struct aws_credentials *found = ask(&world, config, &error);
  ck_assert_msg(found != NULL, "%s", error ? error->message : "no error");
  ck_assert_str_eq(found->access_key_id, "AKID");
  ck_assert_str_eq(found->secret_access_key, "5ecret");
  ck_assert_str_eq(found->session_token, "t");
  ck_assert_int_eq(found->expiry, FAKE_NOW + 3600);
  ck_assert_str_eq(found->account, "123456789012");
  ck_assert(found->confirmed);
  ck_assert_str_eq(found->provider, "SSO of profile dev");
  ck_assert_str_eq(world.notes, notes);
  aws_credentials_free(found);
}

static void refused(struct fake_world world, const char *config, const char *message) {
  struct error *error = NULL;
  ck_assert_ptr_null(ask(&world, config, &error));
  ck_assert_ptr_nonnull(error);
  ck_assert_int_eq(error->status, STATUS_UNAUTHORIZED);
  /* The folder's name is not known before. */
  char *folder = strstr(error->message, files_folder);
  if (folder)
    memmove(folder, folder + strlen(files_folder), strlen(folder + strlen(files_folder)) + 1);
  ck_assert_str_eq(error->message, message);
  error_free(error);
}

START_TEST(nothing_to_say_without_account_and_role) {
  put(BY_SESSION, NULL);
  struct fake_world world = {.length = 0};
  struct error *error = NULL;
  ck_assert_ptr_null(ask(&world, "[profile dev]\nsso_session = corp\nsso_region = x\n", &error));
  ck_assert_ptr_null(error);
}
END_TEST

START_TEST(both_forms_with_a_good_token) {
  put(BY_SESSION, CACHED(LONG_GOOD) "}");
  gives((struct fake_world){FAKE_SCRIPT(GIVES("old-token"))}, SESSION, "");
  put(BY_URL, CACHED(LONG_GOOD) "}");
  gives((struct fake_world){FAKE_SCRIPT(GIVES("old-token"))}, OLD_FORM, "");
  /* As the CLI's first versions wrote it. */
  put(BY_URL, CACHED("2024-01-02T03:19:05UTC") "}");
  gives((struct fake_world){FAKE_SCRIPT(GIVES("old-token"))}, OLD_FORM, "");
}
END_TEST

#define FAILED "profile dev: SSO: "
#define LOGIN "; run: aws sso login --profile dev"

START_TEST(settings_that_are_not_enough) {
  refused((struct fake_world){.length = 0}, "[profile dev]\nsso_account_id = 1\n",
          FAILED "sso_start_url is not set");
  refused((struct fake_world){.length = 0},
          "[profile dev]\nsso_account_id = 1\nsso_start_url = u\nsso_region = r\n",
          FAILED "sso_role_name is not set");
  refused((struct fake_world){.length = 0},
          "[profile dev]\nsso_role_name = 1\nsso_start_url = u\nsso_region = r\n",
          FAILED "sso_account_id is not set");
  refused((struct fake_world){.length = 0}, PROFILE "sso_start_url = u\nsso_region = a.evil/\n",
          FAILED "sso_region is no region");
  refused((struct fake_world){.length = 0}, PROFILE "sso_session = corp\n",
          FAILED "there is no [sso-session corp] with sso_start_url in /config");
  refused((struct fake_world){.length = 0},
          PROFILE "sso_session = corp\nsso_region = eu-west-1\n"
                  "[sso-session corp]\nsso_start_url = u\n"
                  "sso_region = us-east-1\n",
          FAILED "sso_region is another one in [sso-session corp]");
}
END_TEST

START_TEST(nobody_logged_in) {
  put(BY_SESSION, NULL);
  refused((struct fake_world){.length = 0}, SESSION,
          FAILED "nobody has logged in (there is no /.aws/sso/cache/" BY_SESSION ".json)" LOGIN);
  static const char *const bad[][2] = {
      {"{}", "has no \"accessToken\" with its \"expiresAt\""},
      {"{\"accessToken\":\"5ecret\"}", "has no \"accessToken\" with its \"expiresAt\""},
      {CACHED("soon") "}", "has no \"accessToken\" with its \"expiresAt\""},
      {"{\"accessToken\":\"a\\r\\nb\",\"expiresAt\":\"" LONG_GOOD "\"}",
       "has no \"accessToken\" with its \"expiresAt\""},
      {"[]", "has no \"accessToken\" with its \"expiresAt\""},
      {"x5ecret", "not JSON: unexpected character at byte 1"}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    put(BY_SESSION, bad[i][0]);
    char message[256];
    (void)snprintf(message, sizeof message, FAILED "/.aws/sso/cache/" BY_SESSION ".json: %s" LOGIN,
                   bad[i][1]);
    refused((struct fake_world){.length = 0}, SESSION, message);
  }
}
END_TEST

/* What the cache's file says after a renewal. */
static void renewed_is_kept(const char *hash) {
  char *path = cache_path(hash);
  struct stat status;
  ck_assert_int_eq(stat(path, &status), 0);
  ck_assert_uint_eq(status.st_mode & 07777, 0600);
  size_t length;
  char *text = files_read(path, &length);
  free(path);
  struct sso_token token;
  ck_assert_int_eq(sso_token_parse(text, length, &token, NULL), 0);
  ck_assert_str_eq(token.access, "new-token");
  ck_assert_str_eq(token.refresh, "r6ecret");
  ck_assert_str_eq(token.client_id, "me");
  ck_assert_str_eq(token.client_secret, "c5ecret/");
  ck_assert_int_eq(token.expiry, FAKE_NOW + 3600);
  ck_assert_int_eq(token.registration_expiry, INT64_C(1709251200));
  ck_assert_ptr_nonnull(strstr(text, "\"startUrl\":\"" START "\""));
  ck_assert_ptr_nonnull(strstr(text, "\"mine\""));
  ck_assert_ptr_nonnull(strstr(text, "\"expiresAt\":\"2024-01-02T04:04:05Z\""));
  ck_assert_ptr_null(strstr(text, "r5ecret"));
  sso_token_clear(&token);
  free(text);
}

START_TEST(a_token_that_runs_out_is_renewed_and_kept) {
  static const char *const tokens[] = {CACHED(SHORT_GOOD) REGISTERED, CACHED(OVER) REGISTERED};
  for (int i = 0; i < 2; i++) {
    put(BY_SESSION, tokens[i]);
    /* Also by who has no standard input. */
    int input = dup(STDIN_FILENO);
    close(STDIN_FILENO);
    gives((struct fake_world){FAKE_SCRIPT(RENEWED, GIVES("new-token"))}, SESSION,
          "the SSO login is renewed\n");
    dup2(input, STDIN_FILENO);
    close(input);
    renewed_is_kept(BY_SESSION);
    /* And that is taken the next time. */
    gives((struct fake_world){FAKE_SCRIPT(GIVES("new-token"))}, SESSION, "");
  }
  char *folder = files_path(".aws/sso/cache");
  DIR *opened = opendir(folder);
  ck_assert_ptr_nonnull(opened);
  int count = 0;
  for (const struct dirent *entry; (entry = readdir(opened));)
    count += entry->d_name[0] != '.';
  closedir(opened);
  ck_assert_int_eq(count, 1);
  free(folder);
}
END_TEST

START_TEST(a_token_that_is_still_good_does_without_renewal) {
  put(BY_SESSION, CACHED(SHORT_GOOD) "}");
  gives((struct fake_world){FAKE_SCRIPT(GIVES("old-token"))}, SESSION,
        "the SSO login runs out soon and is not renewed: there is no refresh token with it\n");
  put(BY_SESSION, CACHED(SHORT_GOOD) REGISTERED);
  gives((struct fake_world){FAKE_SCRIPT(RENEWS(.error = STATUS_NETWORK, .why = "no route"),
                                        GIVES("old-token"))},
        SESSION, "the SSO login runs out soon and is not renewed: no route\n");
}
END_TEST

static void other_renews(void) {
  put(BY_SESSION, "{\"accessToken\":\"new-token\",\"expiresAt\":\"2024-01-02T05:00:00Z\"}");
}

/* A refresh token is good once. */
START_TEST(what_another_program_renewed_first_is_taken) {
  static const char *const tokens[] = {CACHED(SHORT_GOOD) REGISTERED, CACHED(OVER) REGISTERED};
  for (int i = 0; i < 2; i++) {
    put(BY_SESSION, tokens[i]);
    gives((struct fake_world){FAKE_SCRIPT(RENEWS(.status = 400,
                                                 .answer = "{\"error\":\"invalid_grant\"}",
                                                 .meanwhile = other_renews),
                                          GIVES("new-token"))},
          SESSION, "the SSO login was renewed by another program\n");
  }
}
END_TEST

/* While we ask, a folder took the place of the file. */
static void cannot_be_kept(void) {
  char *path = cache_path(BY_SESSION);
  ck_assert_int_eq(unlink(path), 0);
  ck_assert_int_eq(mkdir(path, 0700), 0);
  free(path);
}

START_TEST(a_renewal_that_cannot_be_kept_is_good_now) {
  put(BY_SESSION, CACHED(SHORT_GOOD) REGISTERED);
  char *path = cache_path(BY_SESSION), *notes = NULL;
  ck_assert_int_ge(asprintf(&notes,
                            "the SSO login is renewed\n"
                            "the renewed SSO login is not kept: %s: Is a directory\n",
                            path),
                   0);
  gives((struct fake_world){FAKE_SCRIPT(
            RENEWS(.status = 200, .answer = "{\"accessToken\":\"new-token\",\"expiresIn\":3600}",
                   .meanwhile = cannot_be_kept),
            GIVES("new-token"))},
        SESSION, notes);
  ck_assert_int_eq(rmdir(path), 0);
  free(notes);
  free(path);
}
END_TEST

/* For all of the program: nobody is in the user database. */
struct passwd *getpwuid(uid_t user) {
  (void)user;
  return NULL;
}

START_TEST(without_a_home_folder_messages_are_whole) {
  static const char text[] = "[dev]\nsso_session = corp\nsso_account_id = 123456789012\n"
                             "sso_role_name = r\n";
  char *path = files_write("credentials", text, sizeof text - 1);
  struct fake_world world = {.env = FAKE_ENV("AWS_SHARED_CREDENTIALS_FILE", path)};
  const struct aws_context *context = fake_context(&world);
  struct aws_profiles *profiles = aws_profiles_read(context, NULL);
  ck_assert_ptr_nonnull(profiles);
  struct error *error = NULL;
  ck_assert_ptr_null(aws_credentials_sso(context, profiles, "dev", &error));
  ck_assert_msg(strstr(error->message, "in ~/.aws/config (there is no home folder)"), "%s",
                error->message);
  error_free(error);
  aws_profiles_free(profiles);
  free(path);
}
END_TEST

#define RAN_OUT FAILED "the login ran out at 2024-01-02T03:04:05Z and is not renewed: "

START_TEST(a_token_that_cannot_be_renewed_asks_for_a_login) {
  put(BY_SESSION, CACHED(OVER) "}");
  refused((struct fake_world){.length = 0}, SESSION,
          RAN_OUT "there is no refresh token with it" LOGIN);
  put(BY_SESSION, CACHED(OVER) CLIENT "}");
  refused((struct fake_world){.length = 0}, SESSION,
          RAN_OUT "there is no refresh token with it" LOGIN);
  put(BY_SESSION, CACHED(OVER) CLIENT ",\"registrationExpiresAt\":\"2024-01-02T03:04:05Z\"}");
  refused((struct fake_world){.length = 0}, SESSION,
          RAN_OUT "its client registration has run out too" LOGIN);
  put(BY_SESSION, CACHED(OVER) REGISTERED);
  refused((struct fake_world){FAKE_SCRIPT(
              RENEWS(.status = 400, .answer = "{\"error\":\"invalid_grant\"}"))},
          SESSION, RAN_OUT "HTTP status 400: invalid_grant" LOGIN);
  refused(
      (struct fake_world){FAKE_SCRIPT(RENEWS(.status = 400, .answer = "{\"error\":\"r5ecret\"}"))},
      SESSION, RAN_OUT "HTTP status 400" LOGIN);
  static const char *const answers[] = {"{}",
                                        "{\"accessToken\":\"a\"}",
                                        "{\"accessToken\":\"a\",\"expiresIn\":0}",
                                        "{\"accessToken\":\"a\",\"expiresIn\":9000000000000000000}",
                                        "{\"accessToken\":\"\",\"expiresIn\":9}",
                                        "{\"accessToken\":\"a b\",\"expiresIn\":9}"};
  for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
    refused((struct fake_world){FAKE_SCRIPT(RENEWS(.status = 200, .answer = answers[i]))}, SESSION,
            RAN_OUT "no access token came" LOGIN);
}
END_TEST

START_TEST(the_portal_can_refuse) {
  put(BY_SESSION, CACHED(LONG_GOOD) "}");
#define REFUSES(...) FAKE_SCRIPT({.url = PORTAL, .header = BEARER("old-token"), __VA_ARGS__})
  refused((struct fake_world){REFUSES(.status = 401, .answer = "{\"message\":\"Session token not "
                                                               "found\"}")},
          SESSION, FAILED "the login is not taken any more: Session token not found" LOGIN);
  refused((struct fake_world){REFUSES(.status = 403, .answer = "{\"message\":\"No access\"}")},
          SESSION, FAILED "role Read+Only of account 123456789012: HTTP status 403: No access");
  refused((struct fake_world){REFUSES(.status = 400, .answer = "{\"message\":\"old-token?\"}")},
          SESSION, FAILED "role Read+Only of account 123456789012: HTTP status 400");
  refused((struct fake_world){REFUSES(.status = 302)}, SESSION,
          FAILED "role Read+Only of account 123456789012: HTTP status 302");
  refused((struct fake_world){REFUSES(.error = STATUS_TLS, .why = "not trusted")}, SESSION,
          FAILED "not trusted");
  refused((struct fake_world){REFUSES(.status = 200, .answer = "{}")}, SESSION,
          FAILED "there is no \"accessKeyId\"");
}
END_TEST

UNIT_MAIN("credentials-sso", tcase_add_unchecked_fixture(tcase, files_setup, files_teardown);
          tcase_add_test(tcase, nothing_to_say_without_account_and_role);
          tcase_add_test(tcase, both_forms_with_a_good_token);
          tcase_add_test(tcase, settings_that_are_not_enough);
          tcase_add_test(tcase, nobody_logged_in);
          tcase_add_test(tcase, a_token_that_runs_out_is_renewed_and_kept);
          tcase_add_test(tcase, a_token_that_is_still_good_does_without_renewal);
          tcase_add_test(tcase, what_another_program_renewed_first_is_taken);
          tcase_add_test(tcase, a_renewal_that_cannot_be_kept_is_good_now);
          tcase_add_test(tcase, without_a_home_folder_messages_are_whole);
          tcase_add_test(tcase, a_token_that_cannot_be_renewed_asks_for_a_login);
          tcase_add_test(tcase, the_portal_can_refuse);)
