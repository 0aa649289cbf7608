#include <config.h>

#include "registry/client.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "registry/digest.h"
#include "registry/manifest.h"

#include "http-server.h"
#include "unit.h"

#define BODY "{\"schemaVersion\":2}"
#define WRONG "sha256:1111111111111111111111111111111111111111111111111111111111111111"

enum { REPLIES = 16 };

/* A registry and a token service, each saying what it is told, and a client of theirs. */
struct fixture {
  char *texts[REPLIES];
  size_t text_count;
  struct server_reply replies[2][REPLIES];
  size_t counts[2];
  struct server *servers[2];
  struct http *http;
  struct registry_client *client;
  struct strbuf notes;
  char host[32];                   /* of the registry */
  char digest[DIGEST_SHA256_SIZE]; /* of BODY */
};

enum { REGISTRY, TOKENS };

static void say(struct fixture *fixture, int server, char *text) {
  ck_assert_uint_lt(fixture->text_count, REPLIES);
  fixture->texts[fixture->text_count++] = text;
  fixture->replies[server][fixture->counts[server]++] =
      (struct server_reply){.text = text, .then = SERVER_KEEP};
}

static char *response(const char *status, const char *headers, const char *body) {
  return xasprintf("HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n%s", status, strlen(body), headers,
                   body);
}

static int start_server(struct fixture *fixture, int server) {
  struct server_script script = {.replies = fixture->replies[server],
                                 .count = fixture->counts[server]};
  fixture->servers[server] = server_start(&script);
  return server_port(fixture->servers[server]);
}

static void add_note(void *arg, const char *text) {
  strbuf_printf(arg, "%s\n", text);
}

/* The client, after all was said; then requests, then finish(). */
static void start(struct fixture *fixture) {
  cleanup(cleanup_error) struct error *error = NULL;
  snprintf(fixture->host, sizeof fixture->host, "127.0.0.1:%d", start_server(fixture, REGISTRY));
  struct http_options options = {.stop_fd = -1, .jobs = 1};
  fixture->http = http_new(&options, &error);
  ck_assert_ptr_nonnull(fixture->http);
  fixture->client = registry_client_new(fixture->http, add_note, &fixture->notes);
  digest_of(BODY, strlen(BODY), fixture->digest);
}

static void run(struct fixture *fixture) {
  cleanup(cleanup_error) struct error *error = NULL;
  ck_assert_msg(http_run(fixture->http, &error) == 0, "%s", error ? error->message : "?");
}

static void finish(struct fixture *fixture) {
  http_free(fixture->http);
  registry_client_free(fixture->client);
  for (int i = 0; i < 2; i++)
    if (fixture->servers[i])
      server_free(fixture->servers[i]);
  for (size_t i = 0; i < fixture->text_count; i++)
    free(fixture->texts[i]);
  strbuf_free(&fixture->notes);
}

#define FIXTURE                                                                                    \
  { .notes = STRBUF(4096) }

/* What a caller was told. */
struct result {
  unsigned calls;
  struct error *error;
  bool answered;
  char *digest;
  char *body;
  char *next;
  char *media_type;
};

static void take(void *arg, const struct registry_reply *reply) {
  struct result *result = arg;
  result->calls++;
  result->error = error_copy(reply->error);
  result->answered = reply->answered;
  result->digest = reply->digest ? xstrdup(reply->digest) : NULL;
  result->body = reply->body ? xstrndup(reply->body, reply->length) : NULL;
  result->next = reply->next ? xstrdup(reply->next) : NULL;
  result->media_type = reply->media_type ? xstrdup(reply->media_type) : NULL;
}

static void cleanup_result(struct result *result) {
  error_free(result->error);
  free(result->digest);
  free(result->body);
  free(result->next);
  free(result->media_type);
}

#define RESULT cleanup(cleanup_result) struct result

static void check_good(const struct result *result) {
  ck_assert_uint_eq(result->calls, 1);
  ck_assert_msg(result->error == NULL, "%s", result->error ? result->error->message : "");
}

static void check_failed(const struct result *result, enum status status, const char *message) {
  ck_assert_uint_eq(result->calls, 1);
  ck_assert_ptr_nonnull(result->error);
  ck_assert_msg(strstr(result->error->message, message) != NULL, "%s", result->error->message);
  ck_assert_int_eq(result->error->status, status);
}

