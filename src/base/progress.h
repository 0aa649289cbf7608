/* A line on stderr for work that lasts: done, total, rate, time left. Drawn only when stderr is
   a terminal (or --progress=always), at most ten times a second, and gone at the end. */
#ifndef OCIDUP_BASE_PROGRESS_H
#define OCIDUP_BASE_PROGRESS_H

#include <stddef.h>

#include "base/cli.h"

struct progress;

/* UNIT is what is counted, in the plural ("references"); borrowed. */
struct progress *progress_new(enum cli_progress mode, const char *unit);

/* Adds to the total (0 while not known) and to what is done; draws when it is time. */
void progress_total(struct progress *progress, size_t more);
void progress_done(struct progress *progress, size_t more);

/* Erases the line: call before other output to stderr, it is drawn again later. */
void progress_hide(struct progress *progress);

/* Erases and frees. NULL is allowed. */
void progress_free(struct progress *progress);

#endif
