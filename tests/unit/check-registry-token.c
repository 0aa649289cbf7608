/* How the client gets and keeps tokens; what else it asks: check-registry-client.c. */
#include <config.h>

#include "registry/client.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "registry-fixture.h"
#include "registry/digest.h"
#include "registry/manifest.h"
#include "unit.h"

START_TEST(one_token_serves_all_that_wait) {
  struct fixture fixture = FIXTURE;
  say(&fixture, TOKENS, response("200 OK", "", "{\"token\":\"first\",\"expires_in\":300}"));
  start_server(&fixture, TOKENS);
  say(&fixture, REGISTRY, challenge(&fixture, ",scope=\"repository:a/b:pull other:c\""));
  say(&fixture, REGISTRY, challenge(&fixture, ",scope=\"repository:a/b:pull other:c\""));
  say(&fixture, REGISTRY, response("200 OK", "", BODY));
  start(&fixture);
  /* One request at a time: both are refused before the token comes. */
  RESULT one = {.calls = 0}, two = {.calls = 0}, later = {.calls = 0};
  get(&fixture, "v1", &one);
  get(&fixture, "v2", &two);
  run(&fixture);
  check_good(&one);
  check_good(&two);
  get(&fixture, "v3", &later);
  run(&fixture);
  check_good(&later);
  for (int i = 0; i < 2; i++)
    server_stop(fixture.servers[i]);
  ck_assert_uint_eq(server_requests(fixture.servers[TOKENS]), 1);
  ck_assert_msg(has(asked(&fixture, TOKENS, 0),
                    "GET /token?x=y&service=the%20service&scope=repository:a/b:pull"
                    "&scope=other:c HTTP/1.1\r\n"),
                "%s", asked(&fixture, TOKENS, 0));
  ck_assert_uint_eq(server_requests(fixture.servers[REGISTRY]), 5);
  ck_assert(!has(asked(&fixture, REGISTRY, 1), "Authorization"));
  for (size_t i = 2; i < 5; i++)
    ck_assert_msg(has(asked(&fixture, REGISTRY, i), "\r\nAuthorization: Bearer first\r\n"), "%s",
                  asked(&fixture, REGISTRY, i));
  finish(&fixture);
}
END_TEST

START_TEST(a_token_is_for_one_repository) {
  struct fixture fixture = FIXTURE;
  say(&fixture, TOKENS, response("200 OK", "", "{\"token\":\"first\"}"));
  say(&fixture, TOKENS, response("200 OK", "", "{\"access_token\":\"second\"}"));
  start_server(&fixture, TOKENS);
  say(&fixture, REGISTRY, challenge(&fixture, ""));
  say(&fixture, REGISTRY, response("200 OK", "", BODY));
  start(&fixture);
  RESULT one = {.calls = 0}, two = {.calls = 0};
  get(&fixture, "v1", &one);
  run(&fixture);
  registry_manifest(fixture.client, fixture.host, "c", "v1", false, take, &two);
  run(&fixture);
  check_good(&one);
  check_good(&two);
  for (int i = 0; i < 2; i++)
    server_stop(fixture.servers[i]);
  /* The challenge names no scope. */
  ck_assert(has(asked(&fixture, TOKENS, 0), "&scope=repository:a/b:pull "));
  ck_assert(has(asked(&fixture, TOKENS, 1), "&scope=repository:c:pull "));
  /* Where to get one is known by now. */
  ck_assert(has(asked(&fixture, REGISTRY, 2), "\r\nAuthorization: Bearer second\r\n"));
  ck_assert_uint_eq(server_requests(fixture.servers[REGISTRY]), 3);
  finish(&fixture);
}
END_TEST

