/* Signals that come again and again, and whose handler does nothing: what waits is interrupted. */
#ifndef OCIDUP_TESTS_ALARMS_H
#define OCIDUP_TESTS_ALARMS_H

#include <signal.h>
#include <sys/time.h>

#include "unit.h"

static inline void alarms_ignore(int number) {
  (void)number;
}

/* From now on, each 10 ms. */
static inline void alarms_start(void) {
  const struct sigaction action = {.sa_handler = alarms_ignore}; /* without SA_RESTART */
  const struct itimerval timer = {.it_interval.tv_usec = 10000, .it_value.tv_usec = 10000};
  ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
  ck_assert_int_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

static inline void alarms_stop(void) {
  const struct itimerval never = {.it_value.tv_usec = 0};
  ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
}

#endif
