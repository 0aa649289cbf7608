/* What match.c (rows in) and match-verdict.c (verdicts out) share. */
#ifndef OCIDUP_REPORT_MATCH_PRIVATE_H
#define OCIDUP_REPORT_MATCH_PRIVATE_H

#include <pthread.h>

#include "base/strbuf.h"
#include "base/tally.h"
#include "report/failures.h"
#include "report/match-evidence.h"
#include "report/match-index.h"
#include "report/match-registry.h"
#include "report/match.h"
#include "report/pool.h"

/* What of a row is looked up; each has its own key space. */
enum key {
  KEY_DIGEST = 1,
  KEY_MANIFEST,
  KEY_CONFIG,
  KEY_LAYERS,
  KEY_DIFF_IDS,
  KEYS,
  KEY_NAME = KEYS,
  KEY_BASE_LAYERS, /* of these the key is that of the whole list, made of its items' hashes */
  KEY_BASE_DIFF_IDS,
  KEY_SOURCE
};

/* What is known of a source only while rows come in; report.sources has the rest. */
struct source {
  struct report_pair *pairs; /* unsorted, some may be superseded by others */
  uint32_t pair_count, pair_capacity;
  uint32_t newest_row;     /* plus 1; 0: none */
  struct strbuf *left_out; /* names of the platforms that --platform left out; NULL: none */
  uint64_t told;           /* the last inventory row that has other evidence than a name */
};

/* A source row, by the number that the index has. */
struct source_row {
  struct facts facts;
  uint32_t source;
  uint32_t platform;
  uint32_t older; /* of the same source, plus 1; 0: the first */
  uint64_t seen;  /* the last inventory row that it was compared with, not to do it twice */
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

struct match_part {
  struct match *match;
  struct match_part *next;
  struct registries registries;
  struct tally_part *images;
  uint64_t last_image; /* the last that was added, and whether with the flag: rows of an image */
  bool last_flag;      /* mostly follow each other */
  unsigned has;
};

struct match {
  uint64_t seed;
  const char *const *wanted; /* platforms; NULL: all */
  bool base, names;          /* whether these kinds of evidence are asked for */
  struct index by_key;       /* sources, by what makes them one */
  struct source *sources;
  size_t source_capacity, report_capacity;
  struct source_row *rows;
  size_t row_count, row_capacity;
  struct index index;
  unsigned source_has, inventory_has;
  struct report report;

  struct filter filter; /* of the keys of the index that are no list's prefix and no name */
  struct tally *images;
  struct match_part *parts;
  struct match_part *own; /* of match_inventory; NULL: none yet */

  pthread_mutex_t lock; /* of all that is above the filter while parts add rows, and of: */
  struct pool *pool;
  uint64_t inventory_row; /* of those that may match something */
  struct failures failures;
  struct registry_names registries;
};

/* Sorts PAIRS by image, platform, and best first, and keeps the best of each image and platform.
   Returns how many are left. */
size_t pairs_settle(struct report_pair *pairs, size_t count);

#endif
