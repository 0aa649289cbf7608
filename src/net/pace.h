/* How often a service may be asked that throttles by a token bucket, as AWS's do for each
   operation: learnt from its answers alone. Nothing is held back until something is throttled. From
   then on calls are spaced by a rate:

     ramp    The first guess is what succeeded in the last quarter of a second, on which a bucket
   that was full has told little. Each success raises it, by a factor of e in a round trip;
             throttled again at once, it is halved; throttled after successes, the limit is met.
     cruise  What succeeded a second since the last throttling is the limit itself, for the bucket
             was empty all the time: the plateau. The rate begins a tenth below and follows a cubic
             curve over the calls made, which is flat at the plateau (CUBIC, RFC 9438, section 4.2,
             there over time): it stays near the limit for long, and beyond it looks for more, ever
             faster. So a limit that stays costs a throttled call in some sixty or more; one that
             rises is found.

   Calls that were on their way when the rate was lowered say nothing more. Pure arithmetic over a
   clock in milliseconds that the caller reads; net/queue owns what waits. */
#ifndef OCIDUP_NET_PACE_H
#define OCIDUP_NET_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pace {
  double slowest;   /* never fewer calls a second; 0: 4 */
  double rate;      /* calls a second; 0: nothing was throttled yet */
  double plateau;   /* cruise: the limit as it was met last; ramp: 0 */
  double tokens;    /* calls that may be made now */
  int64_t filled;   /* when */
  unsigned epoch;   /* counts throttlings that changed the rate */
  int64_t begun;    /* of the epoch */
  size_t calls;     /* that succeeded in it */
  size_t recent[2]; /* successes in this quarter of a second and in the one before */
  int64_t quarter;  /* number of this one */
};

/* All zero bytes is a new one. */

/* Milliseconds from NOW until a call may be made; 0: one may. */
int64_t pace_wait(const struct pace *pace, int64_t now);

/* A call is made, whose answer is told with the epoch that this returns. */
unsigned pace_call(struct pace *pace, int64_t now);

/* One of EPOCH succeeded, while so many others (ACTIVE) are under way. */
void pace_success(struct pace *pace, unsigned epoch, int64_t now, size_t active);

/* One of EPOCH was throttled. True when the rate was lowered. */
bool pace_throttled(struct pace *pace, unsigned epoch, int64_t now);

#endif
