/* Keys of a role, from the Security Token Service (AWS STS API Reference, version 2011-06-15: query
   protocol, answers in XML). Owns the calls and their answers; which role, and with whose keys, is
   the providers' business. */
#ifndef OCIDUP_AWS_STS_H
#define OCIDUP_AWS_STS_H

#include <stddef.h>

#include "aws/context.h"
#include "aws/credentials.h"
#include "aws/profile.h"
#include "base/error.h"

/* Whose settings say where STS is, all borrowed. */
struct sts {
  const struct aws_context *context;
  const struct aws_profiles *profiles;
  const char *profile;
  const char *region; /* NULL: the environment's, or the profile's */
};

struct sts_role {
  const char *arn;
  const char *session_name; /* NULL: "ocidup-" and the time */
  const char *external_id;  /* for AssumeRole; NULL: none */
  long duration;            /* seconds that the keys shall live; 0: as long as STS likes */
};

/* AssumeRole, signed with KEYS. Waits. What is returned has its expiry and its account, and is from
   "role ARN". NULL with *err (STATUS_DENIED when STS says AccessDenied): "AssumeRole: CODE:
   MESSAGE; what to do". */
struct aws_credentials *sts_assume_role(const struct sts *sts, const struct aws_credentials *keys,
                                        const struct sts_role *role, struct error **err);

/* AssumeRoleWithWebIdentity, by TOKEN alone: not signed. */
struct aws_credentials *sts_assume_role_with_web_identity(const struct sts *sts, const char *token,
                                                          const struct sts_role *role,
                                                          struct error **err);

/* The answer to one of them taken apart, for tests: the keys of the role ARN when HTTP_STATUS is
   200, else NULL with *err. */
struct aws_credentials *sts_read(const char *operation, const char *arn, long http_status,
                                 const char *body, size_t length, struct error **err);

#endif
