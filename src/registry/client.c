#include <config.h>

#include "registry/client.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "registry/answer.h"
#include "registry/digest.h"
#include "registry/endpoint.h"
#include "registry/manifest.h"

/* A page of a list; some registries ignore the number that was asked for and send all. */
#define LIST_MAX ((size_t)16 * 1024 * 1024)

/* What a page is asked to hold. */
#define PAGE "1000"

/* A request may be challenged twice: before it had a token, and when that one ran out on the way.
   The third time the registry does not accept what its own token service gives. */
#define CHALLENGES_MAX 2

/* Beside these, a token may run out while its request waits to be sent, this often. */
#define EXPIRIES_MAX 16

struct registry_client {
  struct http *http;
  struct endpoints *endpoints;
  struct tokens *tokens;
  char *accept;
  void (*note)(void *arg, const char *text);
  void *note_arg;
  registry_ca_fn *find_ca;
  void *find_ca_arg;
};

enum kind { KIND_MANIFEST, KIND_BLOB, KIND_LIST };

struct request {
  struct registry_client *client;
  enum kind kind;
  bool head;
  char *url;
  char *origin;
  char *what;   /* for messages */
  char *digest; /* that the bytes must have; NULL: a tag was asked for */
  size_t max;
  struct token_access *access;
  unsigned generation; /* of the access when it was sent */
  int64_t expiry;      /* of what was sent */
  unsigned challenges;
  unsigned expiries;
  bool bare;             /* to be sent without: the guess that it was sent with was refused */
  struct error *lacking; /* what was told of that when the guess does not reach */
  bool widened;          /* a token of another scope was got for it */
  bool authorized;       /* it was sent with an Authorization */
  registry_done_fn *done;
  void *arg;
};

struct registry_client *
registry_client_new(struct http *http, void (*note)(void *arg, const char *text), void *note_arg) {
  struct registry_client *client = xcalloc(1, sizeof *client);
  client->http = http;
  client->endpoints = endpoints_new();
  client->tokens = tokens_new(http);
  client->note = note;
  client->note_arg = note_arg;
  cleanup(strbuf_free) struct strbuf accept = STRBUF(1024);
  for (const char *const *type = manifest_media_types; *type; type++)
    strbuf_printf(&accept, "%s%s", accept.length ? ", " : "Accept: ", *type);
  client->accept = strbuf_take(&accept);
  return client;
}

int registry_client_mirror(struct registry_client *client, const char *text, struct error **err) {
  return endpoints_mirror(client->endpoints, text, err);
}

int registry_client_plain_http(struct registry_client *client, const char *host,
                               struct error **err) {
  return endpoints_plain_http(client->endpoints, host, err);
}

int registry_client_tls(struct registry_client *client, const char *host, struct error **err) {
  return endpoints_tls(client->endpoints, host, err);
}

char *registry_client_prefix(const struct registry_client *client, const char *host) {
  struct endpoint endpoint;
  endpoints_find(client->endpoints, host, &endpoint);
  char *prefix = endpoint.prefix;
  endpoint.prefix = NULL;
  endpoint_clear(&endpoint);
  return prefix;
}

char *registry_client_origin(const struct registry_client *client, const char *host) {
  struct endpoint endpoint;
  endpoints_find(client->endpoints, host, &endpoint);
  char *origin = endpoint.origin;
  endpoint.origin = NULL;
  endpoint_clear(&endpoint);
  return origin;
}

void registry_client_auth(struct registry_client *client, const struct registry_auth *auth) {
  tokens_auth(client->tokens, auth);
}

void registry_client_ca(struct registry_client *client, registry_ca_fn *find, void *arg) {
  client->find_ca = find;
  client->find_ca_arg = arg;
}

void registry_client_free(struct registry_client *client) {
  if (!client)
    return;
  tokens_free(client->tokens);
  endpoints_free(client->endpoints);
  free(client->accept);
  free(client);
}

/* ---- one request ---- */

static void free_request(struct request *request) {
  token_release(request->access);
  free(request->url);
  free(request->origin);
  free(request->what);
  free(request->digest);
  error_free(request->lacking);
  free(request);
}

static void reply(struct request *request, const struct registry_reply *answer) {
  registry_done_fn *done = request->done;
  void *arg = request->arg;
  free_request(request);
  done(arg, answer);
}

