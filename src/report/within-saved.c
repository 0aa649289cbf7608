/* How many bytes go with the copies that do not stay. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "registry/image-config.h"
#include "report/compare.h"
#include "report/size.h"
#include "report/within-private.h"

/* A layer or config that a copy has in its repository. */
struct use {
  const char *digest; /* not terminated */
  size_t length;
  uint64_t size;
  uint32_t lead;
};

struct uses {
  struct use *list;
  size_t count, capacity;
};

static void add_use(struct uses *uses, const char *digest, size_t length, uint64_t size,
                    uint32_t lead) {
  uses->list = xgrow(uses->list, uses->count, &uses->capacity, sizeof *uses->list);
  uses->list[uses->count++] =
      (struct use){.digest = digest, .length = length, .size = size, .lead = lead};
}

/* What the rest of SIZE, behind LAYERS bytes, is: the config's, when it can be one. */
static uint64_t config_size(uint64_t size, uint64_t layers) {
  if (size == REPORT_SIZE_UNKNOWN || layers > size || size - layers > IMAGE_CONFIG_MAX)
    return REPORT_SIZE_UNKNOWN;
  return size - layers;
}

/* Adds MANIFEST's layers and config. False when some layer's size is not known. */
static bool use_manifest(struct uses *uses, const struct within_manifest *manifest, uint32_t lead) {
  const char *layers = manifest->cell[CELL_LAYERS], *sizes = manifest->cell[CELL_LAYER_SIZES];
  bool known = layers && sizes;
  uint64_t sum = 0;
  while (layers) {
    uint64_t size = REPORT_SIZE_UNKNOWN;
    size_t length = strcspn(layers, ",");
    if (sizes) {
      size_t digits = strcspn(sizes, ",");
      size = size_parse_bytes(sizes, digits);
      sizes = sizes[digits] ? sizes + digits + 1 : NULL;
    }
    known = known && size != REPORT_SIZE_UNKNOWN;
    if (known && size <= INT64_MAX - sum)
      sum += size;
    else
      sum = INT64_MAX;
    add_use(uses, layers, length, size, lead);
    layers = layers[length] ? layers + length + 1 : NULL;
  }
  const char *config = manifest->cell[CELL_CONFIG_DIGEST];
  if (config) {
    uint64_t size =
        known ? config_size(size_parse(manifest->cell[CELL_SIZE]), sum) : REPORT_SIZE_UNKNOWN;
    add_use(uses, config, strlen(config), size, lead);
  }
  return known;
}

static bool use_content(const struct within *within, struct uses *uses,
                        const struct within_content *content, uint32_t lead) {
  bool known = true;
  for (size_t i = 0; i < content->manifest_count; i++)
    known = use_manifest(uses, &within->manifests[content->manifests[i]], lead) && known;
  return known;
}

static int compare_digests(const struct use *a, const struct use *b) {
  int order = compare_numbers(a->length, b->length);
  return order ? order : memcmp(a->digest, b->digest, a->length);
}

static int compare_uses(const void *left, const void *right) {
  const struct use *a = left, *b = right;
  int order = compare_digests(a, b);
  if (!order)
    order = compare_numbers(a->lead, b->lead);
  return order ? order : compare_numbers(a->size, b->size);
}

static uint64_t add_sizes(uint64_t a, uint64_t b) {
  return b > INT64_MAX - a ? INT64_MAX : a + b;
}

/* The size of the first of COUNT uses of one digest, which agree; should they not, the smallest. 0
   when it is not known. */
static uint64_t size_of(const struct use *uses, size_t count) {
  uint64_t size = REPORT_SIZE_UNKNOWN;
  for (size_t i = 0; i < count; i++)
    if (uses[i].size < size)
      size = uses[i].size;
  return size == REPORT_SIZE_UNKNOWN ? 0 : size;
}

/* Uses of one digest follow each other: the end of those that begin at AT. */
static size_t run_end(const struct uses *uses, size_t at) {
  size_t end = at + 1;
  while (end < uses->count && compare_digests(&uses->list[at], &uses->list[end]) == 0)
    end++;
  return end;
}

static void sort_uses(struct uses *uses) {
  if (uses->count)
    qsort(uses->list, uses->count, sizeof *uses->list, compare_uses);
}

uint64_t within_size(const struct within *within, const struct within_content *content) {
  struct uses uses = {.count = 0};
  bool known = use_content(within, &uses, content, 0);
  sort_uses(&uses);
  uint64_t size = 0;
  for (size_t i = 0, end; i < uses.count; i = end) {
    end = run_end(&uses, i);
    size = add_sizes(size, size_of(&uses.list[i], end - i));
  }
  free(uses.list);
  /* Without its layers, what its row says will do. */
  if (!known && content->manifest_count == 1)
    return size_parse(within->manifests[content->manifests[0]].cell[CELL_SIZE]);
  return known ? size : REPORT_SIZE_UNKNOWN;
}

/* Counts for the COUNT copies at COPIES, which are all that a repository has. */
static void count_repository(struct within *within, struct within_copy *copies, size_t count,
                             struct uses *uses) {
  uses->count = 0;
  for (size_t i = 0; i < count; i++) {
    bool known = use_content(within, uses, &within->contents[copies[i].content], copies[i].lead);
    copies[i].copy.uncounted = !known && copies[i].lead != COPY_STAYS;
  }
  sort_uses(uses);
  for (size_t i = 0, end; i < uses->count; i = end) {
    end = run_end(uses, i);
    /* Sorted by lead: what stays is last. */
    uint32_t first = uses->list[i].lead, last = uses->list[end - 1].lead;
    if (last == COPY_STAYS)
      continue;
    uint64_t size = size_of(&uses->list[i], end - i);
    within->result.saved = add_sizes(within->result.saved, size);
    if (first == last) {
      uint64_t *saved = &within->copies[first].copy.saved;
      *saved = add_sizes(*saved, size);
    }
  }
}

void within_count(struct within *within) {
  struct uses uses = {.count = 0};
  for (size_t i = 0, end; i < within->copy_count; i = end) {
    bool goes = false;
    for (end = i; end < within->copy_count &&
                  within->copies[end].copy.repository == within->copies[i].copy.repository;
         end++)
      goes = goes || within->copies[end].lead != COPY_STAYS;
    if (goes)
      count_repository(within, &within->copies[i], end - i, &uses);
  }
  free(uses.list);
}
