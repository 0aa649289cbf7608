#include <config.h>

#include "registry/token.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/cleanup.h"
#include "base/hashmap.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "registry/answer.h"

/* Accesses nobody uses are kept for the next reference to the same repository, up to this many. */
#define IDLE_MAX 1024

/* Longest URL of a token service that we ask, with its arguments. */
#define URL_MAX ((size_t)16 * 1024)

struct waiter {
  struct waiter *next;
  token_done_fn *done;
  void *arg;
};

struct token_access {
  struct tokens *tokens;
  struct token_access *next;
  char *key;    /* origin, space, scope */
  char *origin; /* these two are parts of their own */
  char *scope;
  bool plain;
  size_t users;
  char *authorization;
  unsigned generation;
  bool expires;
  int64_t expiry; /* on the monotonic clock, seconds */
  char *url;      /* of the token service, with its arguments; NULL: not known yet */
  char *service;  /* the same for people */
  bool fetching;
  struct waiter *first;
  struct waiter *last;
};

struct tokens {
  struct http *http;
  struct registry_auth auth;
  struct token_access *all;
  struct hashmap *by_key;
  size_t idle;
};

struct tokens *tokens_new(struct http *http) {
  struct tokens *tokens = xcalloc(1, sizeof *tokens);
  tokens->http = http;
  tokens->by_key = hashmap_new();
  return tokens;
}

void tokens_auth(struct tokens *tokens, const struct registry_auth *auth) {
  tokens->auth = *auth;
}

static void free_secret(char *secret) {
  if (secret)
    OPENSSL_cleanse(secret, strlen(secret));
  free(secret);
}

static void free_access(struct token_access *access) {
  while (access->first) {
    struct waiter *waiter = access->first;
    access->first = waiter->next;
    free(waiter);
  }
  free(access->key);
  free(access->origin);
  free(access->scope);
  free_secret(access->authorization);
  free(access->url);
  free(access->service);
  free(access);
}

void tokens_free(struct tokens *tokens) {
  if (!tokens)
    return;
  while (tokens->all) {
    struct token_access *access = tokens->all;
    tokens->all = access->next;
    free_access(access);
  }
  hashmap_free(tokens->by_key);
  free(tokens);
}

/* Lets go of all accesses that nobody uses. */
static void forget_idle(struct tokens *tokens) {
  hashmap_free(tokens->by_key);
  tokens->by_key = hashmap_new();
  for (struct token_access **link = &tokens->all; *link;) {
    struct token_access *access = *link;
    if (access->users == 0 && !access->fetching) {
      *link = access->next;
      free_access(access);
      continue;
    }
    hashmap_put(tokens->by_key, access->key, access);
    link = &access->next;
  }
  tokens->idle = 0;
}

struct token_access *token_acquire(struct tokens *tokens, const char *origin, bool plain,
                                   const char *scope) {
  cleanup(cleanup_free) char *key = xasprintf("%s %s", origin, scope);
  struct token_access *access = hashmap_get(tokens->by_key, key);
  if (access) {
    if (access->users++ == 0)
      tokens->idle--;
    return access;
  }
  if (tokens->idle >= IDLE_MAX)
    forget_idle(tokens);
  access = xcalloc(1, sizeof *access);
  access->tokens = tokens;
  access->key = xstrdup(key);
  access->origin = xstrdup(origin);
  access->scope = xstrdup(scope);
  access->plain = plain;
  access->users = 1;
  access->next = tokens->all;
  tokens->all = access;
  hashmap_put(tokens->by_key, access->key, access);
  return access;
}

void token_release(struct token_access *access) {
  if (--access->users == 0)
    access->tokens->idle++;
}

const char *token_authorization(const struct token_access *access) {
  return access->authorization;
}

unsigned token_generation(const struct token_access *access) {
  return access->generation;
}

const char *token_service(const struct token_access *access) {
  return access->service;
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec;
}

static void set_authorization(struct token_access *access, char *value) {
  free_secret(access->authorization);
  access->authorization = value;
  access->generation++;
}

/* ---- the token service ---- */

static void wait_for(struct token_access *access, token_done_fn *done, void *arg) {
  struct waiter *waiter = xmalloc(sizeof *waiter);
  *waiter = (struct waiter){.done = done, .arg = arg};
  if (access->last)
    access->last->next = waiter;
  else
    access->first = waiter;
  access->last = waiter;
}

static void wake(struct token_access *access, const struct error *error) {
  struct waiter *waiter = access->first;
  access->first = access->last = NULL;
  access->users++; /* a waiter may be the last user */
  while (waiter) {
    struct waiter *next = waiter->next;
    waiter->done(waiter->arg, error);
    free(waiter);
    waiter = next;
  }
  token_release(access);
}

static void token_came(void *arg, const struct http_response *response) {
  struct token_access *access = arg;
  cleanup(cleanup_error) struct error *error = NULL;
  access->fetching = false;
  long lifetime = 0;
  char *token = NULL;
  if (response->error) {
    error = error_copy(response->error);
  } else if (response->status != 200) {
    answer_error(access->service, response->status, response->body, response->length, &error);
    /* Its "not found" says nothing about the image. */
    if (error->status == STATUS_NOT_FOUND)
      error->status = STATUS_UNAUTHORIZED;
  } else {
    token = answer_token(response->body, response->length, &lifetime, &error);
    if (!token)
      error_wrap(&error, "%s", access->service);
  }
  if (!token) {
    error_wrap(&error, "no token to read %s with", access->origin);
    wake(access, error);
    return;
  }
  set_authorization(access, xasprintf("Bearer %s", token));
  free_secret(token);
  /* Requests take their time to get there. */
  access->expiry = now() + (lifetime > 10 ? lifetime - 5 : (lifetime + 1) / 2);
  access->expires = true;
  wake(access, NULL);
}

