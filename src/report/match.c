#include <config.h>

#include "report/match.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/hashmap.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "registry/platform.h"
#include "report/hash.h"
#include "report/match-private.h"
#include "report/size.h"

/* What of a row is looked up; each has its own key space. */
enum key {
  KEY_DIGEST = 1,
  KEY_MANIFEST,
  KEY_CONFIG,
  KEY_LAYERS,
  KEY_DIFF_IDS,
  KEY_NAME,
  KEY_BASE_LAYERS, /* of these the key is that of the whole list, made of its items' hashes */
  KEY_BASE_DIFF_IDS
};

/* Of the names that --platform left out, for people. */
#define LEFT_OUT_MAX 4096

struct match *match_new(const struct match_options *options) {
  struct match *match = xcalloc(1, sizeof *match);
  /* Without randomness the tables still work; only a hostile choice of names could slow them. */
  if (getrandom(&match->seed, sizeof match->seed, GRND_NONBLOCK) < 0)
    match->seed = (uint64_t)(uintptr_t)match;
  match->wanted = options->platforms;
  match->report.fail_if = options->fail_if;
  match->base = options->base;
  match->names = options->names;
  match->pool = pool_new(match->seed);
  match->by_key = hashmap_new();
  return match;
}

static uint64_t key_of_bytes(const struct match *match, enum key kind, const char *value,
                             size_t length) {
  uint64_t hash = hash_bytes(match->seed + kind, value, length);
  return hash ? hash : 1;
}

static uint64_t key_of(const struct match *match, enum key kind, const char *value) {
  return key_of_bytes(match, kind, value, strlen(value));
}

/* The key of a list that has the first item of *REST behind the items of the list with the key
   BEFORE (0: it is the first one). Moves *REST to the next item, to NULL behind the last. */
static uint64_t key_of_next(const struct match *match, enum key kind, uint64_t before,
                            const char **rest) {
  size_t length = strcspn(*rest, ",");
  uint64_t item = key_of_bytes(match, kind, *rest, length);
  *rest = (*rest)[length] ? *rest + length + 1 : NULL;
  uint64_t hash = hash_finish(hash_rotate(before, 29) * UINT64_C(0x9e3779b97f4a7c15) ^ item);
  return hash ? hash : 1;
}

static uint64_t key_of_list(const struct match *match, enum key kind, const char *list) {
  uint64_t key = 0;
  while (list)
    key = key_of_next(match, kind, key, &list);
  return key;
}

static unsigned has_of(const struct facts *facts) {
  return (facts->digest ? HAS_DIGEST : 0u) | (facts->manifest_digest ? HAS_MANIFEST : 0u) |
         (facts->config_digest ? HAS_CONFIG : 0u) | (facts->layers ? HAS_LAYERS : 0u) |
         (facts->layers ? (facts->settings ? HAS_LAYERS_SETTINGS : HAS_LAYERS_ONLY) : 0u) |
         (facts->diff_ids ? HAS_DIFF_IDS : 0u) |
         (facts->diff_ids && facts->settings ? HAS_DIFF_IDS_SETTINGS : 0u);
}

static const char *or_empty(const char *string) {
  return string ? string : "";
}

/* The number of the source that RECORD belongs to; a new one when there was none. */
static size_t source_of(struct match *match, const struct record *record) {
  const char *image = or_empty(record->cell[RECORD_IMAGE]);
  const char *origin = or_empty(record->cell[RECORD_ORIGIN]);
  const char *ref = or_empty(record->cell[RECORD_REF]);
  char *key = xasprintf("%zu %zu %s%s%s", strlen(image), strlen(origin), image, origin, ref);
  uintptr_t number = (uintptr_t)hashmap_get(match->by_key, key);
  if (number) {
    free(key);
    return number - 1;
  }
  match->sources =
      xgrow(match->sources, match->source_count, &match->source_capacity, sizeof *match->sources);
  match->sources[match->source_count++] = (struct source){
      .key = key,
      .image = pool_keep(match->pool, record->cell[RECORD_IMAGE]),
      .origin = pool_keep(match->pool, record->cell[RECORD_ORIGIN]),
      .ref = pool_keep(match->pool, record->cell[RECORD_REF]),
      .digest = pool_keep(match->pool, record->cell[RECORD_DIGEST]),
      .left_out = STRBUF(LEFT_OUT_MAX),
  };
  hashmap_put(match->by_key, key, (void *)(uintptr_t)match->source_count);
  return match->source_count - 1;
}

static bool same_record(const struct record *a, const struct record *b) {
  /* Both are of the pool: what is equal has one address. */
  return memcmp(a->cell, b->cell, sizeof a->cell) == 0;
}

