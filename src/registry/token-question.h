/* What a registry's token service is asked, made of the registry's challenge: by GET, as
   distribution's token spec has it, or by POST with an identity token, as its OAuth2 spec has it.
   Pure; whom to ask and with which credentials is token's business. */
#ifndef OCIDUP_REGISTRY_TOKEN_QUESTION_H
#define OCIDUP_REGISTRY_TOKEN_QUESTION_H

#include <stdbool.h>

#include "base/error.h"
#include "registry/challenge.h"

/* Owned strings. */
struct token_question {
  char *realm;   /* URL of the token service; NULL: not known yet */
  char *service; /* NULL: none */
  char *scope;   /* one or more, separated by a blank */
  char *shown;   /* the realm, for people */
};

/* For `struct token_question q = TOKEN_QUESTION;` */
#define TOKEN_QUESTION                                                                             \
  { .realm = NULL }

/* Sets *QUESTION (what it held is freed) from a Bearer challenge of the registry at ORIGIN. SCOPE
   is for a challenge that names none. PLAIN: the token service may speak http. 0, or -1 with *err
   (STATUS_UNAUTHORIZED) for a realm that must not be asked; *QUESTION is then as it was. */
int token_question_set(struct token_question *question, const char *origin, bool plain,
                       const struct challenge *challenge, const char *scope, struct error **err);

/* The URL to GET; caller frees. */
char *token_question_url(const struct token_question *question);

/* The form to POST to the realm with REFRESH_TOKEN, application/x-www-form-urlencoded; caller wipes
   and frees. */
char *token_question_form(const struct token_question *question, const char *refresh_token);

/* True when the realm is http to another machine, where everybody may read along. */
bool token_question_is_exposed(const struct token_question *question);

void token_question_clear(struct token_question *question);

#endif
