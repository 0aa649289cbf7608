#include <config.h>

#include "base/tally.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scratch.h"
#include "base/xalloc.h"

/* Things are dealt out by the first bits of their hash, so that those of one heap can be counted
   without the others, in a table that is small. */
#define HEAPS 256
#define HEAP_OF(hash) ((hash) >> 56)

/* Things in a block: with its count it is some 4 kB. */
#define BLOCK_THINGS 340
#define FLAG (UINT32_C(1) << 31)

struct block {
  uint64_t hashes[BLOCK_THINGS];
  uint32_t kinds[BLOCK_THINGS]; /* and FLAG */
  uint32_t count;
};

/* A block that was handed over. */
struct place {
  struct block *block; /* NULL: it is in the file */
  uint32_t number;     /* there */
  uint32_t next;       /* of the heap, plus 1 */
};

struct tally_part {
  struct tally *tally;
  struct tally_part *next;
  struct block *open[HEAPS]; /* NULL: nothing yet */
};

struct tally {
  pthread_mutex_t lock; /* of all below */
  struct tally_part *parts;
  struct place *places;
  size_t place_count, place_capacity;
  uint32_t heaps[HEAPS]; /* the last place of each, plus 1 */
  size_t keep;           /* blocks that may still stay in memory */
  uint32_t in_file;
  int fd;      /* -1: not open yet */
  int refused; /* errno of the file when it took no more; 0 while it does */
};

struct tally *tally_new(size_t keep) {
  struct tally *tally = xcalloc(1, sizeof *tally);
  pthread_mutex_init(&tally->lock, NULL);
  tally->keep = keep / sizeof(struct block);
  tally->fd = -1;
  return tally;
}

struct tally_part *tally_part_new(struct tally *tally) {
  struct tally_part *part = xcalloc(1, sizeof *part);
  part->tally = tally;
  pthread_mutex_lock(&tally->lock);
  part->next = tally->parts;
  tally->parts = part;
  pthread_mutex_unlock(&tally->lock);
  return part;
}

/* Puts BLOCK into the file. False when that cannot be; then it is not tried again. */
static bool put_away(struct tally *tally, const struct block *block) {
  if (tally->refused)
    return false;
  if (tally->fd < 0)
    tally->fd = scratch_open();
  if (tally->fd < 0 ||
      scratch_write(tally->fd, block, sizeof *block, (uint64_t)tally->in_file * sizeof *block))
    tally->refused = errno;
  return !tally->refused;
}

/* Takes BLOCK over; returns an empty one. */
static struct block *hand_over(struct tally *tally, struct block *block, size_t heap) {
  pthread_mutex_lock(&tally->lock);
  tally->places =
      xgrow(tally->places, tally->place_count, &tally->place_capacity, sizeof *tally->places);
  struct place *place = &tally->places[tally->place_count++];
  *place = (struct place){.next = tally->heaps[heap]};
  tally->heaps[heap] = (uint32_t)tally->place_count;
  if (!tally->keep && put_away(tally, block)) {
    place->number = tally->in_file++;
  } else {
    tally->keep -= tally->keep > 0;
    place->block = block;
    block = xmalloc(sizeof *block);
  }
  pthread_mutex_unlock(&tally->lock);
  block->count = 0;
  return block;
}

void tally_add(struct tally_part *part, uint64_t hash, uint32_t kind, bool flag) {
  struct block **open = &part->open[HEAP_OF(hash)];
  if (!*open) {
    *open = xmalloc(sizeof **open);
    (*open)->count = 0;
  } else if ((*open)->count == BLOCK_THINGS) {
    *open = hand_over(part->tally, *open, HEAP_OF(hash));
  }
  struct block *block = *open;
  block->hashes[block->count] = hash;
  block->kinds[block->count] = kind | (flag ? FLAG : 0);
  block->count++;
}

/* ---- counting ---- */

/* The different things of one heap: open addressing, a power of two. */
struct set {
  uint64_t *hashes; /* 0: empty */
  uint32_t *kinds;
  size_t size;
  size_t count;
};

static size_t slot_of(const struct set *set, uint64_t hash) {
  size_t at = (size_t)hash & (set->size - 1);
  while (set->hashes[at] && set->hashes[at] != hash)
    at = (at + 1) & (set->size - 1);
  return at;
}

static void set_grow(struct set *set) {
  struct set old = *set;
  set->size = old.size ? old.size * 2 : 1024;
  set->hashes = xcalloc(set->size, sizeof *set->hashes);
  set->kinds = xcalloc(set->size, sizeof *set->kinds);
  for (size_t i = 0; i < old.size; i++)
    if (old.hashes[i]) {
      size_t at = slot_of(set, old.hashes[i]);
      set->hashes[at] = old.hashes[i];
      set->kinds[at] = old.kinds[i];
    }
  free(old.hashes);
  free(old.kinds);
}

static void add_block(struct set *set, const struct block *block) {
  for (uint32_t i = 0; i < block->count; i++) {
    if (set->count >= set->size / 2)
      set_grow(set);
    uint64_t hash = block->hashes[i] ? block->hashes[i] : 1;
    size_t at = slot_of(set, hash);
    set->count += !set->hashes[at];
    set->hashes[at] = hash;
    set->kinds[at] |= block->kinds[i];
  }
}

static int add_heap(const struct tally *tally, size_t heap, struct set *set) {
  struct block read;
  for (uint32_t at = tally->heaps[heap]; at;) {
    const struct place *place = &tally->places[at - 1];
    if (!place->block &&
        scratch_read(tally->fd, &read, sizeof read, (uint64_t)place->number * sizeof read))
      return -1;
    add_block(set, place->block ? place->block : &read);
    at = place->next;
  }
  for (const struct tally_part *part = tally->parts; part; part = part->next)
    if (part->open[heap])
      add_block(set, part->open[heap]);
  return 0;
}

int tally_count(struct tally *tally, size_t *counts, size_t kinds, size_t *flagged,
                struct error **err) {
  struct set set = {.size = 0};
  int failed = 0;
  for (size_t heap = 0; heap < HEAPS && !failed; heap++) {
    if (set.count) {
      memset(set.hashes, 0, set.size * sizeof *set.hashes);
      memset(set.kinds, 0, set.size * sizeof *set.kinds);
      set.count = 0;
    }
    failed = add_heap(tally, heap, &set);
    for (size_t i = 0; i < set.size; i++)
      if (set.hashes[i] && (set.kinds[i] & ~FLAG) < kinds) {
        counts[set.kinds[i] & ~FLAG]++;
        *flagged += (set.kinds[i] & FLAG) != 0;
      }
  }
  int number = errno;
  free(set.hashes);
  free(set.kinds);
  return failed ? error_set(err, STATUS_LOCAL, "counting images: the temporary file: %s",
                            strerror(number))
                : 0;
}

int tally_refused(const struct tally *tally) {
  return tally->refused;
}

void tally_free(struct tally *tally) {
  if (!tally)
    return;
  while (tally->parts) {
    struct tally_part *next = tally->parts->next;
    for (size_t i = 0; i < HEAPS; i++)
      free(tally->parts->open[i]);
    free(tally->parts);
    tally->parts = next;
  }
  for (size_t i = 0; i < tally->place_count; i++)
    free(tally->places[i].block);
  free(tally->places);
  if (tally->fd >= 0)
    close(tally->fd);
  pthread_mutex_destroy(&tally->lock);
  free(tally);
}
