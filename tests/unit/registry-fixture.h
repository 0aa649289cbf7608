/* For tests of registry/client: a registry and a token service that say what they are told, and
   what a caller got. */
#ifndef OCIDUP_TESTS_REGISTRY_FIXTURE_H
#define OCIDUP_TESTS_REGISTRY_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include <check.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "http-server.h"
#include "registry/client.h"
#include "registry/digest.h"

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

static inline void say(struct fixture *fixture, int server, char *text) {
  ck_assert_uint_lt(fixture->text_count, REPLIES);
  fixture->texts[fixture->text_count++] = text;
  fixture->replies[server][fixture->counts[server]++] =
      (struct server_reply){.text = text, .then = SERVER_KEEP};
}

static inline char *response(const char *status, const char *headers, const char *body) {
  return xasprintf("HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n%s", status, strlen(body), headers,
                   body);
}

static inline int start_server(struct fixture *fixture, int server) {
  struct server_script script = {.replies = fixture->replies[server],
                                 .count = fixture->counts[server]};
  fixture->servers[server] = server_start(&script);
  return server_port(fixture->servers[server]);
}

static inline void add_note(void *arg, const char *text) {
  strbuf_printf(arg, "%s\n", text);
}

/* The client, after all was said; then requests, then finish(). */
static inline void start(struct fixture *fixture) {
  cleanup(cleanup_error) struct error *error = NULL;
  snprintf(fixture->host, sizeof fixture->host, "127.0.0.1:%d", start_server(fixture, REGISTRY));
  struct http_options options = {.stop_fd = -1, .jobs = 1};
  fixture->http = http_new(&options, &error);
  ck_assert_ptr_nonnull(fixture->http);
  fixture->client = registry_client_new(fixture->http, add_note, &fixture->notes);
  digest_of(BODY, strlen(BODY), fixture->digest);
}

static inline void run(struct fixture *fixture) {
  cleanup(cleanup_error) struct error *error = NULL;
  ck_assert_msg(http_run(fixture->http, &error) == 0, "%s", error ? error->message : "?");
}

static inline void finish(struct fixture *fixture) {
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

static inline void take(void *arg, const struct registry_reply *reply) {
  struct result *result = arg;
  result->calls++;
  result->error = error_copy(reply->error);
  result->answered = reply->answered;
  result->digest = reply->digest ? xstrdup(reply->digest) : NULL;
  result->body = reply->body ? xstrndup(reply->body, reply->length) : NULL;
  result->next = reply->next ? xstrdup(reply->next) : NULL;
  result->media_type = reply->media_type ? xstrdup(reply->media_type) : NULL;
}

static inline void cleanup_result(struct result *result) {
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

static void check_failed(const struct result *result, enum status status,
                                const char *message) {
  ck_assert_uint_eq(result->calls, 1);
  ck_assert_ptr_nonnull(result->error);
  ck_assert_msg(strstr(result->error->message, message) != NULL, "%s", result->error->message);
  ck_assert_int_eq(result->error->status, status);
}

static inline const char *asked(const struct fixture *fixture, int server, size_t index) {
  return server_request(fixture->servers[server], index);
}

static inline bool has(const char *request, const char *part) {
  return strcasestr(request, part) != NULL; /* names of headers have no case */
}

static inline void get(struct fixture *fixture, const char *reference, struct result *result) {
  registry_manifest(fixture->client, fixture->host, "a/b", reference, false, take, result);
}

/* A challenge of the registry that names the token service. */
static inline char *challenge(const struct fixture *fixture, const char *more) {
  cleanup(cleanup_free) char *header =
      xasprintf("WWW-Authenticate: Bearer realm=\"http://127.0.0.1:%d/token?x=y\",service=\"the "
                "service\"%s\r\n",
                server_port(fixture->servers[TOKENS]), more);
  return response("401 Unauthorized", header,
                  "{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"log in\"}]}");
}

#endif
