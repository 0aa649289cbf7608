/* From a digest to rows: follows indexes (nested ones too, within a depth, cycles told), reads the
   configs, and fills one row per image manifest, in the index's order. Knows what makes a row; does
   not know where bytes come from: that is a `struct expand_source`, one for registries and one for
   ECR. Attestations give no row; an index without any image gives one, `artifact`. */
#ifndef OCIDUP_REGISTRY_EXPAND_H
#define OCIDUP_REGISTRY_EXPAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/record.h"
#include "registry/known.h"

/* Bytes that were asked for, verified against their digest; or an error. Borrowed. */
struct expand_bytes {
  const struct error *error;
  /* Not NULL: these bytes cannot be had, but that is no failure: a row with this status and the
     error's message as detail (an archived image's). */
  const enum status *instead;
  const char *data;
  size_t length;
  const char *media_type;
};

typedef void expand_bytes_fn(void *arg, const struct expand_bytes *bytes);

/* Each calls DONE exactly once, at once or later. */
struct expand_source {
  void *context;
  void (*manifest)(void *context, const char *digest, expand_bytes_fn *done, void *arg);
  void (*config)(void *context, const char *digest, expand_bytes_fn *done, void *arg);
};

struct expand_options {
  bool configs;              /* read them */
  char *const *platforms;    /* normalised, ends with NULL: only these; NULL: all */
  const struct known *known; /* asked before the source; NULL: none */
};

/* ROWS belongs to the callee, which may move it away. The columns filled are digest, platform,
   manifest_digest, config_digest, status, size, created, media_type, platforms, settings, layers, diff_ids,
   layer_sizes and detail; at least one row. */
typedef void expand_done_fn(void *arg, struct record_set *rows);

/* Expands what DIGEST names. MANIFEST holds its bytes when the caller has them already
   (verified), else NULL: then they are known or fetched. SOURCE and OPTIONS are borrowed until DONE
   was called. */
void expand(const struct expand_source *source, const struct expand_options *options,
            const char *digest, const struct expand_bytes *manifest, expand_done_fn *done,
            void *arg);

/* Appends the single row of something that failed: STATUS and detail from ERROR, and what is known
   of it. DIGEST may be NULL. */
void expand_failure(struct record_set *rows, const char *digest, const struct error *error);

#endif
