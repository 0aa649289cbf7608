#include <config.h>

#include "report/match.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "report/compare.h"
#include "report/match-private.h"

const char *evidence_name(enum evidence evidence) {
  static const char *const names[] = {
      [EVIDENCE_INDEX] = "index",       [EVIDENCE_MANIFEST] = "manifest",
      [EVIDENCE_CONFIG] = "config",     [EVIDENCE_LAYERS] = "layers",
      [EVIDENCE_DIFF_IDS] = "diff_ids", [EVIDENCE_LAYERS_LIKELY] = "layers?",
      [EVIDENCE_BASE] = "base",         [EVIDENCE_NAME] = "name",
      [EVIDENCE_SELF] = "self",         [EVIDENCE_NONE] = "-",
  };
  return names[evidence];
}

static const char *const verdict_names[VERDICTS] = {
    [VERDICT_PRESENT] = "present",   [VERDICT_PARTIAL] = "partial", [VERDICT_LIKELY] = "likely",
    [VERDICT_ARCHIVED] = "archived", [VERDICT_ABSENT] = "absent",   [VERDICT_UNKNOWN] = "unknown",
};

const char *verdict_name(enum verdict verdict) {
  return verdict_names[verdict];
}

bool verdict_parse(const char *name, enum verdict *verdict) {
  for (int i = 0; i < VERDICTS; i++)
    if (strcmp(name, verdict_names[i]) == 0) {
      *verdict = (enum verdict)i;
      return true;
    }
  return false;
}

const char *platform_state_name(enum platform_state state) {
  static const char *const names[] = {
      [STATE_FOUND] = "found",     [STATE_LIKELY] = "likely",   [STATE_ARCHIVED] = "archived",
      [STATE_MISSING] = "missing", [STATE_UNKNOWN] = "unknown",
  };
  return names[state];
}

/* ---- one of each, whatever order they came in ---- */

static int compare_places(const struct report_pair *a, const struct report_pair *b) {
  int order = compare_strings(a->image, b->image);
  return order ? order : compare_numbers(a->platform, b->platform);
}

static int compare_pairs(const void *left, const void *right) {
  const struct report_pair *a = left, *b = right;
  int order = compare_places(a, b);
  if (!order)
    order = compare_numbers(a->state, b->state);
  if (!order)
    order = compare_numbers(a->evidence, b->evidence);
  /* From here on only so that the choice does not depend on the order of rows. */
  if (!order)
    order = compare_strings(a->manifest_digest, b->manifest_digest);
  if (!order)
    order = compare_strings(a->digest, b->digest);
  if (!order)
    order = compare_numbers(a->size, b->size);
  if (!order)
    order = compare_strings(b->pushed, a->pushed);
  return order ? order : compare_numbers(a->status, b->status);
}

size_t pairs_settle(struct report_pair *pairs, size_t count) {
  if (!count)
    return 0;
  qsort(pairs, count, sizeof *pairs, compare_pairs);
  size_t kept = 1;
  for (size_t i = 1; i < count; i++)
    if (compare_places(&pairs[kept - 1], &pairs[i]) != 0)
      pairs[kept++] = pairs[i];
  return kept;
}

/* ---- matches ---- */

/* The match of the COUNT pairs at PAIRS, which are of one inventory image. */
static struct report_match match_of(const struct report_pair *pairs, size_t count) {
  struct report_match match = {.image = pairs->image,
                               .pairs = pairs,
                               .pair_count = (uint32_t)count,
                               .state = STATE_UNKNOWN,
                               .evidence = EVIDENCE_INDEX};
  for (size_t i = 0; i < count; i++)
    if (pairs[i].state < match.state)
      match.state = pairs[i].state;
  for (size_t i = 0; i < count; i++) {
    if (pairs[i].state != match.state)
      continue;
    if (!match.state_count++) {
      match.digest = pairs[i].digest;
      match.status = pairs[i].status;
    }
    if (pairs[i].evidence > match.evidence)
      match.evidence = pairs[i].evidence;
    if (pairs[i].status == STATUS_ARCHIVED)
      match.status = STATUS_ARCHIVED;
  }
  return match;
}

static int compare_matches(const void *left, const void *right) {
  const struct report_match *a = left, *b = right;
  int order = compare_numbers(a->state, b->state);
  if (!order)
    order = compare_numbers(a->evidence == EVIDENCE_SELF, b->evidence == EVIDENCE_SELF);
  if (!order)
    order = compare_numbers(b->state_count, a->state_count);
  if (!order)
    order = compare_numbers(a->evidence, b->evidence);
  return order ? order : compare_strings(a->image, b->image);
}

static void make_matches(struct source *source, struct report_source *reported) {
  source->pair_count = (uint32_t)pairs_settle(source->pairs, source->pair_count);
  const struct report_pair *pairs = source->pairs;
  uint32_t images = 0;
  for (size_t i = 0; i < source->pair_count; i++)
    images += i == 0 || pairs[i].image != pairs[i - 1].image;
  if (!images)
    return;
  reported->matches = xcalloc(images, sizeof *reported->matches);
  for (size_t i = 0, next; i < source->pair_count; i = next) {
    for (next = i + 1; next < source->pair_count; next++)
      if (pairs[next].image != pairs[i].image)
        break;
    reported->matches[reported->match_count++] = match_of(&pairs[i], next - i);
  }
  qsort(reported->matches, images, sizeof *reported->matches, compare_matches);
}

