/* Which manifests are the same, and which contents have all that others have. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "report/compare.h"
#include "report/within-private.h"

/* ---- manifests ---- */

uint32_t within_root(struct within_manifest *manifests, uint32_t manifest) {
  while (manifests[manifest].parent != manifest) {
    manifests[manifest].parent = manifests[manifests[manifest].parent].parent;
    manifest = manifests[manifest].parent;
  }
  return manifest;
}

static void join(struct within_manifest *manifests, uint32_t a, uint32_t b,
                 enum evidence evidence) {
  a = within_root(manifests, a);
  b = within_root(manifests, b);
  if (a == b)
    return;
  manifests[b].parent = a;
  /* Joined from the strongest kind of evidence to the weakest: this is the weakest so far. */
  manifests[a].held = evidence;
}

/* The facts in the form that rows have them, so that the same rules say what is evidence. */
static struct facts facts_of_manifest(const struct within_manifest *manifest) {
  const struct record record = {.cell = {
                                    [RECORD_DIGEST] = manifest->digest,
                                    [RECORD_MANIFEST_DIGEST] = manifest->digest,
                                    [RECORD_PLATFORM] = manifest->cell[CELL_PLATFORM],
                                    [RECORD_CONFIG_DIGEST] = manifest->cell[CELL_CONFIG_DIGEST],
                                    [RECORD_SETTINGS] = manifest->cell[CELL_SETTINGS],
                                    [RECORD_LAYERS] = manifest->cell[CELL_LAYERS],
                                    [RECORD_DIFF_IDS] = manifest->cell[CELL_DIFF_IDS],
                                }};
  return facts_of(&record, manifest->artifact ? STATUS_ARTIFACT : STATUS_OK);
}

/* What must be equal for a kind of evidence: one or two strings of the pool, so that their
   addresses tell. */
struct join_key {
  const char *value, *settings;
  uint32_t manifest;
};

static int compare_keys(const void *left, const void *right) {
  const struct join_key *a = left, *b = right;
  int order = compare_numbers((uintptr_t)a->value, (uintptr_t)b->value);
  return order ? order : compare_numbers((uintptr_t)a->settings, (uintptr_t)b->settings);
}

static struct join_key key_of(const struct facts *facts, enum evidence evidence) {
  struct join_key key = {.settings = facts->settings};
  if (evidence == EVIDENCE_CONFIG)
    return (struct join_key){.value = facts->config_digest};
  if (facts->settings)
    key.value = evidence == EVIDENCE_LAYERS ? facts->layers : facts->diff_ids;
  return key;
}

static void join_by(struct within *within, enum evidence evidence, struct join_key *keys) {
  size_t count = 0;
  for (size_t i = 0; i < within->manifest_count; i++) {
    keys[count] = key_of(&within->manifests[i].facts, evidence);
    keys[count].manifest = (uint32_t)i;
    count += keys[count].value != NULL;
  }
  if (!count)
    return;
  qsort(keys, count, sizeof *keys, compare_keys);
  for (size_t i = 1; i < count; i++)
    if (compare_keys(&keys[i - 1], &keys[i]) == 0)
      join(within->manifests, keys[i - 1].manifest, keys[i].manifest, evidence);
}

static void join_manifests(struct within *within) {
  for (size_t i = 0; i < within->manifest_count; i++) {
    struct within_manifest *manifest = &within->manifests[i];
    manifest->facts = facts_of_manifest(manifest);
    manifest->parent = (uint32_t)i;
    manifest->held = EVIDENCE_MANIFEST;
  }
  struct join_key *keys = xcalloc(within->manifest_count + 1, sizeof *keys);
  for (enum evidence evidence = EVIDENCE_CONFIG; evidence <= EVIDENCE_DIFF_IDS; evidence++)
    join_by(within, evidence, keys);
  free(keys);
}

/* ---- sets ---- */

static int compare_u32(const void *left, const void *right) {
  return compare_numbers(*(const uint32_t *)left, *(const uint32_t *)right);
}

static void make_set(struct within *within, struct within_content *content) {
  content->whole = !content->failed && content->manifest_count >= content->platforms;
  content->set = xcalloc(content->manifest_count, sizeof *content->set);
  for (size_t i = 0; i < content->manifest_count; i++)
    content->set[i] = within_root(within->manifests, content->manifests[i]);
  qsort(content->set, content->manifest_count, sizeof *content->set, compare_u32);
  for (size_t i = 0; i < content->manifest_count; i++)
    if (i == 0 || content->set[i] != content->set[i - 1])
      content->set[content->set_count++] = content->set[i];
}

/* ---- kinds ---- */

static int compare_sets(const struct within_content *a, const struct within_content *b) {
  int order = compare_numbers(a->set_count, b->set_count);
  return order ? order : memcmp(a->set, b->set, a->set_count * sizeof *a->set);
}

static int compare_contents(const void *left, const void *right) {
  const struct within_content *a = *(struct within_content *const *)left;
  const struct within_content *b = *(struct within_content *const *)right;
  int order = compare_numbers(a->whole, b->whole);
  if (!order && a->whole)
    order = compare_sets(a, b);
  return order ? order : strcmp(a->digest, b->digest);
}

