#include <config.h>

#include "registry/client.h"

#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "http-server.h"
#include "unit.h"

#define BODY "{\"schemaVersion\":2}"
#define GOOD "HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n" BODY
/* of "u:one" and "u:two" */
#define BASIC_ONE "\r\nAuthorization: Basic dTpvbmU=\r\n"
#define BASIC_TWO "\r\nAuthorization: Basic dTp0d28=\r\n"

enum { REGISTRY, TOKENS, REPLIES = 16 };

/* Time that passes without a wait. */
static int64_t skipped_ms;

/* In place of libc's, for all of the program. */
int clock_gettime(clockid_t clock, struct timespec *time) {
  if (syscall(SYS_clock_gettime, clock, time) < 0)
    return -1;
  int64_t nanoseconds = time->tv_nsec + skipped_ms * 1000000;
  time->tv_sec += (time_t)(nanoseconds / 1000000000);
  time->tv_nsec = (long)(nanoseconds % 1000000000);
  return 0;
}

/* Who knows credentials: gives the next when the one before was refused. */
struct knower {
  struct credential known[3]; /* ends with one of kind CREDENTIAL_NONE */
  size_t at;
  unsigned calls;
  const char *failure; /* instead of all that; NULL: none */
};

struct fixture {
  char *texts[2 * REPLIES];
  size_t text_count;
  struct server_reply replies[2][REPLIES];
  size_t counts[2];
  struct server *servers[2];
  struct http *http;
  struct registry_client *client;
  struct knower knower;
  char host[32];
  unsigned done;
  unsigned good;
  struct error *error; /* the last one */
};

static void say(struct fixture *fixture, int server, char *text) {
  fixture->texts[fixture->text_count++] = text;
  fixture->replies[server][fixture->counts[server]++] =
      (struct server_reply){.text = text, .then = SERVER_KEEP};
}

static void start_server(struct fixture *fixture, int server) {
  fixture->servers[server] = server_start(&(struct server_script){
      .replies = fixture->replies[server], .count = fixture->counts[server]});
}

