/* The untagged images of one repository as DescribeImages told of them, 56 bytes each, in the order
   in which they were added: they wait for the end of the listing, for only then is it known which
   of them an index lists. Says nothing of what they hold. */
#ifndef OCIDUP_AWS_UNTAGGED_H
#define OCIDUP_AWS_UNTAGGED_H

#include <stddef.h>

#include "aws/ecr-reply.h"

struct untagged;

struct untagged *untagged_new(void);

/* Adds a copy of IMAGE, which has no tags. */
void untagged_add(struct untagged *untagged, const struct ecr_image *image);

size_t untagged_count(const struct untagged *untagged);

/* What was added as number INDEX, from 0; the caller clears it. */
struct ecr_image untagged_get(const struct untagged *untagged, size_t index);

/* NULL is allowed. */
void untagged_free(struct untagged *untagged);

#endif
