#include <config.h>

#include "registry/token-question.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "unit.h"

/* What ORIGIN's challenge HEADER, to a request about the repository a/b, makes us ask. */
static char *question(const char *origin, const char *header) {
  cleanup(cleanup_error) struct error *error = NULL;
  cleanup(challenge_clear) struct challenge challenge = CHALLENGE;
  cleanup(token_question_clear) struct token_question asked = TOKEN_QUESTION;
  ck_assert_int_eq(challenge_parse(header, &challenge, &error), 0);
  ck_assert_int_eq(challenge.scheme, CHALLENGE_BEARER);
  ck_assert_msg(
      token_question_set(&asked, origin, false, &challenge, "repository:a/b:pull", &error) == 0,
      "%s", error ? error->message : "");
  return token_question_url(&asked);
}

static void check(const char *origin, const char *header, const char *expected) {
  cleanup(cleanup_free) char *url = question(origin, header);
  ck_assert_str_eq(url, expected);
}

/* The challenges of registries, as they and their documentation tell them. */

START_TEST(docker_hub) {
  check("https://registry-1.docker.io",
        "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\","
        "scope=\"repository:library/nginx:pull\"",
        "https://auth.docker.io/token?service=registry.docker.io"
        "&scope=repository:library/nginx:pull");
}
END_TEST

START_TEST(quay) {
  /* Names no scope. */
  check("https://quay.io", "Bearer realm=\"https://quay.io/v2/auth\",service=\"quay.io\"",
        "https://quay.io/v2/auth?service=quay.io&scope=repository:a/b:pull");
  check("https://quay.io",
        "Bearer realm=\"https://quay.io/v2/auth\",service=\"quay.io\","
        "scope=\"repository:coreos/etcd:pull\"",
        "https://quay.io/v2/auth?service=quay.io&scope=repository:coreos/etcd:pull");
}
END_TEST

START_TEST(ghcr) {
  check("https://ghcr.io",
        "Bearer realm=\"https://ghcr.io/token\",service=\"ghcr.io\","
        "scope=\"repository:owner/image:pull\"",
        "https://ghcr.io/token?service=ghcr.io&scope=repository:owner/image:pull");
}
END_TEST

START_TEST(gitlab) {
  /* The token service is another host. */
  check("https://registry.gitlab.com",
        "Bearer realm=\"https://gitlab.com/jwt/auth\",service=\"container_registry\","
        "scope=\"repository:group/project:pull\",error=\"invalid_token\"",
        "https://gitlab.com/jwt/auth?service=container_registry"
        "&scope=repository:group/project:pull");
  check("https://registry.gitlab.com",
        "Bearer realm=\"https://gitlab.com/jwt/auth\",service=\"container_registry\","
        "scope=\"registry:catalog:*\"",
        "https://gitlab.com/jwt/auth?service=container_registry&scope=registry:catalog:%2A");
}
END_TEST

START_TEST(harbor) {
  check("https://harbor.example",
        "Bearer realm=\"https://harbor.example/service/token\",service=\"harbor-registry\","
        "scope=\"repository:library/app:pull\"",
        "https://harbor.example/service/token?service=harbor-registry"
        "&scope=repository:library/app:pull");
  /* And of its catalog it says nothing. */
  check("https://harbor.example",
        "Bearer realm=\"https://harbor.example/service/token\",service=\"harbor-registry\"",
        "https://harbor.example/service/token?service=harbor-registry&scope=repository:a/b:pull");
}
END_TEST

START_TEST(ecr_public) {
  /* A scope of its own, and a path that ends with a slash. */
  check("https://public.ecr.aws",
        "Bearer realm=\"https://public.ecr.aws/token/\",service=\"public.ecr.aws\",scope=\"aws\"",
        "https://public.ecr.aws/token/?service=public.ecr.aws&scope=aws");
}
END_TEST

START_TEST(private_ecr) {
  /* Its realm is no token service: the registry itself is shown the user name and password. */
  cleanup(challenge_clear) struct challenge challenge = CHALLENGE;
  ck_assert_int_eq(
      challenge_parse("Basic realm=\"https://123456789012.dkr.ecr.us-east-1.amazonaws.com/\","
                      "service=\"ecr.amazonaws.com\"",
                      &challenge, NULL),
      0);
  ck_assert_int_eq(challenge.scheme, CHALLENGE_BASIC);
}
END_TEST

