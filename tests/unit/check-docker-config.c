#include <config.h>

#include "registry/docker-config.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "files.h"
#include "unit.h"

static struct docker_config *parse(const char *text) {
  cleanup(cleanup_error) struct error *error = NULL;
  struct docker_config *config = docker_config_parse("file", text, strlen(text), &error);
  ck_assert_msg(config && !error, "%s", error ? error->message : "nothing");
  return config;
}

static struct docker_login find(const struct docker_config *config, const char *origin,
                                const char *repository) {
  struct docker_login login;
  const char *host = strstr(origin, "://") + 3;
  if (strcmp(host, "registry-1.docker.io") == 0)
    host = "docker.io";
  docker_config_find(config, origin, host, repository, &login);
  return login;
}

/* The secret for REPOSITORY at ORIGIN in a file of the text AUTHS; "" when there is none. */
static const char *secret(const char *auths, const char *origin, const char *repository) {
  static char found[64];
  char text[1024];
  (void)snprintf(text, sizeof text, "{\"auths\":{%s}}", auths);
  struct docker_config *config = parse(text);
  struct docker_login login = find(config, origin, repository);
  ck_assert_ptr_null(login.helper);
  (void)snprintf(found, sizeof found, "%s", login.credential ? login.credential->secret : "");
  docker_config_free(config);
  return found;
}

#define ENTRY(name, password) "\"" name "\":{\"username\":\"u\",\"password\":\"" password "\"}"

