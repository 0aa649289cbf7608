#include <config.h>

#include "net/overlap.h"

#include <stdio.h>
#include <string.h>

void overlap_sent(struct overlap *overlap, uint64_t *clock, const char *there, int there_port,
                  const char *here, int here_port) {
  (void)snprintf(overlap->connection, sizeof overlap->connection, "%d %d %s %s", here_port,
                 there_port, here, there);
  overlap->sent = overlap->heard = ++*clock;
}

void overlap_heard(struct overlap *overlap, uint64_t *clock) {
  overlap->heard = ++*clock;
}

void overlap_compare(struct overlap *one, struct overlap *other) {
  if (!*one->connection || strcmp(one->connection, other->connection) != 0)
    return;
  const struct overlap *first = one->sent < other->sent ? one : other;
  const struct overlap *second = first == one ? other : one;
  /* One after the other: nothing comes for the first once the second may use its connection. */
  if (first->ended && first->heard < second->sent)
    return;
  one->shared = other->shared = true;
}
