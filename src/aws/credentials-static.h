/* Credentials written in a profile: aws_access_key_id, aws_secret_access_key, aws_session_token
   (its old name aws_security_token too), and aws_account_id for the account. */
#ifndef OCIDUP_AWS_CREDENTIALS_STATIC_H
#define OCIDUP_AWS_CREDENTIALS_STATIC_H

#include <stdbool.h>

#include "aws/context.h"
#include "aws/credentials.h"
#include "aws/profile.h"
#include "base/error.h"

/* A provider: see aws/credentials.h. Of the config file when CONFIG, else of the credentials file:
   the chain asks for them at different places. As the AWS CLI has it, a secret without an ID is
   nothing, and an ID without a secret an error. */
struct aws_credentials *aws_credentials_static(const struct aws_profiles *profiles,
                                               const char *profile, bool config,
                                               struct error **err);

#endif
