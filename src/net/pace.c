#include <config.h>

#include "net/pace.h"

enum {
  QUARTER_MS = 250,
  AT_ONCE_MS = 5,      /* what a loop that sleeps by milliseconds may catch up at once */
  RAMP_STEADY = 4,     /* successes after which a throttling is the limit */
  MEASURED_MIN = 8,    /* from which a rate can be had */
  PLATEAU_CALLS = 60,  /* to come back to the plateau, at least */
  PLATEAU_SECONDS = 2, /* the same */
  SLOWEST = 4          /* calls a second: a call that is throttled waits longer by itself */
};

/* Below the plateau, where a cruise begins. */
#define DIP 0.08

/* Times the plateau: the limit is another now, and not what was measured on the way here. */
#define FAR_BEYOND 1.3

/* A limit that was passed, by not more than a round trip's calls. */
#define BELOW 0.8

static double filled(const struct pace *pace, int64_t now) {
  double most = pace->rate * AT_ONCE_MS / 1000;
  if (most < 1)
    most = 1;
  double tokens = pace->tokens + (double)(now - pace->filled) * pace->rate / 1000;
  return tokens < most ? tokens : most;
}

int64_t pace_wait(const struct pace *pace, int64_t now) {
  double tokens = pace->rate > 0 ? filled(pace, now) : 1;
  return tokens >= 1 ? 0 : (int64_t)((1 - tokens) * 1000 / pace->rate) + 1;
}

unsigned pace_call(struct pace *pace, int64_t now) {
  if (pace->rate > 0) {
    pace->tokens = filled(pace, now) - 1;
    pace->filled = now;
  }
  return pace->epoch;
}

static double at_least(const struct pace *pace, double rate) {
  double slowest = pace->slowest > 0 ? pace->slowest : SLOWEST;
  return rate > slowest ? rate : slowest;
}

/* Sets what may be made from NOW on. */
static void set_rate(struct pace *pace, int64_t now, double rate) {
  if (pace->rate > 0)
    pace->tokens = filled(pace, now);
  pace->filled = now;
  pace->rate = at_least(pace, rate);
}

static void turn_quarter(struct pace *pace, int64_t now) {
  int64_t quarter = now / QUARTER_MS;
  if (quarter == pace->quarter)
    return;
  pace->recent[1] = quarter == pace->quarter + 1 ? pace->recent[0] : 0;
  pace->recent[0] = 0;
  pace->quarter = quarter;
}

/* Successes a second in the last quarter of one, which ends NOW. */
static double recent_rate(struct pace *pace, int64_t now) {
  turn_quarter(pace, now);
  double share = 1 - (double)(now % QUARTER_MS) / QUARTER_MS;
  return ((double)pace->recent[0] + (double)pace->recent[1] * share) * 1000 / QUARTER_MS;
}

static double cruising_rate(const struct pace *pace) {
  double turn = pace->plateau * PLATEAU_SECONDS;
  if (turn < PLATEAU_CALLS)
    turn = PLATEAU_CALLS;
  double x = ((double)pace->calls - turn) / turn;
  return pace->plateau * (1 + DIP * x * x * x);
}

/* What this epoch's calls were made at, about: a rate that is not used is not raised. */
static double used_rate(const struct pace *pace, int64_t now) {
  int64_t elapsed = now - pace->begun > QUARTER_MS / 5 ? now - pace->begun : QUARTER_MS / 5;
  return (double)(pace->calls + RAMP_STEADY) * 1000 / (double)elapsed;
}

void pace_success(struct pace *pace, unsigned epoch, int64_t now, size_t active) {
  turn_quarter(pace, now);
  pace->recent[0]++;
  if (epoch != pace->epoch)
    return;
  pace->calls++;
  if (pace->plateau > 0)
    set_rate(pace, now, cruising_rate(pace));
  else if (pace->rate > 0 && pace->rate < 4 * used_rate(pace, now))
    set_rate(pace, now, pace->rate * (1 + 1 / (double)(active + RAMP_STEADY)));
}

static void cruise(struct pace *pace, int64_t now, double plateau) {
  pace->plateau = at_least(pace, plateau);
  set_rate(pace, now, pace->plateau * (1 - DIP));
}

bool pace_throttled(struct pace *pace, unsigned epoch, int64_t now) {
  if (epoch != pace->epoch)
    return false;
  if (pace->rate <= 0) {
    set_rate(pace, now, recent_rate(pace, now));
    pace->tokens = 0;
  } else if (pace->plateau <= 0 && pace->calls < RAMP_STEADY) {
    set_rate(pace, now, pace->rate / 2);
  } else if (pace->plateau <= 0 || pace->rate > pace->plateau * FAR_BEYOND) {
    cruise(pace, now, pace->rate * BELOW);
  } else {
    /* The limit is between what succeeded and what was asked: nearer to the one where the bucket
       is large, to the other where it is small. */
    bool measured = pace->calls >= MEASURED_MIN && now > pace->begun;
    double succeeded = (double)pace->calls * 1000 / (double)(now - pace->begun);
    cruise(pace, now, measured ? (succeeded + pace->rate) / 2 : pace->plateau * BELOW);
  }
  pace->epoch++;
  pace->begun = now;
  pace->calls = 0;
  return true;
}
