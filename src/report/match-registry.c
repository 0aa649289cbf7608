#include <config.h>

#include "report/match-registry.h"

#include <stdlib.h>
#include <string.h>

#include "base/hashmap.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

/* The registry's part of an image, or of the name of a scope that failed. */
static size_t host_length(const char *image) {
  return strcspn(image, "/");
}

static size_t number_of(struct registries *registries, struct pool *pool, const char *image) {
  size_t length = host_length(image);
  if (registries->count) {
    const char *last = registries->list[registries->last].name;
    if (strncmp(last, image, length) == 0 && !last[length])
      return registries->last;
  }
  char *host = xstrndup(image, length);
  if (!registries->by_name)
    registries->by_name = hashmap_new();
  uintptr_t number = (uintptr_t)hashmap_get(registries->by_name, host);
  if (!number) {
    const char *name = pool_keep(pool, host);
    registries->list =
        xgrow(registries->list, registries->count, &registries->capacity, sizeof *registries->list);
    registries->list[registries->count++] = (struct report_registry){.name = name};
    number = registries->count;
    hashmap_put(registries->by_name, name, (void *)number);
  }
  free(host);
  return number - 1;
}

/* Keeps TIME when it is newer. What is not in the record's form cannot be compared as text. */
static void keep_newest(char newest[REPORT_TIME_SIZE], const char *time) {
  if (time && strlen(time) == REPORT_TIME_SIZE - 1 && time[10] == 'T' &&
      time[REPORT_TIME_SIZE - 2] == 'Z' && strcmp(time, newest) > 0)
    memcpy(newest, time, REPORT_TIME_SIZE);
}

void registries_see(struct registries *registries, struct pool *pool, const struct record *record) {
  const char *image = record->cell[RECORD_IMAGE];
  registries->last = number_of(registries, pool, image ? image : "-");
  struct report_registry *registry = &registries->list[registries->last];
  keep_newest(registry->pushed, record->cell[RECORD_PUSHED]);
  keep_newest(registry->created, record->cell[RECORD_CREATED]);
}

void registries_count(struct registries *registries) {
  registries->list[registries->last].images++;
}

static int compare_names(const void *left, const void *right) {
  const struct report_registry *a = left, *b = right;
  return strcmp(a->name, b->name);
}

void registries_finish(struct registries *registries, struct report *report) {
  for (size_t i = 0; i < report->failure_count; i++) {
    const char *image = report->failures[i].image ? report->failures[i].image : "-";
    /* Each was seen, and so is there: nothing is added, and no pool is needed. */
    registries->list[number_of(registries, NULL, image)].failed++;
  }
  if (registries->count)
    qsort(registries->list, registries->count, sizeof *registries->list, compare_names);
  report->registries = registries->list;
  report->registry_count = registries->count;
}

void registries_clear(struct registries *registries) {
  free(registries->list);
  hashmap_free(registries->by_name);
}