static const char *asked(const struct fixture *fixture, int server, size_t index) {
  return server_request(fixture->servers[server], index);
}

static bool has(const char *request, const char *part) {
  return strcasestr(request, part) != NULL; /* names of headers have no case */
}

static void get(struct fixture *fixture, const char *reference, struct result *result) {
  registry_manifest(fixture->client, fixture->host, "a/b", reference, false, take, result);
}

/* ---- manifests ---- */

START_TEST(a_manifest_is_asked_for_in_all_its_types) {
  struct fixture fixture = FIXTURE;
  say(&fixture, REGISTRY,
      response("200 OK", "Content-Type: " MEDIA_TYPE_OCI_MANIFEST "\r\n", BODY));
  start(&fixture);
  RESULT result = {.calls = 0};
  get(&fixture, "v1", &result);
  ck_assert_uint_eq(result.calls, 0);
  run(&fixture);
  check_good(&result);
  ck_assert_str_eq(result.body, BODY);
  ck_assert_str_eq(result.digest, fixture.digest);
  ck_assert_str_eq(result.media_type, MEDIA_TYPE_OCI_MANIFEST);
  server_stop(fixture.servers[REGISTRY]);
  const char *request = asked(&fixture, REGISTRY, 0);
  ck_assert(has(request, "GET /v2/a/b/manifests/v1 HTTP/1.1\r\n"));
  ck_assert_msg(has(request, "\r\nAccept: " MEDIA_TYPE_OCI_INDEX ", " MEDIA_TYPE_OCI_MANIFEST
                             ", " MEDIA_TYPE_DOCKER_LIST ", " MEDIA_TYPE_DOCKER_MANIFEST ", "),
                "%s", request);
  ck_assert(has(request, MEDIA_TYPE_DOCKER_SCHEMA1_SIGNED));
  ck_assert(!has(request, "Authorization"));
  finish(&fixture);
}
END_TEST

START_TEST(head_tells_the_digest_of_the_header) {
  static const char *const headers[] = {"Docker-Content-Digest: " WRONG "\r\n", "",
                                        "Docker-Content-Digest: sha256:12\r\n"};
  struct fixture fixture = FIXTURE;
  for (size_t i = 0; i < 3; i++)
    say(&fixture, REGISTRY,
        xasprintf("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n%s\r\n", headers[i]));
  start(&fixture);
  struct result results[3] = {{.calls = 0}, {.calls = 0}, {.calls = 0}};
  for (size_t i = 0; i < 3; i++) {
    registry_manifest(fixture.client, fixture.host, "a/b", "v1", true, take, &results[i]);
    run(&fixture);
    check_good(&results[i]);
  }
  ck_assert_str_eq(results[0].digest, WRONG);
  ck_assert_ptr_null(results[1].digest);
  ck_assert_ptr_null(results[2].digest);
  server_stop(fixture.servers[REGISTRY]);
  ck_assert(has(asked(&fixture, REGISTRY, 0), "HEAD /v2/a/b/manifests/v1 "));
  ck_assert(has(asked(&fixture, REGISTRY, 0), "\r\nAccept: " MEDIA_TYPE_OCI_INDEX ", "));
  finish(&fixture);
  for (size_t i = 0; i < 3; i++)
    cleanup_result(&results[i]);
}
END_TEST

START_TEST(a_wrong_header_is_noted_and_the_bytes_count) {
  struct fixture fixture = FIXTURE;
  say(&fixture, REGISTRY, response("200 OK", "Docker-Content-Digest: " WRONG "\r\n", BODY));
  start(&fixture);
  RESULT result = {.calls = 0};
  get(&fixture, "v1", &result);
  run(&fixture);
  check_good(&result);
  ck_assert_str_eq(result.digest, fixture.digest);
  ck_assert_ptr_nonnull(strstr(strbuf_str(&fixture.notes), WRONG));
  finish(&fixture);
}
END_TEST

