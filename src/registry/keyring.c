#include <config.h>

#include "registry/keyring.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hashmap.h"
#include "base/xalloc.h"

/* Bytes of a user name and password, or a token: some are of several KiB. */
#define SECRET_MAX ((size_t)64 * 1024)

/* What is known of credentials at one place: an origin, or a repository there. */
struct verdicts {
  struct verdicts *next;
  char *place;
  struct verdict {
    struct credential credential;
    bool accepted;
  } * items;
  size_t count;
  size_t capacity;
};

struct keyring {
  struct registry_auth *auths;
  size_t count;
  size_t capacity;
  struct verdicts *all;
  struct hashmap *by_place;
};

struct keyring *keyring_new(void) {
  struct keyring *keyring = xcalloc(1, sizeof *keyring);
  keyring->by_place = hashmap_new();
  return keyring;
}

void keyring_add(struct keyring *keyring, const struct registry_auth *auth) {
  keyring->auths =
      xgrow(keyring->auths, keyring->count, &keyring->capacity, sizeof *keyring->auths);
  keyring->auths[keyring->count++] = *auth;
}

void keyring_free(struct keyring *keyring) {
  if (!keyring)
    return;
  while (keyring->all) {
    struct verdicts *verdicts = keyring->all;
    keyring->all = verdicts->next;
    for (size_t i = 0; i < verdicts->count; i++)
      credential_clear(&verdicts->items[i].credential);
    free(verdicts->items);
    free(verdicts->place);
    free(verdicts);
  }
  hashmap_free(keyring->by_place);
  free(keyring->auths);
  free(keyring);
}

/* ---- verdicts ---- */

static struct verdict *find_verdict(const struct keyring *keyring, const char *place,
                                    const struct credential *credential) {
  struct verdicts *verdicts = hashmap_get(keyring->by_place, place);
  for (size_t i = 0; verdicts && i < verdicts->count; i++)
    if (credential_is_same(&verdicts->items[i].credential, credential))
      return &verdicts->items[i];
  return NULL;
}

static void set_verdict(struct keyring *keyring, const char *place,
                        const struct credential *credential, bool accepted) {
  struct verdict *known = find_verdict(keyring, place, credential);
  if (known) {
    known->accepted = accepted;
    return;
  }
  struct verdicts *verdicts = hashmap_get(keyring->by_place, place);
  if (!verdicts) {
    verdicts = xcalloc(1, sizeof *verdicts);
    verdicts->place = xstrdup(place);
    verdicts->next = keyring->all;
    keyring->all = verdicts;
    hashmap_put(keyring->by_place, verdicts->place, verdicts);
  }
  verdicts->items =
      xgrow(verdicts->items, verdicts->count, &verdicts->capacity, sizeof *verdicts->items);
  struct verdict *verdict = &verdicts->items[verdicts->count++];
  *verdict = (struct verdict){.credential = CREDENTIAL, .accepted = accepted};
  credential_copy(&verdict->credential, credential);
}

/* ORIGIN, or REPOSITORY there; caller frees. */
static char *place_of(const char *origin, const char *repository) {
  return repository ? xasprintf("%s %s", origin, repository) : xstrdup(origin);
}

void keyring_refused(struct keyring *keyring, const char *origin, const char *repository,
                     const struct credential *credential) {
  cleanup(cleanup_free) char *place = place_of(origin, repository);
  set_verdict(keyring, place, credential, false);
}

void keyring_accepted(struct keyring *keyring, const char *origin,
                      const struct credential *credential) {
  set_verdict(keyring, origin, credential, true);
}

bool keyring_is_accepted(const struct keyring *keyring, const char *origin,
                         const struct credential *credential) {
  const struct verdict *verdict = find_verdict(keyring, origin, credential);
  return verdict && verdict->accepted;
}

static bool is_refused(const struct keyring *keyring, const struct credential_question *question,
                       const struct credential *credential) {
  cleanup(cleanup_free) char *place =
      place_of(question->origin, question->repository ? question->repository : "");
  const struct verdict *here = find_verdict(keyring, place, credential);
  const struct verdict *all = find_verdict(keyring, question->origin, credential);
  return (here && !here->accepted) || (all && !all->accepted);
}

/* ---- questions ---- */

/* True when CREDENTIAL can stand in a header. */
static bool is_usable(const struct credential *credential) {
  size_t length = 0;
  if (credential->kind == CREDENTIAL_PASSWORD) {
    /* RFC 7617, 2. */
    if (!credential->user || strchr(credential->user, ':'))
      return false;
    length = strlen(credential->user);
  }
  if (!credential->secret || length + strlen(credential->secret) > SECRET_MAX)
    return false;
  if (credential->kind == CREDENTIAL_BEARER)
    for (const char *c = credential->secret; *c; c++)
      if (*c <= ' ' || *c >= 0x7f)
        return false;
  return true;
}

static const char *source_of(const struct credential *credential) {
  return credential->source ? credential->source : "the configuration";
}

/* What AUTH knows for QUESTION and was not refused, into *FOUND, which is CREDENTIAL_NONE when
   there is none. *REFUSED is then what AUTH has that was refused. 0 or -1. */
static int ask(const struct keyring *keyring, const struct registry_auth *auth,
               struct credential_question *question, struct credential *found,
               struct credential *refused, struct error **err) {
  question->refused = NULL;
  for (int i = 0; i < 2; i++) {
    if (auth->credential(auth->arg, question, found, err) < 0)
      return -1;
    if (found->kind == CREDENTIAL_NONE)
      return 0;
    if (!is_usable(found))
      return error_set(err, STATUS_UNAUTHORIZED, "%s holds what cannot be shown to %s",
                       source_of(found), question->host);
    if (!is_refused(keyring, question, found))
      return 0;
    credential_copy(refused, found);
    credential_clear(found);
    question->refused = refused;
  }
  return 0;
}

int keyring_find(struct keyring *keyring, const struct credential_question *asked,
                 struct credential *found, bool *unknown, struct error **err) {
  struct error *first = NULL;
  cleanup(credential_clear) struct credential refused = CREDENTIAL;
  struct credential_question question = *asked;
  for (size_t i = 0; i < keyring->count; i++) {
    credential_clear(found);
    struct error *error = NULL;
    int result = ask(keyring, &keyring->auths[i], &question, found, &refused, &error);
    if (result == 0 && found->kind != CREDENTIAL_NONE) {
      error_free(first);
      return 0;
    }
    if (!first)
      first = error;
    else
      error_free(error);
  }
  credential_clear(found);
  if (unknown)
    *unknown = first && refused.kind == CREDENTIAL_NONE;
  if (!first && refused.kind != CREDENTIAL_NONE)
    error_set(&first, STATUS_UNAUTHORIZED, "%s does not accept the %s from %s", asked->origin,
              refused.kind == CREDENTIAL_PASSWORD   ? "user name and password"
              : refused.kind == CREDENTIAL_IDENTITY ? "identity token"
                                                    : "token",
              source_of(&refused));
  if (!first)
    return 0;
  if (err && !*err)
    *err = first;
  else
    error_free(first);
  return -1;
}
