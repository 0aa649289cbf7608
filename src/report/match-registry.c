#include <config.h>

#include "report/match-registry.h"

#include <stdlib.h>
#include <string.h>

#include "base/hashmap.h"
#include "base/xalloc.h"

/* ---- of all ---- */

uint32_t registry_names_number(struct registry_names *names, struct pool *pool, const char *name,
                               size_t length) {
  char *host = xstrndup(name, length);
  if (!names->by_name)
    names->by_name = hashmap_new();
  uintptr_t number = (uintptr_t)hashmap_get(names->by_name, host);
  if (!number) {
    const char *kept = pool_keep(pool, host);
    names->list = xgrow(names->list, names->count, &names->capacity, sizeof *names->list);
    names->list[names->count++] = (struct report_registry){.name = kept};
    number = names->count;
    hashmap_put(names->by_name, kept, (void *)number);
  }
  free(host);
  return (uint32_t)(number - 1);
}

static int compare_names(const void *left, const void *right) {
  const struct report_registry *a = left, *b = right;
  return strcmp(a->name, b->name);
}

void registry_names_finish(struct registry_names *names, const size_t *images,
                           struct report *report) {
  for (size_t i = 0; i < names->count; i++)
    names->list[i].images = images[i];
  for (size_t i = 0; i < report->failure_count; i++) {
    const char *image = report->failures[i].image ? report->failures[i].image : "-";
    /* Each was seen, and so is there: nothing is added, and no pool is needed. */
    names->list[registry_names_number(names, NULL, image, strcspn(image, "/"))].failed++;
  }
  if (names->count)
    qsort(names->list, names->count, sizeof *names->list, compare_names);
  report->registries = names->list;
  report->registry_count = names->count;
}

void registry_names_clear(struct registry_names *names) {
  free(names->list);
  hashmap_free(names->by_name);
}

/* ---- of a thread ---- */

const char *registry_of(const struct record_row *row, size_t *length) {
  const char *image = row->record.cell[RECORD_IMAGE];
  if (!image) {
    *length = 1;
    return "-";
  }
  const char *slash = memchr(image, '/', row->length[RECORD_IMAGE]);
  *length = slash ? (size_t)(slash - image) : row->length[RECORD_IMAGE];
  return image;
}

static bool is_of(const struct registry_seen *registry, const char *name, size_t length) {
  return registry->length == length && memcmp(registry->name, name, length) == 0;
}

static struct registry_seen *find(struct registries *registries, const char *name, size_t length) {
  if (registries->last < registries->count &&
      is_of(&registries->list[registries->last], name, length))
    return &registries->list[registries->last];
  if (!registries->by_name)
    return NULL;
  char *host = xstrndup(name, length);
  uintptr_t place = (uintptr_t)hashmap_get(registries->by_name, host);
  free(host);
  if (!place)
    return NULL;
  registries->last = place - 1;
  return &registries->list[registries->last];
}

/* Keeps TIME when it is newer. What is not in the record's form cannot be compared as text. */
static void keep_newest(char newest[REPORT_TIME_SIZE], const struct record_row *row,
                        enum record_column column) {
  const char *time = row->record.cell[column];
  if (row->length[column] == REPORT_TIME_SIZE - 1 && time[10] == 'T' &&
      time[REPORT_TIME_SIZE - 2] == 'Z' && memcmp(time, newest, REPORT_TIME_SIZE - 1) > 0)
    memcpy(newest, time, REPORT_TIME_SIZE);
}

struct registry_seen *registries_see(struct registries *registries, const struct record_row *row) {
  size_t length;
  const char *name = registry_of(row, &length);
  struct registry_seen *registry = find(registries, name, length);
  if (!registry)
    return NULL;
  keep_newest(registry->pushed, row, RECORD_PUSHED);
  keep_newest(registry->created, row, RECORD_CREATED);
  return registry;
}

void registries_add(struct registries *registries, const char *name, uint32_t number) {
  if (!registries->by_name)
    registries->by_name = hashmap_new();
  registries->list =
      xgrow(registries->list, registries->count, &registries->capacity, sizeof *registries->list);
  registries->list[registries->count++] =
      (struct registry_seen){.name = name, .length = strlen(name), .number = number};
  hashmap_put(registries->by_name, name, (void *)(uintptr_t)registries->count);
}

void registries_merge(const struct registries *registries, struct registry_names *names) {
  for (size_t i = 0; i < registries->count; i++) {
    const struct registry_seen *seen = &registries->list[i];
    struct report_registry *registry = &names->list[seen->number];
    if (strcmp(seen->pushed, registry->pushed) > 0)
      memcpy(registry->pushed, seen->pushed, sizeof seen->pushed);
    if (strcmp(seen->created, registry->created) > 0)
      memcpy(registry->created, seen->created, sizeof seen->created);
  }
}

void registries_clear(struct registries *registries) {
  free(registries->list);
  hashmap_free(registries->by_name);
}
