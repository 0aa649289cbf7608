/* The region of the EC2 instance, from its metadata service (aws/imds): what is meant when nothing
   else names one, as by the AWS CLI. */
#ifndef OCIDUP_AWS_REGION_IMDS_H
#define OCIDUP_AWS_REGION_IMDS_H

#include "aws/context.h"
#include "aws/profile.h"
#include "base/error.h"

/* Caller frees; PROFILE is whose settings of the service count, PROFILES may be NULL. Waits, for a
   second when nobody is there. NULL without *err when there is no such service or it does not say
   (which is noted); with *err (STATUS_UNAUTHORIZED) when its settings are wrong. */
char *aws_region_imds(const struct aws_context *context, const struct aws_profiles *profiles,
                      const char *profile, struct error **err);

#endif
