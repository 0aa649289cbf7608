/* Credentials of IAM Identity Center, by the token that `aws sso login` left in ~/.aws/sso/cache
   (AWS SDKs and Tools Reference Guide, "IAM Identity Center credential provider"), with
   `sso_session` or the older keys. A token that has expired is refreshed with its refresh token. */
#ifndef OCIDUP_AWS_CREDENTIALS_SSO_H
#define OCIDUP_AWS_CREDENTIALS_SSO_H

#include "aws/context.h"
#include "aws/credentials.h"
#include "aws/profile.h"
#include "base/error.h"

/* A provider: see aws/credentials.h. */
struct aws_credentials *aws_credentials_sso(const struct aws_context *context,
                                            const struct aws_profiles *profiles,
                                            const char *profile, struct error **err);

#endif
