/* What --reuse files know: rows by digest. Manifests and configs are immutable, so a row that was
   read once need not be read again, whoever wrote it and wherever the image is. Owns when a row may
   be trusted for that; what a row means is expand's business. Keeps where a row stands, some 80
   bytes for each, and reads it again when it is asked for: the files stay open, and what comes from
   a pipe is copied to a scratch file. */
#ifndef OCIDUP_REGISTRY_KNOWN_H
#define OCIDUP_REGISTRY_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/record.h"

struct known;

struct known *known_new(void);

/* Adds the rows of a record file that can serve: status ok, artifact or legacy, with the digests
   that go with it. A row that failed, is archived, or was written without its manifest being read
   (list-ecr --no-manifests) is passed over.
   0; a file that does not exist is no failure (the first run of a nightly job has none yet) but
   sets *ABSENT, so that the caller can say so. -1 with *err for a file that cannot be read, lacks a
   column that must be given back, or is not whole. */
int known_add(struct known *known, const char *path, bool *absent, struct error **err);

/* The rows of what DIGEST names, in the order in which the file has them, into ROWS (appended; only
   the immutable columns are set). False, and nothing appended, when it is not known, when not all
   its rows are (`platforms` says how many there are; a file may have been filtered), or when a
   config is wanted (CONFIGS) and a row of an image has none. */
bool known_image(const struct known *known, const char *digest, bool configs,
                 struct record_set *rows);

/* The row of the single image manifest MANIFEST_DIGEST, wherever it was met, into *ROW (its strings
   are borrowed from KNOWN until it is asked again). False when not known, or CONFIGS is wanted and
   not there. Its `digest`, `platform`, `platforms` and `detail` are those of the place where it was
   met. */
bool known_manifest(const struct known *known, const char *manifest_digest, bool configs,
                    struct record *row);

/* How many images (digests of indexes and single manifests) something is known of. */
size_t known_count(const struct known *known);

/* NULL is allowed. */
void known_free(struct known *known);

#endif
