#include <config.h>

#include "report/report.h"

#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "report/emit.h"

/* Written as a stream, so that memory does not grow with the report. */

/* Appends TEXT as a JSON string (RFC 8259, section 7), null for NULL. */
static void put_string(struct strbuf *out, const char *text) {
  if (!text) {
    strbuf_puts(out, "null");
    return;
  }
  strbuf_putc(out, '"');
  while (*text) {
    /* What is sanitised holds no other control character, and is UTF-8. */
    size_t plain = strcspn(text, "\"\\\t\n");
    text_sanitize(out, text, plain, true);
    text += plain;
    if (!*text)
      break;
    strbuf_putc(out, '\\');
    strbuf_putc(out, *text == '\t' ? 't' : *text == '\n' ? 'n' : *text);
    text++;
  }
  strbuf_putc(out, '"');
}

/* Appends `BEFORE"NAME": TEXT`. */
static void put_member(struct strbuf *out, const char *before, const char *name, const char *text) {
  strbuf_printf(out, "%s\"%s\": ", before, name);
  put_string(out, text);
}

static void put_number(struct strbuf *out, const char *before, const char *name, uint64_t number) {
  strbuf_printf(out, "%s\"%s\": %" PRIu64, before, name, number);
}

static void put_compared(struct strbuf *out, unsigned compared) {
  strbuf_puts(out, "{\"version\": 1,\n \"compared\": [");
  const char *before = "";
  for (enum evidence evidence = EVIDENCE_INDEX; evidence < EVIDENCE_SELF; evidence++)
    if (compared & 1u << evidence) {
      strbuf_puts(out, before);
      put_string(out, evidence_name(evidence));
      before = ", ";
    }
  strbuf_puts(out, "],\n");
}

static int put_inventory(struct strbuf *out, const struct report *report, struct output *output,
                         struct error **err) {
  put_number(out, " \"inventory\": {", "images", report->inventory_images);
  strbuf_puts(out, ", \"failed\": [");
  for (size_t i = 0; i < report->failure_count; i++) {
    const struct report_failure *failure = &report->failures[i];
    put_member(out, i ? ",\n  {" : "\n  {", "image", failure->image);
    put_member(out, ", ", "status", status_name(failure->status));
    put_member(out, ", ", "origin", failure->origin);
    put_member(out, ", ", "detail", failure->detail);
    strbuf_putc(out, '}');
    if (emit(out, output, err))
      return -1;
  }
  put_number(out, "], ", "without_config", report->without_config);
  strbuf_puts(out, "},\n");
  return 0;
}

static void put_summary(struct strbuf *out, const struct report *report) {
  put_number(out, " \"summary\": {", "sources", report->source_count);
  for (enum verdict verdict = VERDICT_PRESENT; verdict < VERDICTS; verdict++)
    put_number(out, ", ", verdict_name(verdict), report->summary[verdict]);
  strbuf_puts(out, "},\n");
}

static void put_platform(struct strbuf *out, const char *before,
                         const struct report_platform *platform) {
  strbuf_puts(out, before);
  put_member(out, "{", "platform", platform->record.cell[RECORD_PLATFORM]);
  put_member(out, ", ", "manifest_digest", platform->record.cell[RECORD_MANIFEST_DIGEST]);
  put_member(out, ", ", "config_digest", platform->record.cell[RECORD_CONFIG_DIGEST]);
  put_member(out, ", ", "state", platform_state_name(platform->state));
  strbuf_putc(out, '}');
}

static void put_match(struct strbuf *out, const char *before, const struct report_source *source,
                      const struct report_match *match) {
  strbuf_puts(out, before);
  put_member(out, "{", "image", match->image);
  put_member(out, ", ", "evidence", evidence_name(match->evidence));
  strbuf_puts(out, ", \"platforms\": [");
  uint64_t size = 0;
  const char *pushed = NULL;
  const char *comma = "";
  for (uint32_t i = 0; i < match->pair_count; i++) {
    const struct report_pair *pair = &match->pairs[i];
    if (pair->state != match->state)
      continue;
    strbuf_puts(out, comma);
    put_string(out, source->platforms[pair->platform].record.cell[RECORD_PLATFORM]);
    comma = ", ";
    pushed = pushed ? pushed : pair->pushed;
    /* Sizes are below 2^63 (a record's cell that is more is not known), a sum may not be. */
    if (size == REPORT_SIZE_UNKNOWN || pair->size > INT64_MAX - size)
      size = REPORT_SIZE_UNKNOWN;
    else
      size += pair->size;
  }
  put_member(out, "], ", "status", status_name(match->status));
  put_member(out, ", ", "digest", match->digest);
  if (size == REPORT_SIZE_UNKNOWN)
    put_member(out, ", ", "size", NULL);
  else
    put_number(out, ", ", "size", size);
  put_member(out, ", ", "pushed", pushed);
  strbuf_putc(out, '}');
}

static int put_source(struct strbuf *out, const struct report_source *source, struct output *output,
                      struct error **err) {
  put_member(out, "  {", "image", source->image);
  put_member(out, ", ", "ref", source->ref);
  put_member(out, ", ", "origin", source->origin);
  put_member(out, ", ", "digest", source->digest);
  put_member(out, ", ", "verdict", verdict_name(source->verdict));
  put_member(out, ", ", "status", status_name(source->status));
  put_member(out, ", ", "detail", source->detail);
  strbuf_puts(out, ",\n   \"platforms\": [");
  for (size_t i = 0; i < source->platform_count; i++) {
    put_platform(out, i ? ",\n     " : "\n     ", &source->platforms[i]);
    if (emit(out, output, err))
      return -1;
  }
  strbuf_puts(out, "],\n   \"matches\": [");
  for (size_t i = 0; i < source->match_count; i++) {
    put_match(out, i ? ",\n     " : "\n     ", source, &source->matches[i]);
    if (emit(out, output, err))
      return -1;
  }
  strbuf_puts(out, "]}");
  return emit(out, output, err);
}

int report_json(const struct report *report, struct output *output, struct error **err) {
  cleanup(strbuf_free) struct strbuf out = STRBUF(EMIT_MAX);
  put_compared(&out, report->compared);
  if (put_inventory(&out, report, output, err))
    return -1;
  put_summary(&out, report);
  strbuf_puts(&out, " \"sources\": [");
  for (size_t i = 0; i < report->source_count; i++) {
    strbuf_puts(&out, i ? ",\n" : "\n");
    if (put_source(&out, &report->sources[i], output, err))
      return -1;
  }
  strbuf_puts(&out, "]}\n");
  return emit(&out, output, err);
}