void match_source(struct match *match, const struct record *record) {
  size_t number = source_of(match, record);
  struct source *source = &match->sources[number];
  if (!source->digest)
    source->digest = pool_keep(match->pool, record->cell[RECORD_DIGEST]);
  const char *platform = record->cell[RECORD_PLATFORM];
  if (!platform_is_wanted(match->wanted, platform)) {
    if (source->left_out.length)
      strbuf_puts(&source->left_out, ", ");
    strbuf_puts(&source->left_out, platform);
    return;
  }
  struct record kept;
  for (int i = 0; i < RECORD_COLUMNS; i++)
    kept.cell[i] = pool_keep(match->pool, record->cell[i]);
  for (size_t i = 0; i < source->platform_count; i++)
    if (same_record(&source->platforms[i].record, &kept))
      return;
  enum status status = record_status(&kept);
  source->platforms = xgrow(source->platforms, source->platform_count, &source->platform_capacity,
                            sizeof *source->platforms);
  source->platforms[source->platform_count++] =
      (struct report_platform){.record = kept,
                               .size = size_parse(kept.cell[RECORD_SIZE]),
                               .status = status,
                               .state = STATE_UNKNOWN};

  struct source_row row = {.facts = facts_of(&kept, status),
                           .source = (uint32_t)number,
                           .platform = (uint32_t)(source->platform_count - 1)};
  match->source_has |= has_of(&row.facts);
  match->rows = xgrow(match->rows, match->row_count, &match->row_capacity, sizeof *match->rows);
  uint32_t at = (uint32_t)match->row_count;
  match->rows[match->row_count++] = row;
  const char *const values[] = {[KEY_DIGEST] = row.facts.digest,
                                [KEY_MANIFEST] = row.facts.manifest_digest,
                                [KEY_CONFIG] = row.facts.config_digest,
                                [KEY_LAYERS] = row.facts.layers,
                                [KEY_DIFF_IDS] = row.facts.diff_ids};
  for (enum key key = KEY_DIGEST; key <= KEY_DIFF_IDS; key++)
    if (values[key])
      index_add(&match->index, key_of(match, key, values[key]), at);
  if (match->base && row.facts.layers)
    index_add(&match->index, key_of_list(match, KEY_BASE_LAYERS, row.facts.layers), at);
  if (match->base && row.facts.diff_ids)
    index_add(&match->index, key_of_list(match, KEY_BASE_DIFF_IDS, row.facts.diff_ids), at);
  size_t length;
  const char *name = facts_name(source->image, &length);
  if (match->names && name && !status_is_failure(status)) {
    index_add(&match->index, key_of_bytes(match, KEY_NAME, name, length), at);
    match->source_has |= HAS_NAME;
  }
}

/* ---- inventory ---- */

static void add_pair(struct match *match, const struct source_row *row, enum evidence evidence,
                     const struct record *record, enum status status) {
  struct source *source = &match->sources[row->source];
  const char *image = record->cell[RECORD_IMAGE] ? record->cell[RECORD_IMAGE] : "-";
  enum platform_state state = STATE_FOUND;
  if (source->image && strcmp(source->image, image) == 0) {
    evidence = EVIDENCE_SELF;
    state = STATE_MISSING;
  } else if (evidence > EVIDENCE_LAYERS_LIKELY) {
    state = STATE_MISSING;
  } else if (evidence == EVIDENCE_LAYERS_LIKELY) {
    state = STATE_LIKELY;
  } else if (status == STATUS_ARCHIVED) {
    state = STATE_ARCHIVED;
  }
  /* Rows that come many times must not cost memory each time. */
  if (source->pair_count == source->pair_capacity) {
    source->pair_count = pairs_settle(source->pairs, source->pair_count);
    if (source->pair_count >= source->pair_capacity / 2)
      source->pairs = xgrow(source->pairs, source->pair_capacity, &source->pair_capacity,
                            sizeof *source->pairs);
  }
  source->pairs[source->pair_count++] = (struct report_pair){
      .image = pool_keep(match->pool, image),
      .digest = pool_keep(match->pool, record->cell[RECORD_DIGEST]),
      .manifest_digest = pool_keep(match->pool, record->cell[RECORD_MANIFEST_DIGEST]),
      .pushed = pool_keep(match->pool, record->cell[RECORD_PUSHED]),
      .size = size_parse(record->cell[RECORD_SIZE]),
      .platform = row->platform,
      .evidence = evidence,
      .status = status,
      .state = state,
  };
}

/* An inventory row, as it is looked up. */
struct candidate {
  const struct facts *facts;
  const struct record *record;
  enum status status;
};

/* The next source row of the chain *NODE, which moves on; NULL at its end. */
static struct source_row *next_row(const struct match *match, uint32_t *node) {
  if (!*node)
    return NULL;
  const struct index_node *at = &match->index.nodes[*node - 1];
  *node = at->next;
  return &match->rows[at->row];
}

