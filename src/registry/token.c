#include <config.h>

#include "registry/token.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/hashmap.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "registry/authorization.h"
#include "registry/keyring.h"
#include "registry/token-question.h"

/* Accesses nobody uses are kept for the next reference to the same repository, up to this many. */
#define IDLE_MAX 1024

/* What is refused is replaced this often while one token is got: one that ran out, then one that
   was renewed; what is refused then is wrong. */
#define RENEWALS_MAX 2

struct waiter {
  struct waiter *next;
  struct token_access *access;
  token_done_fn *done;
  void *arg;
  bool guesses; /* it was not refused yet: without a token it goes out all the same */
};

/* What is known of an origin, as few requests are answered with 401 as can be. */
struct site {
  struct site *next;
  char *origin;
  enum { SITE_NEW, SITE_ASKED, SITE_TRIED, SITE_KNOWN } state;
  struct challenge challenge; /* of its first answer; without one nothing is guessed */
  struct waiter *first;
  struct waiter *last;
};

struct token_access {
  struct tokens *tokens;
  struct token_access *next;
  struct site *site;
  char *key; /* origin, space, scope */
  char *origin;
  char *host;       /* as credentials are looked up by */
  char *repository; /* NULL: the catalog */
  char *scope;
  bool plain;
  bool wanted;
  bool exposed;
  size_t users;
  struct error *missing;        /* why there is no credential; NULL: nobody has one */
  struct credential credential; /* that authorization or the token is of */
  char *authorization;
  bool direct; /* authorization is the credential itself, not a token got with it */
  unsigned generation;
  bool expires;
  int64_t expiry; /* on the monotonic clock, milliseconds */
  struct token_question question;
  bool guess;           /* question, or authorization, is as another repository was asked for it */
  bool unneeded;        /* it is read without */
  struct error *failed; /* why the guess brought nothing */
  bool fetching;
  bool trying; /* a request is under way that shows the credential, or none */
  struct token_access *next_held;
  unsigned renewals;
  struct waiter *first;
  struct waiter *last;
};

struct tokens {
  struct http *http;
  struct keyring *keyring;
  struct token_access *held; /* until it is known whether the credential is any good */
  struct token_access *all;
  struct hashmap *by_key;
  struct site *sites;
  struct hashmap *by_origin;
  size_t idle;
};

struct tokens *tokens_new(struct http *http) {
  struct tokens *tokens = xcalloc(1, sizeof *tokens);
  tokens->http = http;
  tokens->keyring = keyring_new();
  tokens->by_key = hashmap_new();
  tokens->by_origin = hashmap_new();
  return tokens;
}

void tokens_auth(struct tokens *tokens, const struct registry_auth *auth) {
  keyring_add(tokens->keyring, auth);
}

static void free_waiters(struct waiter *waiter) {
  while (waiter) {
    struct waiter *next = waiter->next;
    free(waiter);
    waiter = next;
  }
}