START_TEST(a_token_that_is_refused_is_replaced_once) {
  struct fixture fixture = FIXTURE;
  say(&fixture, TOKENS, response("200 OK", "", "{\"token\":\"first\"}"));
  say(&fixture, TOKENS, response("200 OK", "", "{\"token\":\"second\"}"));
  start_server(&fixture, TOKENS);
  say(&fixture, REGISTRY, challenge(&fixture, ""));
  say(&fixture, REGISTRY, challenge(&fixture, ",error=\"invalid_token\""));
  if (_i == 0)
    say(&fixture, REGISTRY, response("200 OK", "", BODY));
  start(&fixture);
  RESULT result = {.calls = 0};
  get(&fixture, "v1", &result);
  run(&fixture);
  if (_i == 0)
    check_good(&result);
  else
    check_failed(&result, STATUS_UNAUTHORIZED, "does not accept the token that http://127.0.0.1:");
  for (int i = 0; i < 2; i++)
    server_stop(fixture.servers[i]);
  ck_assert_uint_eq(server_requests(fixture.servers[TOKENS]), 2);
  ck_assert_uint_eq(server_requests(fixture.servers[REGISTRY]), 3);
  ck_assert(has(asked(&fixture, REGISTRY, 2), "\r\nAuthorization: Bearer second\r\n"));
  finish(&fixture);
}
END_TEST

START_TEST(a_token_that_does_not_reach_is_denied) {
  struct fixture fixture = FIXTURE;
  say(&fixture, TOKENS, response("200 OK", "", "{\"token\":\"first\"}"));
  start_server(&fixture, TOKENS);
  say(&fixture, REGISTRY, challenge(&fixture, ""));
  say(&fixture, REGISTRY, challenge(&fixture, ",error=\"insufficient_scope\""));
  start(&fixture);
  RESULT result = {.calls = 0};
  get(&fixture, "v1", &result);
  run(&fixture);
  check_failed(&result, STATUS_DENIED,
               "/a/b does not exist, or reading it needs other credentials");
  server_stop(fixture.servers[TOKENS]);
  ck_assert_uint_eq(server_requests(fixture.servers[TOKENS]), 1);
  finish(&fixture);
}
END_TEST

START_TEST(a_token_service_that_gives_none_is_told) {
  static const struct {
    const char *status;
    const char *body;
    enum status expected;
    const char *message;
  } cases[] = {
      {"403 Forbidden", "{\"details\":\"not you\"}", STATUS_DENIED, "answered: not you"},
      {"404 Not Found", "", STATUS_UNAUTHORIZED, "HTTP status 404"},
      {"200 OK", "{}", STATUS_UNAUTHORIZED, "no token"},
      {"200 OK", "{\"token\":\"a\\nb\"}", STATUS_UNAUTHORIZED, "no token may hold"},
  };
  struct fixture fixture = FIXTURE;
  say(&fixture, TOKENS, response(cases[_i].status, "", cases[_i].body));
  start_server(&fixture, TOKENS);
  say(&fixture, REGISTRY, challenge(&fixture, ""));
  start(&fixture);
  RESULT one = {.calls = 0}, two = {.calls = 0};
  get(&fixture, "v1", &one);
  get(&fixture, "v2", &two);
  run(&fixture);
  check_failed(&one, cases[_i].expected, cases[_i].message);
  check_failed(&one, cases[_i].expected, "no token to read http://127.0.0.1:");
  check_failed(&two, cases[_i].expected, cases[_i].message);
  ck_assert(!one.answered);
  finish(&fixture);
}
END_TEST

START_TEST(a_challenge_that_leads_nowhere_is_told) {
  static const struct {
    const char *header;
    const char *message;
  } cases[] = {
      {"", "/a/b does not exist, or reading it needs credentials"},
      {"WWW-Authenticate: Negotiate\r\n", "does not exist, or reading it needs credentials"},
      {"WWW-Authenticate: Bearer service=\"x\"\r\n", "does not say where to get one"},
      {"WWW-Authenticate: Bearer realm=\"ftp://127.0.0.1/\"\r\n", "which is not https: refused"},
      {"WWW-Authenticate: Bearer realm=\"http://u:p@127.0.0.1/\"\r\n", "cannot be used"},
      {"WWW-Authenticate: Basic realm=\"x\"\r\n", "asks for a user name and password"},
  };
  struct fixture fixture = FIXTURE;
  say(&fixture, REGISTRY, response("401 Unauthorized", cases[_i].header, ""));
  start(&fixture);
  RESULT result = {.calls = 0};
  get(&fixture, "v1", &result);
  run(&fixture);
  check_failed(&result, STATUS_UNAUTHORIZED, cases[_i].message);
  ck_assert_ptr_null(strstr(result.error->message, "u:p"));
  server_stop(fixture.servers[REGISTRY]);
  ck_assert_uint_eq(server_requests(fixture.servers[REGISTRY]), 1);
  finish(&fixture);
}
END_TEST

