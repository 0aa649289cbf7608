/* An allocator, to be put before the C library's (LD_PRELOAD), that gives nothing back: what was
   freed stays as it was left, so that what was not wiped is there to be seen at the end
   (memory.py). */
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <malloc.h>

enum { ALIGNED = 16, CHUNK = 1 << 20 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *at, *end;

/* SIZE bytes, zeros, with their size before them. */
static void *give(size_t alignment, size_t size) {
  if (alignment < ALIGNED)
    alignment = ALIGNED;
  if (size > SIZE_MAX / 2 - alignment) {
    errno = ENOMEM;
    return NULL;
  }
  size_t wanted = size + 2 * alignment;
  pthread_mutex_lock(&lock);
  if ((size_t)(end - at) < wanted) {
    size_t more = wanted > CHUNK ? wanted : CHUNK;
    at = mmap(NULL, more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
      abort();
    end = at + more;
  }
  char *block = at + ALIGNED;
  block += (alignment - (uintptr_t)block % alignment) % alignment;
  at = block + size;
  at += (ALIGNED - (uintptr_t)at % ALIGNED) % ALIGNED;
  pthread_mutex_unlock(&lock);
  memcpy(block - sizeof size, &size, sizeof size);
  return block;
}

size_t malloc_usable_size(void *block) {
  size_t size = 0;
  if (block)
    memcpy(&size, (char *)block - sizeof size, sizeof size);
  return size;
}

void *malloc(size_t size) {
  return give(ALIGNED, size);
}

void *calloc(size_t count, size_t size) {
  return give(ALIGNED, size && count > SIZE_MAX / size ? SIZE_MAX : count * size);
}

void *realloc(void *block, size_t size) {
  void *larger = give(ALIGNED, size);
  size_t had = malloc_usable_size(block);
  if (larger && block)
    memcpy(larger, block, had < size ? had : size);
  return larger;
}

void *memalign(size_t alignment, size_t size) {
  return give(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  return give(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
  *block = give(alignment, size);
  return *block ? 0 : ENOMEM;
}

void free(void *block) {
  (void)block;
}
