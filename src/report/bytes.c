#include <config.h>

#include "report/bytes.h"

#include <inttypes.h>

#include "report/match.h"

void bytes_put(struct strbuf *out, uint64_t bytes) {
  static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes == REPORT_SIZE_UNKNOWN) {
    strbuf_putc(out, '-');
    return;
  }
  if (bytes < 1000) {
    strbuf_printf(out, "%" PRIu64 " %s", bytes, bytes == 1 ? "byte" : "bytes");
    return;
  }
  size_t unit = 0;
  for (; bytes >= 1000 * 1000; bytes /= 1000)
    unit++;
  strbuf_printf(out, "%" PRIu64 ".%" PRIu64 " %s", bytes / 1000, bytes % 1000 / 100, units[unit]);
}

void bytes_put_sum(struct strbuf *out, size_t duplicates, uint64_t saved, size_t uncounted) {
  strbuf_printf(out, "%zu %s, ", duplicates, duplicates == 1 ? "duplicate" : "duplicates");
  if (!saved && uncounted && uncounted == duplicates) {
    strbuf_puts(out, "of unknown size");
    return;
  }
  bytes_put(out, saved);
  if (uncounted)
    strbuf_printf(out, " and %zu of unknown size", uncounted);
}
