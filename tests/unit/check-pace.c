#include <config.h>

#include "net/pace.h"

#include <string.h>

#include "unit.h"

enum { CALLS_MAX = 64 };

/* A service with a token bucket, and a client of so many places, over a clock that only this turns:
   what is sent at a millisecond is answered LATENCY later. */
struct world {
  struct pace pace;
  double rate, burst, tokens; /* the service's */
  int64_t now, filled, latency;
  size_t places, active;
  struct {
    int64_t due;
    unsigned epoch;
    bool throttled;
  } calls[CALLS_MAX];
  size_t done, throttled;
};

static void answer(struct world *world) {
  for (size_t i = 0; i < world->active;) {
    if (world->calls[i].due > world->now) {
      i++;
      continue;
    }
    unsigned epoch = world->calls[i].epoch;
    bool throttled = world->calls[i].throttled;
    world->calls[i] = world->calls[--world->active];
    if (throttled) {
      world->throttled++;
      pace_throttled(&world->pace, epoch, world->now);
    } else {
      world->done++;
      pace_success(&world->pace, epoch, world->now, world->active);
    }
  }
}

static void ask(struct world *world) {
  world->tokens += (double)(world->now - world->filled) * world->rate / 1000;
  if (world->tokens > world->burst)
    world->tokens = world->burst;
  world->filled = world->now;
  while (world->active < world->places && pace_wait(&world->pace, world->now) == 0) {
    bool throttled = world->tokens < 1;
    world->tokens -= throttled ? 0 : 1;
    world->calls[world->active].due = world->now + world->latency;
    world->calls[world->active].throttled = throttled;
    world->calls[world->active++].epoch = pace_call(&world->pace, world->now);
  }
}

/* Until COUNT calls are done; the milliseconds that took. */
static int64_t run(struct world *world, size_t count) {
  int64_t begun = world->now;
  for (size_t until = world->done + count; world->done < until; world->now++) {
    answer(world);
    ask(world);
  }
  return world->now - begun;
}

static struct world new_world(double rate, double burst, int64_t latency) {
  struct world world = {.rate = rate,
                        .burst = burst < 1 ? 1 : burst,
                        .tokens = burst < 1 ? 1 : burst,
                        .latency = latency,
                        .now = 1000000,
                        .filled = 1000000,
                        .places = 32};
  return world;
}

START_TEST(a_limit_that_stays_is_met_and_little_is_wasted) {
  static const double rates[] = {10, 20, 50, 100, 300, 1000}, bursts[] = {0.1, 1, 2};
  static const int64_t latencies[] = {1, 5, 20};
  for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
    for (size_t j = 0; j < sizeof bursts / sizeof *bursts; j++)
      for (size_t k = 0; k < sizeof latencies / sizeof *latencies; k++) {
        struct world world = new_world(rates[i], rates[i] * bursts[j], latencies[k]);
        size_t count = rates[i] * 20 > 2000 ? (size_t)rates[i] * 20 : 2000;
        double reach = 1000.0 * 32 / (double)latencies[k]; /* of so many places */
        double best = reach < rates[i] ? reach : rates[i];
        int64_t took = run(&world, count);
        double got = (double)count * 1000 / (double)took;
        double wasted = (double)world.throttled / (double)(world.throttled + world.done);
        ck_assert_msg(got >= 0.9 * best && wasted < 0.05,
                      "rate %g burst %g latency %d: %.1f %% of the rate, %.2f %% wasted", rates[i],
                      world.burst, (int)latencies[k], got / best * 100, wasted * 100);
      }
}
END_TEST

START_TEST(without_a_throttling_nothing_is_held_back) {
  struct world world = new_world(1e9, 1e9, 20);
  ck_assert_int_le(run(&world, 3200), 100 * 20 + 1);
  ck_assert_uint_eq(world.throttled, 0);
}
END_TEST

START_TEST(a_limit_that_changes_is_found) {
  struct world world = new_world(50, 5, 20);
  run(&world, 500);
  world.rate = 200;
  run(&world, 2000);
  ck_assert_int_le(run(&world, 2000), 11000);
  world.rate = 20;
  run(&world, 200);
  size_t before = world.throttled;
  ck_assert_int_le(run(&world, 1000), 55000);
  ck_assert_uint_lt(world.throttled - before, 50);
}
END_TEST

START_TEST(what_was_under_way_says_nothing_more) {
  struct pace pace;
  memset(&pace, 0, sizeof pace);
  unsigned epoch = pace_call(&pace, 1000);
  ck_assert_uint_eq(pace_call(&pace, 1000), epoch);
  ck_assert(pace_throttled(&pace, epoch, 1010));
  double rate = pace.rate;
  ck_assert(!pace_throttled(&pace, epoch, 1011));
  ck_assert(pace.rate == rate);
  ck_assert_int_gt(pace_wait(&pace, 1011), 0);
  ck_assert_int_eq(pace_wait(&pace, 1011 + pace_wait(&pace, 1011)), 0);
}
END_TEST

UNIT_MAIN("pace", tcase_add_test(tcase, a_limit_that_stays_is_met_and_little_is_wasted);
          tcase_add_test(tcase, without_a_throttling_nothing_is_held_back);
          tcase_add_test(tcase, a_limit_that_changes_is_found);
          tcase_add_test(tcase, what_was_under_way_says_nothing_more);)
