/* The sources' digests and lists, hashed, so that an inventory row finds the source rows that it
   could match; most rows find none, and that is decided by a few bits that stay in the cache. Also
   the set that counts inventory images. Both hold hashes only: what is found must be compared. */
#ifndef OCIDUP_REPORT_MATCH_INDEX_H
#define OCIDUP_REPORT_MATCH_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct index_entry {
  uint64_t key;  /* 0: empty */
  uint32_t head; /* first of its nodes, plus 1 */
};

struct index_node {
  uint32_t row;
  uint32_t next; /* plus 1; 0: the last */
};

struct index {
  uint64_t *filter; /* bits; a key's bit is clear when it is not in the table */
  unsigned filter_shift;
  struct index_entry *entries; /* open addressing, a power of two */
  size_t size;
  size_t count;
  struct index_node *nodes;
  size_t node_count;
  size_t node_capacity;
};

/* Adds ROW under KEY (not 0); INDEX starts zeroed. */
void index_add(struct index *index, uint64_t key, uint32_t row);

/* The first node of KEY, plus 1; 0 when there is none. */
uint32_t index_find(const struct index *index, uint64_t key);

void index_clear(struct index *index);

/* A set of 64-bit hashes, each with a flag. Starts zeroed. */
struct hash_set {
  uint64_t *slots; /* the flag is the lowest bit; 0: empty */
  size_t size;
  size_t count;
  size_t flagged; /* how many have the flag */
};

/* Adds HASH, or sets its flag when it is there without. The lowest bit is ignored. True when it was
   not there. */
bool hash_set_add(struct hash_set *set, uint64_t hash, bool flag);

void hash_set_clear(struct hash_set *set);

#endif
