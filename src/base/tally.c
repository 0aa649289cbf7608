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

/* Things in a block, so that it is some 4 kB. */
#define BLOCK_THINGS 341
#define FLAG (UINT32_C(1) << 31)

/* Of 12 bytes: heaps are written to in no order, and what is added should touch one line of the
   cache. */
struct thing {
  uint32_t hash[2]; /* the low half, the high one */
  uint32_t kind;    /* and FLAG */
};

struct block {
  struct thing things[BLOCK_THINGS];
};

/* Blocks are allocated many at a time. */
struct slab {
  struct slab *next;
  struct block blocks[HEAPS];
};

/* A block that was handed over; it is full. */
struct place {
  struct block *block; /* NULL: it is in the file */
  uint32_t number;     /* there */
  uint32_t next;       /* of the heap, plus 1 */
};

struct tally_part {
  struct tally *tally;
  struct tally_part *next;
  struct block *open[HEAPS]; /* NULL: nothing yet */
  uint32_t counts[HEAPS];    /* of things in these */
  struct slab *slabs;        /* the first one has blocks that are free */
  size_t used;               /* of its blocks */
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

static struct block *new_block(struct tally_part *part) {
  if (!part->slabs || part->used == HEAPS) {
    struct slab *slab = xmalloc(sizeof *slab);
    slab->next = part->slabs;
    part->slabs = slab;
    part->used = 0;
  }
  return &part->slabs->blocks[part->used++];
}

/* Takes BLOCK over, which is full; returns one to be filled. */
static struct block *hand_over(struct tally_part *part, struct block *block, size_t heap) {
  struct tally *tally = part->tally;
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
    block = NULL;
  }
  pthread_mutex_unlock(&tally->lock);
  return block ? block : new_block(part);
}

void tally_add(struct tally_part *part, uint64_t hash, uint32_t kind, bool flag) {
  size_t heap = HEAP_OF(hash);
  uint32_t *count = &part->counts[heap];
  if (!part->open[heap]) {
    part->open[heap] = new_block(part);
  } else if (*count == BLOCK_THINGS) {
    part->open[heap] = hand_over(part, part->open[heap], heap);
    *count = 0;
  }
  part->open[heap]->things[(*count)++] = (struct thing){
      .hash = {(uint32_t)hash, (uint32_t)(hash >> 32)}, .kind = kind | (flag ? FLAG : 0)};
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

/* What is counted, and where to. */
struct counting {
  struct set set;
  size_t *counts;
  size_t kinds;
  size_t *flagged;
};

static void add_things(struct counting *counting, const struct block *block, size_t count) {
  struct set *set = &counting->set;
  for (const struct thing *thing = block->things; thing < block->things + count; thing++) {
    if (set->count >= set->size / 2)
      set_grow(set);
    uint64_t hash = (uint64_t)thing->hash[1] << 32 | thing->hash[0];
    hash = hash ? hash : 1;
    size_t at = slot_of(set, hash);
    uint32_t kind = thing->kind & ~FLAG, before = set->kinds[at];
    if (kind >= counting->kinds)
      continue;
    if (!set->hashes[at]) {
      set->hashes[at] = hash;
      set->count++;
      counting->counts[kind]++;
    }
    set->kinds[at] = before | thing->kind;
    *counting->flagged += (thing->kind & ~before & FLAG) != 0;
  }
}

static int add_heap(const struct tally *tally, size_t heap, struct counting *counting) {
  struct block read;
  for (uint32_t at = tally->heaps[heap]; at;) {
    const struct place *place = &tally->places[at - 1];
    if (!place->block &&
        scratch_read(tally->fd, &read, sizeof read, (uint64_t)place->number * sizeof read))
      return -1;
    add_things(counting, place->block ? place->block : &read, BLOCK_THINGS);
    at = place->next;
  }
  for (const struct tally_part *part = tally->parts; part; part = part->next)
    if (part->open[heap])
      add_things(counting, part->open[heap], part->counts[heap]);
  return 0;
}

int tally_count(struct tally *tally, size_t *counts, size_t kinds, size_t *flagged,
                struct error **err) {
  struct counting counting = {.counts = counts, .kinds = kinds, .flagged = flagged};
  struct set *set = &counting.set;
  int failed = 0;
  for (size_t heap = 0; heap < HEAPS && !failed; heap++) {
    if (set->count) {
      memset(set->hashes, 0, set->size * sizeof *set->hashes);
      memset(set->kinds, 0, set->size * sizeof *set->kinds);
      set->count = 0;
    }
    failed = add_heap(tally, heap, &counting);
  }
  int number = errno;
  free(set->hashes);
  free(set->kinds);
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
    while (tally->parts->slabs) {
      struct slab *more = tally->parts->slabs->next;
      free(tally->parts->slabs);
      tally->parts->slabs = more;
    }
    free(tally->parts);
    tally->parts = next;
  }
  free(tally->places);
  if (tally->fd >= 0)
    close(tally->fd);
  pthread_mutex_destroy(&tally->lock);
  free(tally);
}
