/* list-ecr's work: the images of the repositories of private ECR registries, to rows, with as few
   calls as there can be. Owns which repositories there are, and their order. */
#ifndef OCIDUP_AWS_INVENTORY_H
#define OCIDUP_AWS_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/ecr.h"
#include "base/error.h"
#include "base/ordered.h"
#include "net/http.h"
#include "registry/expand.h"

struct inventory;

struct inventory_options {
  const char *registry_id; /* account; NULL: the caller's own */
  bool manifests; /* false: --no-manifests, digests and tags as DescribeImages tells them */
  const char *const *repositories; /* names or globs, ends with NULL; empty: all. `*` matches a
                                      slash too */
  struct expand_options expand;
  /* Called when images were FOUND and when images are DONE; NULL: not. */
  void (*progress)(void *arg, size_t found, size_t done);
  void *progress_arg;
};

/* Rows go to EMIT by region in the order added, then repository, complete. All borrowed. */
struct inventory *inventory_new(struct http *http, const struct inventory_options *options,
                                ordered_emit_fn *emit, void *arg);

/* Adds what ECR (one account and region) has. */
void inventory_add(struct inventory *inventory, struct ecr *ecr);

/* Does the work. What failed is a row, of the image or of the scope. 0, or -1 when the loop broke;
   then nothing more is emitted. */
int inventory_run(struct inventory *inventory, struct error **err);

/* Begins no more repositories and emits nothing more: for an emitter that cannot go on. */
void inventory_stop(struct inventory *inventory);

/* NULL is allowed. Call it after http_free, which ends the calls that are still under way. */
void inventory_free(struct inventory *inventory);

#endif
