#include <config.h>

#include "net/quota.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/timestamp.h"
#include "base/xalloc.h"
#include "net/http.h"
#include "net/retry.h"

/* No window is longer, seconds: a month. */
#define WINDOW_MAX (31L * 24 * 60 * 60)

/* A number of digits only at TEXT, as far as MAX; -1: there is none. */
static long read_number(const char *text, long max, const char **end) {
  text += strspn(text, " \t");
  size_t digits = strspn(text, "0123456789");
  *end = text + digits;
  if (digits == 0)
    return -1;
  long number = 0;
  for (size_t i = 0; i < digits; i++) {
    if (number > (max - (text[i] - '0')) / 10)
      return max;
    number = number * 10 + (text[i] - '0');
  }
  return number;
}

/* "76;w=21600": the number, and the window; 0: none is told. */
static long read_amount(const char *value, long *window) {
  *window = 0;
  const char *end;
  long number = value ? read_number(value, INT_MAX, &end) : -1;
  if (number < 0)
    return -1;
  const char *w = strstr(end, "w=");
  if (w)
    *window = read_number(w + 2, WINDOW_MAX, &end);
  return number;
}

enum quota_answer quota_ask(const struct quota *quota, int64_t now) {
  if (quota->until > now)
    return QUOTA_SPENT;
  /* After a window nobody knows how many there are. */
  if (quota->window == 0 || quota->until > 0)
    return QUOTA_MAY;
  return quota->under_way > 0 && (long)quota->under_way >= quota->remaining ? QUOTA_WAIT
                                                                            : QUOTA_MAY;
}

void quota_sent(struct quota *quota) {
  quota->under_way++;
}

void quota_ended(struct quota *quota) {
  quota->under_way--;
}

bool quota_take(struct quota *quota, const struct quota_told *told, int64_t now) {
  const char *after = told->status == 429 ? told->retry_after : NULL;
  long wait = after ? http_retry_after(after, now, WINDOW_MAX) : 0;
  long window;
  long remaining = read_amount(told->remaining, &window);
  bool is_over_hours = remaining >= 0 && window > RETRY_AFTER_MAX;
  bool first = is_over_hours && quota->window == 0;
  if (is_over_hours) {
    long ignored;
    long limit = read_amount(told->limit, &ignored);
    quota->limit = limit > 0 ? limit : 0;
    quota->window = window;
    quota->remaining = remaining;
    (void)snprintf(quota->source, sizeof quota->source, "%s", told->source ? told->source : "");
    const char *end;
    if (wait <= 0 && remaining == 0) {
      wait = told->reset ? read_number(told->reset, WINDOW_MAX, &end) : window;
      /* Some servers say a time of day there. */
      if (wait < 0 || wait > window)
        wait = window;
    }
    if (remaining > 0)
      quota->until = 0;
  }
  /* The first time says it best: each later one would put it off. */
  if (wait > RETRY_AFTER_MAX && quota->until <= now)
    quota->until = now + wait;
  return first;
}

/* "6 hours"; caller frees. */
static char *duration(long seconds) {
  static const struct {
    long seconds;
    const char *name;
  } units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
  size_t i = 0;
  while (seconds % units[i].seconds != 0)
    i++;
  long count = seconds / units[i].seconds;
  return xasprintf("%ld %s%s", count, units[i].name, count == 1 ? "" : "s");
}

char *quota_text(const struct quota *quota) {
  cleanup(cleanup_free) char *window = duration(quota->window);
  cleanup(cleanup_free) char *of =
      quota->limit > 0 ? xasprintf(" of %ld", quota->limit) : xstrdup("");
  return xasprintf("%ld%s left, of %s%s%s%s", quota->remaining, of, window,
                   quota->source[0] ? " (" : "", quota->source, quota->source[0] ? ")" : "");
}

char *quota_spent_text(const struct quota *quota) {
  cleanup(cleanup_free) char *when = timestamp_format(quota->until);
  if (quota->window == 0)
    return xasprintf("nothing more is given now: try again after %s", when);
  cleanup(cleanup_free) char *window = duration(quota->window);
  cleanup(cleanup_free) char *limit =
      quota->limit > 0 ? xasprintf("the %ld", quota->limit) : xstrdup("those");
  return xasprintf("%s of %s are used up: try again after %s", limit, window, when);
}