static void sort_into_kinds(struct within *within) {
  struct within_content **sorted = xcalloc(within->content_count + 1, sizeof(*sorted));
  size_t count = 0;
  for (size_t i = 0; i < within->content_count; i++)
    if (within->contents[i].set_count)
      sorted[count++] = &within->contents[i];
  if (count)
    qsort(sorted, count, sizeof *sorted, compare_contents);
  within->kinds = xcalloc(count + 1, sizeof *within->kinds);
  for (size_t i = 0; i < count; i++) {
    bool same = i > 0 && sorted[i]->whole && sorted[i - 1]->whole &&
                compare_sets(sorted[i - 1], sorted[i]) == 0;
    if (!same) {
      uint32_t number = (uint32_t)within->kind_count++;
      within->kinds[number] =
          (struct within_kind){.content = (uint32_t)(sorted[i] - within->contents),
                               .digest = sorted[i]->digest,
                               .parent = number};
    }
    sorted[i]->kind = (uint32_t)(within->kind_count - 1);
  }
  free(sorted);
}

static const struct within_content *content_of(const struct within *within, uint32_t kind) {
  return &within->contents[within->kinds[kind].content];
}

static bool has_all(const struct within_content *larger, const struct within_content *smaller) {
  size_t at = 0;
  for (size_t i = 0; i < smaller->set_count; i++) {
    while (at < larger->set_count && larger->set[at] < smaller->set[i])
      at++;
    if (at == larger->set_count || larger->set[at] != smaller->set[i])
      return false;
  }
  return true;
}

/* True when A is the better one to stand for what both have: it has more. */
static bool is_better(const struct within *within, uint32_t a, uint32_t b) {
  const struct within_content *first = content_of(within, a), *second = content_of(within, b);
  if (first->set_count != second->set_count)
    return first->set_count > second->set_count;
  if (first->whole != second->whole)
    return !first->whole; /* it has more than is known */
  return strcmp(within->kinds[a].digest, within->kinds[b].digest) < 0;
}

/* Which kinds have a manifest, by its root: at starts[root], to starts[root + 1]. */
struct holders {
  size_t *starts;
  uint32_t *kinds;
};

static struct holders holders_of(const struct within *within) {
  struct holders holders = {.starts = xcalloc(within->manifest_count + 2, sizeof(size_t))};
  size_t total = 0;
  for (uint32_t kind = 0; kind < within->kind_count; kind++) {
    const struct within_content *content = content_of(within, kind);
    for (size_t i = 0; i < content->set_count; i++)
      holders.starts[content->set[i] + 2]++;
    total += content->set_count;
  }
  for (size_t i = 2; i < within->manifest_count + 2; i++)
    holders.starts[i] += holders.starts[i - 1];
  holders.kinds = xcalloc(total + 1, sizeof *holders.kinds);
  for (uint32_t kind = 0; kind < within->kind_count; kind++) {
    const struct within_content *content = content_of(within, kind);
    for (size_t i = 0; i < content->set_count; i++)
      holders.kinds[holders.starts[content->set[i] + 1]++] = kind;
  }
  return holders;
}

/* The best other kind that has all that KIND has; itself when there is none. */
static uint32_t parent_of(const struct within *within, const struct holders *holders,
                          uint32_t kind) {
  const struct within_content *content = content_of(within, kind);
  if (!content->whole)
    return kind;
  uint32_t rarest = content->set[0];
  for (size_t i = 1; i < content->set_count; i++)
    if (holders->starts[content->set[i] + 1] - holders->starts[content->set[i]] <
        holders->starts[rarest + 1] - holders->starts[rarest])
      rarest = content->set[i];
  uint32_t best = kind;
  for (size_t i = holders->starts[rarest]; i < holders->starts[rarest + 1]; i++) {
    uint32_t other = holders->kinds[i];
    if (is_better(within, other, best) && has_all(content_of(within, other), content))
      best = other;
  }
  return best;
}

void within_make_kinds(struct within *within) {
  for (size_t i = 0; i < within->content_count; i++)
    /* Only its digest is known; as an image's manifest it may be known elsewhere. */
    if (within->contents[i].placed && !within->contents[i].manifest_count) {
      struct within_content *content = &within->contents[i];
      content->manifests = xgrow(NULL, 0, &content->manifest_capacity, sizeof(uint32_t));
      content->manifests[content->manifest_count++] = within_manifest_of(within, content->digest);
    }
  join_manifests(within);
  for (size_t i = 0; i < within->content_count; i++)
    if (within->contents[i].placed)
      make_set(within, &within->contents[i]);
  sort_into_kinds(within);
  struct holders holders = holders_of(within);
  for (uint32_t kind = 0; kind < within->kind_count; kind++)
    within->kinds[kind].parent = parent_of(within, &holders, kind);
  free(holders.starts);
  free(holders.kinds);
  /* The parent of a parent has all that it has, too. */
  for (uint32_t kind = 0; kind < within->kind_count; kind++) {
    uint32_t root = kind;
    while (within->kinds[root].parent != root)
      root = within->kinds[root].parent;
    within->kinds[kind].parent = root;
  }
}
