/* Credentials from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN (its old name
   AWS_SECURITY_TOKEN first), with AWS_CREDENTIAL_EXPIRATION and AWS_ACCOUNT_ID. */
#ifndef OCIDUP_AWS_CREDENTIALS_ENVIRONMENT_H
#define OCIDUP_AWS_CREDENTIALS_ENVIRONMENT_H

#include "aws/context.h"
#include "aws/credentials.h"
#include "base/error.h"

/* A provider: see aws/credentials.h. */
struct aws_credentials *aws_credentials_environment(const struct aws_context *context,
                                                    struct error **err);

#endif
