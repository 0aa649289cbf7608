/* Which copies there are of a kind, and which of them is the one to keep. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "report/compare.h"
#include "report/within-private.h"

/* ---- copies ---- */

/* The oldest first; what is not known is last. */
static int compare_pushed(const char *a, const char *b) {
  if (!a || !b)
    return compare_numbers(a == NULL, b == NULL);
  return strcmp(a, b);
}

static struct within_copy copy_of(struct within *within, const struct within_place *places,
                                  size_t count, const char **images) {
  const struct within_content *content = &within->contents[places->content];
  struct within_copy result = {
      .copy = {.repository = places->repository,
               .digest = content->digest,
               .images = images,
               .status = places->status,
               .evidence = EVIDENCE_NONE},
      .content = places->content,
      .kind = within->kinds[content->kind].parent,
      .lead = COPY_STAYS,
  };
  struct duplicate_copy *copy = &result.copy;
  for (size_t i = 0; i < count; i++) {
    if (i == 0 || places[i].image != places[i - 1].image)
      images[copy->image_count++] = places[i].image;
    if (compare_pushed(places[i].pushed, copy->pushed) < 0)
      copy->pushed = places[i].pushed;
    if (places[i].status < copy->status)
      copy->status = places[i].status;
  }
  return result;
}

static void make_copies(struct within *within) {
  within_settle_places(within);
  within->copies = xcalloc(within->place_count + 1, sizeof *within->copies);
  within->images = xcalloc(within->place_count + 1, sizeof *within->images);
  size_t images = 0;
  for (size_t i = 0, end; i < within->place_count; i = end) {
    const struct within_place *places = within->places;
    for (end = i + 1; end < within->place_count; end++)
      if (places[end].repository != places[i].repository ||
          places[end].content != places[i].content)
        break;
    within->result.repositories += i == 0 || places[i].repository != places[i - 1].repository;
    struct within_copy *copy = &within->copies[within->copy_count++];
    *copy = copy_of(within, &places[i], end - i, &within->images[images]);
    images += copy->copy.image_count;
  }
}

