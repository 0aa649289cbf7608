/* An AWS account as a user names it, by a profile or a role or neither: whose keys, in which
   regions, trusting which certificates. No keys are asked for before aws_account_has_keys. */
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
  char **regions; /* none: only when there is an error */
  size_t region_count;
  struct ca ca;
  struct aws_context *context; /* the world, by these certificates */
  struct aws_source *source;
  bool regionless;     /* nothing says the region, which is the error */
  struct error *error; /* why it cannot be asked; NULL: it can, for all that is known */
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

/* CONTEXT is used for what the environment says, and for the instance's metadata service when
   nothing else says the region, during this call only; PROFILES is borrowed for good. When there is
   no region, or a file of certificates cannot be used, `error` is set. */
struct aws_account *aws_account_new(const struct aws_context *context,
                                    const struct aws_profiles *profiles,
                                    const struct aws_account_options *options);

/* Asks for keys. False, and `error` is set, when there are none, or when there was an error before:
   when that is about the region only, it then says so of the keys too. */
bool aws_account_has_keys(struct aws_account *account);

/* NULL is allowed. */
void aws_account_free(struct aws_account *account);

#endif