START_TEST(google) {
  /* Without quotes around the service. */
  check("https://gcr.io", "Bearer realm=\"https://gcr.io/v2/token\",service=gcr.io",
        "https://gcr.io/v2/token?service=gcr.io&scope=repository:a/b:pull");
}
END_TEST

START_TEST(arguments_are_escaped) {
  check("https://r.example",
        "Bearer realm=\"https://t.example/x?y=z\",service=\"a b&c=d#e\","
        "scope=\" repository:a:pull,push  repository:b:pull\"",
        "https://t.example/x?y=z&service=a%20b%26c%3Dd%23e&scope=repository:a:pull%2Cpush"
        "&scope=repository:b:pull");
  check("https://r.example", "Bearer realm=\"https://t.example\",scope=\"\"",
        "https://t.example?scope=repository:a/b:pull");
}
END_TEST

START_TEST(a_realm_that_must_not_be_asked) {
  static const struct {
    const char *realm;
    bool plain;
    const char *message;
  } cases[] = {
      {NULL, false, "does not say where to get one"},
      {"http://t.example/", false, "which is not https: refused"},
      {"ftp://t.example/", true, "which is not https: refused"},
      {"/token", true, "which is not https: refused"},
      {"https://user:hunter2@t.example/", true, "whose URL cannot be used"},
      {"https://t.example/#f", false, "whose URL cannot be used"},
      {"https://t.example/\xc3\xa9", false, "whose URL cannot be used"},
      {"https://t.example/ x", false, "whose URL cannot be used"},
      {"http://169.254.169.254/token", true, "of this machine's link"},
      {"https://[fd00:ec2::254]/token", false, "of this machine's link"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    cleanup(cleanup_error) struct error *error = NULL;
    struct token_question asked = TOKEN_QUESTION;
    cleanup(challenge_clear) struct challenge tried = {
        .scheme = CHALLENGE_BEARER, .realm = cases[i].realm ? xstrdup(cases[i].realm) : NULL};
    ck_assert_int_eq(
        token_question_set(&asked, "https://r.example", cases[i].plain, &tried, "s", &error), -1);
    ck_assert_int_eq(error->status, STATUS_UNAUTHORIZED);
    ck_assert_msg(strstr(error->message, cases[i].message), "%s", error->message);
    ck_assert_ptr_null(strstr(error->message, "hunter2"));
    ck_assert_ptr_null(asked.realm);
  }
}
END_TEST

START_TEST(who_can_read_along) {
  static const struct {
    const char *realm;
    bool exposed;
  } cases[] = {
      {"https://t.example/", false},
      {"http://t.example/", true},
      {"http://localhost:5001/token", false},
      {"http://127.0.0.1", false},
      {"http://localhost.evil.example/", true},
      {"HTTP://[::1]:1/", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    cleanup(token_question_clear) struct token_question asked = {.realm = xstrdup(cases[i].realm)};
    ck_assert_msg(token_question_is_exposed(&asked) == cases[i].exposed, "%s", cases[i].realm);
  }
}
END_TEST

START_TEST(an_identity_token_is_posted) {
  const struct token_question asked = {.realm = (char[]){"https://t.example/token"},
                                       .service = (char[]){"a service"},
                                       .scope = (char[]){"repository:a/b:pull repository:c:pull"}};
  cleanup(cleanup_free) char *form = token_question_form(&asked, "a+b/c=&grant_type=x");
  ck_assert_str_eq(form, "grant_type=refresh_token&client_id=ocidup&service=a%20service"
                         "&scope=repository:a/b:pull%20repository:c:pull"
                         "&refresh_token=a%2Bb/c%3D%26grant_type%3Dx");
}
END_TEST

UNIT_MAIN("token-question", tcase_add_test(tcase, docker_hub); tcase_add_test(tcase, quay);
          tcase_add_test(tcase, ghcr); tcase_add_test(tcase, gitlab); tcase_add_test(tcase, harbor);
          tcase_add_test(tcase, ecr_public); tcase_add_test(tcase, private_ecr);
          tcase_add_test(tcase, google); tcase_add_test(tcase, arguments_are_escaped);
          tcase_add_test(tcase, a_realm_that_must_not_be_asked);
          tcase_add_test(tcase, who_can_read_along);
          tcase_add_test(tcase, an_identity_token_is_posted);)