static int compare_names(const void *left, const void *right) {
  return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void set_platforms(const struct within *within, struct within_copy *copy) {
  const struct within_content *content = &within->contents[copy->content];
  const char **platforms = xcalloc(content->manifest_count + 1, sizeof *platforms);
  size_t count = 0;
  for (size_t i = 0; i < content->manifest_count; i++) {
    const char *platform = within->manifests[content->manifests[i]].cell[CELL_PLATFORM];
    if (platform)
      platforms[count++] = platform;
  }
  if (count)
    qsort(platforms, count, sizeof *platforms, compare_names);
  copy->platforms = platforms;
  copy->copy.platforms = platforms;
  copy->copy.platform_count = count;
}

/* ---- groups ---- */

/* Copies of one group, as they are sorted. */
struct member {
  struct within_copy *copy;
  bool root;  /* its content has all that the group's others have */
  bool stays; /* copied, when it is known */
};

/* The one to keep comes first: of those that have everything, one that need not be restored, that
   was pushed first. */
static int compare_members(const void *left, const void *right) {
  const struct member *a = left, *b = right;
  int order = compare_numbers(a->copy->kind, b->copy->kind);
  if (!order)
    order = compare_numbers(b->root, a->root);
  if (!order)
    order = compare_numbers(a->copy->copy.status == STATUS_ARCHIVED,
                            b->copy->copy.status == STATUS_ARCHIVED);
  if (!order)
    order = compare_pushed(a->copy->copy.pushed, b->copy->copy.pushed);
  if (!order)
    order = strcmp(a->copy->copy.repository, b->copy->copy.repository);
  return order ? order : strcmp(a->copy->copy.digest, b->copy->copy.digest);
}

/* Behind the one to keep: what stays beside it, then by repository and digest. */
static int compare_others(const void *left, const void *right) {
  const struct member *a = left, *b = right;
  int order = compare_numbers(b->stays, a->stays);
  if (!order)
    order = strcmp(a->copy->copy.repository, b->copy->copy.repository);
  return order ? order : strcmp(a->copy->copy.digest, b->copy->copy.digest);
}

/* Why MANIFEST is in KEPT: the strongest evidence there is for one of KEPT's. */
static enum evidence evidence_of(struct within *within, uint32_t manifest,
                                 const struct within_content *kept) {
  enum evidence best = EVIDENCE_NONE;
  for (size_t i = 0; i < kept->manifest_count; i++) {
    enum evidence evidence = facts_compare(&within->manifests[kept->manifests[i]].facts,
                                           &within->manifests[manifest].facts);
    if (evidence < best)
      best = evidence;
  }
  /* Only by way of others: by the weakest of the links. */
  if (best > EVIDENCE_DIFF_IDS)
    best = within->manifests[within_root(within->manifests, manifest)].held;
  return best;
}

static enum evidence compare_copies(struct within *within, const struct within_copy *kept,
                                    const struct within_copy *copy) {
  const struct within_content *content = &within->contents[copy->content];
  if (copy->content == kept->content)
    return content->index ? EVIDENCE_INDEX : EVIDENCE_MANIFEST;
  enum evidence weakest = EVIDENCE_INDEX;
  for (size_t i = 0; i < content->manifest_count; i++) {
    enum evidence evidence =
        evidence_of(within, content->manifests[i], &within->contents[kept->content]);
    if (evidence > weakest)
      weakest = evidence;
  }
  return weakest;
}

/* Settles what the COUNT copies of a kind at MEMBERS are to each other; those of a group have their
   `lead` then. False when they are all in one repository, and no group. */
static bool settle_group(struct within *within, struct member *members, size_t count) {
  const struct within_copy *kept = members[0].copy;
  bool spread = false;
  for (size_t i = 0; i < count; i++) {
    members[i].stays = members[i].copy->copy.repository == kept->copy.repository;
    spread = spread || !members[i].stays;
  }
  if (!spread)
    return false;
  qsort(members + 1, count - 1, sizeof *members, compare_others);
  uint32_t lead = COPY_STAYS;
  for (size_t i = 0; i < count; i++) {
    struct within_copy *copy = members[i].copy;
    copy->copy.stays = members[i].stays;
    if (i > 0)
      copy->copy.evidence = compare_copies(within, kept, copy);
    if (members[i].stays)
      continue;
    if (lead == COPY_STAYS || within->copies[lead].copy.repository != copy->copy.repository)
      lead = (uint32_t)(copy - within->copies);
    copy->lead = lead;
  }
  return true;
}

/* The copies that are in groups, group after group. Returns how many. */
static size_t find_members(struct within *within, struct member *members) {
  for (size_t i = 0; i < within->copy_count; i++) {
    struct within_copy *copy = &within->copies[i];
    members[i] =
        (struct member){.copy = copy, .root = within->contents[copy->content].kind == copy->kind};
  }
  if (within->copy_count)
    qsort(members, within->copy_count, sizeof *members, compare_members);
  size_t kept = 0;
  for (size_t i = 0, end; i < within->copy_count; i = end) {
    for (end = i + 1; end < within->copy_count; end++)
      if (members[end].copy->kind != members[i].copy->kind)
        break;
    if (!settle_group(within, &members[i], end - i))
      continue;
    memmove(&members[kept], &members[i], (end - i) * sizeof *members);
    kept += end - i;
    within->result.group_count++;
  }
  return kept;
}

static int compare_groups(const void *left, const void *right) {
  const struct duplicate_group *a = left, *b = right;
  int order = compare_numbers(b->saved, a->saved);
  if (!order)
    order = strcmp(a->copies->images[0], b->copies->images[0]);
  return order ? order : strcmp(a->copies->digest, b->copies->digest);
}

static void add_to_group(struct duplicate_group *group, const struct duplicate_copy *copy) {
  group->copy_count++;
  if (copy->stays)
    return;
  group->duplicates++;
  group->uncounted += copy->uncounted;
  group->saved = copy->saved > INT64_MAX - group->saved ? INT64_MAX : group->saved + copy->saved;
  if (copy->evidence > group->evidence)
    group->evidence = copy->evidence;
}

static void make_groups(struct within *within, const struct member *members, size_t count) {
  within->listed = xcalloc(count + 1, sizeof *within->listed);
  within->groups = xcalloc(within->result.group_count + 1, sizeof *within->groups);
  struct duplicate_group *group = NULL;
  for (size_t i = 0; i < count; i++) {
    if (i == 0 || members[i].copy->kind != members[i - 1].copy->kind) {
      group = group ? group + 1 : within->groups;
      *group = (struct duplicate_group){.copies = &within->listed[i], .evidence = EVIDENCE_INDEX};
    }
    struct within_copy *copy = members[i].copy;
    set_platforms(within, copy);
    copy->copy.size = within_size(within, &within->contents[copy->content]);
    within->listed[i] = copy->copy;
    add_to_group(group, &copy->copy);
  }
  for (size_t i = 0; i < within->result.group_count; i++) {
    within->result.duplicates += within->groups[i].duplicates;
    within->result.uncounted += within->groups[i].uncounted;
  }
  if (within->result.group_count)
    qsort(within->groups, within->result.group_count, sizeof *within->groups, compare_groups);
  within->result.groups = within->groups;
}

/* How many different references the copies have: one can name two contents, in listings of two
 * days. */
static size_t count_images(const struct within *within) {
  struct hashmap *seen = hashmap_new();
  for (size_t i = 0; i < within->place_count; i++)
    hashmap_put(seen, within->places[i].image, (void *)(uintptr_t)1);
  size_t count = hashmap_count(seen);
  hashmap_free(seen);
  return count;
}

const struct duplicates *within_finish(struct within *within) {
  within_make_kinds(within);
  make_copies(within);
  struct member *members = xcalloc(within->copy_count + 1, sizeof *members);
  size_t count = find_members(within, members);
  within_count(within);
  make_groups(within, members, count);
  free(members);
  failures_settle(&within->failures);
  within->result.failures = within->failures.list;
  within->result.failure_count = within->failures.count;
  within->result.images = count_images(within);
  within->result.without_config = hashmap_count(within->unread);
  return &within->result;
}
