/* list-registry's work: the images of one registry's repositories, to rows. */
#ifndef OCIDUP_REGISTRY_LISTING_H
#define OCIDUP_REGISTRY_LISTING_H

#include "base/error.h"
#include "base/ordered.h"
#include "net/http.h"
#include "registry/client.h"
#include "registry/expand.h"

struct listing;

/* Rows go to EMIT by repository (name order for those of _catalog), complete. Everything is
   borrowed. */
struct listing *listing_new(struct http *http, struct registry_client *client,
                            const struct expand_options *options, ordered_emit_fn *emit,
                            void *arg);

/* Adds HOST or HOST/REPOSITORY-GLOB. A literal repository never asks _catalog. 0, or -1 with *err
   for text that is neither. */
int listing_add(struct listing *listing, const char *scope, struct error **err);

/* Does the work. What failed is a row, of the image or of the scope. 0, or -1 when the loop broke. */
int listing_run(struct listing *listing, struct error **err);

/* NULL is allowed. */
void listing_free(struct listing *listing);

#endif
