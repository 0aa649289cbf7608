#include <config.h>

#include "registry/login.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "files.h"
#include "registry/credential-helper.h"
#include "registry/keyring.h"
#include "unit.h"

/* The world that a login sees: variables that name the folder of the test. */
struct world {
  bool named;
  bool runtime;
  int64_t now;
  char text[3][128];
  char notes[1024];
};

static const char *variable(void *arg, const char *name) {
  struct world *world = arg;
  static const char *const names[] = {"HOME", "XDG_RUNTIME_DIR", "REGISTRY_AUTH_FILE"};
  static const char *const below[] = {"home", "run", "named.json"};
  const bool set[] = {true, world->runtime, world->named};
  for (size_t i = 0; i < 3; i++)
    if (set[i] && strcmp(name, names[i]) == 0) {
      (void)snprintf(world->text[i], sizeof world->text[i], "%s/%s", files_folder, below[i]);
      return world->text[i];
    }
  return NULL;
}

static int64_t now(void *arg) {
  const struct world *world = arg;
  return world->now;
}

static void note(void *arg, const char *text) {
  struct world *world = arg;
  size_t used = strlen(world->notes);
  (void)snprintf(world->notes + used, sizeof world->notes - used, "%s\n", text);
}

static struct login *start(struct world *world, struct error **err) {
  return login_new(&(struct login_options){.env = variable,
                                           .env_arg = world,
                                           .now = now,
                                           .now_arg = world,
                                           .note = note,
                                           .note_arg = world},
                   err);
}

static void write_file(const char *name, const char *text) {
  for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
    cleanup(cleanup_free) char *folder =
        xasprintf("%s/%.*s", files_folder, (int)(slash - name), name);
    (void)mkdir(folder, 0700);
  }
  free(files_write(name, text, strlen(text)));
}

/* A helper that keeps count of its calls, and of what it was asked. */
static void write_helper(const char *name, const char *script) {
  cleanup(cleanup_free) char *file = xasprintf("bin/docker-credential-%s", name);
  cleanup(cleanup_free) char *text =
      xasprintf("#!/bin/sh\nread -r server\necho \"$1 $server\" >>\"$0.calls\"\n%s\n", script);
  write_file(file, text);
  cleanup(cleanup_free) char *path = files_path(file);
  ck_assert_int_eq(chmod(path, 0700), 0);
  cleanup(cleanup_free) char *folder = files_path("bin");
  cleanup(cleanup_free) char *search = xasprintf("%s:/usr/bin:/bin", folder);
  setenv("PATH", search, 1);
}

static void check_calls(const char *name, const char *expected) {
  cleanup(cleanup_free) char *file = xasprintf("bin/docker-credential-%s.calls", name);
  cleanup(cleanup_free) char *path = files_path(file);
  size_t length;
  cleanup(cleanup_free) char *calls = files_read(path, &length);
  ck_assert_str_eq(calls, expected);
}

static void ask(struct login *login, const char *host, const char *repository,
                const struct credential *refused, struct credential *found) {
  cleanup(cleanup_error) struct error *error = NULL;
  cleanup(cleanup_free) char *origin = xasprintf("https://%s", host);
  const struct credential_question question = {
      .origin = origin, .host = host, .repository = repository, .refused = refused};
  const struct registry_auth auth = login_auth(login);
  credential_clear(found);
  ck_assert_msg(auth.credential(auth.arg, &question, found, &error) == 0, "%s",
                error ? error->message : "");
}

#define AUTHS(host, secret)                                                                        \
  "{\"auths\":{\"" host "\":{\"username\":\"u\",\"password\":\"" secret "\"}}}"

