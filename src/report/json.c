#include <config.h>

#include "report/report.h"

#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "report/emit.h"
#include "report/note.h"

/* Written as a stream, so that memory does not grow with the report. It can stand in a <script> of
   an HTML page as it is: what could end one is escaped. */

/* Appends the character at TEXT, which is not plain. Returns its length in bytes. */
static size_t put_escape(struct strbuf *out, const char *text) {
  switch (*text) {
  case '\t':
    strbuf_puts(out, "\\t");
    return 1;
  case '\n':
    strbuf_puts(out, "\\n");
    return 1;
  case '<':
  case '>':
  case '&':
    strbuf_printf(out, "\\u%04x", *text);
    return 1;
  case '\xE2': /* may begin a separator of lines or paragraphs, U+2028 or U+2029 */
    if (text[1] == '\x80' && (text[2] == '\xA8' || text[2] == '\xA9')) {
      strbuf_puts(out, text[2] == '\xA8' ? "\\u2028" : "\\u2029");
      return 3;
    }
    size_t length = 1;
    while ((text[length] & 0xC0) == 0x80)
      length++;
    text_sanitize(out, text, length, true);
    return length;
  default:
    strbuf_putc(out, '\\');
    strbuf_putc(out, *text);
    return 1;
  }
}

/* Appends TEXT as a JSON string (RFC 8259, section 7), null for NULL. */
static void put_string(struct strbuf *out, const char *text) {
  if (!text) {
    strbuf_puts(out, "null");
    return;
  }
  strbuf_putc(out, '"');
  while (*text) {
    /* What is sanitised holds no other control character, and is UTF-8. */
    size_t plain = strcspn(text, "\"\\\t\n<>&\xE2");
    text_sanitize(out, text, plain, true);
    text += plain;
    if (!*text)
      break;
    text += put_escape(out, text);
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

/* The same for bytes, null when they are not known. */
static void put_size(struct strbuf *out, const char *before, const char *name, uint64_t size) {
  if (size == REPORT_SIZE_UNKNOWN)
    put_member(out, before, name, NULL);
  else
    put_number(out, before, name, size);
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
  strbuf_puts(out, ",\n  \"registries\": [");
  for (size_t i = 0; i < report->registry_count; i++) {
    const struct report_registry *registry = &report->registries[i];
    put_member(out, i ? ",\n   {" : "\n   {", "registry", registry->name);
    put_number(out, ", ", "images", registry->images);
    put_number(out, ", ", "failed", registry->failed);
    put_member(out, ", ", "pushed", *registry->pushed ? registry->pushed : NULL);
    put_member(out, ", ", "created", *registry->created ? registry->created : NULL);
    strbuf_putc(out, '}');
    if (emit(out, output, err))
      return -1;
  }
  strbuf_puts(out, "]},\n");
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
  put_size(out, ", ", "size", platform->size);
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
  put_size(out, ", ", "size", size);
  put_member(out, ", ", "pushed", pushed);
  strbuf_putc(out, '}');
}

static int put_source(struct strbuf *out, const struct report *report,
                      const struct report_source *source, struct output *output,
                      struct error **err) {
  put_member(out, "  {", "image", source->image);
  put_member(out, ", ", "ref", source->ref);
  put_member(out, ", ", "origin", source->origin);
  put_member(out, ", ", "digest", source->digest);
  put_member(out, ", ", "verdict", verdict_name(source->verdict));
  put_member(out, ", ", "status", status_name(source->status));
  put_member(out, ", ", "detail", source->detail);
  cleanup(strbuf_free) struct strbuf note = STRBUF(NOTE_MAX);
  note_put(report, source, &note);
  put_member(out, ", ", "note", note.length ? strbuf_str(&note) : NULL);
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
    if (put_source(&out, report, &report->sources[i], output, err))
      return -1;
  }
  strbuf_puts(&out, "]}\n");
  return emit(&out, output, err);
}
