/* Credentials of a role for a token that somebody else issued, in a file that is kept fresh (Amazon
   EKS, GitHub Actions and the like): AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN,
   AWS_ROLE_SESSION_NAME, and for each of them that is not set web_identity_token_file, role_arn,
   role_session_name of the profile (AWS SDKs and Tools Reference Guide, "Assume role credential
   provider"). */
#ifndef OCIDUP_AWS_CREDENTIALS_WEB_IDENTITY_H
#define OCIDUP_AWS_CREDENTIALS_WEB_IDENTITY_H

#include <stdbool.h>

#include "aws/credentials.h"
#include "aws/sts.h"
#include "base/error.h"

/* A provider: see aws/credentials.h. The variables do not count when ONLY_PROFILE: it was named on
   the command line, or is another one's source. */
struct aws_credentials *aws_credentials_web_identity(const struct sts *sts, const char *profile,
                                                     bool only_profile, struct error **err);

#endif
