#include <config.h>

#include "report/pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "report/hash.h"

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
static const char **find(const struct pool *pool, const char *string, size_t length) {
  size_t mask = pool->size - 1;
  size_t at = (size_t)hash_bytes(pool->seed, string, length) & mask;
  while (pool->slots[at] && strcmp(pool->slots[at], string) != 0)
    at = (at + 1) & mask;
  return &pool->slots[at];
}

static void grow(struct pool *pool) {
  const char **old = pool->slots;
  size_t old_size = pool->size;
  pool->size = old_size ? old_size * 2 : 256;
  pool->slots = xcalloc(pool->size, sizeof *pool->slots);
  for (size_t i = 0; i < old_size; i++)
    if (old[i])
      *find(pool, old[i], strlen(old[i])) = old[i];
  free(old);
}

const char *pool_keep(struct pool *pool, const char *string) {
  if (!string)
    return NULL;
  if (pool->count >= pool->size / 4 * 3)
    grow(pool);
  size_t length = strlen(string);
  const char **slot = find(pool, string, length);
  if (!*slot) {
    *slot = store(pool, string, length + 1);
    pool->count++;
  }
  return *slot;
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
  free(pool);
}
