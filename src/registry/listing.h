/* list-registry's work: the tagged images of one registry's repositories, to rows. Images without a
   tag cannot be listed over the distribution API. */
#ifndef OCIDUP_REGISTRY_LISTING_H
#define OCIDUP_REGISTRY_LISTING_H

#include "base/error.h"
#include "base/ordered.h"
#include "net/http.h"
#include "registry/client.h"
#include "registry/expand.h"

struct listing;

/* Rows go to EMIT, a set per tag, by scope in the order added, then by repository, then by tag,
   both in the order of their bytes: that in which a registry lists need not be stable. Everything
   is borrowed. */
struct listing *listing_new(struct http *http, struct registry_client *client,
                            const struct expand_options *options, ordered_emit_fn *emit, void *arg);

/* Adds HOST or HOST/REPOSITORY-GLOB (fnmatch(3) patterns, where '*' matches '/' too). A literal
   repository never asks _catalog; below docker.io, `nginx` is `library/nginx`. A repository that
   several scopes name is listed once. 0, or -1 with *err for text that is none of these. */
int listing_add(struct listing *listing, const char *scope, struct error **err);

/* Does the work. What failed is a row, of the image or of the scope. 0, or -1 when the loop broke.
 */
int listing_run(struct listing *listing, struct error **err);

/* After http_free, so that nothing is under way any more. NULL is allowed. */
void listing_free(struct listing *listing);

#endif
