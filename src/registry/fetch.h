/* Rows of the images of one repository of a registry, by tag or digest, with as few requests as
   there can be: what is known is not fetched, a digest that several tags share is expanded once. */
#ifndef OCIDUP_REGISTRY_FETCH_H
#define OCIDUP_REGISTRY_FETCH_H

#include "registry/client.h"
#include "registry/expand.h"

struct fetch;

/* CLIENT and OPTIONS are borrowed, the names copied. */
struct fetch *fetch_new(struct registry_client *client, const struct expand_options *options,
                        const char *host, const char *repository);

/* Calls DONE, at once or later, with the rows of what REFERENCE, a tag or a digest, names; at least
   one row, as expand() gives them. When something is known already, a tag is asked for by HEAD
   first, and by GET only when its digest is not known. */
void fetch_image(struct fetch *fetch, const char *reference, expand_done_fn *done, void *arg);

/* When nothing is under way any more (from the last DONE, or after http_free). NULL is allowed. */
void fetch_free(struct fetch *fetch);

#endif
