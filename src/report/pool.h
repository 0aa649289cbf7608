/* Strings that are kept once: what is the same is stored the same, and goes with the pool. So
   equal strings of one pool have equal addresses, but for those of pool_add. */
#ifndef OCIDUP_REPORT_POOL_H
#define OCIDUP_REPORT_POOL_H

#include <stdint.h>

struct pool;

struct pool *pool_new(uint64_t seed);

/* The pool's copy of STRING; NULL for NULL. */
const char *pool_keep(struct pool *pool, const char *string);

/* A copy that others do not share: for strings that are hardly ever the same, since it costs
   nothing but itself. NULL for NULL. */
const char *pool_add(struct pool *pool, const char *string);

/* Gives back what it takes to find equal strings: those that are kept from now on are not compared
   with those that were. */
void pool_forget(struct pool *pool);

/* NULL is allowed. */
void pool_free(struct pool *pool);

#endif