/* ---- verdicts ---- */

static size_t count_state(const struct report_source *source, enum platform_state state) {
  size_t count = 0;
  for (size_t i = 0; i < source->platform_count; i++)
    count += source->platforms[i].state == state;
  return count;
}

static enum verdict verdict_of(struct report_source *source) {
  size_t failed = 0;
  for (size_t i = 0; i < source->platform_count; i++)
    failed += status_is_failure(source->platforms[i].status);
  if (failed == source->platform_count)
    return VERDICT_UNKNOWN;
  /* The first match is one of those that have most. */
  if (source->match_count && source->matches[0].state == STATE_FOUND &&
      source->matches[0].state_count == source->platform_count)
    return VERDICT_PRESENT;
  size_t found = count_state(source, STATE_FOUND);
  if (found) {
    source->spread = found == source->platform_count;
    return VERDICT_PARTIAL;
  }
  if (count_state(source, STATE_LIKELY))
    return VERDICT_LIKELY;
  if (count_state(source, STATE_ARCHIVED))
    return VERDICT_ARCHIVED;
  return count_state(source, STATE_UNKNOWN) ? VERDICT_UNKNOWN : VERDICT_ABSENT;
}

static void set_states(const struct source *source, struct report_source *reported, bool hidden) {
  struct report_platform *platforms = reported->platforms;
  for (size_t i = 0; i < reported->platform_count; i++)
    platforms[i].state =
        hidden || status_is_failure(platforms[i].status) ? STATE_UNKNOWN : STATE_MISSING;
  for (size_t i = 0; i < source->pair_count; i++) {
    struct report_platform *platform = &platforms[source->pairs[i].platform];
    if (source->pairs[i].state < STATE_MISSING && source->pairs[i].state < platform->state)
      platform->state = source->pairs[i].state;
  }
}

static void conclude(struct match *match, size_t number, bool hidden) {
  struct source *source = &match->sources[number];
  struct report_source *reported = &match->report.sources[number];
  make_matches(source, reported);
  set_states(source, reported, hidden);
  const struct report_platform *first = reported->platform_count ? reported->platforms : NULL;
  for (size_t i = reported->platform_count; i-- > 0;)
    if (status_is_failure(reported->platforms[i].status))
      first = &reported->platforms[i];
  if (first) {
    reported->status = first->status;
    reported->detail = first->detail;
  } else {
    char *detail = xasprintf("none of its platforms is in --platform: has %s%s",
                             strbuf_str(source->left_out), source->left_out->overflow ? ", …" : "");
    reported->detail = pool_keep(match->pool, detail);
    free(detail);
  }
  reported->verdict = verdict_of(reported);
}

/* Which evidence was asked for and both sides had data for. */
static unsigned compared(const struct match *match) {
  unsigned source = match->source_has, inventory = match->inventory_has;
  unsigned both = source & inventory;
  unsigned result = 0;
  if (both & HAS_DIGEST)
    result |= 1u << EVIDENCE_INDEX;
  if (both & HAS_MANIFEST)
    result |= 1u << EVIDENCE_MANIFEST;
  if (both & HAS_CONFIG)
    result |= 1u << EVIDENCE_CONFIG;
  if (both & HAS_LAYERS_SETTINGS)
    result |= 1u << EVIDENCE_LAYERS;
  if (both & HAS_DIFF_IDS_SETTINGS)
    result |= 1u << EVIDENCE_DIFF_IDS;
  if (both & HAS_LAYERS && (source | inventory) & HAS_LAYERS_ONLY)
    result |= 1u << EVIDENCE_LAYERS_LIKELY;
  if (match->base && both & (HAS_LAYERS | HAS_DIFF_IDS))
    result |= 1u << EVIDENCE_BASE;
  if (match->names && both & HAS_NAME)
    result |= 1u << EVIDENCE_NAME;
  return result;
}

/* Takes over what the parts found. */
static int merge_parts(struct match *match, struct error **err) {
  struct report *report = &match->report;
  struct registry_names *names = &match->registries;
  size_t *images = xcalloc(names->count, sizeof *images);
  for (const struct match_part *part = match->parts; part; part = part->next) {
    match->inventory_has |= part->has;
    registries_merge(&part->registries, names);
  }
  int result = tally_count(match->images, images, names->count, &report->without_config, err);
  report->scratch_refused = tally_refused(match->images);
  for (size_t i = 0; i < names->count; i++)
    report->inventory_images += images[i];
  registry_names_finish(names, images, report);
  free(images);
  return result;
}

const struct report *match_finish(struct match *match, struct error **err) {
  struct report *report = &match->report;
  failures_settle(&match->failures);
  report->failures = match->failures.list;
  report->failure_count = match->failures.count;
  bool hidden = false;
  for (size_t i = 0; i < report->failure_count; i++)
    hidden = hidden || report->failures[i].hides;
  if (merge_parts(match, err))
    return NULL;
  report->compared = compared(match);
  /* No row comes any more; matches need the memory. */
  pool_forget(match->pool);
  index_clear(&match->index);
  index_clear(&match->by_key);
  filter_clear(&match->filter);
  for (size_t i = 0; i < report->source_count; i++) {
    conclude(match, i, hidden);
    report->summary[report->sources[i].verdict]++;
  }
  return report;
}
