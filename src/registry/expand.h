/* From a digest to rows: follows indexes (nested ones too, within a depth, cycles told), reads the
   configs, and fills one row per image manifest, in the index's order. Knows what makes a row; does
   not know where bytes come from: that is a `struct expand_source`, one for registries and one for
   ECR. Attestations and other artifacts in an index give no row; an index without any image gives
   one, `artifact`. */
#ifndef OCIDUP_REGISTRY_EXPAND_H
#define OCIDUP_REGISTRY_EXPAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/record.h"
#include "registry/known.h"

/* An index may list an index: this many levels are followed, the first one counted. */
#define EXPAND_DEPTH_MAX 4

/* Manifests that one reference may name, all levels together; those beyond become one failed
   row, so there may be one row more than this. */
#define EXPAND_MANIFESTS_MAX 1000

/* Longest `layers`, `diff_ids` or `layer_sizes`, bytes (some 5,000 layers; runtimes take 127): the
   three together stay below what a reader takes as one line. */
#define EXPAND_LIST_MAX ((size_t)320 * 1024)

/* Bytes that were asked for, verified against their digest; or an error. Borrowed. */
struct expand_bytes {
  const struct error *error;
  /* Not NULL: these bytes cannot be had, but that is no failure: a row with this status and the
     error's message (when there is one) as detail (an archived image's). */
  const enum status *instead;
  const char *data;
  size_t length;
  const char *media_type;
};

typedef void expand_bytes_fn(void *arg, const struct expand_bytes *bytes);

/* Each calls DONE exactly once, at once or later. Within one expansion a digest is asked for once.
   DIGEST is valid during the call only. */
struct expand_source {
  void *context;
  void (*manifest)(void *context, const char *digest, expand_bytes_fn *done, void *arg);
  void (*config)(void *context, const char *digest, expand_bytes_fn *done, void *arg);
};

struct expand_options {
  bool configs;                 /* read them */
  const char *const *platforms; /* normalised, ends with NULL: only these; NULL: all */
  const struct known *known;    /* asked before the source; NULL: none */
};

/* ROWS belongs to the callee, which may move it away (leaving it empty) or must leave it: what is
   in it afterwards is freed. The columns filled are digest, platform, manifest_digest,
   config_digest, status, size, created, media_type, platforms, settings, layers, diff_ids,
   layer_sizes and detail; at least one row. */
typedef void expand_done_fn(void *arg, struct record_set *rows);

/* Expands what DIGEST names. MANIFEST holds its bytes when the caller has them already
   (verified), else NULL: then they are known or fetched. SOURCE and OPTIONS are borrowed until DONE
   was called (once; at once, or from a callback of SOURCE).
   `platforms` counts all image manifests, those that failed or are not among OPTIONS' platforms
   too; when none of these is there, the one row is `not_found` and its detail says what is.
   A row's platform is the one that the index's entry names, for a runtime selects by it, or else
   the config's; `detail` says when they disagree. */
void expand(const struct expand_source *source, const struct expand_options *options,
            const char *digest, const struct expand_bytes *manifest, expand_done_fn *done,
            void *arg);

/* The rows of DIGEST when they are known and OPTIONS say so (restricted to its platforms), into
   ROWS (appended). False when something must be fetched. For callers that know the digest of a tag
   before its bytes. */
bool expand_known(const struct expand_options *options, const char *digest,
                  struct record_set *rows);

/* Appends the single row of something that failed: STATUS and detail from ERROR, and what is known
   of it. DIGEST may be NULL. */
void expand_failure(struct record_set *rows, const char *digest, const struct error *error);

#endif
