#include <config.h>

#include "base/hashmap.h"

#include <stdint.h>
#include <stdlib.h>

#include <json-c/linkhash.h>

#include "base/xalloc.h"

/* Most maps are those of one image, of one or two digests. */
enum { INITIAL_SIZE = 8 };

struct hashmap {
  struct lh_table *table; /* seeds its hash at random, once a process */
  size_t removed;         /* since it was made anew: a removed entry's place is passed, not free */
};

/* The library says no when memory is out, and there is nothing else that it can say no to. */
static void must(int result) {
  if (result)
    (void)xreallocarray(NULL, SIZE_MAX, 2);
}

struct hashmap *hashmap_new(void) {
  struct hashmap *map = xcalloc(1, sizeof *map);
  map->table = lh_kchar_table_new(INITIAL_SIZE, NULL);
  must(map->table == NULL);
  return map;
}

void *hashmap_get(const struct hashmap *map, const char *key) {
  void *value = NULL;
  return lh_table_lookup_ex(map->table, key, &value) ? value : NULL;
}

void *hashmap_put(struct hashmap *map, const char *key, void *value) {
  unsigned long hash = lh_get_hash(map->table, key);
  struct lh_entry *entry = lh_table_lookup_entry_w_hash(map->table, key, hash);
  if (entry) {
    void *old = lh_entry_v(entry);
    lh_entry_set_val(entry, value);
    return old;
  }
  must(lh_table_insert_w_hash(map->table, key, value, hash, 0));
  return NULL;
}

void *hashmap_remove(struct hashmap *map, const char *key) {
  struct lh_entry *entry = lh_table_lookup_entry(map->table, key);
  if (!entry)
    return NULL;
  void *value = lh_entry_v(entry);
  must(lh_table_delete_entry(map->table, entry));
  if (++map->removed > (size_t)map->table->size / 8) {
    must(lh_table_resize(map->table, map->table->size));
    map->removed = 0;
  }
  return value;
}

size_t hashmap_count(const struct hashmap *map) {
  return (size_t)lh_table_length(map->table);
}

void hashmap_each(const struct hashmap *map, void (*each)(void *arg, const char *key, void *value),
                  void *arg) {
  struct lh_entry *entry;
  lh_foreach(map->table, entry) each(arg, (const char *)lh_entry_k(entry), lh_entry_v(entry));
}

void hashmap_free(struct hashmap *map) {
  if (!map)
    return;
  lh_table_free(map->table);
  free(map);
}