/* What is said of other content is not said of the very same reference: it has that content at
   another time. */
static bool is_itself(const struct source *source, const struct record *record) {
  return source->image && record->cell[RECORD_IMAGE] &&
         strcmp(source->image, record->cell[RECORD_IMAGE]) == 0;
}

static void look_up_key(struct match *match, uint64_t key, const struct candidate *candidate) {
  uint32_t node = index_find(&match->index, key);
  for (struct source_row *row; (row = next_row(match, &node));) {
    if (row->seen == match->inventory_row)
      continue;
    row->seen = match->inventory_row;
    struct source *source = &match->sources[row->source];
    enum evidence evidence = facts_compare(&row->facts, candidate->facts);
    if (evidence == EVIDENCE_NONE && match->base && !is_itself(source, candidate->record) &&
        facts_is_base(&row->facts, candidate->facts))
      evidence = EVIDENCE_BASE;
    if (evidence == EVIDENCE_NONE)
      continue;
    source->told = match->inventory_row;
    add_pair(match, row, evidence, candidate->record, candidate->status);
  }
}

static void look_up(struct match *match, enum key key, const char *value,
                    const struct candidate *candidate) {
  if (value)
    look_up_key(match, key_of(match, key, value), candidate);
}

/* Looks for source rows whose list is the beginning of LIST, or all of it. */
static void look_up_prefixes(struct match *match, enum key kind, const char *list,
                             const struct candidate *candidate) {
  uint64_t key = 0;
  while (list) {
    key = key_of_next(match, kind, key, &list);
    look_up_key(match, key, candidate);
  }
}

/* Last of all: what has other evidence is not of another content. */
static void look_up_name(struct match *match, const struct candidate *candidate) {
  const char *image = candidate->record->cell[RECORD_IMAGE];
  size_t length, other_length;
  const char *name = facts_name(image, &length);
  if (!name)
    return;
  match->inventory_has |= HAS_NAME;
  uint32_t node = index_find(&match->index, key_of_bytes(match, KEY_NAME, name, length));
  for (struct source_row *row; (row = next_row(match, &node));) {
    const struct source *source = &match->sources[row->source];
    if (source->told == match->inventory_row || is_itself(source, candidate->record) ||
        !facts_same_platform(row->facts.platform, candidate->facts->platform))
      continue;
    const char *other = facts_name(source->image, &other_length);
    if (other_length == length && memcmp(other, name, length) == 0)
      add_pair(match, row, EVIDENCE_NAME, candidate->record, candidate->status);
  }
}

void match_inventory(struct match *match, const struct record *record) {
  enum status status = record_status(record);
  registries_see(&match->registries, match->pool, record);
  if (status_is_failure(status)) {
    failures_add(&match->failures, match->pool, record, status);
    return;
  }
  const char *image = or_empty(record->cell[RECORD_IMAGE]);
  uint64_t hash = hash_bytes(match->seed, image, strlen(image));
  bool no_config = status == STATUS_OK && !record->cell[RECORD_SETTINGS];
  if (hash != match->last_image || (no_config && !match->last_flag) || !match->images.count) {
    if (hash_set_add(&match->images, hash, no_config))
      registries_count(&match->registries);
    match->last_image = hash;
    match->last_flag = no_config;
  }
  struct facts facts = facts_of(record, status);
  match->inventory_has |= has_of(&facts);
  match->inventory_row++;
  const struct candidate candidate = {.facts = &facts, .record = record, .status = status};
  look_up(match, KEY_DIGEST, facts.digest, &candidate);
  look_up(match, KEY_MANIFEST, facts.manifest_digest, &candidate);
  look_up(match, KEY_CONFIG, facts.config_digest, &candidate);
  look_up(match, KEY_LAYERS, facts.layers, &candidate);
  look_up(match, KEY_DIFF_IDS, facts.diff_ids, &candidate);
  if (match->base) {
    look_up_prefixes(match, KEY_BASE_LAYERS, facts.layers, &candidate);
    look_up_prefixes(match, KEY_BASE_DIFF_IDS, facts.diff_ids, &candidate);
  }
  if (match->names)
    look_up_name(match, &candidate);
}

void match_free(struct match *match) {
  if (!match)
    return;
  for (size_t i = 0; i < match->source_count; i++) {
    struct source *source = &match->sources[i];
    free(source->key);
    free(source->platforms);
    free(source->pairs);
    free(source->matches);
    strbuf_free(&source->left_out);
  }
  free(match->sources);
  free(match->rows);
  free(match->failures.list);
  free(match->report.sources);
  registries_clear(&match->registries);
  index_clear(&match->index);
  hash_set_clear(&match->images);
  hashmap_free(match->by_key);
  pool_free(match->pool);
  free(match);
}
