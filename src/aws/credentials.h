/* AWS credentials: keys, and what is known of them. Where they come from is the providers' business
   (credentials-PROVIDER), their order and renewal source's. */
#ifndef OCIDUP_AWS_CREDENTIALS_H
#define OCIDUP_AWS_CREDENTIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Owned strings; wiped when freed. */
struct aws_credentials {
  char *access_key_id;
  char *secret_access_key;
  char *session_token; /* NULL: none */
  int64_t expiry;      /* Unix time, seconds; 0: they do not run out, or nobody said when */
  char *account;       /* 12 digits; NULL: not known */
  bool confirmed;      /* AWS said that they are of `account`; else whoever gave them claims it */
  char *provider;      /* for -v: "environment", "role arn:… with keys of profile dev" */
};

/* Copies of the strings. NULL with *err (STATUS_UNAUTHORIZED) when one of them could not be signed
   with: white space and control bytes get into such values by a bad copy, and the service would
   only say that the signature is wrong. WHERE names the source of each for the message:
   "AWS_SECRET_ACCESS_KEY". EXPIRY and ACCOUNT may be set in what is returned. */
struct aws_credentials *aws_credentials_new(const char *access_key_id,
                                            const char *secret_access_key,
                                            const char *session_token, const char *const where[3],
                                            const char *provider, struct error **err);

/* True for the ID of an account, 12 digits. NULL is allowed. */
bool aws_is_account(const char *text);

/* NULL is allowed. */
void aws_credentials_free(struct aws_credentials *credentials);

/* The providers. Each: the keys, caller frees; NULL without *err when it has nothing to say, so
   that the next one is asked; NULL with *err (STATUS_UNAUTHORIZED, or STATUS_DENIED from STS, with
   what to do) when it is meant and cannot. Secrets are in no error. */

#endif