START_TEST(files_are_asked_in_order) {
  struct world world = {.runtime = true};
  write_file("run/containers/auth.json", AUTHS("r.example", "runtime"));
  write_file("home/.config/containers/auth.json", AUTHS("r.example", "config"));
  write_file("home/.docker/config.json",
             "{\"auths\":{\"r.example\":{\"auth\":\"dTpk\"},\"d.example\":{\"auth\":\"dTpk\"}}}");
  write_file("named.json", AUTHS("r.example", "named"));
  static const struct {
    bool named, runtime;
    const char *secret;
    const char *remove;
  } cases[] = {
      {true, true, "named", "none"},
      {false, true, "runtime", "run/containers/auth.json"},
      {false, true, "config", "home/.config/containers/auth.json"},
      {false, true, "d", "home/.docker/config.json"},
      {false, true, NULL, "none"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    world.named = cases[i].named;
    struct login *login = start(&world, NULL);
    ck_assert_ptr_nonnull(login);
    cleanup(credential_clear) struct credential found = CREDENTIAL;
    ask(login, "r.example", "a", NULL, &found);
    ck_assert_pstr_eq(found.secret, cases[i].secret);
    /* What the first has not, the others may have. */
    ask(login, "d.example", "a", NULL, &found);
    ck_assert_pstr_eq(found.secret, i < 4 ? "d" : NULL);
    ask(login, "other.example", "a", NULL, &found);
    ck_assert_int_eq(found.kind, CREDENTIAL_NONE);
    login_free(login);
    cleanup(cleanup_free) char *path = files_path(cases[i].remove);
    (void)remove(path);
  }
  ck_assert_ptr_nonnull(strstr(world.notes, "credentials for d.example: /"));
  ck_assert_ptr_nonnull(
      strstr(world.notes, "credentials for other.example: none in docker's or podman's files"));
  ck_assert_ptr_null(strstr(world.notes, "named\n"));
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_not_passed_over) {
  struct world world = {.named = true};
  cleanup(cleanup_error) struct error *absent = NULL;
  cleanup(cleanup_free) char *path = files_path("named.json");
  (void)remove(path);
  ck_assert_ptr_null(start(&world, &absent));
  ck_assert_ptr_nonnull(
      strstr(absent->message, "named.json: no such file, and REGISTRY_AUTH_FILE"));
  write_file("named.json", "{}");
  write_file("home/.docker/config.json", "{\n\"auths\":{]\n}");
  cleanup(cleanup_error) struct error *wrong = NULL;
  ck_assert_ptr_null(start(&world, &wrong));
  ck_assert_int_eq(wrong->status, STATUS_LOCAL);
  ck_assert_ptr_nonnull(
      strstr(wrong->message, "home/.docker/config.json: line 2, column 10: not JSON"));
}
END_TEST

/* Another user's, say, of a container that has his home. */
START_TEST(what_may_not_be_looked_at_is_passed_over_where_nobody_named_it) {
  struct world world = {.runtime = true};
  write_file("run/containers/auth.json", AUTHS("r.example", "runtime"));
  write_file("home/.docker/config.json", AUTHS("d.example", "docker"));
  write_file("named.json", "{}");
  static const char *const closed[] = {"home/.docker/config.json", "named.json"};
  for (size_t i = 0; i < 2; i++) {
    cleanup(cleanup_free) char *path = files_path(closed[i]);
    ck_assert_int_eq(chmod(path, 0), 0);
  }
  bool root = geteuid() == 0; /* who may look at everything */
  if (root) {
    ck_assert_int_eq(chmod(files_folder, 0711), 0);
    static const char *const open[] = {"run", "run/containers", "run/containers/auth.json", "home",
                                       "home/.docker"};
    for (size_t i = 0; i < sizeof open / sizeof *open; i++) {
      cleanup(cleanup_free) char *path = files_path(open[i]);
      ck_assert_int_eq(chmod(path, 0755), 0);
    }
    ck_assert_int_eq(seteuid(65534), 0);
  }
  cleanup(cleanup_error) struct error *error = NULL;
  struct login *login = start(&world, &error);
  ck_assert_msg(login != NULL, "%s", error ? error->message : "");
  cleanup(credential_clear) struct credential found = CREDENTIAL;
  ask(login, "r.example", "a", NULL, &found);
  ck_assert_pstr_eq(found.secret, "runtime");
  ask(login, "d.example", "a", NULL, &found);
  ck_assert_int_eq(found.kind, CREDENTIAL_NONE);
  login_free(login);
  ck_assert_msg(strstr(world.notes, "home/.docker/config.json: Permission denied: passed over"),
                "%s", world.notes);
  world.named = true;
  ck_assert_ptr_null(start(&world, &error));
  ck_assert_int_eq(error->status, STATUS_LOCAL);
  ck_assert_ptr_nonnull(strstr(error->message, "named.json: Permission denied"));
  if (root)
    ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

/* The one of our own place comes before a stranger's; what was refused is given by none. */
START_TEST(no_password_is_tried_after_another) {
  struct world world = {.runtime = true};
  write_file("run/containers/auth.json", AUTHS("r.example/team", "team"));
  write_file("home/.docker/config.json", AUTHS("r.example", "host"));
  struct login *login = start(&world, NULL);
  cleanup(credential_clear) struct credential team = CREDENTIAL, other = CREDENTIAL;
  ask(login, "r.example", "team/app", NULL, &team);
  ck_assert_str_eq(team.secret, "team");
  ask(login, "r.example", "team/app", &team, &other);
  ck_assert_int_eq(other.kind, CREDENTIAL_NONE);
  ask(login, "r.example", "app", &team, &other);
  ck_assert_str_eq(other.secret, "host");
  ask(login, "r.example", "team/app", &other, &team);
  ck_assert_str_eq(team.secret, "team");
  login_free(login);
}
END_TEST

START_TEST(a_helper_is_asked_once_for_a_host) {
  struct world world = {.now = 1000};
  write_helper("good",
               "echo '{\"ServerURL\":\"x\",\"Username\":\"me\",\"Secret\":\"open sesame\"}'");
  write_helper("store", "printf '\\n credentials not found in native keychain \\n'; exit 1");
  write_file("home/.docker/config.json",
             "{\"auths\":{\"d.example\":{\"auth\":\"dTpk\"},\"r.example\":{\"auth\":\"dTpk\"}},"
             "\"credHelpers\":{\"r.example\":\"good\",\"docker.io\":\"good\","
             "\"n.example\":\"store\"},\"credsStore\":\"store\"}");
  struct login *login = start(&world, NULL);
  cleanup(credential_clear) struct credential found = CREDENTIAL, again = CREDENTIAL;
  for (int i = 0; i < 3; i++) {
    ask(login, "r.example", "a", NULL, &found);
    ck_assert_int_eq(found.kind, CREDENTIAL_PASSWORD);
    ck_assert_str_eq(found.user, "me");
    ck_assert_str_eq(found.secret, "open sesame");
    ck_assert_str_eq(found.source, "docker-credential-good");
    ask(login, "docker.io", "library/nginx", NULL, &found);
    ck_assert_str_eq(found.secret, "open sesame");
    ask(login, "d.example", "a", NULL, &again);
    ck_assert_str_eq(again.secret, "d");
    ask(login, "n.example", "a", NULL, &again);
    ck_assert_int_eq(again.kind, CREDENTIAL_NONE);
    ask(login, "r.example", NULL, &found, &again);
    ck_assert_int_eq(again.kind, CREDENTIAL_NONE);
  }
  check_calls("good", "get r.example\nget https://index.docker.io/v1/\n");
  check_calls("store", "get d.example\nget n.example\n");
  /* It may have given a token that has run out. */
  world.now += LOGIN_RENEW_AFTER;
  ask(login, "r.example", "a", NULL, &again);
  check_calls("good", "get r.example\nget https://index.docker.io/v1/\n");
  ask(login, "r.example", "a", &found, &again);
  ask(login, "r.example", "a", &found, &again);
  check_calls("good", "get r.example\nget https://index.docker.io/v1/\nget r.example\n");
  login_free(login);
  ck_assert_ptr_null(strstr(world.notes, "sesame"));
}
END_TEST

START_TEST(a_helper_that_fails_is_told) {
  static const struct {
    const char *script;
    const char *message;
  } cases[] = {
      {"echo 'hunter2 is locked'; echo hunter2 >&2; exit 3",
       "no credentials for r.example: docker-credential-bad ended with status 3"},
      {"echo hunter2", "docker-credential-bad: it printed no JSON object"},
      {"echo '{\"Username\":\"hunter2\"}'", "it printed no Username and Secret"},
      {"echo '{\"Username\":\"u\",\"Secret\":[\"hunter2\"]}'", "it printed no Username and Secret"},
      {"kill -9 $$", "ended with status 137"},
      {"head -c 300000 /dev/zero", "printed more than"},
  };
  write_helper("bad", cases[_i].script);
  cleanup(cleanup_error) struct error *error = NULL;
  cleanup(credential_clear) struct credential found = CREDENTIAL;
  ck_assert_int_eq(credential_helper_get("bad", "r.example", -1, &found, &error), -1);
  ck_assert_int_eq(error->status, STATUS_UNAUTHORIZED);
  ck_assert_int_eq(found.kind, CREDENTIAL_NONE);
  ck_assert_msg(strstr(error->message, cases[_i].message), "%s", error->message);
  ck_assert_ptr_nonnull(strstr(error->message, "r.example"));
  ck_assert_ptr_null(strstr(error->message, "hunter2"));
}
END_TEST

START_TEST(a_helper_is_a_name_in_path) {
  static const char *const names[] = {"", "/bin/true", "../../bin/true", "a/b", "a\033[2J"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    cleanup(cleanup_error) struct error *error = NULL;
    cleanup(credential_clear) struct credential found = CREDENTIAL;
    ck_assert_int_eq(credential_helper_get(names[i], "r.example", -1, &found, &error), -1);
    ck_assert_ptr_null(strchr(error->message, '\033'));
    ck_assert_msg(strstr(error->message, "is refused"), "%s", error->message);
  }
}
END_TEST

START_TEST(a_helper_that_is_not_there_is_told) {
  cleanup(cleanup_error) struct error *error = NULL;
  cleanup(credential_clear) struct credential found = CREDENTIAL;
  ck_assert_int_eq(credential_helper_get("no-such-helper", "r.example", -1, &found, &error), -1);
  ck_assert_msg(strstr(error->message, "no such program in PATH"), "%s", error->message);
}
END_TEST

START_TEST(a_helper_may_have_an_identity_token_or_nothing) {
  static const struct {
    const char *text;
    enum credential_kind kind;
  } cases[] = {
      {"{\"Username\":\"<token>\",\"Secret\":\"refresh\"}", CREDENTIAL_IDENTITY},
      {"{\"Username\":\"me\",\"Secret\":\"refresh\"}\n", CREDENTIAL_PASSWORD},
      {"{\"Username\":\"\",\"Secret\":\"refresh\"}", CREDENTIAL_NONE},
      {"{\"Username\":\"me\",\"Secret\":\"\"}", CREDENTIAL_NONE},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    cleanup(credential_clear) struct credential found = CREDENTIAL;
    ck_assert_int_eq(credential_helper_parse(cases[i].text, strlen(cases[i].text), &found, NULL),
                     0);
    ck_assert_int_eq(found.kind, cases[i].kind);
    if (found.kind != CREDENTIAL_NONE)
      ck_assert_str_eq(found.secret, "refresh");
  }
}
END_TEST

/* ---- several that may know ---- */

struct knower {
  const char *secrets[3]; /* given in turn when the one before was refused */
  size_t at;
  unsigned calls;
  const char *failure;
};

static int knows(void *arg, const struct credential_question *question,
                 struct credential *credential, struct error **err) {
  struct knower *knower = arg;
  knower->calls++;
  if (knower->failure)
    return error_set(err, STATUS_UNAUTHORIZED, "%s", knower->failure);
  const char *secret = knower->secrets[knower->at];
  if (secret && question->refused && strcmp(question->refused->secret, secret) == 0)
    secret = knower->secrets[++knower->at];
  if (secret)
    *credential = (struct credential){.kind = CREDENTIAL_PASSWORD,
                                      .user = xstrdup("u"),
                                      .secret = xstrdup(secret),
                                      .source = xstrdup(secret)};
  return 0;
}

static const char *find(struct keyring *keyring, const char *repository) {
  static char result[128];
  cleanup(cleanup_error) struct error *error = NULL;
  cleanup(credential_clear) struct credential found = CREDENTIAL;
  const struct credential_question question = {
      .origin = "https://r.example", .host = "r.example", .repository = repository};
  bool failed = keyring_find(keyring, &question, &found, NULL, &error) < 0;
  (void)snprintf(result, sizeof result, "%s",
                 failed                          ? error->message
                 : found.kind == CREDENTIAL_NONE ? "none"
                                                 : found.secret);
  return result;
}

static void refuse(struct keyring *keyring, const char *repository, const char *secret) {
  cleanup(credential_clear) struct credential refused = {
      .kind = CREDENTIAL_PASSWORD, .user = xstrdup("u"), .secret = xstrdup(secret)};
  keyring_refused(keyring, "https://r.example", repository, &refused);
}

START_TEST(what_was_refused_is_not_shown_again) {
  struct knower one = {.secrets = {"one"}};
  struct knower two = {.secrets = {"two", "three"}};
  struct keyring *keyring = keyring_new();
  ck_assert_str_eq(find(keyring, "a"), "none");
  const struct registry_auth auths[] = {{knows, &one}, {knows, &two}};
  keyring_add(keyring, &auths[0]);
  keyring_add(keyring, &auths[1]);
  ck_assert_str_eq(find(keyring, "a"), "one");
  ck_assert_uint_eq(two.calls, 0);
  /* Only there. */
  refuse(keyring, "a", "one");
  ck_assert_str_eq(find(keyring, "b"), "one");
  ck_assert_str_eq(find(keyring, NULL), "one");
  one.at = 0;
  ck_assert_str_eq(find(keyring, "a"), "two");
  /* Everywhere; it is renewed once for all. */
  one.at = 0;
  refuse(keyring, NULL, "one");
  refuse(keyring, NULL, "two");
  ck_assert_str_eq(find(keyring, "b"), "three");
  one.at = 0;
  ck_assert_str_eq(find(keyring, "c"), "three");
  one.at = 0;
  refuse(keyring, "", "three");
  ck_assert_str_eq(find(keyring, NULL),
                   "https://r.example does not accept the user name and password from three");
  keyring_free(keyring);
}
END_TEST

static int gives(void *arg, const struct credential_question *question,
                 struct credential *credential, struct error **err) {
  (void)question, (void)err;
  const struct credential *given = arg;
  credential_copy(credential, given);
  return 0;
}

/* What a header cannot hold, or would end early. */
START_TEST(what_cannot_be_shown_is_told) {
  char *large = xmalloc(70000);
  memset(large, 's', 69999);
  large[69999] = '\0';
  char user[] = "u", odd[] = "u:v", secret[] = "secret", none[] = "", source[] = "it";
  char feed[] = "a\nb", blank[] = "a b",
       high[] = "a\x7f"
                "b";
  const struct credential bad[] = {
      {.kind = CREDENTIAL_PASSWORD, .user = NULL, .secret = secret},
      {.kind = CREDENTIAL_PASSWORD, .user = odd, .secret = secret},
      {.kind = CREDENTIAL_PASSWORD, .user = user, .secret = NULL},
      {.kind = CREDENTIAL_PASSWORD, .user = user, .secret = large},
      {.kind = CREDENTIAL_PASSWORD, .user = large, .secret = none},
      {.kind = CREDENTIAL_BEARER, .secret = large},
      {.kind = CREDENTIAL_BEARER, .secret = feed},
      {.kind = CREDENTIAL_BEARER, .secret = blank},
      {.kind = CREDENTIAL_BEARER, .secret = high},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct credential one = bad[i];
    one.source = source;
    struct keyring *keyring = keyring_new();
    keyring_add(keyring, &(struct registry_auth){gives, &one});
    ck_assert_str_eq(find(keyring, "a"), "it holds what cannot be shown to r.example");
    keyring_free(keyring);
  }
  free(large);
}
END_TEST

START_TEST(who_fails_is_told_when_nobody_else_knows) {
  struct knower bad = {.failure = "the helper is broken"};
  struct knower good = {.secrets = {"good"}};
  struct keyring *keyring = keyring_new();
  const struct registry_auth auths[] = {{knows, &bad}, {knows, &good}};
  keyring_add(keyring, &auths[0]);
  ck_assert_str_eq(find(keyring, "a"), "the helper is broken");
  keyring_add(keyring, &auths[1]);
  ck_assert_str_eq(find(keyring, "a"), "good");
  keyring_free(keyring);
}
END_TEST

UNIT_MAIN("login", tcase_add_checked_fixture(tcase, files_setup, files_teardown);
          tcase_add_test(tcase, files_are_asked_in_order);
          tcase_add_test(tcase, a_file_that_cannot_be_read_is_not_passed_over);
          tcase_add_test(tcase, what_may_not_be_looked_at_is_passed_over_where_nobody_named_it);
          tcase_add_test(tcase, no_password_is_tried_after_another);
          tcase_add_test(tcase, a_helper_is_asked_once_for_a_host);
          tcase_add_loop_test(tcase, a_helper_that_fails_is_told, 0, 6);
          tcase_add_test(tcase, a_helper_is_a_name_in_path);
          tcase_add_test(tcase, a_helper_may_have_an_identity_token_or_nothing);
          tcase_add_test(tcase, what_was_refused_is_not_shown_again);
          tcase_add_test(tcase, what_cannot_be_shown_is_told);
          tcase_add_test(tcase, who_fails_is_told_when_nobody_else_knows);
          NATIVE(tcase_add_test(native, a_helper_that_is_not_there_is_told);))
