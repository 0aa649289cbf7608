#include <config.h>

#include "base/progress.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/progress-line.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

enum {
  BETWEEN_DRAWS = 100,    /* milliseconds, like the next three */
  BEFORE_FIRST = 500,     /* work that is shorter needs no line */
  BEFORE_RATE = 1000,     /* until then a rate is a guess */
  BETWEEN_SAMPLES = 1000, /* the rate is that of the last ones */
  SAMPLES = 10,
  WIDTH_DEFAULT = 80
};

struct sample {
  int64_t time;
  size_t done;
};

struct progress {
  struct progress_facts facts;
  bool enabled;
  bool shown;
  int64_t next_draw;
  struct sample samples[SAMPLES]; /* a ring; the oldest is at `oldest` */
  size_t sample_count;
  size_t oldest;
};

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static bool is_wanted(enum cli_progress mode) {
  const char *terminal = getenv("TERM");
  return mode == CLI_PROGRESS_ALWAYS || (mode == CLI_PROGRESS_AUTO && isatty(STDERR_FILENO) &&
                                         terminal && *terminal && strcmp(terminal, "dumb") != 0);
}

enum cli_progress progress_mode(const struct cli_common *common) {
  if (common->quiet)
    return CLI_PROGRESS_NEVER;
  if (common->progress == CLI_PROGRESS_AUTO && isatty(STDOUT_FILENO) &&
      (!common->output || strcmp(common->output, "-") == 0))
    return CLI_PROGRESS_NEVER;
  return common->progress;
}

static void take_sample(struct progress *progress, int64_t time) {
  const struct sample sample = {.time = time, .done = progress->facts.done};
  if (progress->sample_count < SAMPLES) {
    progress->samples[progress->sample_count++] = sample;
    return;
  }
  progress->samples[progress->oldest] = sample;
  progress->oldest = (progress->oldest + 1) % SAMPLES;
}

struct progress *progress_new(enum cli_progress mode, const char *unit) {
  struct progress *progress = xcalloc(1, sizeof *progress);
  progress->facts.unit = unit;
  progress->enabled = is_wanted(mode);
  int64_t time = now();
  take_sample(progress, time);
  progress->next_draw = time + (mode == CLI_PROGRESS_AUTO ? BEFORE_FIRST : 0);
  return progress;
}

static size_t terminal_width(void) {
  struct winsize size;
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || size.ws_col == 0)
    return WIDTH_DEFAULT;
  return size.ws_col;
}

/* A job in the background does not write over what is in front. */
static bool is_in_front(void) {
  pid_t front = tcgetpgrp(STDERR_FILENO);
  return front < 0 || front == getpgrp();
}

static void measure(struct progress *progress, int64_t time) {
  const struct sample *oldest = &progress->samples[progress->oldest];
  size_t newest = (progress->oldest + progress->sample_count - 1) % SAMPLES;
  progress->facts.rate = -1;
  if (time - oldest->time >= BEFORE_RATE)
    progress->facts.rate =
        (double)(progress->facts.done - oldest->done) * 1000.0 / (double)(time - oldest->time);
  if (time - progress->samples[newest].time >= BETWEEN_SAMPLES)
    take_sample(progress, time);
}

/* The cursor goes back to the start of the line: what the terminal itself shows there (^C) cannot
   push it on to the next, and where a terminal that got narrower wraps the line, all of it is
   behind the cursor and goes with it. */
static void draw(struct progress *progress) {
  if (!progress->enabled)
    return;
  int64_t time = now();
  if (time < progress->next_draw)
    return;
  progress->next_draw = time + BETWEEN_DRAWS;
  measure(progress, time);
  if (!is_in_front())
    return;
  struct strbuf line = STRBUF(1024);
  /* A line that reaches the last column would wrap on some terminals. */
  progress_line(&progress->facts, terminal_width() - 1, &line);
  fprintf(stderr, "\r%s\033[J\r", strbuf_str(&line));
  fflush(stderr);
  strbuf_free(&line);
  progress->shown = true;
}

void progress_total(struct progress *progress, size_t more) {
  progress->facts.total += more;
  draw(progress);
}

void progress_done(struct progress *progress, size_t more) {
  progress->facts.done += more;
  draw(progress);
}

void progress_grows(struct progress *progress, bool grows) {
  progress->facts.grows = grows;
}

void progress_tick(struct progress *progress, size_t at_a_time, size_t a_second) {
  progress->facts.at_a_time = at_a_time;
  progress->facts.a_second = a_second;
  draw(progress);
}

void progress_hide(struct progress *progress) {
  if (progress->shown && is_in_front()) {
    fputs("\r\033[J", stderr);
    fflush(stderr);
  }
  progress->shown = false;
}

void progress_free(struct progress *progress) {
  if (!progress)
    return;
  progress_hide(progress);
  free(progress);
}
