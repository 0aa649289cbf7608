/* Results of concurrent work, handed on in the order in which the work was taken up: row sets
   that come early wait for those before them. Of the place that is next they go on as they come. */
#ifndef OCIDUP_BASE_ORDERED_H
#define OCIDUP_BASE_ORDERED_H

#include <stddef.h>
#include <stdint.h>

#include "base/record.h"

struct ordered;

/* Gets each set in order; ROWS is emptied by the caller of it afterwards. */
typedef void ordered_emit_fn(void *arg, struct record_set *rows);

struct ordered *ordered_new(ordered_emit_fn *emit, void *arg);

/* Takes the next place in the order and returns its number, from 0. */
uint64_t ordered_take(struct ordered *ordered);

/* Some rows of PLACE, of which more come: moves ROWS (left empty) there and emits what can be. */
void ordered_put(struct ordered *ordered, uint64_t place, struct record_set *rows);

/* The work of PLACE is done: moves ROWS (left empty) there and emits what can be. */
void ordered_done(struct ordered *ordered, uint64_t place, struct record_set *rows);

/* Places taken and not yet emitted: what a feeder bounds to keep memory flat. */
size_t ordered_pending(const struct ordered *ordered);

/* NULL is allowed. */
void ordered_free(struct ordered *ordered);

#endif