static void say_token(struct fixture *fixture, const char *token, int lifetime) {
  cleanup(cleanup_free) char *body =
      xasprintf("{\"token\":\"%s\",\"expires_in\":%d}", token, lifetime);
  say(fixture, TOKENS,
      xasprintf("HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body));
}

static void say_status(struct fixture *fixture, int server, const char *status, const char *header,
                       const char *body) {
  say(fixture, server,
      xasprintf("HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n%s", status, strlen(body), header,
                body));
}

/* After the token service was started. */
static void say_bearer(struct fixture *fixture, const char *more) {
  cleanup(cleanup_free) char *header =
      xasprintf("WWW-Authenticate: Bearer realm=\"http://127.0.0.1:%d/token\",service=\"s\"%s\r\n",
                server_port(fixture->servers[TOKENS]), more);
  say_status(fixture, REGISTRY, "401 Unauthorized", header, "");
}

static void say_basic(struct fixture *fixture) {
  say_status(fixture, REGISTRY, "401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"\r\n", "");
}

static void say_good(struct fixture *fixture) {
  say(fixture, REGISTRY, xstrdup(GOOD));
}

static int know(void *arg, const struct credential_question *question,
                struct credential *credential, struct error **err) {
  struct knower *knower = arg;
  knower->calls++;
  if (knower->failure)
    return error_set(err, STATUS_UNAUTHORIZED, "%s", knower->failure);
  const struct credential *known = &knower->known[knower->at];
  if (question->refused && credential_is_same(question->refused, known)) {
    known++;
    if (known->kind != CREDENTIAL_NONE)
      knower->at++;
  }
  credential_copy(credential, known);
  return 0;
}

static struct credential password(char *secret) {
  static char user[] = "u", source[] = "the test";
  return (struct credential){
      .kind = CREDENTIAL_PASSWORD, .user = user, .secret = secret, .source = source};
}

static char one[] = "one", two[] = "two", source[] = "the test";

static void start(struct fixture *fixture, size_t jobs) {
  start_server(fixture, REGISTRY);
  (void)snprintf(fixture->host, sizeof fixture->host, "127.0.0.1:%d",
                 server_port(fixture->servers[REGISTRY]));
  fixture->http = http_new(&(struct http_options){.stop_fd = -1, .jobs = jobs}, NULL);
  fixture->client = registry_client_new(fixture->http, NULL, NULL);
  const struct registry_auth auth = {.credential = know, .arg = &fixture->knower};
  registry_client_auth(fixture->client, &auth);
}

static void take(void *arg, const struct registry_reply *reply) {
  struct fixture *fixture = arg;
  fixture->done++;
  if (!reply->error) {
    fixture->good++;
    return;
  }
  error_free(fixture->error);
  fixture->error = error_copy(reply->error);
}

static void get(struct fixture *fixture, const char *repository) {
  registry_manifest(fixture->client, fixture->host, repository, "v1", false, take, fixture);
}

/* Runs all that was asked. */
static void run(struct fixture *fixture) {
  ck_assert_int_eq(http_run(fixture->http, NULL), 0);
  for (int i = 0; i < 2; i++)
    if (fixture->servers[i])
      server_stop(fixture->servers[i]);
}

static void check_good(const struct fixture *fixture, unsigned count) {
  ck_assert_msg(fixture->good == count && fixture->done == count, "%u of %u: %s", fixture->good,
                fixture->done, fixture->error ? fixture->error->message : "");
}

static void check_failed(const struct fixture *fixture, enum status status, const char *message) {
  ck_assert_ptr_nonnull(fixture->error);
  ck_assert_int_eq(fixture->error->status, status);
  ck_assert_msg(strstr(fixture->error->message, message), "%s", fixture->error->message);
}

static void check_asked(const struct fixture *fixture, int server, size_t index, const char *part) {
  const char *request = server_request(fixture->servers[server], index);
  ck_assert_msg(strcasestr(request, part), "no %s in %s", part, request);
}

static size_t requests(const struct fixture *fixture, int server) {
  return server_requests(fixture->servers[server]);
}

static void finish(struct fixture *fixture) {
  http_free(fixture->http);
  registry_client_free(fixture->client);
  for (int i = 0; i < 2; i++)
    server_free(fixture->servers[i]);
  for (size_t i = 0; i < fixture->text_count; i++)
    free(fixture->texts[i]);
  error_free(fixture->error);
}

START_TEST(a_password_that_ran_out_is_renewed) {
  struct fixture fixture = {.knower.known = {password(one), password(two)}};
  start_server(&fixture, TOKENS);
  say_basic(&fixture);
  if (_i == 0)
    say_basic(&fixture);
  else /* private ECR's way to say so */
    say_status(&fixture, REGISTRY, "403 Forbidden", "",
               "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"Your authorization token has "
               "expired. Reauthenticate and try again.\"}]}");
  say_good(&fixture);
  start(&fixture, 1);
  get(&fixture, "a");
  run(&fixture);
  check_good(&fixture, 1);
  check_asked(&fixture, REGISTRY, 1, BASIC_ONE);
  check_asked(&fixture, REGISTRY, 2, BASIC_TWO);
  finish(&fixture);
}
END_TEST

/* As of a docker-credential program that is not installed. */
START_TEST(who_cannot_be_asked_is_told_only_when_it_matters) {
  struct fixture fixture = {.knower.failure = "no credentials: the helper is broken"};
  if (_i == 1)
    say_status(&fixture, TOKENS, "401 Unauthorized", "", "");
  else if (_i < 4)
    say_token(&fixture, "anonymous", 300);
  start_server(&fixture, TOKENS);
  if (_i < 4)
    say_bearer(&fixture, "");
  else
    say_basic(&fixture);
  if (_i == 0)
    say_good(&fixture);
  else if (_i == 2)
    say_bearer(&fixture, ",error=\"insufficient_scope\"");
  else if (_i == 3)
    say_status(&fixture, REGISTRY, "503 Service Unavailable", "", "");
  start(&fixture, 1);
  get(&fixture, "a");
  run(&fixture);
  static const enum status expected[] = {STATUS_OK, STATUS_UNAUTHORIZED, STATUS_DENIED,
                                         STATUS_SERVER_ERROR, STATUS_UNAUTHORIZED};
  if (_i == 0)
    check_good(&fixture, 1);
  else
    check_failed(&fixture, expected[_i], _i == 3 ? "503" : "no credentials: the helper is broken");
  if (_i == 3)
    ck_assert_ptr_null(strstr(fixture.error->message, "helper"));
  finish(&fixture);
}
END_TEST

START_TEST(the_told_lifetime_of_a_token_counts) {
  static const struct {
    int lifetime; /* seconds */
    int later;    /* milliseconds */
    bool renewed;
  } cases[] = {{10, 4000, false}, {10, 5000, true}, {30, 20000, false}, {30, 25000, true}};
  bool renewed = cases[_i].renewed;
  struct fixture fixture = {.knower.calls = 0};
  say_token(&fixture, "first", cases[_i].lifetime);
  say_token(&fixture, "second", 300);
  start_server(&fixture, TOKENS);
  say_bearer(&fixture, "");
  say_good(&fixture);
  say_good(&fixture);
  start(&fixture, 1);
  get(&fixture, "a");
  ck_assert_int_eq(http_run(fixture.http, NULL), 0);
  skipped_ms = cases[_i].later;
  get(&fixture, "a");
  run(&fixture);
  skipped_ms = 0;
  check_good(&fixture, 2);
  check_asked(&fixture, REGISTRY, 1, "\r\nAuthorization: Bearer first\r\n");
  check_asked(&fixture, REGISTRY, 2,
              renewed ? "\r\nAuthorization: Bearer second\r\n"
                      : "\r\nAuthorization: Bearer first\r\n");
  ck_assert_uint_eq(requests(&fixture, REGISTRY), 3);
  ck_assert_uint_eq(requests(&fixture, TOKENS), renewed ? 2 : 1);
  finish(&fixture);
}
END_TEST

START_TEST(a_denial_is_not_taken_for_that) {
  struct fixture fixture = {.knower.known = {password(one), password(two)}};
  start_server(&fixture, TOKENS);
  say_basic(&fixture);
  say_status(&fixture, REGISTRY, "403 Forbidden", "",
             "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"not you\"}]}");
  start(&fixture, 1);
  get(&fixture, "a");
  run(&fixture);
  check_failed(&fixture, STATUS_DENIED, "not you");
  ck_assert_uint_eq(requests(&fixture, REGISTRY), 2);
  finish(&fixture);
}
END_TEST

START_TEST(a_wrong_password_is_told) {
  struct fixture fixture = {.knower.known = {password(one)}};
  start_server(&fixture, TOKENS);
  say_basic(&fixture);
  start(&fixture, 1);
  get(&fixture, "a");
  run(&fixture);
  check_failed(&fixture, STATUS_UNAUTHORIZED,
               "does not accept the user name and password from the test");
  ck_assert_uint_eq(requests(&fixture, REGISTRY), 2);
  finish(&fixture);
}
END_TEST

/* RFC 7617: a name with a colon would be another name and another password. */
START_TEST(a_name_with_a_colon_is_not_shown) {
  static char name[] = "a:b";
  struct credential odd = password(one);
  odd.user = _i == 0 ? name : NULL;
  struct fixture fixture = {.knower.known = {odd}};
  start_server(&fixture, TOKENS);
  say_basic(&fixture);
  start(&fixture, 1);
  get(&fixture, "a");
  run(&fixture);
  check_failed(&fixture, STATUS_UNAUTHORIZED, "the test holds what cannot be shown to");
  ck_assert_uint_eq(requests(&fixture, REGISTRY), 1);
  finish(&fixture);
}
END_TEST

/* Many that wait for a token try a password that may be wrong one at a time, and only once. */
START_TEST(a_wrong_password_is_tried_once) {
  static const char *const repositories[] = {"a", "b", "c", "d", "e"};
  struct fixture fixture = {.knower.known = {password(one)}};
  say_status(&fixture, TOKENS, "401 Unauthorized", "", "{\"details\":\"wrong\"}");
  start_server(&fixture, TOKENS);
  say_bearer(&fixture, "");
  start(&fixture, 5);
  for (size_t i = 0; i < 5; i++)
    get(&fixture, repositories[i]);
  run(&fixture);
  ck_assert_uint_eq(fixture.done, 5);
  ck_assert_uint_eq(fixture.good, 0);
  check_failed(&fixture, STATUS_UNAUTHORIZED, "does not accept the user name and password");
  ck_assert_uint_eq(requests(&fixture, TOKENS), 1);
  finish(&fixture);
}
END_TEST

START_TEST(a_good_password_serves_all_who_waited) {
  static const char *const repositories[] = {"a", "b", "c", "d", "e"};
  struct fixture fixture = {.knower.known = {password(one)}};
  say_token(&fixture, "t", 300);
  start_server(&fixture, TOKENS);
  say_bearer(&fixture, "");
  say_good(&fixture);
  start(&fixture, 5);
  for (size_t i = 0; i < 5; i++)
    get(&fixture, repositories[i]);
  run(&fixture);
  check_good(&fixture, 5);
  ck_assert_uint_eq(requests(&fixture, TOKENS), 5);
  for (size_t i = 0; i < 5; i++)
    check_asked(&fixture, TOKENS, i, BASIC_ONE);
  finish(&fixture);
}
END_TEST

START_TEST(identity_tokens_are_posted) {
  struct fixture fixture = {
      .knower.known = {{.kind = CREDENTIAL_IDENTITY, .secret = one, .source = source}}};
  if (_i == 0)
    say_token(&fixture, "t", 300);
  else if (_i == 1)
    say_status(&fixture, TOKENS, "405 Method Not Allowed", "", "");
  else
    say_status(&fixture, TOKENS, "400 Bad Request", "", "{\"error\":\"invalid_grant\"}");
  start_server(&fixture, TOKENS);
  say_bearer(&fixture, "");
  say_good(&fixture);
  start(&fixture, 1);
  get(&fixture, "a");
  run(&fixture);
  check_asked(&fixture, TOKENS, 0, "POST /token HTTP/1.1\r\n");
  check_asked(&fixture, TOKENS, 0,
              "\r\n\r\ngrant_type=refresh_token&client_id=ocidup&service=s"
              "&scope=repository:a:pull&refresh_token=one");
  ck_assert_uint_eq(requests(&fixture, TOKENS), 1);
  if (_i == 0) {
    check_good(&fixture, 1);
    check_asked(&fixture, REGISTRY, 1, "\r\nAuthorization: Bearer t\r\n");
  } else {
    check_failed(&fixture, STATUS_UNAUTHORIZED,
                 _i == 1 ? "takes no identity token" : "does not accept the identity token");
  }
  finish(&fixture);
}
END_TEST

START_TEST(an_identity_token_is_no_password) {
  struct fixture fixture = {
      .knower.known = {{.kind = CREDENTIAL_IDENTITY, .secret = one, .source = source}}};
  start_server(&fixture, TOKENS);
  say_basic(&fixture);
  start(&fixture, 1);
  get(&fixture, "a");
  run(&fixture);
  check_failed(&fixture, STATUS_UNAUTHORIZED, "the test has an identity token for it");
  ck_assert_uint_eq(requests(&fixture, REGISTRY), 1);
  finish(&fixture);
}
END_TEST

START_TEST(a_registry_token_is_shown_as_it_is) {
  struct fixture fixture = {
      .knower.known = {{.kind = CREDENTIAL_BEARER, .secret = one, .source = source}}};
  say_token(&fixture, "t", 300);
  start_server(&fixture, TOKENS);
  say_bearer(&fixture, "");
  if (_i == 0)
    say_good(&fixture);
  start(&fixture, 1);
  get(&fixture, "a");
  run(&fixture);
  check_asked(&fixture, REGISTRY, 1, "\r\nAuthorization: Bearer one\r\n");
  if (_i == 0)
    check_good(&fixture, 1);
  else
    check_failed(&fixture, STATUS_UNAUTHORIZED, "does not accept the token from the test");
  ck_assert_uint_eq(requests(&fixture, TOKENS), 0);
  ck_assert_uint_eq(requests(&fixture, REGISTRY), 2);
  finish(&fixture);
}
END_TEST

START_TEST(insufficient_scope_is_tried_once_with_what_is_asked_for) {
  struct fixture fixture = {.knower.known = {password(one)}};
  say_token(&fixture, "narrow", 300);
  say_token(&fixture, "wide", 300);
  start_server(&fixture, TOKENS);
  say_bearer(&fixture, "");
  say_bearer(&fixture, ",scope=\"repository:a:pull,admin\",error=\"insufficient_scope\"");
  if (_i == 0)
    say_good(&fixture);
  else
    say_bearer(&fixture, ",scope=\"repository:b:pull\",error=\"insufficient_scope\"");
  start(&fixture, 1);
  get(&fixture, "a");
  run(&fixture);
  check_asked(&fixture, TOKENS, 0, "&scope=repository:a:pull HTTP");
  check_asked(&fixture, TOKENS, 1, "&scope=repository:a:pull%2Cadmin HTTP");
  ck_assert_uint_eq(requests(&fixture, TOKENS), 2);
  if (_i == 0)
    check_good(&fixture, 1);
  else
    check_failed(&fixture, STATUS_DENIED, "reading it needs other credentials");
  finish(&fixture);
}
END_TEST

/* Harbor asks for a password when it does not take the token that it gave. */
START_TEST(basic_after_bearer) {
  struct fixture fixture = {.knower.known = {password(one)}};
  say_token(&fixture, "t", 300);
  start_server(&fixture, TOKENS);
  say_bearer(&fixture, "");
  say_basic(&fixture);
  say_good(&fixture);
  start(&fixture, 1);
  get(&fixture, "a");
  run(&fixture);
  check_good(&fixture, 1);
  check_asked(&fixture, REGISTRY, 1, "\r\nAuthorization: Bearer t\r\n");
  check_asked(&fixture, REGISTRY, 2, BASIC_ONE);
  finish(&fixture);
}
END_TEST

START_TEST(another_password_is_tried_where_one_ran_out) {
  struct fixture fixture = {.knower.known = {password(one), password(two)}};
  say_status(&fixture, TOKENS, "401 Unauthorized", "", "");
  say_token(&fixture, "t", 300);
  start_server(&fixture, TOKENS);
  say_bearer(&fixture, "");
  say_good(&fixture);
  start(&fixture, 1);
  get(&fixture, "a");
  run(&fixture);
  check_good(&fixture, 1);
  check_asked(&fixture, TOKENS, 0, BASIC_ONE);
  check_asked(&fixture, TOKENS, 1, BASIC_TWO);
  finish(&fixture);
}
END_TEST

/* ---- accesses alone ---- */

static char m_origin[] = "http://m.example", no_prefix[] = "", realm[] = "http://t.example/";
static const struct challenge basic = {.scheme = CHALLENGE_BASIC};
static const struct challenge bearer = {.scheme = CHALLENGE_BEARER, .realm = realm};

static void ready(void *arg, const struct error *error) {
  struct fixture *fixture = arg;
  fixture->done++;
  error_free(fixture->error);
  fixture->error = error_copy(error);
}

static struct tokens *start_tokens(struct fixture *fixture) {
  fixture->http = http_new(&(struct http_options){.stop_fd = -1}, NULL);
  struct tokens *tokens = tokens_new(fixture->http);
  const struct registry_auth auth = {.credential = know, .arg = &fixture->knower};
  tokens_auth(tokens, &auth);
  return tokens;
}

static void finish_tokens(struct fixture *fixture, struct tokens *tokens) {
  http_free(fixture->http);
  tokens_free(tokens);
  error_free(fixture->error);
}

START_TEST(nothing_is_shown_in_the_open) {
  static const struct {
    struct endpoint endpoint;
    const struct challenge *challenge;
    const char *message; /* NULL: it is asked */
    unsigned calls;
  } cases[] = {
      /* A mirror's URL may be http without anybody's having asked for that. */
      {{.origin = m_origin, .prefix = no_prefix, .plain = true, .exposed = true},
       &basic,
       "none is sent over http without --plain-http=m.example",
       0},
      {{.origin = m_origin, .prefix = no_prefix, .plain = true, .exposed = true}, &bearer, NULL, 0},
      /* This machine may name a token service on another one. */
      {{.origin = m_origin, .prefix = no_prefix, .plain = true},
       &bearer,
       "it is shown no credentials without --plain-http=m.example",
       1},
      {{.origin = m_origin, .prefix = no_prefix, .plain = true, .wanted = true}, &bearer, NULL, 1},
  };
  struct fixture fixture = {.knower.known = {password(one)}};
  struct tokens *tokens = start_tokens(&fixture);
  struct token_access *access = token_acquire(tokens, &cases[_i].endpoint, "a");
  token_challenged(access, token_generation(access), cases[_i].challenge, ready, &fixture);
  ck_assert_uint_eq(fixture.knower.calls, cases[_i].calls);
  ck_assert_uint_eq(fixture.done, cases[_i].message ? 1 : 0);
  if (cases[_i].message)
    check_failed(&fixture, STATUS_UNAUTHORIZED, cases[_i].message);
  token_release(access);
  finish_tokens(&fixture, tokens);
}
END_TEST

START_TEST(what_waits_ends_with_http) {
  static const char *const repositories[] = {"a", "b", "c"};
  static const struct endpoint endpoint = {
      .origin = m_origin, .prefix = no_prefix, .plain = true, .wanted = true};
  struct fixture fixture = {.knower.known = {password(one)}};
  struct tokens *tokens = start_tokens(&fixture);
  struct token_access *accesses[3];
  for (size_t i = 0; i < 3; i++) {
    accesses[i] = token_acquire(tokens, &endpoint, repositories[i]);
    token_challenged(accesses[i], token_generation(accesses[i]), &bearer, ready, &fixture);
  }
  ck_assert_uint_eq(fixture.done, 0);
  http_free(fixture.http);
  fixture.http = NULL;
  ck_assert_uint_eq(fixture.done, 3);
  check_failed(&fixture, STATUS_LOCAL, "stopped");
  for (size_t i = 0; i < 3; i++)
    token_release(accesses[i]);
  finish_tokens(&fixture, tokens);
}
END_TEST

UNIT_MAIN("registry-auth", tcase_add_loop_test(tcase, a_password_that_ran_out_is_renewed, 0, 2);
          tcase_add_loop_test(tcase, who_cannot_be_asked_is_told_only_when_it_matters, 0, 5);
          tcase_add_loop_test(tcase, the_told_lifetime_of_a_token_counts, 0, 4);
          tcase_add_test(tcase, a_denial_is_not_taken_for_that);
          tcase_add_test(tcase, a_wrong_password_is_told);
          tcase_add_loop_test(tcase, a_name_with_a_colon_is_not_shown, 0, 2);
          tcase_add_test(tcase, a_wrong_password_is_tried_once);
          tcase_add_test(tcase, a_good_password_serves_all_who_waited);
          tcase_add_loop_test(tcase, identity_tokens_are_posted, 0, 3);
          tcase_add_test(tcase, an_identity_token_is_no_password);
          tcase_add_loop_test(tcase, a_registry_token_is_shown_as_it_is, 0, 2);
          tcase_add_loop_test(tcase, insufficient_scope_is_tried_once_with_what_is_asked_for, 0, 2);
          tcase_add_test(tcase, basic_after_bearer);
          tcase_add_test(tcase, another_password_is_tried_where_one_ran_out);
          tcase_add_loop_test(tcase, nothing_is_shown_in_the_open, 0, 4);
          tcase_add_test(tcase, what_waits_ends_with_http);)
