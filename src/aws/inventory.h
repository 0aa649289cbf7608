/* list-ecr's work: the images of the repositories of private ECR registries, to rows, with as few
   calls as there can be. */
#ifndef OCIDUP_AWS_INVENTORY_H
#define OCIDUP_AWS_INVENTORY_H

#include <stdbool.h>

#include "aws/ecr.h"
#include "base/error.h"
#include "base/ordered.h"
#include "net/http.h"
#include "registry/expand.h"

struct inventory;

struct inventory_options {
  const char *registry_id; /* account; NULL: the caller's own */
  bool manifests; /* false: --no-manifests, digests and tags as DescribeImages tells them */
  const char *const *repositories; /* names or globs, ends with NULL; empty: all */
  struct expand_options expand;
};

/* Rows go to EMIT by region in the order added, then repository, complete. All borrowed. */
struct inventory *inventory_new(struct http *http, const struct inventory_options *options,
                                ordered_emit_fn *emit, void *arg);

/* Adds what ECR (one account and region) has. */
void inventory_add(struct inventory *inventory, struct ecr *ecr);

/* Does the work. What failed is a row, of the image or of the scope. 0, or -1 when the loop broke.
 */
int inventory_run(struct inventory *inventory, struct error **err);

/* NULL is allowed. */
void inventory_free(struct inventory *inventory);

#endif
