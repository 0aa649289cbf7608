#include <config.h>

#include "base/progress.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/xalloc.h"

enum {
  BETWEEN_DRAWS = 100, /* milliseconds, like the next two */
  BEFORE_FIRST = 500,  /* work that is shorter needs no line */
  BEFORE_RATE = 1000,  /* until then a rate is a guess */
  WIDTH_DEFAULT = 80
};

struct progress {
  const char *unit;
  bool enabled;
  bool shown;
  size_t total;
  size_t done;
  int64_t started;
  int64_t next_draw;
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

struct progress *progress_new(enum cli_progress mode, const char *unit) {
  struct progress *progress = xcalloc(1, sizeof *progress);
  progress->unit = unit;
  progress->enabled = is_wanted(mode);
  progress->started = now();
  progress->next_draw = progress->started + (mode == CLI_PROGRESS_AUTO ? BEFORE_FIRST : 0);
  return progress;
}

static size_t line_width(void) {
  struct winsize size;
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || size.ws_col == 0)
    return WIDTH_DEFAULT;
  return size.ws_col;
}

static void put_time_left(struct strbuf *line, double seconds) {
  long left = (long)(seconds + 0.5);
  if (left >= 3600)
    strbuf_printf(line, ", %ld:%02ld:%02ld left", left / 3600, left / 60 % 60, left % 60);
  else
    strbuf_printf(line, ", %ld:%02ld left", left / 60, left % 60);
}

static void put_rate(struct strbuf *line, const struct progress *progress, int64_t elapsed) {
  if (elapsed < BEFORE_RATE || progress->done == 0)
    return;
  double rate = (double)progress->done * 1000.0 / (double)elapsed;
  strbuf_printf(line, rate < 10 ? ", %.1f/s" : ", %.0f/s", rate);
  double left = ((double)progress->total - (double)progress->done) / rate;
  if (progress->total > progress->done && left < 360000.0)
    put_time_left(line, left);
}

static void draw(struct progress *progress) {
  if (!progress->enabled)
    return;
  int64_t time = now();
  if (time < progress->next_draw)
    return;
  progress->next_draw = time + BETWEEN_DRAWS;

  struct strbuf line = STRBUF(1024);
  if (progress->total)
    strbuf_printf(&line, "%zu of %zu %s (%.0f%%)", progress->done, progress->total, progress->unit,
                  (double)progress->done * 100.0 / (double)progress->total);
  else
    strbuf_printf(&line, "%zu %s", progress->done, progress->unit);
  put_rate(&line, progress, time - progress->started);
  /* A line that reaches the last column would wrap on some terminals. */
  size_t width = line_width() - 1;
  int length = (int)(line.length < width ? line.length : width);
  fprintf(stderr, "\r%.*s\033[K", length, strbuf_str(&line));
  fflush(stderr);
  strbuf_free(&line);
  progress->shown = true;
}

void progress_total(struct progress *progress, size_t more) {
  progress->total += more;
  draw(progress);
}

void progress_done(struct progress *progress, size_t more) {
  progress->done += more;
  draw(progress);
}

void progress_hide(struct progress *progress) {
  if (!progress->shown)
    return;
  fputs("\r\033[K", stderr);
  fflush(stderr);
  progress->shown = false;
}

void progress_free(struct progress *progress) {
  if (!progress)
    return;
  progress_hide(progress);
  free(progress);
}
