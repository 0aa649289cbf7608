#include <config.h>

#include "report/note.h"

static size_t count_state(const struct report_source *source, enum platform_state state) {
  size_t count = 0;
  for (size_t i = 0; i < source->platform_count; i++)
    count += source->platforms[i].state == state;
  return count;
}

/* Appends "; STATE PLATFORM, PLATFORM", when some platform is in STATE. */
static void put_platforms(const struct report_source *source, enum platform_state state,
                          struct strbuf *out) {
  const char *before = "; ";
  for (size_t i = 0; i < source->platform_count; i++) {
    if (source->platforms[i].state != state)
      continue;
    strbuf_puts(out, before);
    if (*before == ';')
      strbuf_printf(out, "%s ", platform_state_name(state));
    const char *platform = source->platforms[i].platform;
    strbuf_puts(out, platform ? platform : "-");
    before = ", ";
  }
}

/* Appends "N of M platforms; …", which is said when they are not all in STATE. */
static void put_coverage(const struct report_source *source, enum platform_state state,
                         struct strbuf *out) {
  strbuf_printf(out, "%zu of %u platforms", count_state(source, state), source->platform_count);
  for (enum platform_state other = STATE_LIKELY; other <= STATE_UNKNOWN; other++)
    if (other != state)
      put_platforms(source, other, out);
}

static bool covered(const struct report_source *source, enum platform_state state) {
  return count_state(source, state) == source->platform_count;
}

static void put_partial(const struct report_source *source, struct strbuf *out) {
  strbuf_puts(out, "partial: ");
  put_coverage(source, STATE_FOUND, out);
  if (!source->spread)
    return;
  size_t images = 0;
  for (size_t i = 0; i < source->match_count; i++)
    images += source->matches[i].state == STATE_FOUND;
  strbuf_printf(out, "; together all, spread over %zu images", images);
}

static void put_unknown(const struct report *report, const struct report_source *source,
                        struct strbuf *out) {
  strbuf_puts(out, "unknown: ");
  if (status_is_failure(source->status)) {
    size_t failed = 0;
    for (size_t i = 0; i < source->platform_count; i++)
      failed += status_is_failure(source->platforms[i].status);
    if (failed < source->platform_count)
      strbuf_printf(out, "%zu of %u platforms could not be read, first: ", failed,
                    source->platform_count);
    strbuf_puts(out, status_name(source->status));
    if (source->detail)
      strbuf_printf(out, ", %s", source->detail);
    return;
  }
  if (!source->platform_count) {
    strbuf_puts(out, source->detail);
    return;
  }
  const struct report_failure *first = NULL;
  size_t count = 0;
  for (size_t i = 0; i < report->failure_count; i++)
    if (report->failures[i].hides) {
      count++;
      first = first ? first : &report->failures[i];
    }
  if (!first)
    return;
  strbuf_printf(out, "%zu %s of the inventory failed, first: %s", count,
                count == 1 ? "row" : "rows", status_name(first->status));
  const char *place = first->image ? first->image : first->origin;
  if (place)
    strbuf_printf(out, " at %s", place);
  if (first->detail)
    strbuf_printf(out, ", %s", first->detail);
}

/* What there is of an absent source that does not make it present. */
static void put_absent(const struct report_source *source, struct strbuf *out) {
  size_t counts[EVIDENCE_NONE] = {0};
  for (size_t i = 0; i < source->match_count; i++)
    counts[source->matches[i].evidence]++;
  strbuf_puts(out, counts[EVIDENCE_SELF] ? "none but itself" : "none");
  if (counts[EVIDENCE_BASE])
    strbuf_printf(out, "; %zu built from it", counts[EVIDENCE_BASE]);
  if (counts[EVIDENCE_NAME])
    strbuf_printf(out, "; %zu of the same name with other content", counts[EVIDENCE_NAME]);
}

void note_put(const struct report *report, const struct report_source *source, struct strbuf *out) {
  switch (source->verdict) {
  case VERDICT_PRESENT:
    return;
  case VERDICT_PARTIAL:
    put_partial(source, out);
    return;
  case VERDICT_LIKELY:
    strbuf_puts(out, "likely: layers?; ");
    if (!covered(source, STATE_LIKELY)) {
      put_coverage(source, STATE_LIKELY, out);
      strbuf_puts(out, "; ");
    }
    strbuf_puts(out, "read the configs to be sure");
    return;
  case VERDICT_ARCHIVED:
    strbuf_puts(out, "archived: ");
    if (!covered(source, STATE_ARCHIVED)) {
      put_coverage(source, STATE_ARCHIVED, out);
      strbuf_puts(out, "; ");
    }
    strbuf_puts(out, "restore it before use");
    return;
  case VERDICT_ABSENT:
    put_absent(source, out);
    return;
  case VERDICT_UNKNOWN:
  case VERDICTS:
    put_unknown(report, source, out);
    return;
  }
}
