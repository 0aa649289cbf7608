/* A hash table from strings to pointers (borrowed both). Seeded per process, so that hostile
   names cannot choose their collisions. */
#ifndef OCIDUP_BASE_HASHMAP_H
#define OCIDUP_BASE_HASHMAP_H

#include <stddef.h>

struct hashmap;

struct hashmap *hashmap_new(void);

/* The value of KEY, or NULL. */
void *hashmap_get(const struct hashmap *map, const char *key);

/* Sets KEY (borrowed: must outlive the map) to VALUE, not NULL. Returns the old value or NULL;
   then the old key stays in use. */
void *hashmap_put(struct hashmap *map, const char *key, void *value);

/* Takes KEY away. Returns its value, or NULL when it has none. */
void *hashmap_remove(struct hashmap *map, const char *key);

size_t hashmap_count(const struct hashmap *map);

/* Calls EACH for every entry, in no particular order. */
void hashmap_each(const struct hashmap *map, void (*each)(void *arg, const char *key, void *value),
                  void *arg);

/* Frees the table, not its keys and values. NULL is allowed. */
void hashmap_free(struct hashmap *map);

#endif
