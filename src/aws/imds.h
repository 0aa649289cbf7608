/* The EC2 instance's metadata service, version 2 only: whether there is one, and what it says at a
   path (AWS SDKs and Tools Reference Guide, "IMDS credential provider"). A machine that has none is
   told quickly from one that is slow. */
#ifndef OCIDUP_AWS_IMDS_H
#define OCIDUP_AWS_IMDS_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/context.h"
#include "aws/profile.h"
#include "base/error.h"

/* A session; none of its members is anybody else's business. */
struct aws_imds {
  const struct aws_context *context;
  char *base; /* without a slash at its end */
  long timeout;
  unsigned attempts;
  char *header; /* with the session's token */
};

/* For `cleanup(aws_imds_clear) struct aws_imds imds = AWS_IMDS;` */
#define AWS_IMDS                                                                                   \
  { .base = NULL }

/* Begins a session with the settings of the environment, or of PROFILE (PROFILES may be NULL): 1; 0
   when AWS_EC2_METADATA_DISABLED is true, or when this is no instance that gives one, which is
   noted; -1 with *err (STATUS_UNAUTHORIZED) when settings are wrong. CONTEXT is borrowed. */
int aws_imds_open(const struct aws_context *context, const struct aws_profiles *profiles,
                  const char *profile, struct aws_imds *imds, struct error **err);

/* What is at PATH ("/latest/…"), MAX bytes at most: 0 with *ANSWER, whatever its HTTP status; or -1
   with *err. */
int aws_imds_get(const struct aws_imds *imds, const char *path, size_t max,
                 struct aws_answer *answer, struct error **err);

/* Whether TEXT can stand in a header or a path: printable, no blanks, not empty. */
bool aws_imds_is_word(const char *text, size_t length);

void aws_imds_clear(struct aws_imds *imds);

#endif