static void reply_error(struct request *request, const struct error *error, bool answered) {
  const struct error *missing = token_missing(request->access);
  cleanup(cleanup_error) struct error *whole = NULL;
  if (missing && (error->status == STATUS_UNAUTHORIZED || error->status == STATUS_DENIED ||
                  error->status == STATUS_NOT_FOUND)) {
    error_set(&whole, error->status, "%s; asked without: %s", missing->message, error->message);
    error = whole;
  }
  reply(request, &(struct registry_reply){.error = error, .answered = answered});
}

static void came(void *arg, const struct http_response *response);

/* The host is there, or is not: nobody has to wait for what comes of this one's other tries. */
static void tried(void *arg) {
  struct request *request = arg;
  token_unheard(request->access);
}

static void send_request(void *arg, const struct error *error) {
  struct request *request = arg;
  if (error) {
    reply_error(request, error, false);
    return;
  }
  const struct registry_client *client = request->client;
  const char *const headers[] = {client->accept, NULL};
  const struct ca *ca = NULL;
  cleanup(cleanup_error) struct error *trouble = NULL;
  if (client->find_ca &&
      client->find_ca(client->find_ca_arg, strstr(request->origin, "://") + 3, &ca, &trouble) < 0) {
    http_send_error(client->http, trouble, came, request);
    return;
  }
  const char *authorization = request->bare ? NULL : token_authorization(request->access);
  request->generation = token_generation(request->access);
  request->expiry = token_expiry(request->access);
  request->authorized = authorization != NULL;
  http_send(client->http,
            &(struct http_request){.method = request->head ? "HEAD" : "GET",
                                   .url = request->url,
                                   .headers = request->kind == KIND_MANIFEST ? headers : NULL,
                                   .authorization = authorization,
                                   .max_body = request->max,
                                   .metered = request->kind == KIND_MANIFEST && !request->head,
                                   .follow = true,
                                   .tried = tried,
                                   .ca = ca},
            came, request);
}

struct challenge_headers {
  struct challenge challenge;
  struct error *error;
};

static void take_header(void *arg, const char *value) {
  struct challenge_headers *headers = arg;
  challenge_parse(value, &headers->challenge, &headers->error);
}

static bool is_insufficient(const struct challenge *challenge) {
  return challenge->error && strcmp(challenge->error, "insufficient_scope") == 0;
}

/* What to tell of a refusal that no token will change; caller frees. */
static struct error *refusal(const struct request *request, const struct challenge *challenge,
                             const struct http_response *response) {
  struct error *error = NULL;
  answer_error(request->origin, response->status, response->body, response->length, &error);
  const char *service = token_service(request->access);
  if (is_insufficient(challenge)) {
    /* Also the answer for what is not there, so that nobody learns names of private ones. */
    error->status = STATUS_DENIED;
    error_wrap(&error, "%s does not exist, or reading it needs other credentials", request->what);
  } else if (request->authorized && service) {
    error->status = STATUS_UNAUTHORIZED;
    error_wrap(&error, "it does not accept the token that %s gave", service);
  } else {
    error_wrap(&error, "%s does not exist, or reading it needs credentials", request->what);
  }
  return error;
}

static int64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Whether to ask again with what CHALLENGE asks for, which it then counts. */
static bool may_retry(struct request *request, const struct challenge *challenge) {
  if (request->authorized && is_insufficient(challenge)) {
    /* Once, and not for the same again. */
    bool other = token_generation(request->access) != request->generation ||
                 !token_asked(request->access, challenge);
    if (request->widened || !other)
      return false;
    request->widened = true;
    return true;
  }
  if (request->authorized && now_ms() >= request->expiry)
    return request->expiries++ < EXPIRIES_MAX;
  return request->challenges++ < CHALLENGES_MAX;
}

/* Whether REQUEST was refused for what it was not asked to show: it is sent once more without. */
static bool try_bare(struct request *request, const struct challenge *challenge,
                     const struct http_response *response) {
  if (!request->authorized || !token_is_guess(request->access) ||
      token_generation(request->access) != request->generation || now_ms() >= request->expiry)
    return false;
  request->bare = true;
  error_free(request->lacking);
  request->lacking = NULL;
  if (is_insufficient(challenge) && token_asked(request->access, challenge))
    request->lacking = refusal(request, challenge, response);
  send_request(request, NULL);
  return true;
}

