/* Credentials of a role that a profile names: `role_arn` with `source_profile` or
   `credential_source`, and external_id, role_session_name, duration_seconds (AWS SDKs and Tools
   Reference Guide, "Assume role credential provider"). The source may name a role itself, and so
   on. Does not know how other keys are had: its caller tells. */
#ifndef OCIDUP_AWS_CREDENTIALS_ROLE_H
#define OCIDUP_AWS_CREDENTIALS_ROLE_H

#include "aws/credentials.h"
#include "aws/sts.h"
#include "base/error.h"

/* How the keys are had with which a role is assumed. Both as providers, see aws/credentials.h. */
struct aws_role_keys {
  /* What PROFILE has that is no role. */
  struct aws_credentials *(*of_profile)(void *arg, const char *profile, struct error **err);
  /* What the credential_source NAME gives: Environment, EcsContainer, Ec2InstanceMetadata. NULL
     with *err for another name, too. */
  struct aws_credentials *(*of_source)(void *arg, const char *name, struct error **err);
  void *arg;
};

/* A provider: see aws/credentials.h. */
struct aws_credentials *aws_credentials_role(const struct sts *sts, const char *profile,
                                             const struct aws_role_keys *keys, struct error **err);

#endif
