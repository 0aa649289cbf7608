/* Which registries the inventory rows are of: how many images each has, and how recent they are.
   Each thread has those that it met, by the numbers that all have in common. */
#ifndef OCIDUP_REPORT_MATCH_REGISTRY_H
#define OCIDUP_REPORT_MATCH_REGISTRY_H

#include <stddef.h>

#include "report/match.h"
#include "report/pool.h"

/* The registries of all rows: their names and numbers. Starts zeroed. */
struct registry_names {
  struct report_registry *list; /* in the order of their first rows */
  size_t count;
  size_t capacity;
  struct hashmap *by_name; /* → its number plus 1; NULL: none yet */
};

/* One that a thread has met. */
struct registry_seen {
  const char *name; /* of the names' list */
  size_t length;
  uint32_t number;
  char pushed[REPORT_TIME_SIZE], created[REPORT_TIME_SIZE]; /* the newest; "": none yet */
};

/* Those that a thread has met. Starts zeroed. */
struct registries {
  struct registry_seen *list;
  size_t count;
  size_t capacity;
  size_t last;             /* of the last row: rows of a registry mostly follow each other */
  struct hashmap *by_name; /* → its place in the list, plus 1; NULL: none yet */
};

/* The number of the registry NAME (LENGTH bytes of it), new or not. Its string is of POOL. */
uint32_t registry_names_number(struct registry_names *names, struct pool *pool, const char *name,
                               size_t length);

/* The registry of ROW, failed or not, with ROW's times taken in; NULL when it was not met: the
   caller has its number, and adds it by registries_add. */
struct registry_seen *registries_see(struct registries *registries, const struct record_row *row);

/* NAME is as NAMES has it. */
void registries_add(struct registries *registries, const char *name, uint32_t number);

/* The registry's part of ROW's image, and its *LENGTH; "-" when it has none. */
const char *registry_of(const struct record_row *row, size_t *length);

/* Takes the newest times over into NAMES. */
void registries_merge(const struct registries *registries, struct registry_names *names);

/* Sets the counts of images to those in IMAGES, sorts them, counts the failures of REPORT, and
   lends the list to it. Call once, at the end. */
void registry_names_finish(struct registry_names *names, const size_t *images,
                           struct report *report);

void registries_clear(struct registries *registries);
void registry_names_clear(struct registry_names *names);

#endif
