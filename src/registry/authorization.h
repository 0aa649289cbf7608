/* How a credential is shown: to a registry itself, or to its token service, which gives a token for
   it (by GET and Basic, as distribution's token spec has it, or by POST, as its OAuth2 spec has it,
   with an identity token). Keeps nothing: which credential, for whom and how often is token's. */
#ifndef OCIDUP_REGISTRY_AUTHORIZATION_H
#define OCIDUP_REGISTRY_AUTHORIZATION_H

#include <stdbool.h>

#include "base/error.h"
#include "net/http.h"
#include "registry/credential.h"
#include "registry/token-question.h"

/* The value of Authorization that shows CREDENTIAL itself to the registry at ORIGIN, which people
   call HOST; caller wipes and frees. NULL with *err (STATUS_UNAUTHORIZED) when there is nothing to
   show, which may be because (EXPOSED) everybody could read along. */
char *authorization_direct(const struct credential *credential, const char *origin,
                           const char *host, bool exposed, struct error **err);

/* Asks the token service of the registry at ORIGIN with CREDENTIAL, which may be none. DONE gets
   what it answered. */
void authorization_ask(struct http *http, const struct token_question *question,
                       const struct credential *credential, const char *origin, http_done_fn *done,
                       void *arg);

/* The value of Authorization with the token in RESPONSE to that; caller wipes and frees. *LIFETIME
   is for how many seconds it may be used. NULL with *err when there is none: never `not_found`, as
   that says nothing about an image. */
char *authorization_got(const struct token_question *question, const struct credential *credential,
                        const struct http_response *response, long *lifetime, struct error **err);

#endif
