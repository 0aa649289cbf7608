/* What --reuse files know: rows by digest. Manifests and configs are immutable, so a row that was
   read once need not be read again, whoever wrote it and wherever the image is. */
#ifndef OCIDUP_REGISTRY_KNOWN_H
#define OCIDUP_REGISTRY_KNOWN_H

#include <stdbool.h>

#include "base/error.h"
#include "base/record.h"

struct known;

struct known *known_new(void);

/* Adds the rows of a record file that can serve: status ok, artifact or legacy, with their digests.
   A file that does not exist is an error, as is one that is not whole. 0 or -1. */
int known_add(struct known *known, const char *path, struct error **err);

/* The rows of what DIGEST names, in the index's order, into ROWS (appended; only the immutable
   columns are set). False when it is not known, when not all its rows are (`platforms` says how
   many there are), or when a config is wanted (CONFIGS) and a row of an image has none. */
bool known_image(const struct known *known, const char *digest, bool configs,
                 struct record_set *rows);

/* The row of the single image manifest MANIFEST_DIGEST, wherever it was met; NULL when not known, or
   CONFIGS is wanted and not there. Borrowed. Its `digest` and `platforms` are those of the place
   where it was met. */
const struct record *known_manifest(const struct known *known, const char *manifest_digest,
                                    bool configs);

/* NULL is allowed. */
void known_free(struct known *known);

#endif
