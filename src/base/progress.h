/* A line on stderr for work that lasts: a bar, done, total, rate, time left, throttling. Drawn only
   when stderr is a terminal that can (or --progress=always) and we are its foreground, at most ten
   times a second, as wide as the terminal is then, without colours; gone at the end. Not for
   several programs at a time: they would draw over one another. */
#ifndef OCIDUP_BASE_PROGRESS_H
#define OCIDUP_BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cli.h"

struct progress;

/* What the options mean for a program that writes its result while it works: none with --quiet,
   nor, when nothing else is asked for, beside a result on the same terminal. */
enum cli_progress progress_mode(const struct cli_common *common);

/* UNIT is what is counted, in the plural ("references"); borrowed. */
struct progress *progress_new(enum cli_progress mode, const char *unit);

/* Adds to the total (0 while not known) and to what is done; draws when it is time. */
void progress_total(struct progress *progress, size_t more);
void progress_done(struct progress *progress, size_t more);

/* Says whether the total may still grow, which it does not at first: as long as it does, there is
   no part of it to be shown, and no time left. */
void progress_grows(struct progress *progress, bool grows);

/* Draws when it is time, though nothing was done: to be called a few times a second. A server
   that throttles gets AT_A_TIME requests at a time, or so many A_SECOND; 0: none does. */
void progress_tick(struct progress *progress, size_t at_a_time, size_t a_second);

/* Erases the line: call before other output to stderr, it is drawn again later. */
void progress_hide(struct progress *progress);

/* Erases and frees. NULL is allowed. */
void progress_free(struct progress *progress);

#endif
