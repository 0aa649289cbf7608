/* Lets us into private Amazon ECR where it is read as a registry (ACCOUNT.dkr.ecr.REGION.…): a
   token of GetAuthorizationToken for each registry, had with AWS's keys when it is first wanted,
   and again when it has run out or is refused. Nothing of AWS is looked at before a private ECR
   host is met. */
#ifndef OCIDUP_AWS_ECR_LOGIN_H
#define OCIDUP_AWS_ECR_LOGIN_H

#include "aws/context.h"
#include "base/error.h"
#include "net/ca.h"
#include "registry/credential.h"

struct ecr_login;

struct ecr_login_options {
  const char *profile; /* --profile; NULL: none */
  const char *cacert;  /* --cacert; NULL: none */
  unsigned max_retries;
  long timeout; /* seconds; 0: the default */
};

/* CONTEXT is borrowed, and its `ca` is set when AWS is first looked at; OPTIONS are copied, their
   strings borrowed. */
struct ecr_login *ecr_login_new(struct aws_context *context,
                                const struct ecr_login_options *options);

/* A registry_auth; ARG is the ecr_login. Knows something for private ECR hosts by https only, on
   the usual port. Its errors are rows': unauthorized, denied, network… */
int ecr_login_credential(void *arg, const struct credential_question *question,
                         struct credential *credential, struct error **err);

/* A registry_ca_fn; ARG is the ecr_login: the certificates to trust for what HOST gives, when that
   is private ECR. */
int ecr_login_ca(void *arg, const char *host, const struct ca **ca, struct error **err);

/* NULL is allowed. */
void ecr_login_free(struct ecr_login *login);

#endif
