/* Credentials from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN (its old name
   AWS_SECURITY_TOKEN too). */
#ifndef OCIDUP_AWS_CREDENTIALS_ENVIRONMENT_H
#define OCIDUP_AWS_CREDENTIALS_ENVIRONMENT_H

#include "aws/credentials.h"

/* What this provider needs, for the message when no provider has keys. */
#define AWS_CREDENTIALS_ENVIRONMENT_NEEDS "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"

/* The keys; caller frees. NULL without *err when neither is set, with *err when one is missing. */
struct aws_credentials *aws_credentials_environment(aws_getenv_fn *env, void *env_arg,
                                                    struct error **err);

#endif
