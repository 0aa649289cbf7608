#include <config.h>

#include "report/match.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "registry/platform.h"
#include "base/hash.h"
#include "report/match-private.h"
#include "report/size.h"

/* Of the names that --platform left out, for people. */
#define LEFT_OUT_MAX 4096

/* What is kept in memory of images, to count them: some two millions. */
#define IMAGES_KEPT ((size_t)24 * 1024 * 1024)

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
  match->images = tally_new(IMAGES_KEPT);
  pthread_mutex_init(&match->lock, NULL);
  return match;
}

static uint64_t key_of_bytes(const struct match *match, enum key kind, const char *value,
                             size_t length) {
  return hash_bytes(match->seed + kind, value, length);
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
  return hash_finish(hash_rotate(before, 29) * UINT64_C(0x9e3779b97f4a7c15) ^ item);
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

/* ---- sources ---- */

static bool same(const char *a, const char *b) {
  return a && b ? strcmp(a, b) == 0 : a == b;
}

static uint64_t hash_cell(const struct record *record, enum record_column column, uint64_t seed) {
  const char *cell = record->cell[column];
  return cell ? hash_bytes(seed, cell, strlen(cell)) : hash_finish(seed);
}

/* The number of the source that RECORD belongs to; a new one when there was none. */
static uint32_t source_of(struct match *match, const struct record *record) {
  static const enum record_column columns[] = {RECORD_IMAGE, RECORD_ORIGIN, RECORD_REF};
  struct report *report = &match->report;
  const char *const *cell = record->cell;
  uint64_t key = match->seed + KEY_SOURCE;
  for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
    key = hash_cell(record, columns[i], key);
  for (uint32_t node = 0, number; index_next(&match->by_key, key, &node, &number);) {
    const struct report_source *source = &report->sources[number];
    if (same(source->image, cell[RECORD_IMAGE]) && same(source->origin, cell[RECORD_ORIGIN]) &&
        same(source->ref, cell[RECORD_REF]))
      return number;
  }
  uint32_t number = (uint32_t)report->source_count;
  match->sources = xgrow(match->sources, number, &match->source_capacity, sizeof *match->sources);
  match->sources[number] = (struct source){.pairs = NULL};
  report->sources =
      xgrow(report->sources, number, &match->report_capacity, sizeof *report->sources);
  report->sources[number] = (struct report_source){
      .image = pool_add(match->pool, cell[RECORD_IMAGE]),
      .origin = pool_add(match->pool, cell[RECORD_ORIGIN]),
      .ref = pool_add(match->pool, cell[RECORD_REF]),
      .digest = pool_add(match->pool, cell[RECORD_DIGEST]),
  };
  report->source_count++;
  index_add(&match->by_key, key, number);
  return number;
}

static void leave_out(struct source *source, const char *platform) {
  if (!source->left_out) {
    source->left_out = xmalloc(sizeof *source->left_out);
    *source->left_out = (struct strbuf)STRBUF(LEFT_OUT_MAX);
  } else {
    strbuf_puts(source->left_out, ", ");
  }
  strbuf_puts(source->left_out, platform);
}

/* True when A and B are the same in all that a report can tell of them. */
static bool same_platform(const struct report_platform *a, const struct report_platform *b) {
  return a->status == b->status && a->size == b->size && same(a->platform, b->platform) &&
         same(a->manifest_digest, b->manifest_digest) && same(a->config_digest, b->config_digest) &&
         same(a->detail, b->detail);
}

/* ... and in all that is evidence. */
static bool same_facts(const struct facts *a, const struct facts *b) {
  return a->digest_only == b->digest_only && a->index == b->index && same(a->digest, b->digest) &&
         same(a->settings, b->settings) && same(a->layers, b->layers) &&
         same(a->diff_ids, b->diff_ids);
}

static bool has_row(const struct match *match, uint32_t number,
                    const struct report_platform *platform, const struct facts *facts) {
  for (uint32_t at = match->sources[number].newest_row; at;) {
    const struct source_row *row = &match->rows[at - 1];
    if (same_platform(&match->report.sources[number].platforms[row->platform], platform) &&
        same_facts(&row->facts, facts))
      return true;
    at = row->older;
  }
  return false;
}

static struct report_platform platform_of(const struct record *record, enum status status) {
  return (struct report_platform){.platform = record->cell[RECORD_PLATFORM],
                                  .manifest_digest = record->cell[RECORD_MANIFEST_DIGEST],
                                  .config_digest = record->cell[RECORD_CONFIG_DIGEST],
                                  .detail = record->cell[RECORD_DETAIL],
                                  .size = size_parse(record->cell[RECORD_SIZE]),
                                  .status = status,
                                  .state = STATE_UNKNOWN};
}

/* RECORD with its strings kept: once each that is often the same. */
static struct record keep_record(struct match *match, const struct report_source *source,
                                 const struct record *record) {
  struct record kept = *record;
  const char *const *from = record->cell;
  const char **to = kept.cell;
  to[RECORD_PLATFORM] = pool_keep(match->pool, from[RECORD_PLATFORM]);
  to[RECORD_DETAIL] = pool_keep(match->pool, from[RECORD_DETAIL]);
  to[RECORD_DIGEST] = same(source->digest, from[RECORD_DIGEST])
                          ? source->digest
                          : pool_add(match->pool, from[RECORD_DIGEST]);
  to[RECORD_MANIFEST_DIGEST] = same(from[RECORD_DIGEST], from[RECORD_MANIFEST_DIGEST])
                                   ? to[RECORD_DIGEST]
                                   : pool_add(match->pool, from[RECORD_MANIFEST_DIGEST]);
  static const enum record_column rest[] = {RECORD_CONFIG_DIGEST, RECORD_SETTINGS, RECORD_LAYERS,
                                            RECORD_DIFF_IDS};
  for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
    to[rest[i]] = pool_add(match->pool, from[rest[i]]);
  return kept;
}

/* Adds a platform to SOURCE; their room doubles when it is used up. */
static void add_platform(struct report_source *source, const struct report_platform *platform) {
  uint32_t count = source->platform_count;
  if ((count & (count - 1)) == 0)
    source->platforms =
        xreallocarray(source->platforms, count ? 2 * (size_t)count : 1, sizeof *platform);
  source->platforms[source->platform_count++] = *platform;
}

/* The values of FACTS that are looked up, by their keys. */
static void values_of(const struct facts *facts, const char *values[KEYS]) {
  values[KEY_DIGEST] = facts->digest;
  values[KEY_MANIFEST] = facts->manifest_digest;
  values[KEY_CONFIG] = facts->config_digest;
  values[KEY_LAYERS] = facts->layers;
  values[KEY_DIFF_IDS] = facts->diff_ids;
}

static void add_keys(struct match *match, const struct facts *facts, const char *image,
                     enum status status, uint32_t at) {
  const char *values[KEYS];
  values_of(facts, values);
  for (enum key key = KEY_DIGEST; key < KEYS; key++)
    if (values[key])
      index_add(&match->index, key_of(match, key, values[key]), at);
  if (match->base && facts->layers)
    index_add(&match->index, key_of_list(match, KEY_BASE_LAYERS, facts->layers), at);
  if (match->base && facts->diff_ids)
    index_add(&match->index, key_of_list(match, KEY_BASE_DIFF_IDS, facts->diff_ids), at);
  size_t length;
  const char *name = facts_name(image, &length);
  if (match->names && name && !status_is_failure(status)) {
    index_add(&match->index, key_of_bytes(match, KEY_NAME, name, length), at);
    match->source_has |= HAS_NAME;
  }
}

void match_source(struct match *match, const struct record *record) {
  uint32_t number = source_of(match, record);
  struct source *source = &match->sources[number];
  struct report_source *reported = &match->report.sources[number];
  if (!reported->digest)
    reported->digest = pool_add(match->pool, record->cell[RECORD_DIGEST]);
  if (!platform_is_wanted(match->wanted, record->cell[RECORD_PLATFORM])) {
    leave_out(source, record->cell[RECORD_PLATFORM]);
    return;
  }
  enum status status = record_status(record);
  struct report_platform platform = platform_of(record, status);
  struct facts facts = facts_of(record, status);
  if (has_row(match, number, &platform, &facts))
    return;
  const struct record kept = keep_record(match, reported, record);
  platform = platform_of(&kept, status);
  facts = facts_of(&kept, status);
  add_platform(reported, &platform);
  match->source_has |= has_of(&facts);
  uint32_t at = (uint32_t)match->row_count;
  match->rows = xgrow(match->rows, at, &match->row_capacity, sizeof *match->rows);
  match->rows[match->row_count++] = (struct source_row){.facts = facts,
                                                        .source = number,
                                                        .platform = reported->platform_count - 1,
                                                        .older = source->newest_row};
  source->newest_row = at + 1;
  add_keys(match, &facts, reported->image, status, at);
}

/* ---- rows of the inventory that may match ---- */

/* An inventory row, as it is looked up. */
struct candidate {
  const struct facts *facts;
  const struct record *record;
  enum status status;
};

/* What the candidate has as the source does need not be kept again. */
static const char *keep_unless(struct match *match, const char *mine, const char *string) {
  return mine && string && strcmp(mine, string) == 0 ? mine : pool_keep(match->pool, string);
}

static void add_pair(struct match *match, const struct source_row *row, enum evidence evidence,
                     const struct candidate *candidate) {
  const struct record *record = candidate->record;
  struct source *source = &match->sources[row->source];
  const char *source_image = match->report.sources[row->source].image;
  const char *image = record->cell[RECORD_IMAGE] ? record->cell[RECORD_IMAGE] : "-";
  enum platform_state state = STATE_FOUND;
  if (source_image && strcmp(source_image, image) == 0) {
    evidence = EVIDENCE_SELF;
    state = STATE_MISSING;
  } else if (evidence > EVIDENCE_LAYERS_LIKELY) {
    state = STATE_MISSING;
  } else if (evidence == EVIDENCE_LAYERS_LIKELY) {
    state = STATE_LIKELY;
  } else if (candidate->status == STATUS_ARCHIVED) {
    state = STATE_ARCHIVED;
  }
  /* Rows that come many times must not cost memory each time. */
  if (source->pair_count == source->pair_capacity) {
    source->pair_count = (uint32_t)pairs_settle(source->pairs, source->pair_count);
    if (source->pair_count >= source->pair_capacity / 2) {
      source->pair_capacity += source->pair_capacity / 2 + 1;
      source->pairs = xreallocarray(source->pairs, source->pair_capacity, sizeof *source->pairs);
    }
  }
  source->pairs[source->pair_count++] = (struct report_pair){
      .image = pool_keep(match->pool, image),
      .digest = keep_unless(match, row->facts.digest, record->cell[RECORD_DIGEST]),
      .manifest_digest =
          keep_unless(match, row->facts.manifest_digest, record->cell[RECORD_MANIFEST_DIGEST]),
      .pushed = pool_keep(match->pool, record->cell[RECORD_PUSHED]),
      .size = size_parse(record->cell[RECORD_SIZE]),
      .platform = row->platform,
      .evidence = evidence,
      .status = candidate->status,
      .state = state,
  };
}

/* The next source row of KEY; *NODE, at first 0, moves on; NULL behind the last. */
static struct source_row *next_row(const struct match *match, uint64_t key, uint32_t *node) {
  uint32_t row;
  return index_next(&match->index, key, node, &row) ? &match->rows[row] : NULL;
}

/* What is said of other content is not said of the very same reference: it has that content at
   another time. */
static bool is_itself(const struct match *match, uint32_t source, const struct record *record) {
  const char *image = match->report.sources[source].image;
  return image && record->cell[RECORD_IMAGE] && strcmp(image, record->cell[RECORD_IMAGE]) == 0;
}

static void look_up_key(struct match *match, uint64_t key, const struct candidate *candidate) {
  uint32_t node = 0;
  for (struct source_row *row; (row = next_row(match, key, &node));) {
    if (row->seen == match->inventory_row)
      continue;
    row->seen = match->inventory_row;
    enum evidence evidence = facts_compare(&row->facts, candidate->facts);
    if (evidence == EVIDENCE_NONE && match->base &&
        !is_itself(match, row->source, candidate->record) &&
        facts_is_base(&row->facts, candidate->facts))
      evidence = EVIDENCE_BASE;
    if (evidence == EVIDENCE_NONE)
      continue;
    match->sources[row->source].told = match->inventory_row;
    add_pair(match, row, evidence, candidate);
  }
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
  size_t length, other_length;
  const char *name = facts_name(candidate->record->cell[RECORD_IMAGE], &length);
  if (!name)
    return;
  uint64_t key = key_of_bytes(match, KEY_NAME, name, length);
  uint32_t node = 0;
  for (struct source_row *row; (row = next_row(match, key, &node));) {
    if (match->sources[row->source].told == match->inventory_row ||
        is_itself(match, row->source, candidate->record) ||
        !facts_same_platform(row->facts.platform, candidate->facts->platform))
      continue;
    const char *other = facts_name(match->report.sources[row->source].image, &other_length);
    if (other_length == length && memcmp(other, name, length) == 0)
      add_pair(match, row, EVIDENCE_NAME, candidate);
  }
}

static void look_up(struct match *match, const struct record *record, enum status status) {
  const struct facts facts = facts_of(record, status);
  const struct candidate candidate = {.facts = &facts, .record = record, .status = status};
  const char *values[KEYS];
  values_of(&facts, values);
  match->inventory_row++;
  for (enum key key = KEY_DIGEST; key < KEYS; key++)
    if (values[key])
      look_up_key(match, key_of(match, key, values[key]), &candidate);
  if (match->base) {
    look_up_prefixes(match, KEY_BASE_LAYERS, facts.layers, &candidate);
    look_up_prefixes(match, KEY_BASE_DIFF_IDS, facts.diff_ids, &candidate);
  }
  if (match->names)
    look_up_name(match, &candidate);
}

/* ---- rows of the inventory, by many threads ---- */

/* What facts_of makes the keys of, by the key: each of its values is this one, or none. */
static const enum record_column key_columns[KEYS] = {
    [KEY_DIGEST] = RECORD_DIGEST,        [KEY_MANIFEST] = RECORD_MANIFEST_DIGEST,
    [KEY_CONFIG] = RECORD_CONFIG_DIGEST, [KEY_LAYERS] = RECORD_LAYERS,
    [KEY_DIFF_IDS] = RECORD_DIFF_IDS,
};

static void make_filter(struct match *match) {
  filter_init(&match->filter, match->index.count);
  for (size_t i = 0; i < match->row_count; i++) {
    const char *values[KEYS];
    values_of(&match->rows[i].facts, values);
    for (enum key key = KEY_DIGEST; key < KEYS; key++)
      if (values[key])
        filter_add(&match->filter, hash_tail(match->seed + key, values[key], strlen(values[key])));
  }
}

struct match_part *match_part_new(struct match *match) {
  if (!match->filter.words)
    make_filter(match);
  struct match_part *part = xcalloc(1, sizeof *part);
  part->match = match;
  part->images = tally_part_new(match->images);
  part->next = match->parts;
  match->parts = part;
  return part;
}

static bool is_there(const struct match *match, uint64_t key) {
  uint32_t node = 0, row;
  return index_next(&match->index, key, &node, &row);
}

/* False when the value of KEY cannot be a source's. */
static bool may_be_key(const struct match *match, enum key key, const char *value, size_t length) {
  return filter_has(&match->filter, hash_tail(match->seed + key, value, length)) &&
         is_there(match, key_of_bytes(match, key, value, length));
}

static bool may_begin(const struct match *match, enum key kind, const char *list) {
  uint64_t key = 0;
  while (list) {
    key = key_of_next(match, kind, key, &list);
    if (is_there(match, key))
      return true;
  }
  return false;
}

static bool may_be_name(const struct match *match, const char *image) {
  size_t length;
  const char *name = facts_name(image, &length);
  return name && is_there(match, key_of_bytes(match, KEY_NAME, name, length));
}

/* False when no source row can have anything of ROW. Changes nothing. */
static bool may_match(const struct match *match, const struct record_row *row) {
  const struct record *record = &row->record;
  for (enum key key = KEY_DIGEST; key < KEYS; key++) {
    enum record_column column = key_columns[key];
    if (key == KEY_MANIFEST && !record->cell[column])
      column = RECORD_DIGEST; /* it stands for a manifest's, too */
    if (record->cell[column] && may_be_key(match, key, record->cell[column], row->length[column]))
      return true;
  }
  return (match->base && (may_begin(match, KEY_BASE_LAYERS, record->cell[RECORD_LAYERS]) ||
                          may_begin(match, KEY_BASE_DIFF_IDS, record->cell[RECORD_DIFF_IDS]))) ||
         (match->names && may_be_name(match, record->cell[RECORD_IMAGE]));
}

/* Takes note of what the inventory has data for. What the cells say that a row can have at most
   mostly was there before; only if not are its facts looked at. */
static void note_has(struct match_part *part, const struct record *record, enum status status) {
  const char *const *cell = record->cell;
  const struct facts most = {
      .digest = cell[RECORD_DIGEST],
      .manifest_digest =
          cell[RECORD_MANIFEST_DIGEST] ? cell[RECORD_MANIFEST_DIGEST] : cell[RECORD_DIGEST],
      .config_digest = cell[RECORD_CONFIG_DIGEST],
      .settings = cell[RECORD_SETTINGS],
      .layers = cell[RECORD_LAYERS],
      .diff_ids = cell[RECORD_DIFF_IDS],
  };
  if (has_of(&most) & ~part->has) {
    const struct facts facts = facts_of(record, status);
    part->has |= has_of(&facts);
  }
  size_t length;
  if (part->match->names && !(part->has & HAS_NAME) && facts_name(cell[RECORD_IMAGE], &length))
    part->has |= HAS_NAME;
}

static enum status status_of(const struct record_row *row) {
  const char *name = row->record.cell[RECORD_STATUS];
  if (row->length[RECORD_STATUS] == 2 && name[0] == 'o' && name[1] == 'k')
    return STATUS_OK;
  return record_status(&row->record);
}

/* The number of ROW's registry, which this part has not met. */
static uint32_t meet_registry(struct match_part *part, const struct record_row *row) {
  struct match *match = part->match;
  size_t length;
  const char *name = registry_of(row, &length);
  pthread_mutex_lock(&match->lock);
  uint32_t number = registry_names_number(&match->registries, match->pool, name, length);
  name = match->registries.list[number].name;
  pthread_mutex_unlock(&match->lock);
  registries_add(&part->registries, name, number);
  return registries_see(&part->registries, row)->number;
}

static void count_image(struct match_part *part, const struct record_row *row, uint32_t registry,
                        bool no_config) {
  const char *image = row->record.cell[RECORD_IMAGE];
  uint64_t hash = hash_bytes(part->match->seed, image ? image : "", row->length[RECORD_IMAGE]);
  if (hash == part->last_image && (part->last_flag || !no_config))
    return;
  part->last_image = hash;
  part->last_flag = no_config;
  tally_add(part->images, hash, registry, no_config);
}

void match_part_row(struct match_part *part, const struct record_row *row) {
  struct match *match = part->match;
  const struct record *record = &row->record;
  enum status status = status_of(row);
  const struct registry_seen *registry = registries_see(&part->registries, row);
  uint32_t number = registry ? registry->number : meet_registry(part, row);
  if (status_is_failure(status)) {
    pthread_mutex_lock(&match->lock);
    failures_add(&match->failures, match->pool, record, status);
    pthread_mutex_unlock(&match->lock);
    return;
  }
  count_image(part, row, number, status == STATUS_OK && !record->cell[RECORD_SETTINGS]);
  note_has(part, record, status);
  if (!may_match(match, row))
    return;
  pthread_mutex_lock(&match->lock);
  look_up(match, record, status);
  pthread_mutex_unlock(&match->lock);
}

void match_inventory(struct match *match, const struct record *record) {
  struct record_row row = {.record = *record};
  for (int i = 0; i < RECORD_COLUMNS; i++)
    row.length[i] = record->cell[i] ? (uint32_t)strlen(record->cell[i]) : 0;
  if (!match->own)
    match->own = match_part_new(match);
  match_part_row(match->own, &row);
}

void match_free(struct match *match) {
  if (!match)
    return;
  for (size_t i = 0; i < match->report.source_count; i++) {
    struct source *source = &match->sources[i];
    free(source->pairs);
    if (source->left_out)
      strbuf_free(source->left_out);
    free(source->left_out);
    free(match->report.sources[i].platforms);
    free(match->report.sources[i].matches);
  }
  while (match->parts) {
    struct match_part *next = match->parts->next;
    registries_clear(&match->parts->registries);
    free(match->parts);
    match->parts = next;
  }
  free(match->sources);
  free(match->rows);
  free(match->failures.list);
  free(match->report.sources);
  registry_names_clear(&match->registries);
  index_clear(&match->by_key);
  index_clear(&match->index);
  filter_clear(&match->filter);
  tally_free(match->images);
  pool_free(match->pool);
  pthread_mutex_destroy(&match->lock);
  free(match);
}
