/* Credentials that a program prints: `credential_process` of a profile (AWS SDKs and Tools
   Reference Guide, "Process credential provider"). No shell. */
#ifndef OCIDUP_AWS_CREDENTIALS_PROCESS_H
#define OCIDUP_AWS_CREDENTIALS_PROCESS_H

#include "aws/context.h"
#include "aws/credentials.h"
#include "aws/profile.h"
#include "base/error.h"

/* A provider: see aws/credentials.h. */
struct aws_credentials *aws_credentials_process(const struct aws_context *context,
                                                const struct aws_profiles *profiles,
                                                const char *profile, struct error **err);

#endif
