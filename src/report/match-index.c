#include <config.h>

#include "report/match-index.h"

#include <stdlib.h>

#include "base/xalloc.h"

/* Bits of the filter for each slot of the table, so that few of them are set. */
#define FILTER_BITS_PER_SLOT 8
#define SIZE_MIN 512

static void filter_set(struct index *index, uint64_t key) {
  uint64_t bit = key >> index->filter_shift;
  index->filter[bit / 64] |= UINT64_C(1) << (bit % 64);
}

static struct index_entry *entry_of(const struct index *index, uint64_t key) {
  size_t mask = index->size - 1;
  size_t at = (size_t)key & mask;
  while (index->entries[at].key && index->entries[at].key != key)
    at = (at + 1) & mask;
  return &index->entries[at];
}

static void index_grow(struct index *index) {
  struct index_entry *old = index->entries;
  size_t old_size = index->size;
  index->size = old_size ? old_size * 2 : SIZE_MIN;
  index->entries = xcalloc(index->size, sizeof *index->entries);
  size_t bits = index->size * FILTER_BITS_PER_SLOT;
  index->filter_shift = 64;
  for (size_t rest = bits; rest > 1; rest /= 2)
    index->filter_shift--;
  free(index->filter);
  index->filter = xcalloc(bits / 64, sizeof *index->filter);
  for (size_t i = 0; i < old_size; i++)
    if (old[i].key) {
      *entry_of(index, old[i].key) = old[i];
      filter_set(index, old[i].key);
    }
  free(old);
}

void index_add(struct index *index, uint64_t key, uint32_t row) {
  if (index->count >= index->size / 2)
    index_grow(index);
  struct index_entry *entry = entry_of(index, key);
  if (!entry->key) {
    entry->key = key;
    index->count++;
    filter_set(index, key);
  }
  index->nodes =
      xgrow(index->nodes, index->node_count, &index->node_capacity, sizeof *index->nodes);
  index->nodes[index->node_count++] = (struct index_node){.row = row, .next = entry->head};
  entry->head = (uint32_t)index->node_count;
}

uint32_t index_find(const struct index *index, uint64_t key) {
  if (!index->size)
    return 0;
  uint64_t bit = key >> index->filter_shift;
  if (!(index->filter[bit / 64] >> (bit % 64) & 1))
    return 0;
  return entry_of(index, key)->head;
}

void index_clear(struct index *index) {
  free(index->filter);
  free(index->entries);
  free(index->nodes);
  *index = (struct index){.size = 0};
}

static uint64_t *slot_of(const struct hash_set *set, uint64_t hash) {
  size_t mask = set->size - 1;
  size_t at = (size_t)(hash >> 1) & mask;
  while (set->slots[at] && (set->slots[at] | 1) != (hash | 1))
    at = (at + 1) & mask;
  return &set->slots[at];
}

bool hash_set_add(struct hash_set *set, uint64_t hash, bool flag) {
  hash &= ~UINT64_C(1);
  if (!hash)
    hash = 2; /* 0 and 1 would be an empty slot with and without a flag */
  if (set->count >= set->size / 4 * 3) {
    uint64_t *old = set->slots;
    size_t old_size = set->size;
    set->size = old_size ? old_size * 2 : SIZE_MIN;
    set->slots = xcalloc(set->size, sizeof *set->slots);
    for (size_t i = 0; i < old_size; i++)
      if (old[i])
        *slot_of(set, old[i]) = old[i];
    free(old);
  }
  uint64_t *slot = slot_of(set, hash);
  bool added = !*slot;
  if (added) {
    *slot = hash;
    set->count++;
  }
  if (flag && !(*slot & 1)) {
    *slot |= 1;
    set->flagged++;
  }
  return added;
}

void hash_set_clear(struct hash_set *set) {
  free(set->slots);
  *set = (struct hash_set){.size = 0};
}