static void unauthorized(struct request *request, const struct http_response *response) {
  struct challenge_headers headers = {.challenge = CHALLENGE};
  http_header_each(response, "WWW-Authenticate", take_header, &headers);
  struct challenge *challenge = &headers.challenge;
  bool elsewhere = !endpoint_same_origin(response->url, request->origin);
  if (challenge->scheme == CHALLENGE_NONE && response->status == 403)
    challenge->scheme = CHALLENGE_BASIC;
  token_heard(request->access, elsewhere ? NULL : challenge);
  bool bare = request->bare;
  request->bare = false;
  if (challenge->scheme == CHALLENGE_NONE && headers.error && !elsewhere) {
    error_wrap(&headers.error, "%s", request->origin);
    reply_error(request, headers.error, true);
  } else if (!elsewhere && try_bare(request, challenge, response)) {
    /* What it says now is said to one that showed nothing. */
  } else if (elsewhere || challenge->scheme == CHALLENGE_NONE || !may_retry(request, challenge)) {
    cleanup(cleanup_error) struct error *error = refusal(request, challenge, response);
    reply_error(request, error, true);
  } else if (bare && challenge->scheme == CHALLENGE_BEARER &&
             token_asked(request->access, challenge)) {
    token_confirm(request->access);
    cleanup(cleanup_error) struct error *error = request->lacking;
    request->lacking = NULL;
    if (error)
      reply_error(request, error, true);
    else
      send_request(request, NULL);
  } else {
    token_challenged(request->access, request->generation, challenge, send_request, request);
  }
  challenge_clear(challenge);
  error_free(headers.error);
}

/* Private ECR answers so, and not with 401, when a password of its has run out. */
static bool says_expired(const struct request *request, const struct http_response *response) {
  return response->status == 403 && request->authorized &&
         strstr(response->body, "authorization token has expired");
}

static void take_manifest(struct request *request, const struct http_response *response) {
  struct registry_reply answer = {.body = response->body,
                                  .length = response->length,
                                  .media_type = http_header(response, "Content-Type"),
                                  .answered = true};
  const char *told = http_header(response, "Docker-Content-Digest");
  if (told && !digest_is_valid(told))
    told = NULL;
  char computed[DIGEST_SHA256_SIZE];
  if (request->head) {
    answer.digest = told;
  } else if (request->digest) {
    if (!digest_matches(request->digest, response->body, response->length)) {
      cleanup(cleanup_error) struct error *error = NULL;
      error_set(&error, STATUS_DIGEST_MISMATCH, "%s gave other bytes than %s", request->origin,
                request->digest);
      reply_error(request, error, true);
      return;
    }
    answer.digest = request->digest;
  } else if (told && digest_matches(told, response->body, response->length)) {
    answer.digest = told;
  } else {
    digest_of(response->body, response->length, computed);
    answer.digest = computed;
    if (told && request->client->note) {
      cleanup(cleanup_free) char *text =
          xasprintf("%s: the header says %s, the bytes are %s", request->what, told, computed);
      request->client->note(request->client->note_arg, text);
    }
  }
  char *digest = answer.digest ? xstrdup(answer.digest) : NULL;
  answer.digest = digest;
  reply(request, &answer);
  free(digest);
}

static void take_blob(struct request *request, const struct http_response *response) {
  if (digest_matches(request->digest, response->body, response->length)) {
    reply(request, &(struct registry_reply){.body = response->body,
                                            .length = response->length,
                                            .media_type = http_header(response, "Content-Type"),
                                            .answered = true});
    return;
  }
  cleanup(cleanup_error) struct error *error = NULL;
  cleanup(cleanup_free) char *url = http_url_display(response->url);
  error_set(&error, STATUS_DIGEST_MISMATCH, "%s gave other bytes than %s", url, request->digest);
  reply_error(request, error, true);
}

static void take_list(struct request *request, const struct http_response *response) {
  cleanup(cleanup_error) struct error *error = NULL;
  cleanup(cleanup_free) char *next = NULL;
  const char *link = http_header(response, "Link");
  if (link && answer_next(link, request->url, &next, &error) < 0) {
    error_wrap(&error, "%s", request->origin);
    reply_error(request, error, true);
    return;
  }
  reply(request, &(struct registry_reply){.body = response->body,
                                          .length = response->length,
                                          .media_type = http_header(response, "Content-Type"),
                                          .next = next,
                                          .answered = true});
}

static void add_advice(struct error *error, const char *advice) {
  char *message = xasprintf("%s; %s", error->message, advice);
  free(error->message);
  error->message = message;
}

