/* What match.c (rows in) and match-verdict.c (verdicts out) share. */
#ifndef OCIDUP_REPORT_MATCH_PRIVATE_H
#define OCIDUP_REPORT_MATCH_PRIVATE_H

#include "base/strbuf.h"
#include "report/failures.h"
#include "report/match-evidence.h"
#include "report/match-index.h"
#include "report/match-registry.h"
#include "report/match.h"
#include "report/pool.h"

/* A source while rows come in. */
struct source {
  char *key; /* its image, origin and ref: what makes it one */
  const char *image, *ref, *origin, *digest;
  struct report_platform *platforms;
  size_t platform_count, platform_capacity;
  struct report_pair *pairs; /* unsorted, some may be superseded by others */
  size_t pair_count, pair_capacity;
  struct report_match *matches;
  struct strbuf left_out; /* names of the platforms that --platform left out */
  uint64_t told;          /* the last inventory row that has other evidence than a name */
};

/* A source row, by the number that the index has. */
struct source_row {
  struct facts facts;
  uint32_t source;
  uint32_t platform;
  uint64_t seen; /* the last inventory row that it was compared with, not to do it twice */
};

/* What a side had data for. */
enum {
  HAS_DIGEST = 1 << 0,
  HAS_MANIFEST = 1 << 1,
  HAS_CONFIG = 1 << 2,
  HAS_LAYERS = 1 << 3,
  HAS_LAYERS_ONLY = 1 << 4, /* without settings */
  HAS_LAYERS_SETTINGS = 1 << 5,
  HAS_DIFF_IDS_SETTINGS = 1 << 6,
  HAS_DIFF_IDS = 1 << 7,
  HAS_NAME = 1 << 8
};

struct match {
  uint64_t seed;
  const char *const *wanted; /* platforms; NULL: all */
  bool base, names;          /* whether these kinds of evidence are asked for */
  struct pool *pool;
  struct hashmap *by_key; /* key → its number plus 1 */
  struct source *sources;
  size_t source_count, source_capacity;
  struct source_row *rows;
  size_t row_count, row_capacity;
  struct index index;
  uint64_t inventory_row;
  struct hash_set images;
  uint64_t last_image; /* the last that was added, and whether with the flag: rows of an image */
  bool last_flag;      /* mostly follow each other */
  unsigned source_has, inventory_has;
  struct failures failures;
  struct registries registries;
  struct report report;
};

/* Sorts PAIRS by image, platform, and best first, and keeps the best of each image and platform.
   Returns how many are left. */
size_t pairs_settle(struct report_pair *pairs, size_t count);

#endif
