#include <config.h>

#include "base/progress-line.h"

enum {
  BAR_MIN = 8,
  BAR_MAX = 40,
  /* A longer time is no forecast: 99 hours. */
  LEFT_MAX = 99 * 3600
};

enum part {
  PERCENT = 1 << 0,
  UNIT = 1 << 1,
  RATE = 1 << 2,
  LEFT = 1 << 3,
  THROTTLED = 1 << 4,
  LIMIT = 1 << 5,
  BAR = 1 << 6
};

/* The first that fits is drawn. */
static const unsigned layouts[] = {
    PERCENT | UNIT | RATE | LEFT | THROTTLED | LIMIT | BAR,
    PERCENT | UNIT | LEFT | THROTTLED | LIMIT | BAR,
    PERCENT | UNIT | LEFT | THROTTLED | BAR,
    PERCENT | LEFT | THROTTLED | BAR,
    PERCENT | UNIT | LEFT | THROTTLED,
    PERCENT | LEFT | THROTTLED,
    PERCENT | THROTTLED,
    PERCENT | LEFT,
    PERCENT,
    0,
};

static bool has_end(const struct progress_facts *facts) {
  return facts->total > 0 && !facts->grows;
}

static double done_part(const struct progress_facts *facts) {
  return facts->done < facts->total ? (double)facts->done / (double)facts->total : 1.0;
}

static void put_left(struct strbuf *line, const struct progress_facts *facts) {
  if (!has_end(facts) || facts->rate <= 0 || facts->done >= facts->total)
    return;
  double seconds = (double)(facts->total - facts->done) / facts->rate;
  if (seconds > LEFT_MAX)
    return;
  long left = (long)(seconds + 0.5);
  if (left >= 3600)
    strbuf_printf(line, ", %ld:%02ld:%02ld left", left / 3600, left / 60 % 60, left % 60);
  else
    strbuf_printf(line, ", %ld:%02ld left", left / 60, left % 60);
}

/* All but the bar. */
static void put_text(struct strbuf *line, const struct progress_facts *facts, unsigned parts) {
  if (has_end(facts) && parts & PERCENT)
    strbuf_printf(line, "%3d%% ", (int)(done_part(facts) * 100.0));
  strbuf_printf(line, "%zu", facts->done);
  if (facts->total)
    strbuf_printf(line, "/%zu%s", facts->total, facts->grows ? "+" : "");
  if (parts & UNIT)
    strbuf_printf(line, " %s", facts->unit);
  if (parts & RATE && facts->rate >= 0)
    strbuf_printf(line, facts->rate < 10 ? ", %.1f/s" : ", %.0f/s", facts->rate);
  if (parts & LEFT)
    put_left(line, facts);
  if ((facts->at_a_time || facts->a_second) && parts & THROTTLED) {
    strbuf_puts(line, ", throttled");
    if (parts & LIMIT && facts->a_second)
      strbuf_printf(line, " to %zu a second", facts->a_second);
    else if (parts & LIMIT)
      strbuf_printf(line, " to %zu at a time", facts->at_a_time);
  }
}

static void put_bar(struct strbuf *line, const struct progress_facts *facts, size_t inner) {
  size_t full = (size_t)(done_part(facts) * (double)inner);
  strbuf_putc(line, '[');
  for (size_t i = 0; i < inner; i++)
    strbuf_putc(line, i < full ? '=' : i == full ? '>' : ' ');
  strbuf_puts(line, "] ");
}

void progress_line(const struct progress_facts *facts, size_t width, struct strbuf *line) {
  struct strbuf text = STRBUF(1024);
  size_t room = 0;
  unsigned parts = 0;
  for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
    parts = layouts[i];
    size_t bar = parts & BAR && has_end(facts) ? BAR_MIN + sizeof "[] " - 1 : 0;
    strbuf_clear(&text);
    put_text(&text, facts, parts);
    if (text.length + bar <= width) {
      room = width - text.length;
      break;
    }
  }
  if (room && parts & BAR && has_end(facts)) {
    size_t inner = room - (sizeof "[] " - 1);
    put_bar(line, facts, inner < BAR_MAX ? inner : BAR_MAX);
  }
  strbuf_append(line, strbuf_str(&text), text.length < width ? text.length : width);
  strbuf_free(&text);
}
