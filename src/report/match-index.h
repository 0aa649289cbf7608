/* The sources' digests and lists, hashed, so that an inventory row finds the source rows that it
   could match; and the filter that decides for most rows, which match none, by a few bits that stay
   in the cache. Both hold hashes only: what is found must be compared. */
#ifndef OCIDUP_REPORT_MATCH_INDEX_H
#define OCIDUP_REPORT_MATCH_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct index_node {
  uint32_t tag; /* half of the key */
  uint32_t row;
  uint32_t next; /* plus 1; 0: the last */
};

struct index {
  uint32_t *buckets; /* a power of two; the first node of each, plus 1 */
  size_t size;
  struct index_node *nodes;
  size_t count;
  size_t capacity;
};

/* Adds ROW under KEY, whose bits are all as good as random; INDEX starts zeroed. */
void index_add(struct index *index, uint64_t key, uint32_t row);

/* The newest row of KEY that is behind *NODE (0: any), and *NODE is its place. False when there is
   none. */
bool index_next(const struct index *index, uint64_t key, uint32_t *node, uint32_t *row);

void index_clear(struct index *index);

/* ---- the filter ---- */

struct filter {
  uint64_t *words; /* a power of two */
  unsigned shift;
};

/* For about COUNT keys. */
void filter_init(struct filter *filter, size_t count);

/* Three of a word's bits for a key. */
static inline uint64_t filter_bits(uint64_t key) {
  return UINT64_C(1) << (key & 63) | UINT64_C(1) << (key >> 6 & 63) |
         UINT64_C(1) << (key >> 12 & 63);
}

static inline void filter_add(struct filter *filter, uint64_t key) {
  filter->words[key >> filter->shift] |= filter_bits(key);
}

/* False when KEY was not added; true when it was, and for one in a hundred that were not. */
static inline bool filter_has(const struct filter *filter, uint64_t key) {
  uint64_t bits = filter_bits(key);
  return (filter->words[key >> filter->shift] & bits) == bits;
}

void filter_clear(struct filter *filter);

#endif