START_TEST(other_bytes_than_the_digest_are_refused) {
  struct fixture fixture = FIXTURE;
  say(&fixture, REGISTRY, response("200 OK", "", BODY));
  start(&fixture);
  RESULT manifest = {.calls = 0}, blob = {.calls = 0}, good = {.calls = 0}, small = {.calls = 0};
  get(&fixture, WRONG, &manifest);
  registry_blob(fixture.client, fixture.host, "a/b", WRONG, 100, take, &blob);
  registry_blob(fixture.client, fixture.host, "a/b", fixture.digest, 100, take, &good);
  registry_blob(fixture.client, fixture.host, "a/b", fixture.digest, strlen(BODY) - 1, take,
                &small);
  run(&fixture);
  check_failed(&manifest, STATUS_DIGEST_MISMATCH, "other bytes than " WRONG);
  check_failed(&blob, STATUS_DIGEST_MISMATCH, "other bytes than " WRONG);
  check_failed(&small, STATUS_TOO_LARGE, "");
  check_good(&good);
  ck_assert_str_eq(good.body, BODY);
  server_stop(fixture.servers[REGISTRY]);
  ck_assert(has(asked(&fixture, REGISTRY, 1), "GET /v2/a/b/blobs/" WRONG " "));
  finish(&fixture);
}
END_TEST

START_TEST(errors_of_the_registry_are_told) {
  struct fixture fixture = FIXTURE;
  say(&fixture, REGISTRY,
      response("404 Not Found", "",
               "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"unknown\"}]}"));
  say(&fixture, REGISTRY,
      response("403 Forbidden", "", "{\"errors\":[{\"code\":\"TOOMANYREQUESTS\"}]}"));
  start(&fixture);
  RESULT lost = {.calls = 0}, limited = {.calls = 0};
  get(&fixture, "v1", &lost);
  get(&fixture, "v2", &limited);
  run(&fixture);
  check_failed(&lost, STATUS_NOT_FOUND, "answered: unknown");
  ck_assert(lost.answered);
  check_failed(&limited, STATUS_RATE_LIMITED, "TOOMANYREQUESTS");
  finish(&fixture);
}
END_TEST

START_TEST(nobody_there_is_no_answer) {
  struct fixture fixture = FIXTURE;
  say(&fixture, REGISTRY, response("200 OK", "", BODY));
  start(&fixture);
  server_stop(fixture.servers[REGISTRY]);
  server_free(fixture.servers[REGISTRY]);
  fixture.servers[REGISTRY] = NULL;
  RESULT result = {.calls = 0};
  get(&fixture, "v1", &result);
  run(&fixture);
  check_failed(&result, STATUS_NETWORK, fixture.host);
  ck_assert(!result.answered);
  finish(&fixture);
}
END_TEST

START_TEST(a_mirror_is_asked_below_its_prefix) {
  struct fixture fixture = FIXTURE;
  say(&fixture, REGISTRY, response("200 OK", "", BODY));
  start(&fixture);
  cleanup(cleanup_free) char *mirror = xasprintf("docker.io=http://%s/hub", fixture.host);
  ck_assert_int_eq(registry_client_mirror(fixture.client, mirror, NULL), 0);
  RESULT result = {.calls = 0};
  registry_manifest(fixture.client, "docker.io", "library/nginx", "1", false, take, &result);
  run(&fixture);
  check_good(&result);
  server_stop(fixture.servers[REGISTRY]);
  ck_assert(has(asked(&fixture, REGISTRY, 0), "GET /v2/hub/library/nginx/manifests/1 "));
  finish(&fixture);
}
END_TEST

/* ---- lists ---- */

START_TEST(lists_are_paged) {
  struct fixture fixture = FIXTURE;
  say(&fixture, REGISTRY,
      response("200 OK", "Link: </v2/a/b/tags/list?last=x&n=1000>; rel=\"next\"\r\n", "{}"));
  say(&fixture, REGISTRY,
      response("200 OK", "Link: </v2/a/b/tags/list?last=x&n=1000>; rel=\"next\"\r\n", "{}"));
  say(&fixture, REGISTRY, response("200 OK", "", "{}"));
  start(&fixture);
  RESULT first = {.calls = 0}, ring = {.calls = 0}, catalog = {.calls = 0};
  registry_tags(fixture.client, fixture.host, "a/b", NULL, take, &first);
  run(&fixture);
  check_good(&first);
  ck_assert_str_eq(first.next, "/v2/a/b/tags/list?last=x&n=1000");
  registry_tags(fixture.client, fixture.host, "a/b", first.next, take, &ring);
  run(&fixture);
  check_failed(&ring, STATUS_SERVER_ERROR, "leads to itself");
  registry_catalog(fixture.client, fixture.host, NULL, take, &catalog);
  run(&fixture);
  check_good(&catalog);
  ck_assert_ptr_null(catalog.next);
  server_stop(fixture.servers[REGISTRY]);
  ck_assert(has(asked(&fixture, REGISTRY, 0), "GET /v2/a/b/tags/list?n=1000 "));
  ck_assert(has(asked(&fixture, REGISTRY, 1), "GET /v2/a/b/tags/list?last=x&n=1000 "));
  ck_assert(has(asked(&fixture, REGISTRY, 2), "GET /v2/_catalog?n=1000 "));
  finish(&fixture);
}
END_TEST