static void came(void *arg, const struct http_response *response) {
  struct request *request = arg;
  bool refused = !response->error && (response->status == 401 || says_expired(request, response));
  if (response->error || response->status == 429 || response->status >= 500)
    token_unheard(request->access);
  else if (!refused)
    token_heard(request->access, NULL);
  if (response->status == 200 && request->authorized)
    token_confirm(request->access);
  else if (response->status == 200)
    token_unneeded(request->access);
  if (response->error) {
    reply_error(request, response->error, response->error->status == STATUS_TOO_LARGE);
  } else if (refused) {
    unauthorized(request, response);
  } else if (response->status == 403 && token_service(request->access) &&
             try_bare(request, &(struct challenge)CHALLENGE, response)) {
    return;
  } else if (response->status != 200) {
    cleanup(cleanup_error) struct error *error = NULL;
    cleanup(cleanup_free) char *url = http_url_display(response->url);
    bool elsewhere = !endpoint_same_origin(response->url, request->origin);
    answer_error(elsewhere ? url : request->origin, response->status, response->body,
                 response->length, &error);
    if (response->advice)
      add_advice(error, response->advice);
    if (response->status == 400 && strstr(response->body, "HTTPS server"))
      add_advice(error, "ask for TLS with --tls");
    reply_error(request, error, true);
  } else if (request->kind == KIND_MANIFEST) {
    take_manifest(request, response);
  } else if (request->kind == KIND_BLOB) {
    take_blob(request, response);
  } else {
    take_list(request, response);
  }
}

/* ---- what can be asked ---- */

/* A request for PATH at HOST; REPOSITORY NULL: about the registry itself. */
static struct request *new_request(struct registry_client *client, enum kind kind, const char *host,
                                   const char *repository, registry_done_fn *done, void *arg) {
  struct endpoint endpoint;
  endpoints_find(client->endpoints, host, &endpoint);
  struct request *request = xcalloc(1, sizeof *request);
  request->client = client;
  request->kind = kind;
  request->done = done;
  request->arg = arg;
  request->origin = xstrdup(endpoint.origin);
  cleanup(cleanup_free) char *name = NULL;
  if (repository) {
    request->what = xasprintf("%s/%s", host, repository);
    name = xasprintf("%s%s", endpoint.prefix, repository);
    request->url = xasprintf("%s/v2/%s", endpoint.origin, name);
  } else {
    request->what = xasprintf("the list of repositories of %s", host);
    request->url = xasprintf("%s/v2", endpoint.origin);
  }
  request->access = token_acquire(client->tokens, &endpoint, name);
  endpoint_clear(&endpoint);
  return request;
}

/* Puts PATH behind the URL, or NEXT in place of all behind the origin, and sends. */
static void start(struct request *request, const char *path, const char *next) {
  char *url =
      next ? xasprintf("%s%s", request->origin, next) : xasprintf("%s/%s", request->url, path);
  free(request->url);
  request->url = url;
  token_ready(request->access, send_request, request);
}

void registry_manifest(struct registry_client *client, const char *host, const char *repository,
                       const char *reference, bool head, registry_done_fn *done, void *arg) {
  struct request *request = new_request(client, KIND_MANIFEST, host, repository, done, arg);
  cleanup(cleanup_free) char *path = xasprintf("manifests/%s", reference);
  request->head = head;
  request->max = MANIFEST_MAX;
  request->digest = digest_is_valid(reference) ? xstrdup(reference) : NULL;
  start(request, path, NULL);
}

void registry_blob(struct registry_client *client, const char *host, const char *repository,
                   const char *digest, size_t max, registry_done_fn *done, void *arg) {
  struct request *request = new_request(client, KIND_BLOB, host, repository, done, arg);
  cleanup(cleanup_free) char *path = xasprintf("blobs/%s", digest);
  request->max = max;
  request->digest = xstrdup(digest);
  start(request, path, NULL);
}

void registry_tags(struct registry_client *client, const char *host, const char *repository,
                   const char *next, registry_done_fn *done, void *arg) {
  struct request *request = new_request(client, KIND_LIST, host, repository, done, arg);
  request->max = LIST_MAX;
  start(request, "tags/list?n=" PAGE, next);
}

void registry_catalog(struct registry_client *client, const char *host, const char *next,
                      registry_done_fn *done, void *arg) {
  struct request *request = new_request(client, KIND_LIST, host, NULL, done, arg);
  request->max = LIST_MAX;
  start(request, "_catalog?n=" PAGE, next);
}