START_TEST(an_entry_says_who_we_are) {
  static const struct {
    const char *entry;
    enum credential_kind kind;
    const char *user;
    const char *secret;
  } cases[] = {
      /* printf 'me:open sesame' | base64 */
      {"{\"auth\":\"bWU6b3BlbiBzZXNhbWU=\"}", CREDENTIAL_PASSWORD, "me", "open sesame"},
      /* without its padding, and in lines */
      {"{\"auth\":\"bWU6b3BlbiBz\\nZXNhbWU\\n\"}", CREDENTIAL_PASSWORD, "me", "open sesame"},
      /* printf 'me:a:b:c' | base64: only the first colon parts */
      {"{\"auth\":\"bWU6YTpiOmM=\"}", CREDENTIAL_PASSWORD, "me", "a:b:c"},
      /* printf 'me:sesame\0\0' | base64: docker pads so */
      {"{\"auth\":\"bWU6c2VzYW1lAAA=\"}", CREDENTIAL_PASSWORD, "me", "sesame"},
      {"{\"username\":\"me\",\"password\":\"pass\"}", CREDENTIAL_PASSWORD, "me", "pass"},
      /* `auth` is what docker goes by */
      {"{\"username\":\"x\",\"password\":\"y\",\"auth\":\"bWU6YTpiOmM=\"}", CREDENTIAL_PASSWORD,
       "me", "a:b:c"},
      {"{\"auth\":\"MDAwOg==\",\"identitytoken\":\"refresh\"}", CREDENTIAL_IDENTITY, NULL,
       "refresh"},
      {"{\"auth\":\"bWU6YTpiOmM=\",\"identitytoken\":\"refresh\"}", CREDENTIAL_IDENTITY, NULL,
       "refresh"},
      {"{\"registrytoken\":\"token\",\"identitytoken\":\"refresh\"}", CREDENTIAL_BEARER, NULL,
       "token"},
      {"{\"auth\":\"MDAwOg==\"}", CREDENTIAL_NONE, NULL, NULL},
      {"{\"username\":\"me\"}", CREDENTIAL_NONE, NULL, NULL},
      {"{\"auth\":\"\",\"email\":\"me@there\"}", CREDENTIAL_NONE, NULL, NULL},
      {"{}", CREDENTIAL_NONE, NULL, NULL},
      {"null", CREDENTIAL_NONE, NULL, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[256];
    (void)snprintf(text, sizeof text, "{\"auths\":{\"r.example\":%s}}", cases[i].entry);
    struct docker_config *config = parse(text);
    struct docker_login login = find(config, "https://r.example", "a/b");
    if (cases[i].kind == CREDENTIAL_NONE) {
      ck_assert_msg(!login.credential, "%s", text);
    } else {
      ck_assert_msg(login.credential, "%s", text);
      ck_assert_int_eq(login.credential->kind, cases[i].kind);
      ck_assert_pstr_eq(login.credential->user, cases[i].user);
      ck_assert_str_eq(login.credential->secret, cases[i].secret);
      ck_assert_str_eq(login.credential->source, "file");
    }
    docker_config_free(config);
  }
}
END_TEST

START_TEST(host_and_port_are_the_same_text) {
  static const struct {
    const char *key;
    const char *origin;
    bool fits;
  } cases[] = {
      {"r.example", "https://r.example", true},
      {"R.Example", "https://r.example", true},
      {"r.example:5000", "https://r.example:5000", true},
      {"r.example", "https://r.example:5000", false},
      {"r.example:5000", "https://r.example", false},
      {"r.example:443", "https://r.example", false},
      {"r.example:5000", "https://r.example:500", false},
      {"r.example:500", "https://r.example:5000", false},
      {"r.exampl", "https://r.example", false},
      {"example", "https://r.example", false},
      {"r.example.evil", "https://r.example", false},
      {"https://r.example", "https://r.example", true},
      {"https://r.example/v1/", "https://r.example", true},
      {"https://r.example/v2/", "https://r.example", true},
      {"https://r.example/any/path", "https://r.example", true},
      {"r.example/v1/", "https://r.example", true},
      {"r.example/", "https://r.example", true},
      {"https://r.example", "http://r.example", false},
      {"http://r.example", "https://r.example", false},
      {"http://r.example", "http://r.example", true},
      {"localhost:5000", "http://localhost:5000", true},
      {"127.0.0.1:5000", "http://localhost:5000", false},
      {"[::1]:5000", "http://[::1]:5000", true},
      {"docker.io", "https://registry-1.docker.io", true},
      {"index.docker.io", "https://registry-1.docker.io", true},
      {"registry-1.docker.io", "https://registry-1.docker.io", true},
      {"https://index.docker.io/v1/", "https://registry-1.docker.io", true},
      {"https://index.docker.io/v1", "https://registry-1.docker.io", true},
      {"https://registry-1.docker.io/v2/", "https://registry-1.docker.io", true},
      {"hub.docker.com", "https://registry-1.docker.io", false},
      {"docker.io", "https://r.example", false},
      {"", "https://r.example", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char entry[256];
    (void)snprintf(entry, sizeof entry, "\"%s\":{\"username\":\"u\",\"password\":\"p\"}",
                   cases[i].key);
    ck_assert_msg(*secret(entry, cases[i].origin, "a/b") == (cases[i].fits ? 'p' : '\0'),
                  "%s at %s", cases[i].key, cases[i].origin);
  }
}
END_TEST

START_TEST(the_longest_path_wins) {
  static const char auths[] = ENTRY("r.example", "host") "," ENTRY("r.example/a/b", "long") "," //
      ENTRY("r.example/a", "short") "," ENTRY("r.example/empty/of/it", "") ","                  //
      ENTRY("docker.io/library", "library") "," ENTRY("https://index.docker.io/v1/", "hub");
  static const struct {
    const char *repository;
    const char *secret;
  } cases[] = {
      {"a/b", "long"},
      {"a/b/c", "long"},
      {"a/bc", "short"},
      {"a", "short"},
      {"a/c/d", "short"},
      {"ab", "host"},
      {"A/b", "host"},
      {"x", "host"},
      {NULL, "host"},
      {"", "host"},
      {"empty/of/it/all", "host"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    ck_assert_str_eq(secret(auths, "https://r.example", cases[i].repository), cases[i].secret);
  ck_assert_str_eq(secret(auths, "https://registry-1.docker.io", "library/nginx"), "library");
  ck_assert_str_eq(secret(auths, "https://registry-1.docker.io", "me/app"), "hub");
  ck_assert_str_eq(secret(auths, "https://r.example:1", "a/b"), "");
  /* No path below a URL. */
  ck_assert_str_eq(secret(ENTRY("https://r.example/a", "url"), "https://r.example", "b"), "url");
  ck_assert_str_eq(secret(ENTRY("r.example/a", "path"), "https://r.example", NULL), "");
  /* Of two names for the same, the one without a scheme. */
  ck_assert_str_eq(secret(ENTRY("https://r.example", "url") "," ENTRY("r.example", "name"),
                          "https://r.example", "b"),
                   "name");
}
END_TEST

/* In whatever order. */
START_TEST(of_two_helpers_the_one_without_a_scheme_counts) {
  static const char *const orders[] = {
      "{\"credHelpers\":{\"h.example\":\"name\",\"https://h.example\":\"url\"}}",
      "{\"credHelpers\":{\"https://h.example\":\"url\",\"h.example\":\"name\"}}"};
  for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
    struct docker_config *config = parse(orders[i]);
    ck_assert_str_eq(find(config, "https://h.example", "x").helper, "name");
    docker_config_free(config);
  }
}
END_TEST

START_TEST(helpers_come_before_what_the_file_holds) {
  struct docker_config *config =
      parse("{\"auths\":{" ENTRY("a.example", "a") "," ENTRY("b.example", "b") "," ENTRY(
          "c.example/x",
          "c") "," ENTRY("none.example",
                         "n") "},"
                              "\"credHelpers\":{\"a.example\":\"one\",\"docker.io\":\"two\",\"none."
                              "example\":\"\","
                              "\"c.example/x\":\"path\",\"p.example:5000\":\"port\"},"
                              "\"credsStore\":\"store\"}");
  struct docker_login login = find(config, "https://a.example", "x");
  ck_assert_str_eq(login.helper, "one");
  ck_assert_str_eq(login.server, "a.example");
  ck_assert(login.only_helper);
  ck_assert_ptr_null(login.credential);
  login = find(config, "https://registry-1.docker.io", "x");
  ck_assert_str_eq(login.helper, "two");
  ck_assert_str_eq(login.server, "https://index.docker.io/v1/");
  login = find(config, "https://p.example:5000", "x");
  ck_assert_str_eq(login.helper, "port");
  ck_assert_str_eq(login.server, "p.example:5000");
  login = find(config, "https://p.example", "x");
  ck_assert_str_eq(login.helper, "store");
  ck_assert(!login.only_helper);
  login = find(config, "https://b.example", "x");
  ck_assert_str_eq(login.helper, "store");
  ck_assert_str_eq(login.credential->secret, "b");
  /* An empty name is the wish for none. */
  login = find(config, "https://none.example", "x");
  ck_assert_ptr_null(login.helper);
  ck_assert_str_eq(login.credential->secret, "n");
  /* Helpers are for hosts. */
  login = find(config, "https://c.example", "x");
  ck_assert_str_eq(login.helper, "store");
  docker_config_free(config);
}
END_TEST

START_TEST(what_cannot_be_read_for_sure_is_an_error) {
  static const struct {
    const char *text;
    const char *message;
  } cases[] = {
      {"{\n  \"auths\": {\n    \"r.example\": {},\n  }\n}", "file: line 4, column 3: not JSON"},
      {"{\"auths\":{\n\n\"a\"", "file: line 3, column 4: not JSON: unexpected end of data"},
      {"[]", "file: line 1, column 1: it is no JSON object"},
      {"{} x", "file: line 1, column 4: not JSON"},
      {"{\"auths\":[]}", "file: auths is no object"},
      {"{\"auths\":{\"r.example\":\"hunter2\"}}", "file: auths: \"r.example\": it is no object"},
      {"{\"auths\":{\"r.example\":{\"auth\":7}}}", "file: auths: \"r.example\": auth is no string"},
      {"{\"auths\":{\"r.example\":{\"password\":{}}}}", "password is no string"},
      {"{\"auths\":{\"r.example\":{\"identitytoken\":[]}}}", "identitytoken is no string"},
      {"{\"auths\":{\"r.example\":{\"registrytoken\":true}}}", "registrytoken is no string"},
      {"{\"auths\":{\"r.example\":{\"auth\":\"hunter2!\"}}}", "is not the base64 of USER:PASSWORD"},
      /* printf hunter2 | base64 */
      {"{\"auths\":{\"r.example\":{\"auth\":\"aHVudGVyMg==\"}}}", "is not the base64 of"},
      {"{\"auths\":{\"r.example\":{\"auth\":\"bWU6b\"}}}", "is not the base64 of"},
      {"{\"auths\":{\"r.example\":{\"auth\":\"=\"}}}", "is not the base64 of"},
      {"{\"credHelpers\":\"pass\"}", "file: credHelpers is no object"},
      {"{\"credHelpers\":{\"r.example\":1}}", "file: credHelpers: \"r.example\": it is no string"},
      {"{\"credsStore\":{}}", "file: credsStore is no string"},
      {"{\"auths\":{\"a\\u0000b\":{}}}", "a NUL in a string"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    cleanup(cleanup_error) struct error *error = NULL;
    ck_assert_ptr_null(docker_config_parse("file", cases[i].text, strlen(cases[i].text), &error));
    ck_assert_int_eq(error->status, STATUS_LOCAL);
    ck_assert_msg(strstr(error->message, cases[i].message), "%s", error->message);
    ck_assert_ptr_null(strstr(error->message, "hunter2"));
  }
}
END_TEST

START_TEST(of_equal_names_the_last_counts) {
  struct docker_config *config =
      parse("{\"auths\":{\"r.example\":{\"auth\":7},\"r.example\":{\"identitytoken\":\"i\"}},"
            "\"credHelpers\":{\"h.example\":1,\"h.example\":\"pass\"}}");
  ck_assert_str_eq(find(config, "https://r.example", "x").credential->secret, "i");
  ck_assert_str_eq(find(config, "https://h.example", "x").helper, "pass");
  docker_config_free(config);
}
END_TEST

START_TEST(what_is_not_ours_is_passed_over) {
  struct docker_config *config =
      parse("{\"HttpHeaders\":{\"X\":1},\"detachKeys\":\"ctrl-e\",\"auths\":null}");
  ck_assert_ptr_null(find(config, "https://r.example", "x").credential);
  docker_config_free(config);
  docker_config_free(parse(" \r\n\t"));
  docker_config_free(parse(""));
}
END_TEST

START_TEST(files_are_read) {
  bool forbidden = true;
  cleanup(cleanup_error) struct error *error = NULL;
  cleanup(cleanup_free) char *none = files_path("none/config.json");
  ck_assert_ptr_null(docker_config_read(none, &forbidden, &error));
  ck_assert_ptr_null(error);
  static const char text[] = "{\"auths\":{" ENTRY("r.example", "p") "}}";
  cleanup(cleanup_free) char *path = files_write("config.json", text, sizeof text - 1);
  struct docker_config *config = docker_config_read(path, &forbidden, &error);
  ck_assert_ptr_nonnull(config);
  ck_assert_str_eq(docker_config_name(config), path);
  ck_assert_str_eq(find(config, "https://r.example", "x").credential->source, path);
  docker_config_free(config);
  /* Below a file there is none, and a folder is none. */
  cleanup(cleanup_free) char *below = files_path("config.json/config.json");
  ck_assert_ptr_null(docker_config_read(below, &forbidden, &error));
  ck_assert_ptr_null(error);
  ck_assert_ptr_null(docker_config_read(files_folder, &forbidden, &error));
  ck_assert_ptr_nonnull(strstr(error->message, files_folder));
  ck_assert(!forbidden);
}
END_TEST

START_TEST(a_file_has_a_most) {
  bool forbidden;
  cleanup(cleanup_error) struct error *error = NULL;
  char *text = malloc(DOCKER_CONFIG_MAX + 1);
  memset(text, ' ', DOCKER_CONFIG_MAX + 1);
  cleanup(cleanup_free) char *most = files_write("most", text, DOCKER_CONFIG_MAX);
  cleanup(cleanup_free) char *more = files_write("more", text, DOCKER_CONFIG_MAX + 1);
  free(text);
  struct docker_config *config = docker_config_read(most, &forbidden, &error);
  ck_assert_ptr_nonnull(config);
  docker_config_free(config);
  ck_assert_ptr_null(docker_config_read(more, &forbidden, &error));
  ck_assert_ptr_nonnull(strstr(error->message, more));
}
END_TEST

UNIT_MAIN("docker-config", tcase_add_unchecked_fixture(tcase, files_setup, files_teardown);
          tcase_add_test(tcase, an_entry_says_who_we_are);
          tcase_add_test(tcase, host_and_port_are_the_same_text);
          tcase_add_test(tcase, the_longest_path_wins);
          tcase_add_test(tcase, of_two_helpers_the_one_without_a_scheme_counts);
          tcase_add_test(tcase, helpers_come_before_what_the_file_holds);
          tcase_add_test(tcase, what_cannot_be_read_for_sure_is_an_error);
          tcase_add_test(tcase, of_equal_names_the_last_counts);
          tcase_add_test(tcase, what_is_not_ours_is_passed_over);
          tcase_add_test(tcase, files_are_read); tcase_add_test(tcase, a_file_has_a_most);)