static void free_access(struct token_access *access) {
  free_waiters(access->first);
  free(access->key);
  free(access->origin);
  free(access->host);
  free(access->repository);
  free(access->scope);
  error_free(access->missing);
  error_free(access->failed);
  credential_clear(&access->credential);
  secret_free(access->authorization);
  token_question_clear(&access->question);
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
  while (tokens->sites) {
    struct site *site = tokens->sites;
    tokens->sites = site->next;
    free_waiters(site->first);
    challenge_clear(&site->challenge);
    free(site->origin);
    free(site);
  }
  keyring_free(tokens->keyring);
  hashmap_free(tokens->by_key);
  hashmap_free(tokens->by_origin);
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

/* The name by which users know the server at ORIGIN. */
static char *host_of(const char *origin) {
  const char *name = strstr(origin, "://");
  name = name ? name + 3 : origin;
  return xstrdup(strcmp(name, "registry-1.docker.io") == 0 ? "docker.io" : name);
}

static struct site *find_site(struct tokens *tokens, const char *origin) {
  struct site *site = hashmap_get(tokens->by_origin, origin);
  if (!site) {
    site = xcalloc(1, sizeof *site);
    site->origin = xstrdup(origin);
    site->next = tokens->sites;
    tokens->sites = site;
    hashmap_put(tokens->by_origin, site->origin, site);
  }
  return site;
}

struct token_access *token_acquire(struct tokens *tokens, const struct endpoint *endpoint,
                                   const char *repository) {
  cleanup(cleanup_free) char *scope =
      repository ? xasprintf("repository:%s:pull", repository) : xstrdup("registry:catalog:*");
  cleanup(cleanup_free) char *key = xasprintf("%s %s", endpoint->origin, scope);
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
  access->site = find_site(tokens, endpoint->origin);
  access->key = xstrdup(key);
  access->origin = xstrdup(endpoint->origin);
  access->host = host_of(endpoint->origin);
  access->repository = repository ? xstrdup(repository) : NULL;
  access->scope = xstrdup(scope);
  access->plain = endpoint->plain;
  access->wanted = endpoint->wanted;
  access->exposed = endpoint->exposed;
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
  return access->question.shown;
}

const struct error *token_missing(const struct token_access *access) {
  return access->missing;
}

static int64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void set_authorization(struct token_access *access, char *value, bool direct) {
  secret_free(access->authorization);
  access->authorization = value;
  access->direct = direct;
  access->expires = false;
  access->generation++;
}

/* ---- credentials ---- */

/* The best credential for ACCESS becomes its own; see keyring_find. */
static int find_credential(struct token_access *access, bool *unknown, struct error **err) {
  credential_clear(&access->credential);
  error_free(access->missing);
  access->missing = NULL;
  if (access->exposed)
    return 0;
  const struct credential_question question = {
      .origin = access->origin, .host = access->host, .repository = access->repository};
  return keyring_find(access->tokens->keyring, &question, &access->credential, unknown, err);
}

/* ---- the token service ---- */

static struct waiter *new_waiter(struct token_access *access, token_done_fn *done, void *arg) {
  struct waiter *waiter = xmalloc(sizeof *waiter);
  *waiter = (struct waiter){.access = access, .done = done, .arg = arg};
  return waiter;
}

static void append(struct waiter **first, struct waiter **last, struct waiter *waiter) {
  if (*last)
    (*last)->next = waiter;
  else
    *first = waiter;
  *last = waiter;
}

static void wait_for(struct token_access *access, bool guesses, token_done_fn *done, void *arg) {
  struct waiter *waiter = new_waiter(access, done, arg);
  waiter->guesses = guesses;
  append(&access->first, &access->last, waiter);
}

static void wake(struct token_access *access, const struct error *error) {
  struct waiter *waiter = access->first;
  access->first = access->last = NULL;
  access->users++; /* a waiter may be the last user */
  while (waiter) {
    struct waiter *next = waiter->next;
    waiter->done(waiter->arg, waiter->guesses ? NULL : error);
    free(waiter);
    waiter = next;
  }
  token_release(access);
}

/* What ACCESS fetched came, or (with ERROR) did not. */
static void fetched(struct token_access *access, const struct error *error) {
  access->fetching = false;
  if (error && access->guess) {
    error_free(access->failed);
    access->failed = error_copy(error);
  }
  wake(access, error);
}

static void fetch(struct token_access *access);
static void release_held(struct tokens *tokens, const char *origin, const struct error *unreached);

/* The token service refused with STATUS: when that was for a credential, and there is another, asks
   with that one. True when it did; else *error is what to tell. */
static bool try_another(struct token_access *access, long status, struct error **error) {
  bool identity = access->credential.kind == CREDENTIAL_IDENTITY;
  if (access->credential.kind == CREDENTIAL_NONE || !(status == 401 || (identity && status == 400)))
    return false;
  keyring_refused(access->tokens->keyring, access->origin, NULL, &access->credential);
  if (access->renewals++ >= RENEWALS_MAX)
    return false;
  struct error *why = NULL;
  if (find_credential(access, NULL, &why) == 0 && access->credential.kind != CREDENTIAL_NONE) {
    fetch(access);
    return true;
  }
  if (why) {
    error_wrap(&why, "%s", (*error)->message);
    error_free(*error);
    *error = why;
  }
  return false;
}

/* Takes the token in RESPONSE. 0, or -1 with *err. */
static int take_token(struct token_access *access, const struct http_response *response,
                      struct error **err) {
  if (!response->error && response->status == 200 && access->credential.kind != CREDENTIAL_NONE)
    keyring_accepted(access->tokens->keyring, access->origin, &access->credential);
  long lifetime = 0;
  char *authorization =
      authorization_got(&access->question, &access->credential, response, &lifetime, err);
  if (!authorization)
    return -1;
  set_authorization(access, authorization, false);
  /* Requests take their time to get there. */
  access->expiry = now_ms() + (lifetime > 10 ? (lifetime - 5) * 1000 : lifetime * 500);
  access->expires = true;
  return 0;
}

static void token_came(void *arg, const struct http_response *response) {
  struct token_access *access = arg;
  struct tokens *tokens = access->tokens;
  cleanup(cleanup_free) char *origin = xstrdup(access->origin);
  cleanup(cleanup_error) struct error *error = NULL;
  access->trying = false;
  if (take_token(access, response, &error) < 0 && !response->error &&
      try_another(access, response->status, &error))
    return;
  if (error)
    error_wrap(&error, "no token to read %s with", access->origin);
  const struct error *unreached = response->error ? error : NULL;
  fetched(access, error);
  release_held(tokens, origin, unreached);
}

/* True when a credential is to be shown of which nobody knows yet whether it is any good, and that
   is being found out. */
static bool must_wait(const struct token_access *access) {
  if (access->credential.kind == CREDENTIAL_NONE ||
      keyring_is_accepted(access->tokens->keyring, access->origin, &access->credential))
    return false;
  const struct token_access *other = access->tokens->all;
  while (other && !(other->trying && strcmp(other->origin, access->origin) == 0 &&
                    credential_is_same(&other->credential, &access->credential)))
    other = other->next;
  return other != NULL;
}

/* Gets a token; many that need one at once do not all try a password that may be wrong, as accounts
   get locked by that. */
static void fetch(struct token_access *access) {
  access->fetching = true;
  if (must_wait(access)) {
    access->next_held = access->tokens->held;
    access->tokens->held = access;
  } else {
    access->trying = true;
    authorization_ask(access->tokens->http, &access->question, &access->credential, access->origin,
                      token_came, access);
  }
}

/* Lets those go on that waited for what ORIGIN says; or it was not reached, which each of them
   would find out in its turn, after all of its tries: they fail with it. */
static void release_held(struct tokens *tokens, const char *origin, const struct error *unreached) {
  struct token_access *held = tokens->held;
  tokens->held = NULL;
  while (held) {
    struct token_access *access = held;
    held = access->next_held;
    if (strcmp(access->origin, origin) != 0) {
      access->next_held = tokens->held;
      tokens->held = access;
      continue;
    }
    cleanup(cleanup_error) struct error *error = NULL;
    if (unreached) {
      fetched(access, unreached);
    } else if (find_credential(access, NULL, &error) < 0) {
      error_wrap(&error, "no token to read %s with", access->origin);
      fetched(access, error);
    } else {
      fetch(access);
    }
  }
}

/* Sets what to ask for a token from a Bearer challenge. */
static int take_challenge(struct token_access *access, const struct challenge *challenge,
                          struct error **err) {
  if (token_question_set(&access->question, access->origin, access->plain, challenge, access->scope,
                         err) < 0)
    return -1;
  if (access->credential.kind != CREDENTIAL_NONE && !access->wanted &&
      token_question_is_exposed(&access->question))
    return error_set(err, STATUS_UNAUTHORIZED,
                     "%s names %s as its token service, which is not https: it is shown no "
                     "credentials without --plain-http=%s",
                     access->origin, access->question.shown, access->host);
  return 0;
}

bool token_asked(const struct token_access *access, const struct challenge *challenge) {
  const struct token_question *question = &access->question;
  const char *scope = challenge->scope && *challenge->scope ? challenge->scope : access->scope;
  return question->realm && strcmp(question->scope, scope) == 0 && challenge->realm &&
         strcmp(question->realm, challenge->realm) == 0 &&
         strcmp(question->service ? question->service : "",
                challenge->service ? challenge->service : "") == 0;
}

int64_t token_expiry(const struct token_access *access) {
  return access->expires ? access->expiry : INT64_MAX;
}

/* Shows the credential itself. */
static int show(struct token_access *access, struct error **err) {
  char *authorization =
      authorization_direct(&access->credential, access->origin, access->host, access->exposed, err);
  if (!authorization)
    return -1;
  set_authorization(access, authorization, true);
  return 0;
}

/* Looks for what CHALLENGE is to be answered with: 1 when the token service must be asked, 0 when
   not, -1 when there is nothing. */
static int answer_challenge(struct token_access *access, const struct challenge *challenge,
                            struct error **err) {
  /* It may take it elsewhere. */
  if (access->direct) {
    keyring_refused(access->tokens->keyring, access->origin,
                    access->repository ? access->repository : "", &access->credential);
    /* Who was sent with it meanwhile is to be told the same. */
    secret_free(access->authorization);
    access->authorization = NULL;
  }
  access->direct = false;
  access->guess = false;
  bool unknown;
  struct error *why = NULL;
  if (find_credential(access, &unknown, &why) < 0) {
    /* What everybody may read needs no credentials, so a helper that is broken is no reason yet. */
    if (unknown && challenge->scheme == CHALLENGE_BEARER) {
      access->missing = why;
    } else {
      error_set(err, why->status, "%s", why->message);
      error_free(why);
      return -1;
    }
  }
  if (challenge->scheme == CHALLENGE_BASIC || access->credential.kind == CREDENTIAL_BEARER)
    return show(access, err);
  return take_challenge(access, challenge, err) < 0 ? -1 : 1;
}

/* ---- guesses ---- */

/* Gets for ACCESS what another repository of its origin was asked for. Where there is nothing to
   show the registry is to say so itself, in its own words. */
static void guess(struct token_access *access) {
  const struct challenge *challenge = &access->site->challenge;
  if (challenge->scheme == CHALLENGE_NONE || access->authorization || access->unneeded ||
      !access->repository)
    return;
  error_free(access->failed);
  access->failed = NULL;
  bool unknown;
  struct error *why = NULL;
  if (find_credential(access, &unknown, &why) < 0) {
    if (!unknown || challenge->scheme != CHALLENGE_BEARER) {
      error_free(why);
      return;
    }
    access->missing = why;
  }
  access->guess = true;
  if (challenge->scheme == CHALLENGE_BASIC || access->credential.kind == CREDENTIAL_BEARER) {
    (void)show(access, NULL);
  } else if (take_challenge(access, challenge, NULL) == 0) {
    access->renewals = 0;
    fetch(access);
  }
}

bool token_is_guess(const struct token_access *access) {
  return access->guess && access->authorization;
}

void token_confirm(struct token_access *access) {
  access->guess = false;
}

void token_unneeded(struct token_access *access) {
  if (!access->guess)
    return;
  access->unneeded = true;
  /* More of its kind may be there. */
  challenge_clear(&access->site->challenge);
  if (access->authorization)
    set_authorization(access, NULL, false);
  access->guess = false;
}

/* Takes what all of the site's repositories are asked for: one scope each, which tells its own. */
static void learn(struct site *site, const struct token_access *access,
                  const struct challenge *challenge) {
  if (!challenge ||
      (challenge->scope && *challenge->scope && strcmp(challenge->scope, access->scope) != 0))
    return;
  site->challenge = (struct challenge){
      .scheme = challenge->scheme,
      .realm = challenge->realm ? xstrdup(challenge->realm) : NULL,
      .service = challenge->service ? xstrdup(challenge->service) : NULL,
  };
}

static void let_go(struct site *site) {
  struct waiter *waiter = site->first;
  site->first = site->last = NULL;
  while (waiter) {
    struct waiter *next = waiter->next;
    token_ready(waiter->access, waiter->done, waiter->arg);
    free(waiter);
    waiter = next;
  }
}

void token_heard(struct token_access *access, const struct challenge *challenge) {
  struct site *site = access->site;
  if (site->state == SITE_KNOWN)
    return;
  site->state = SITE_KNOWN;
  learn(site, access, challenge);
  let_go(site);
}

void token_unheard(struct token_access *access) {
  if (access->site->state != SITE_ASKED)
    return;
  access->site->state = SITE_TRIED;
  let_go(access->site);
}

void token_ready(struct token_access *access, token_done_fn *done, void *arg) {
  struct site *site = access->site;
  if (site->state == SITE_ASKED) {
    append(&site->first, &site->last, new_waiter(access, done, arg));
    return;
  }
  if (site->state == SITE_NEW)
    site->state = SITE_ASKED;
  else if (!access->fetching)
    guess(access);
  bool expired = access->expires && now_ms() >= access->expiry;
  if (!access->fetching && !(expired && access->question.realm)) {
    done(arg, NULL);
    return;
  }
  wait_for(access, access->guess, done, arg);
  if (!access->fetching) {
    access->renewals = 0;
    fetch(access);
  }
}

void token_challenged(struct token_access *access, unsigned generation,
                      const struct challenge *challenge, token_done_fn *done, void *arg) {
  if (access->fetching) {
    wait_for(access, false, done, arg);
    return;
  }
  if (access->generation != generation) {
    done(arg, NULL);
    return;
  }
  if (access->guess && access->failed && token_asked(access, challenge)) {
    cleanup(cleanup_error) struct error *failed = error_copy(access->failed);
    done(arg, failed);
    return;
  }
  cleanup(cleanup_error) struct error *error = NULL;
  int result = answer_challenge(access, challenge, &error);
  if (result <= 0) {
    done(arg, error);
    return;
  }
  wait_for(access, false, done, arg);
  access->renewals = 0;
  fetch(access);
}
