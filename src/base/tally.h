/* Counts how many different things there are among many, each known by a 64-bit hash, in memory
   that has a bound: what is more than that waits in a scratch file. Exact as far as the hashes
   differ, whatever the order, and however often a thing comes. */
#ifndef OCIDUP_BASE_TALLY_H
#define OCIDUP_BASE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct tally;
struct tally_part; /* what one thread adds to; borrowed from its tally */

/* Keeps up to KEEP bytes in memory until it counts, beside 1 MiB for each part. What cannot be
   put into a scratch file stays in memory, too. */
struct tally *tally_new(size_t keep);

/* Any thread may call it. */
struct tally_part *tally_part_new(struct tally *tally);

/* Adds the thing with HASH (which spreads over all its bits), of KIND (below 2^31, always the same
   for one thing). FLAG: it has the flag if it ever comes with it. */
void tally_add(struct tally_part *part, uint64_t hash, uint32_t kind, bool flag);

/* Adds how many things of each of KINDS kinds there are to COUNTS, and how many have the flag to
 *FLAGGED. Call once, at the end. 0; or -1 with *err when the scratch file cannot be read. */
int tally_count(struct tally *tally, size_t *counts, size_t kinds, size_t *flagged,
                struct error **err);

/* errno of the scratch file, when not all could be put into it and memory has the rest; or 0. Not
   while things are added. */
int tally_refused(const struct tally *tally);

/* With its parts. NULL is allowed. */
void tally_free(struct tally *tally);

#endif