static char *basic(const char *user, const char *password) {
  cleanup(cleanup_free) char *pair = xasprintf("%s:%s", user, password);
  size_t length = strlen(pair);
  char *value = xmalloc(sizeof "Basic " + (length + 2) / 3 * 4);
  memcpy(value, "Basic ", sizeof "Basic " - 1);
  EVP_EncodeBlock((unsigned char *)value + sizeof "Basic " - 1, (unsigned char *)pair, (int)length);
  OPENSSL_cleanse(pair, length);
  return value;
}

static char *basic_for(struct token_access *access) {
  const struct registry_auth *auth = &access->tokens->auth;
  const char *user, *password;
  if (!auth->credentials || !auth->credentials(auth->arg, access->origin, &user, &password) ||
      strlen(user) + strlen(password) > 64 * 1024)
    return NULL;
  return basic(user, password);
}

static void fetch(struct token_access *access) {
  char *authorization = basic_for(access);
  const char *const headers[] = {"Accept: application/json", NULL};
  access->fetching = true;
  http_send(access->tokens->http,
            &(struct http_request){.method = "GET",
                                   .url = access->url,
                                   .headers = headers,
                                   .authorization = authorization,
                                   .max_body = ANSWER_TOKEN_MAX,
                                   .follow = true},
            token_came, access);
  free_secret(authorization);
}

static void put_argument(struct strbuf *url, bool first, const char *name, const char *value,
                         size_t length) {
  strbuf_printf(url, "%c%s=", first ? '?' : '&', name);
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)value[i];
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 (c && strchr("-._~:/", c));
    if (plain)
      strbuf_putc(url, (char)c);
    else
      strbuf_printf(url, "%%%02X", c);
  }
}

/* Sets the URL to ask for a token from a Bearer challenge. */
static int take_challenge(struct token_access *access, const struct challenge *challenge,
                          struct error **err) {
  const char *realm = challenge->realm;
  if (!realm)
    return error_set(err, STATUS_UNAUTHORIZED,
                     "%s asks for a token and does not say where to get one", access->origin);
  bool tls = strncasecmp(realm, "https://", 8) == 0;
  bool http = strncasecmp(realm, "http://", 7) == 0;
  cleanup(cleanup_free) char *shown = http_url_display(realm);
  if (!tls && !(http && access->plain))
    return error_set(err, STATUS_UNAUTHORIZED,
                     "%s names %s as its token service, which is not https: refused",
                     access->origin, shown);
  const char *authority = realm + (tls ? 8 : 7);
  bool clean = strcspn(authority, "@") >= strcspn(authority, "/?") && !strchr(realm, '#');
  for (const char *c = realm; *c; c++)
    clean = clean && *c > ' ' && *c < 0x7f;
  cleanup(strbuf_free) struct strbuf url = STRBUF(URL_MAX);
  strbuf_puts(&url, realm);
  bool first = !strchr(realm, '?');
  if (challenge->service) {
    put_argument(&url, first, "service", challenge->service, strlen(challenge->service));
    first = false;
  }
  const char *scope = challenge->scope && *challenge->scope ? challenge->scope : access->scope;
  while (*scope) {
    size_t length = strcspn(scope, " ");
    if (length > 0) {
      put_argument(&url, first, "scope", scope, length);
      first = false;
    }
    scope += length;
    scope += strspn(scope, " ");
  }
  if (!clean || url.overflow)
    return error_set(err, STATUS_UNAUTHORIZED, "%s names a token service whose URL cannot be used",
                     access->origin);
  free(access->url);
  access->url = strbuf_take(&url);
  free(access->service);
  access->service = xstrdup(shown);
  return 0;
}

void token_ready(struct token_access *access, token_done_fn *done, void *arg) {
  bool expired = access->expires && now() >= access->expiry;
  if (!access->fetching && !(expired && access->url)) {
    done(arg, NULL);
    return;
  }
  wait_for(access, done, arg);
  if (!access->fetching)
    fetch(access);
}

void token_challenged(struct token_access *access, unsigned generation,
                      const struct challenge *challenge, token_done_fn *done, void *arg) {
  if (access->fetching) {
    wait_for(access, done, arg);
    return;
  }
  if (access->generation != generation) {
    done(arg, NULL);
    return;
  }
  cleanup(cleanup_error) struct error *error = NULL;
  if (challenge->scheme == CHALLENGE_BASIC) {
    char *authorization = basic_for(access);
    if (authorization) {
      set_authorization(access, authorization);
      access->expires = false;
    } else {
      error_set(&error, STATUS_UNAUTHORIZED,
                "%s asks for a user name and password, and none are known", access->origin);
    }
    done(arg, error);
    return;
  }
  if (take_challenge(access, challenge, &error) < 0) {
    done(arg, error);
    return;
  }
  wait_for(access, done, arg);
  fetch(access);
}
