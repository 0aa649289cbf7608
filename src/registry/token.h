/* What a registry is shown to let us read: Bearer tokens of its token service (distribution's token
   spec), one for each registry and scope, shared by all requests that need it, fetched once while
   many wait; Basic where it asks for that. Owns their life; when to ask again after a refusal is
   the client's business. */
#ifndef OCIDUP_REGISTRY_TOKEN_H
#define OCIDUP_REGISTRY_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "net/http.h"
#include "registry/challenge.h"
#include "registry/credential.h"
#include "registry/endpoint.h"

struct tokens;
struct token_access;

/* Borrows HTTP. */
struct tokens *tokens_new(struct http *http);

/* Copies *AUTH, to be asked after those that were added before; without any, everything is read
   anonymously. */
void tokens_auth(struct tokens *tokens, const struct registry_auth *auth);

/* What is shown to the registry at ENDPOINT's origin to read REPOSITORY (named as it is there;
   NULL: the registry's catalog). Give it back with token_release. */
struct token_access *token_acquire(struct tokens *tokens, const struct endpoint *endpoint,
                                   const char *repository);
void token_release(struct token_access *access);

/* ERROR, borrowed, is NULL when a request can be sent. */
typedef void token_done_fn(void *arg, const struct error *error);

/* Calls DONE when what token_authorization gives is the best there is: at once, or when a token
   that is being fetched came or one that has run out was replaced. The first request to an origin
   goes alone, the others wait for token_heard: what it is asked for they are, too, and get it
   without being refused first. */
void token_ready(struct token_access *access, token_done_fn *done, void *arg);

/* The registry answered, with CHALLENGE or (NULL) none; or it was tried without success, and the
   next answer tells. */
void token_heard(struct token_access *access, const struct challenge *challenge);
void token_unheard(struct token_access *access);

/* True when token_authorization is shown though nobody asked for it to read this repository, only
   to read another one. It may be refused where nothing is needed. */
bool token_is_guess(const struct token_access *access);

/* The guess was right, and is none any more; or nothing is needed here. */
void token_confirm(struct token_access *access);
void token_unneeded(struct token_access *access);

/* The registry refused with CHALLENGE a request that was sent at GENERATION: gets what it asks for,
   unless that was done meanwhile, then calls DONE. */
void token_challenged(struct token_access *access, unsigned generation,
                      const struct challenge *challenge, token_done_fn *done, void *arg);

/* The value of Authorization, borrowed until the next call of anything here; NULL: none. */
const char *token_authorization(const struct token_access *access);

/* True when the token is one that CHALLENGE, of a later answer, asks for: of the same service and
   scope. */
bool token_asked(const struct token_access *access, const struct challenge *challenge);

/* When token_authorization has run out, or is about to: milliseconds of the monotonic clock;
   INT64_MAX: nobody knows. */
int64_t token_expiry(const struct token_access *access);

/* Grows with each change of token_authorization. */
unsigned token_generation(const struct token_access *access);

/* The token service as shown to people; NULL: none was asked yet. Borrowed. */
const char *token_service(const struct token_access *access);

/* Why it is read anonymously though credentials may be meant for it: who keeps them could not be
   asked; NULL: it is not so. Borrowed. */
const struct error *token_missing(const struct token_access *access);

/* NULL is allowed. After http_free, so that nothing waits any more. */
void tokens_free(struct tokens *tokens);

#endif
