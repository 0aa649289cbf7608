/* What within.c (rows in), within-group.c (groups out) and within-saved.c (bytes) share. */
#ifndef OCIDUP_REPORT_WITHIN_PRIVATE_H
#define OCIDUP_REPORT_WITHIN_PRIVATE_H

#include "base/hashmap.h"
#include "report/failures.h"
#include "report/match-evidence.h"
#include "report/pool.h"
#include "report/within.h"

/* The columns that are a manifest's own, whatever names it: the same in all rows of it. */
enum manifest_cell {
  CELL_PLATFORM,
  CELL_CONFIG_DIGEST,
  CELL_SETTINGS,
  CELL_LAYERS,
  CELL_DIFF_IDS,
  CELL_LAYER_SIZES,
  CELL_SIZE,
  MANIFEST_CELLS
};

struct within_manifest {
  const char *digest;
  const char *cell[MANIFEST_CELLS]; /* what any row knows of it */
  bool artifact;
  struct facts facts;
  uint32_t parent;    /* of the union-find; a root is its own */
  enum evidence held; /* of a root: the weakest that joined its set */
};

struct within_content {
  const char *digest;
  uint32_t *manifests; /* numbers, each once */
  size_t manifest_count, manifest_capacity;
  uint64_t platforms; /* how many it says that it has */
  bool failed;        /* a row of it could not be read */
  bool index;
  bool placed;   /* some repository has it */
  bool whole;    /* all of its manifests are known */
  uint32_t *set; /* roots of its manifests, sorted, each once; none while it is not placed */
  size_t set_count;
  uint32_t kind;
};

/* Contents with the same set; one that is not whole is alone. */
struct within_kind {
  uint32_t content;   /* one of them */
  const char *digest; /* the smallest of theirs */
  uint32_t parent;    /* the kind that has all that this has, and is a root; or itself */
};

/* A row's name of a content. All strings are the pool's. */
struct within_place {
  const char *repository;
  const char *image;
  const char *pushed;
  uint32_t content;
  enum status status;
};

struct within_copy {
  struct duplicate_copy copy; /* what is told of it */
  const char **platforms;     /* copy.platforms, owned; NULL while it is in no group */
  uint32_t content;
  uint32_t kind; /* the root of its content's */
  uint32_t lead; /* of a copy that goes: its group's first in its repository; else COPY_STAYS */
};
#define COPY_STAYS UINT32_MAX

struct within {
  struct pool *pool;
  struct hashmap *manifests_by_digest, *contents_by_digest; /* → number plus 1 */
  struct within_manifest *manifests;
  size_t manifest_count, manifest_capacity;
  struct within_content *contents;
  size_t content_count, content_capacity;
  struct within_place *places;
  size_t place_count, place_capacity;
  struct failures failures;
  struct hashmap *unread; /* images with an ok row whose config was not read */

  struct within_kind *kinds;
  size_t kind_count;
  struct within_copy *copies; /* by repository and content */
  size_t copy_count;
  const char **images;           /* the names of all copies, in their order */
  struct duplicate_copy *listed; /* the groups' copies, group after group */
  struct duplicate_group *groups;
  struct duplicates result;
};

/* The number of the manifest with DIGEST, of the pool; a new one when there was none. */
uint32_t within_manifest_of(struct within *within, const char *digest);

/* Sorts the places and keeps one of each. */
void within_settle_places(struct within *within);

/* Joins manifests that are the same, and makes the contents' sets and kinds. */
void within_make_kinds(struct within *within);

uint32_t within_root(struct within_manifest *manifests, uint32_t manifest);

/* Sets `saved` and `uncounted` of the copies that go, and the sum over all groups. The copies are
   sorted by repository and have their `lead`. */
void within_count(struct within *within);

/* Bytes of CONTENT, each layer and config once; REPORT_SIZE_UNKNOWN when some is not known. */
uint64_t within_size(const struct within *within, const struct within_content *content);

#endif
