/* Credentials of the EC2 instance's role, from its metadata service (aws/imds). */
#ifndef OCIDUP_AWS_CREDENTIALS_IMDS_H
#define OCIDUP_AWS_CREDENTIALS_IMDS_H

#include "aws/context.h"
#include "aws/credentials.h"
#include "aws/profile.h"
#include "base/error.h"

/* A provider: see aws/credentials.h. */
struct aws_credentials *aws_credentials_imds(const struct aws_context *context,
                                             const struct aws_profiles *profiles,
                                             const char *profile, struct error **err);

#endif
