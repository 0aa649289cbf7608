/* Which registries the inventory rows are of: how many images each has, and how recent they are. */
#ifndef OCIDUP_REPORT_MATCH_REGISTRY_H
#define OCIDUP_REPORT_MATCH_REGISTRY_H

#include <stddef.h>

#include "report/match.h"
#include "report/pool.h"

/* Starts zeroed. */
struct registries {
  struct report_registry *list; /* in the order of their first rows */
  size_t count;
  size_t capacity;
  size_t last;             /* of the last row: rows of a registry mostly follow each other */
  struct hashmap *by_name; /* → its number plus 1; NULL: none yet */
};

/* Sees a row, failed or not: finds its registry, and keeps the newest times. */
void registries_see(struct registries *registries, struct pool *pool, const struct record *record);

/* The row that was seen last is of an image that was not counted before. */
void registries_count(struct registries *registries);

/* Sorts them, counts the failures of REPORT, and lends the list to it. Call once, at the end. */
void registries_finish(struct registries *registries, struct report *report);

void registries_clear(struct registries *registries);

#endif
