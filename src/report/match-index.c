#include <config.h>

#include "report/match-index.h"

#include <stdlib.h>

#include "base/xalloc.h"

#define SIZE_MIN 512

/* Bits of the filter for each key, so that few of them are set. */
#define FILTER_BITS_PER_KEY 16

static uint32_t tag_of(uint64_t key) {
  return (uint32_t)(key >> 32);
}

static void link_node(struct index *index, size_t number) {
  struct index_node *node = &index->nodes[number];
  uint32_t *bucket = &index->buckets[node->tag & (index->size - 1)];
  node->next = *bucket;
  *bucket = (uint32_t)number + 1;
}

static void index_grow(struct index *index) {
  free(index->buckets);
  index->size = index->size ? index->size * 2 : SIZE_MIN;
  index->buckets = xcalloc(index->size, sizeof *index->buckets);
  for (size_t i = 0; i < index->count; i++)
    link_node(index, i);
}

void index_add(struct index *index, uint64_t key, uint32_t row) {
  if (index->count >= index->size)
    index_grow(index);
  index->nodes = xgrow(index->nodes, index->count, &index->capacity, sizeof *index->nodes);
  index->nodes[index->count] = (struct index_node){.tag = tag_of(key), .row = row};
  link_node(index, index->count++);
}

bool index_next(const struct index *index, uint64_t key, uint32_t *node, uint32_t *row) {
  if (!index->size)
    return false;
  uint32_t at =
      *node ? index->nodes[*node - 1].next : index->buckets[tag_of(key) & (index->size - 1)];
  while (at && index->nodes[at - 1].tag != tag_of(key))
    at = index->nodes[at - 1].next;
  if (!at)
    return false;
  *node = at;
  *row = index->nodes[at - 1].row;
  return true;
}

void index_clear(struct index *index) {
  free(index->buckets);
  free(index->nodes);
  *index = (struct index){.size = 0};
}

void filter_init(struct filter *filter, size_t count) {
  size_t words = 2;
  filter->shift = 63;
  while (words * 64 < count * FILTER_BITS_PER_KEY) {
    words *= 2;
    filter->shift--;
  }
  filter->words = xcalloc(words, sizeof *filter->words);
}

void filter_clear(struct filter *filter) {
  free(filter->words);
  *filter = (struct filter){.words = NULL};
}
