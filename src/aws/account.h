/* An AWS account as a user names it, by a profile or a role or neither: whose keys, in which
   regions, trusting which certificates. Nothing is asked before aws_account_has_keys. */
#ifndef OCIDUP_AWS_ACCOUNT_H
#define OCIDUP_AWS_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/context.h"
#include "aws/profile.h"
#include "aws/source.h"
#include "base/error.h"
#include "net/ca.h"
#include "net/http.h"

struct aws_account {
  const char *profile; /* borrowed; NULL: none named */
  char *label;    /* for messages: "profile dev", "role arn:…"; NULL: there is none to name */
  char *id;       /* 12 digits, not by anybody's claim; NULL: not known */
  char **regions; /* one at least */
  size_t region_count;
  struct ca ca;
  struct aws_context *context; /* the world, by these certificates */
  struct aws_source *source;
  struct error *error; /* why there are no keys, once asked for */
};

/* What is given for it. All borrowed; those of the profile must outlive the account. */
struct aws_account_options {
  const char *profile;        /* NULL: none named */
  const char *role_arn;       /* to assume; NULL: none */
  const char *external_id;    /* for it; NULL: none */
  const char *const *regions; /* none: that of the environment or the profile */
  size_t region_count;
  const char *cacert;              /* NULL: not given */
  const struct http_options *http; /* of requests for keys */
};

/* The account in the ARN of a role (arn:PARTITION:iam::ACCOUNT:role/NAME); caller frees. NULL when
   it is no such ARN. */
char *aws_role_account(const char *arn);

/* CONTEXT is used for what the environment says, and during this call only; PROFILES is borrowed
   for good. NULL with *err (STATUS_LOCAL), which names profile or role, when there is no region, or
   a file of certificates cannot be used. */
struct aws_account *aws_account_new(const struct aws_context *context,
                                    const struct aws_profiles *profiles,
                                    const struct aws_account_options *options, struct error **err);

/* Asks for keys. False, and `error` is set (never STATUS_LOCAL), when there are none. */
bool aws_account_has_keys(struct aws_account *account);

/* NULL is allowed. */
void aws_account_free(struct aws_account *account);

#endif