static int credentials(void *arg, const struct credential_question *question,
                       struct credential *credential, struct error **err) {
  (void)err;
  ck_assert_str_eq(question->origin, arg);
  ck_assert_str_eq(question->host, strstr(arg, "://") + 3);
  ck_assert_str_eq(question->repository, "a/b");
  ck_assert_ptr_null(question->refused);
  *credential = (struct credential){.kind = CREDENTIAL_PASSWORD,
                                    .user = xstrdup("me"),
                                    .secret = xstrdup("open sesame"),
                                    .source = xstrdup("the test")};
  return 0;
}

#define BASIC "\r\nAuthorization: Basic bWU6b3BlbiBzZXNhbWU=\r\n"

START_TEST(credentials_are_shown_to_who_asks) {
  struct fixture fixture = FIXTURE;
  say(&fixture, TOKENS, response("200 OK", "", "{\"token\":\"first\"}"));
  start_server(&fixture, TOKENS);
  say(&fixture, REGISTRY,
      _i == 0 ? challenge(&fixture, "")
              : response("401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"\r\n", ""));
  say(&fixture, REGISTRY, response("200 OK", "", BODY));
  start(&fixture);
  cleanup(cleanup_free) char *origin = xasprintf("http://%s", fixture.host);
  registry_client_auth(fixture.client,
                       &(struct registry_auth){.credential = credentials, .arg = origin});
  RESULT result = {.calls = 0};
  get(&fixture, "v1", &result);
  run(&fixture);
  check_good(&result);
  for (int i = 0; i < 2; i++)
    server_stop(fixture.servers[i]);
  ck_assert(!has(asked(&fixture, REGISTRY, 0), "Authorization"));
  ck_assert(
      has(asked(&fixture, REGISTRY, 1), _i == 0 ? "\r\nAuthorization: Bearer first\r\n" : BASIC));
  ck_assert_uint_eq(server_requests(fixture.servers[TOKENS]), _i == 0 ? 1 : 0);
  if (_i == 0)
    ck_assert(has(asked(&fixture, TOKENS, 0), BASIC));
  finish(&fixture);
}
END_TEST

static const struct endpoint plain = {
    .origin = (char[]){"http://r.example"}, .prefix = (char[]){""}, .plain = true};
static const struct endpoint tls = {.origin = (char[]){"https://r.example"},
                                    .prefix = (char[]){""}};

static void count_ready(void *arg, const struct error *error) {
  unsigned *counts = arg;
  counts[error ? 1 : 0]++;
}

/* A refusal of what was sent before the token came is no refusal of the token. */
START_TEST(a_late_refusal_asks_for_no_other_token) {
  struct fixture fixture = FIXTURE;
  say(&fixture, TOKENS, response("200 OK", "", "{\"token\":\"first\"}"));
  cleanup(cleanup_free) char *realm =
      xasprintf("http://127.0.0.1:%d/token", start_server(&fixture, TOKENS));
  say(&fixture, REGISTRY, response("200 OK", "", BODY));
  start(&fixture);
  struct challenge bearer = {.scheme = CHALLENGE_BEARER, .realm = realm};
  struct tokens *tokens = tokens_new(fixture.http);
  struct token_access *access = token_acquire(tokens, &plain, "s");
  token_heard(access, NULL);
  unsigned before = token_generation(access);
  unsigned counts[2] = {0, 0};
  token_challenged(access, before, &bearer, count_ready, counts);
  token_ready(access, count_ready, counts);
  ck_assert_uint_eq(counts[0], 0);
  run(&fixture);
  ck_assert_uint_eq(counts[0], 2);
  ck_assert_str_eq(token_authorization(access), "Bearer first");
  token_challenged(access, before, &bearer, count_ready, counts);
  token_ready(access, count_ready, counts);
  ck_assert_uint_eq(counts[0], 4);
  token_release(access);
  /* It is still there for the next one. */
  access = token_acquire(tokens, &plain, "s");
  ck_assert_str_eq(token_authorization(access), "Bearer first");
  token_release(access);
  /* Over TLS, a realm without is refused. */
  access = token_acquire(tokens, &tls, "s");
  token_challenged(access, token_generation(access), &bearer, count_ready, counts);
  ck_assert_uint_eq(counts[1], 1);
  token_release(access);
  run(&fixture);
  server_stop(fixture.servers[TOKENS]);
  ck_assert_uint_eq(server_requests(fixture.servers[TOKENS]), 1);
  http_free(fixture.http);
  fixture.http = NULL;
  tokens_free(tokens);
  finish(&fixture);
}
END_TEST

/* The first request goes alone, until it is known what the registry asks for. */
START_TEST(one_goes_first) {
  struct fixture fixture = FIXTURE;
  say(&fixture, REGISTRY, response("200 OK", "", BODY));
  start(&fixture);
  struct tokens *tokens = tokens_new(fixture.http);
  struct token_access *accesses[] = {token_acquire(tokens, &tls, "a"),
                                     token_acquire(tokens, &tls, "b"),
                                     token_acquire(tokens, &plain, "a")};
  unsigned counts[2] = {0, 0};
  for (size_t i = 0; i < 3; i++)
    token_ready(accesses[i], count_ready, counts);
  ck_assert_uint_eq(counts[0], 2); /* one at each origin */
  if (_i == 0)
    token_heard(accesses[0], NULL);
  else
    token_unheard(accesses[0]);
  ck_assert_uint_eq(counts[0], 3);
  token_ready(accesses[1], count_ready, counts);
  ck_assert_uint_eq(counts[0], 4);
  for (size_t i = 0; i < 3; i++)
    token_release(accesses[i]);
  tokens_free(tokens);
  finish(&fixture);
}
END_TEST

/* What nobody uses is let go of, what is in use stays. */
START_TEST(idle_tokens_are_bounded) {
  struct fixture fixture = FIXTURE;
  say(&fixture, REGISTRY, response("200 OK", "", BODY));
  start(&fixture);
  struct tokens *tokens = tokens_new(fixture.http);
  struct token_access *used = token_acquire(tokens, &tls, "used");
  for (int i = 0; i < 3000; i++) {
    cleanup(cleanup_free) char *scope = xasprintf("s%d", i);
    token_release(token_acquire(tokens, &tls, scope));
  }
  ck_assert_ptr_eq(token_acquire(tokens, &tls, "used"), used);
  token_release(used);
  token_release(used);
  tokens_free(tokens);
  finish(&fixture);
}
END_TEST

/* A blob store that wants to be paid in tokens gets none. */
UNIT_MAIN("registry-token", tcase_add_test(tcase, one_token_serves_all_that_wait);
          tcase_add_test(tcase, a_token_is_for_one_repository);
          tcase_add_loop_test(tcase, a_token_that_is_refused_is_replaced_once, 0, 2);
          tcase_add_test(tcase, a_token_that_does_not_reach_is_denied);
          tcase_add_loop_test(tcase, a_token_service_that_gives_none_is_told, 0, 4);
          tcase_add_loop_test(tcase, a_challenge_that_leads_nowhere_is_told, 0, 6);
          tcase_add_loop_test(tcase, credentials_are_shown_to_who_asks, 0, 2);
          tcase_add_test(tcase, a_late_refusal_asks_for_no_other_token);
          tcase_add_loop_test(tcase, one_goes_first, 0, 2);
          tcase_add_test(tcase, idle_tokens_are_bounded);)
