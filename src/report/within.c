#include <config.h>

#include "report/within.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/xalloc.h"
#include "report/compare.h"
#include "report/size.h"
#include "report/within-private.h"

static const enum record_column columns[MANIFEST_CELLS] = {
    [CELL_PLATFORM] = RECORD_PLATFORM, [CELL_CONFIG_DIGEST] = RECORD_CONFIG_DIGEST,
    [CELL_SETTINGS] = RECORD_SETTINGS, [CELL_LAYERS] = RECORD_LAYERS,
    [CELL_DIFF_IDS] = RECORD_DIFF_IDS, [CELL_LAYER_SIZES] = RECORD_LAYER_SIZES,
    [CELL_SIZE] = RECORD_SIZE,
};

struct within *within_new(void) {
  struct within *within = xcalloc(1, sizeof *within);
  uint64_t seed;
  /* Without randomness the tables still work; only a hostile choice of names could slow them. */
  if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) < 0)
    seed = (uint64_t)(uintptr_t)within;
  within->pool = pool_new(seed);
  within->manifests_by_digest = hashmap_new();
  within->contents_by_digest = hashmap_new();
  within->unread = hashmap_new();
  return within;
}

uint32_t within_manifest_of(struct within *within, const char *digest) {
  uintptr_t number = (uintptr_t)hashmap_get(within->manifests_by_digest, digest);
  if (number)
    return (uint32_t)(number - 1);
  within->manifests = xgrow(within->manifests, within->manifest_count, &within->manifest_capacity,
                            sizeof *within->manifests);
  within->manifests[within->manifest_count++] = (struct within_manifest){.digest = digest};
  hashmap_put(within->manifests_by_digest, digest, (void *)(uintptr_t)within->manifest_count);
  return (uint32_t)(within->manifest_count - 1);
}

static uint32_t content_of(struct within *within, const char *digest) {
  uintptr_t number = (uintptr_t)hashmap_get(within->contents_by_digest, digest);
  if (number)
    return (uint32_t)(number - 1);
  within->contents = xgrow(within->contents, within->content_count, &within->content_capacity,
                           sizeof *within->contents);
  within->contents[within->content_count++] = (struct within_content){.digest = digest};
  hashmap_put(within->contents_by_digest, digest, (void *)(uintptr_t)within->content_count);
  return (uint32_t)(within->content_count - 1);
}

/* The repository of IMAGE, without tag and digest; of the pool. */
static const char *repository_of(struct pool *pool, const char *image) {
  const char *last = strrchr(image, '/');
  last = last ? last : image;
  char *repository = xstrndup(image, (size_t)(last - image) + strcspn(last, ":@"));
  const char *kept = pool_keep(pool, repository);
  free(repository);
  return kept;
}

static void add_manifest(struct within *within, struct within_content *content,
                         const struct record *record, enum status status) {
  uint32_t number =
      within_manifest_of(within, pool_keep(within->pool, record->cell[RECORD_MANIFEST_DIGEST]));
  struct within_manifest *manifest = &within->manifests[number];
  manifest->artifact = manifest->artifact || status == STATUS_ARTIFACT;
  for (int i = 0; i < MANIFEST_CELLS; i++) {
    const char *value = record->cell[columns[i]];
    /* Rows of one manifest agree; should they not, the choice must not depend on their order. */
    if (value && (!manifest->cell[i] || strcmp(value, manifest->cell[i]) < 0))
      manifest->cell[i] = pool_keep(within->pool, value);
  }
  /* Those of an image follow each other mostly, and there are few. */
  for (size_t i = content->manifest_count; i-- > 0;)
    if (content->manifests[i] == number)
      return;
  content->manifests = xgrow(content->manifests, content->manifest_count,
                             &content->manifest_capacity, sizeof *content->manifests);
  content->manifests[content->manifest_count++] = number;
}

static int compare_places(const void *left, const void *right) {
  const struct within_place *a = left, *b = right;
  int order = compare_strings(a->repository, b->repository);
  if (!order)
    order = compare_numbers(a->content, b->content);
  if (!order)
    order = compare_strings(a->image, b->image);
  if (!order)
    order = compare_strings(a->pushed, b->pushed);
  return order ? order : compare_numbers(a->status, b->status);
}

void within_settle_places(struct within *within) {
  struct within_place *places = within->places;
  if (!within->place_count)
    return;
  qsort(places, within->place_count, sizeof *places, compare_places);
  size_t kept = 1;
  for (size_t i = 1; i < within->place_count; i++)
    if (compare_places(&places[kept - 1], &places[i]) != 0)
      places[kept++] = places[i];
  within->place_count = kept;
}

static void add_place(struct within *within, const struct within_place *place) {
  if (within->place_count && compare_places(&within->places[within->place_count - 1], place) == 0)
    return; /* an image's next platform */
  /* Rows that come many times must not cost memory each time. */
  if (within->place_count == within->place_capacity) {
    within_settle_places(within);
    if (within->place_count >= within->place_capacity / 2)
      within->places = xgrow(within->places, within->place_capacity, &within->place_capacity,
                             sizeof *within->places);
  }
  within->places[within->place_count++] = *place;
}

void within_add(struct within *within, const struct record *record) {
  enum status status = record_status(record);
  const char *image = record->cell[RECORD_IMAGE];
  const char *digest = pool_keep(within->pool, record->cell[RECORD_DIGEST]);
  if (status_is_failure(status)) {
    failures_add(&within->failures, within->pool, record, status);
    if (digest) {
      uint32_t number = content_of(within, digest); /* first: the contents may move */
      within->contents[number].failed = true;
    }
    return;
  }
  if (!image || !digest)
    return; /* of no place, or of no content */
  uint32_t number = content_of(within, digest);
  struct within_content *content = &within->contents[number];
  content->placed = true;
  uint64_t platforms = size_parse(record->cell[RECORD_PLATFORMS]);
  if (platforms != REPORT_SIZE_UNKNOWN && platforms > content->platforms)
    content->platforms = platforms;
  content->index = content->index || facts_of(record, status).index;
  if (record->cell[RECORD_MANIFEST_DIGEST])
    add_manifest(within, content, record, status);
  const struct within_place place = {
      .repository = repository_of(within->pool, image),
      .image = pool_keep(within->pool, image),
      .pushed = pool_keep(within->pool, record->cell[RECORD_PUSHED]),
      .content = number,
      .status = status,
  };
  add_place(within, &place);
  if (status == STATUS_OK && !record->cell[RECORD_SETTINGS])
    hashmap_put(within->unread, place.image, (void *)(uintptr_t)1);
}

void within_free(struct within *within) {
  if (!within)
    return;
  for (size_t i = 0; i < within->content_count; i++) {
    free(within->contents[i].manifests);
    free(within->contents[i].set);
  }
  for (size_t i = 0; i < within->copy_count; i++)
    free(within->copies[i].platforms);
  free(within->manifests);
  free(within->contents);
  free(within->places);
  free(within->failures.list);
  free(within->kinds);
  free(within->copies);
  free(within->images);
  free(within->listed);
  free(within->groups);
  hashmap_free(within->manifests_by_digest);
  hashmap_free(within->contents_by_digest);
  hashmap_free(within->unread);
  pool_free(within->pool);
  free(within);
}
