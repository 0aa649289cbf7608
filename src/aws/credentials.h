/* AWS credentials: which keys sign. One provider a source file (credentials-PROVIDER.c); this
   module owns their order. Only the environment so far. */
#ifndef OCIDUP_AWS_CREDENTIALS_H
#define OCIDUP_AWS_CREDENTIALS_H

#include "base/error.h"

/* Owned strings; wiped when freed. */
struct aws_credentials {
  char *access_key_id;
  char *secret_access_key;
  char *session_token;  /* NULL: none */
  const char *provider; /* static text, for -v: "environment" */
};

/* How a variable is looked up, so that tests pass their own. */
typedef const char *aws_getenv_fn(void *arg, const char *name);

/* getenv() as an aws_getenv_fn. */
const char *aws_getenv(void *arg, const char *name);

/* The variable's value; NULL when it is empty too, as all AWS tools see it. */
const char *aws_getenv_set(aws_getenv_fn *env, void *env_arg, const char *name);

/* The first provider that has keys; caller frees. NULL with *err (STATUS_UNAUTHORIZED) naming what
   was looked for, in order. A provider that has only a part of what it needs is an error and does
   not pass the question on. */
struct aws_credentials *aws_credentials_find(aws_getenv_fn *env, void *env_arg, struct error **err);

/* Copies of the strings. NULL with *err (STATUS_UNAUTHORIZED) when one of them could not be signed
   with: white space and control bytes get into such values by a bad copy, and the service would
   only say that the signature is wrong. WHERE names the source of each for the message:
   "AWS_SECRET_ACCESS_KEY". */
struct aws_credentials *aws_credentials_new(const char *access_key_id,
                                            const char *secret_access_key,
                                            const char *session_token, const char *const where[3],
                                            const char *provider, struct error **err);

/* NULL is allowed. */
void aws_credentials_free(struct aws_credentials *credentials);

#endif