/* ---- tokens ---- */

static char *challenge(const struct fixture *fixture, const char *more) {
  cleanup(cleanup_free) char *header =
      xasprintf("WWW-Authenticate: Bearer realm=\"http://127.0.0.1:%d/token?x=y\",service=\"the "
                "service\"%s\r\n",
                server_port(fixture->servers[TOKENS]), more);
  return response("401 Unauthorized", header,
                  "{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"log in\"}]}");
}

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
  for (int i = 0; i < 2; i++) {
    say(&fixture, REGISTRY, challenge(&fixture, ""));
    say(&fixture, REGISTRY, response("200 OK", "", BODY));
  }
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
  ck_assert(!has(asked(&fixture, REGISTRY, 2), "Authorization"));
  ck_assert(has(asked(&fixture, REGISTRY, 3), "\r\nAuthorization: Bearer second\r\n"));
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
START_TEST(a_challenge_from_elsewhere_is_not_answered) {
  struct fixture fixture = FIXTURE;
  say(&fixture, TOKENS,
      response("401 Unauthorized", "WWW-Authenticate: Bearer realm=\"http://127.0.0.1:1/\"\r\n",
               ""));
  int port = start_server(&fixture, TOKENS);
  cleanup(cleanup_free) char *location = xasprintf("Location: http://127.0.0.1:%d/x\r\n", port);
  say(&fixture, REGISTRY, response("307 Temporary Redirect", location, ""));
  start(&fixture);
  RESULT result = {.calls = 0};
  registry_blob(fixture.client, fixture.host, "a/b", WRONG, 100, take, &result);
  run(&fixture);
  check_failed(&result, STATUS_UNAUTHORIZED, "HTTP status 401");
  finish(&fixture);
}
END_TEST

START_TEST(what_is_under_way_ends_with_http) {
  struct fixture fixture = FIXTURE;
  say(&fixture, REGISTRY, response("200 OK", "", BODY));
  start(&fixture);
  RESULT result = {.calls = 0};
  get(&fixture, "v1", &result);
  http_free(fixture.http);
  fixture.http = NULL;
  check_failed(&result, STATUS_LOCAL, "");
  finish(&fixture);
}
END_TEST

UNIT_MAIN("registry-client", tcase_add_test(tcase, a_manifest_is_asked_for_in_all_its_types);
          tcase_add_test(tcase, head_tells_the_digest_of_the_header);
          tcase_add_test(tcase, a_wrong_header_is_noted_and_the_bytes_count);
          tcase_add_test(tcase, other_bytes_than_the_digest_are_refused);
          tcase_add_test(tcase, errors_of_the_registry_are_told);
          tcase_add_test(tcase, nobody_there_is_no_answer);
          tcase_add_test(tcase, a_mirror_is_asked_below_its_prefix);
          tcase_add_test(tcase, lists_are_paged);
          tcase_add_test(tcase, one_token_serves_all_that_wait);
          tcase_add_test(tcase, a_token_is_for_one_repository);
          tcase_add_loop_test(tcase, a_token_that_is_refused_is_replaced_once, 0, 2);
          tcase_add_test(tcase, a_token_that_does_not_reach_is_denied);
          tcase_add_loop_test(tcase, a_token_service_that_gives_none_is_told, 0, 4);
          tcase_add_loop_test(tcase, a_challenge_that_leads_nowhere_is_told, 0, 6);
          tcase_add_loop_test(tcase, credentials_are_shown_to_who_asks, 0, 2);
          tcase_add_test(tcase, a_late_refusal_asks_for_no_other_token);
          tcase_add_test(tcase, idle_tokens_are_bounded);
          tcase_add_test(tcase, a_challenge_from_elsewhere_is_not_answered);
          tcase_add_test(tcase, what_is_under_way_ends_with_http);)
