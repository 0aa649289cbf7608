#include <config.h>

#include "base/ordered.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/xalloc.h"

struct slot {
  struct record_set *sets;
  size_t count, capacity;
  bool done;
};

/* A ring: place P, first <= P < first + count, is in slots[P % capacity]. */
struct ordered {
  ordered_emit_fn *emit;
  void *arg;
  struct slot *slots;
  size_t capacity; /* a power of two, so that the ring goes round with the numbers */
  uint64_t first;  /* the next place to be emitted */
  size_t count;
  bool emitting;
};

struct ordered *ordered_new(ordered_emit_fn *emit, void *arg) {
  struct ordered *ordered = xcalloc(1, sizeof *ordered);
  ordered->emit = emit;
  ordered->arg = arg;
  ordered->capacity = 64;
  ordered->slots = xcalloc(ordered->capacity, sizeof *ordered->slots);
  return ordered;
}

static struct slot *slot_of(const struct ordered *ordered, uint64_t place) {
  return &ordered->slots[place & (ordered->capacity - 1)];
}

static void grow(struct ordered *ordered) {
  struct slot *old = ordered->slots;
  size_t mask = ordered->capacity - 1;
  ordered->capacity *= 2;
  ordered->slots = xreallocarray(NULL, ordered->capacity, sizeof *ordered->slots);
  for (size_t i = 0; i < ordered->count; i++)
    *slot_of(ordered, ordered->first + i) = old[(ordered->first + i) & mask];
  free(old);
}

uint64_t ordered_take(struct ordered *ordered) {
  if (ordered->count == ordered->capacity)
    grow(ordered);
  uint64_t place = ordered->first + ordered->count++;
  *slot_of(ordered, place) = (struct slot){.sets = NULL};
  return place;
}

/* Emits what has come for the first place, and goes on to the next when that is all of it. False
   when there is nothing to be done. */
static bool emit_first(struct ordered *ordered) {
  struct slot *slot = ordered->count > 0 ? slot_of(ordered, ordered->first) : NULL;
  if (!slot || (slot->count == 0 && !slot->done))
    return false;
  struct slot ready = *slot;
  *slot = (struct slot){.sets = NULL};
  if (ready.done) {
    ordered->first++;
    ordered->count--;
  }
  for (size_t i = 0; i < ready.count; i++) {
    ordered->emit(ordered->arg, &ready.sets[i]);
    record_set_free(&ready.sets[i]);
  }
  free(ready.sets);
  return true;
}

static void add(struct ordered *ordered, uint64_t place, struct record_set *rows, bool done) {
  if (place < ordered->first || place - ordered->first >= ordered->count ||
      slot_of(ordered, place)->done)
    abort();
  struct slot *slot = slot_of(ordered, place);
  slot->sets = xgrow(slot->sets, slot->count, &slot->capacity, sizeof *slot->sets);
  slot->sets[slot->count++] = *rows;
  slot->done = done;
  *rows = (struct record_set)RECORD_SET;

  /* What `emit` finishes itself waits for the loop below, or it would overtake. */
  if (ordered->emitting)
    return;
  ordered->emitting = true;
  while (emit_first(ordered))
    ;
  ordered->emitting = false;
}

void ordered_put(struct ordered *ordered, uint64_t place, struct record_set *rows) {
  add(ordered, place, rows, false);
}

void ordered_done(struct ordered *ordered, uint64_t place, struct record_set *rows) {
  add(ordered, place, rows, true);
}

size_t ordered_pending(const struct ordered *ordered) {
  return ordered->count;
}

void ordered_free(struct ordered *ordered) {
  if (!ordered)
    return;
  for (size_t i = 0; i < ordered->count; i++) {
    struct slot *slot = slot_of(ordered, ordered->first + i);
    for (size_t j = 0; j < slot->count; j++)
      record_set_free(&slot->sets[j]);
    free(slot->sets);
  }
  free(ordered->slots);
  free(ordered);
}
