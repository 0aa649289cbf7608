/* What the line of progress says in so many columns. Part of progress; draws nothing. */
#ifndef OCIDUP_BASE_PROGRESS_LINE_H
#define OCIDUP_BASE_PROGRESS_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

struct progress_facts {
  const char *unit;
  size_t total; /* 0: not known */
  bool grows;   /* the total is what was found so far */
  size_t done;
  double rate;  /* a second; negative: not known yet */
  size_t at_a_time; /* requests that a throttling server gets; 0: none throttles */
  size_t a_second;  /* the same, of a server that counts by time */
};

/* Appends the line, ASCII, at most WIDTH columns: a bar, a percentage, counts, rate, time left and
   throttling, of which the least important are left out where there is no room. */
void progress_line(const struct progress_facts *facts, size_t width, struct strbuf *line);

#endif
