#include <config.h>

#include "report/pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "base/hash.h"

#define CHUNK_SIZE ((size_t)64 * 1024)

struct chunk {
  struct chunk *next;
  char data[];
};

struct pool {
  uint64_t seed;
  struct chunk *chunks;
  char *free; /* in the newest chunk of CHUNK_SIZE */
  size_t left;
  const char **slots; /* open addressing, a power of two; NULL: empty */
  uint32_t *hashes;   /* of the slots: strings are elsewhere in memory, and looked at last */
  size_t size;
  size_t count;
};

struct pool *pool_new(uint64_t seed) {
  struct pool *pool = xcalloc(1, sizeof *pool);
  pool->seed = seed;
  return pool;
}

static char *chunk_add(struct pool *pool, size_t size) {
  struct chunk *chunk = xmalloc(sizeof *chunk + size);
  chunk->next = pool->chunks;
  pool->chunks = chunk;
  return chunk->data;
}

static const char *store(struct pool *pool, const char *string, size_t size) {
  char *copy;
  if (size > CHUNK_SIZE / 8) {
    copy = chunk_add(pool, size); /* alone, so that the rest of a chunk is not lost */
  } else {
    if (size > pool->left) {
      pool->free = chunk_add(pool, CHUNK_SIZE);
      pool->left = CHUNK_SIZE;
    }
    copy = pool->free;
    pool->free += size;
    pool->left -= size;
  }
  return memcpy(copy, string, size);
}

/* The slot that has STRING, or the empty one where it belongs. */
static size_t find(const struct pool *pool, const char *string, uint32_t hash) {
  size_t mask = pool->size - 1;
  size_t at = hash & mask;
  while (pool->slots[at] && (pool->hashes[at] != hash || strcmp(pool->slots[at], string) != 0))
    at = (at + 1) & mask;
  return at;
}

static void grow(struct pool *pool) {
  const char **old = pool->slots;
  uint32_t *old_hashes = pool->hashes;
  size_t old_size = pool->size;
  pool->size = old_size ? old_size * 2 : 256;
  pool->slots = xcalloc(pool->size, sizeof *pool->slots);
  pool->hashes = xcalloc(pool->size, sizeof *pool->hashes);
  for (size_t i = 0; i < old_size; i++)
    if (old[i]) {
      /* All are different: the first free slot is it. */
      size_t at = old_hashes[i] & (pool->size - 1);
      while (pool->slots[at])
        at = (at + 1) & (pool->size - 1);
      pool->slots[at] = old[i];
      pool->hashes[at] = old_hashes[i];
    }
  free(old);
  free(old_hashes);
}

const char *pool_keep(struct pool *pool, const char *string) {
  if (!string)
    return NULL;
  if (pool->count >= pool->size / 4 * 3)
    grow(pool);
  size_t length = strlen(string);
  uint32_t hash = (uint32_t)hash_bytes(pool->seed, string, length);
  size_t at = find(pool, string, hash);
  if (!pool->slots[at]) {
    pool->slots[at] = store(pool, string, length + 1);
    pool->hashes[at] = hash;
    pool->count++;
  }
  return pool->slots[at];
}

const char *pool_add(struct pool *pool, const char *string) {
  return string ? store(pool, string, strlen(string) + 1) : NULL;
}

void pool_forget(struct pool *pool) {
  free(pool->slots);
  free(pool->hashes);
  pool->slots = NULL;
  pool->hashes = NULL;
  pool->size = pool->count = 0;
}

void pool_free(struct pool *pool) {
  if (!pool)
    return;
  while (pool->chunks) {
    struct chunk *next = pool->chunks->next;
    free(pool->chunks);
    pool->chunks = next;
  }
  free(pool->slots);
  free(pool->hashes);
  free(pool);
}
