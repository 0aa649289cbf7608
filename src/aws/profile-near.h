/* Which profiles somebody may have meant who named one that does not exist. */
#ifndef OCIDUP_AWS_PROFILE_NEAR_H
#define OCIDUP_AWS_PROFILE_NEAR_H

#include "aws/profile.h"

/* The end of an error message: "; did you mean dev?", "; there are: a, b, c", "; there are none";
   caller frees. */
char *aws_profile_near(const struct aws_profiles *profiles, const char *name);

#endif
