/* Where the keys of one account come from, over time: the provider that the chain finds is asked
   when keys are first needed, again before they run out, and when a service says that they did. The
   order of providers is aws/chain's business. */
#ifndef OCIDUP_AWS_SOURCE_H
#define OCIDUP_AWS_SOURCE_H

#include "aws/context.h"
#include "aws/credentials.h"
#include "aws/profile.h"
#include "base/error.h"

struct aws_source;

struct aws_source_options {
  const char *profile;     /* --profile: named on the command line, so the environment's keys do not
                              count; NULL: AWS_PROFILE or default */
  const char *role_arn;    /* a role to assume with the keys found; NULL: none */
  const char *external_id; /* for it; NULL: none */
  const char *region;      /* where STS is asked, as the AWS CLI does: the region that the keys are
                              for. NULL: the one of the environment or the profile */
};

/* CONTEXT and PROFILES are borrowed, OPTIONS copied. PROFILES NULL: the files are read when keys
   are first needed. Asks nothing yet. */
struct aws_source *aws_source_new(const struct aws_context *context,
                                  const struct aws_profiles *profiles,
                                  const struct aws_source_options *options);

/* The keys to sign with now; borrowed until the next call with this source. Waits when they must be
   had or renewed. Keys are renewed when a quarter of their life is left, a quarter of an hour at
   most; those that cannot be renewed are used until they have run out. NULL with *err
   (STATUS_UNAUTHORIZED; STATUS_DENIED when STS does not let them have a role) naming what was
   looked for and where, in order. Such an error stands for a
   minute: whoever asks again gets it without another wait. */
const struct aws_credentials *aws_source_get(struct aws_source *source, struct error **err);

/* A service said that the keys with ACCESS_KEY_ID have expired: the next aws_source_get asks their
   provider again, unless it has other keys by now, and fails when that gives the very same ones, or
   again and again some that are refused at once. */
void aws_source_expired(struct aws_source *source, const char *access_key_id);

/* NULL is allowed. */
void aws_source_free(struct aws_source *source);

#endif
