#include <config.h>

#include "report/report.h"

#include "base/cleanup.h"
#include "report/emit.h"
#include "report/json-put.h"
#include "report/json.h"
#include "report/note.h"

/* Written as a stream, so that memory does not grow with the report. */

static void put_compared(struct strbuf *out, unsigned compared) {
  strbuf_puts(out, "{\"version\": 1,\n \"compared\": [");
  const char *before = "";
  for (enum evidence evidence = EVIDENCE_INDEX; evidence < EVIDENCE_SELF; evidence++)
    if (compared & 1u << evidence) {
      strbuf_puts(out, before);
      json_put_string(out, evidence_name(evidence));
      before = ", ";
    }
  strbuf_puts(out, "],\n");
}

static int put_inventory(struct strbuf *out, const struct report *report, struct output *output,
                         struct error **err) {
  json_put_number(out, " \"inventory\": {", "images", report->inventory_images);
  strbuf_puts(out, ", \"failed\": [");
  for (size_t i = 0; i < report->failure_count; i++) {
    json_put_failure(out, i ? ",\n  " : "\n  ", &report->failures[i]);
    if (emit(out, output, err))
      return -1;
  }
  json_put_number(out, "], ", "without_config", report->without_config);
  strbuf_puts(out, ",\n  \"registries\": [");
  for (size_t i = 0; i < report->registry_count; i++) {
    const struct report_registry *registry = &report->registries[i];
    json_put_member(out, i ? ",\n   {" : "\n   {", "registry", registry->name);
    json_put_number(out, ", ", "images", registry->images);
    json_put_number(out, ", ", "failed", registry->failed);
    json_put_member(out, ", ", "pushed", *registry->pushed ? registry->pushed : NULL);
    json_put_member(out, ", ", "created", *registry->created ? registry->created : NULL);
    strbuf_putc(out, '}');
    if (emit(out, output, err))
      return -1;
  }
  strbuf_puts(out, "]},\n");
  return 0;
}

static void put_summary(struct strbuf *out, const struct report *report) {
  json_put_number(out, " \"summary\": {", "sources", report->source_count);
  for (enum verdict verdict = VERDICT_PRESENT; verdict < VERDICTS; verdict++)
    json_put_number(out, ", ", verdict_name(verdict), report->summary[verdict]);
  strbuf_puts(out, "},\n");
}

static void put_platform(struct strbuf *out, const char *before,
                         const struct report_platform *platform) {
  strbuf_puts(out, before);
  json_put_member(out, "{", "platform", platform->platform);
  json_put_member(out, ", ", "manifest_digest", platform->manifest_digest);
  json_put_member(out, ", ", "config_digest", platform->config_digest);
  json_put_member(out, ", ", "state", platform_state_name(platform->state));
  json_put_size(out, ", ", "size", platform->size);
  strbuf_putc(out, '}');
}

uint64_t json_match_size(const struct report_match *match, const char **pushed) {
  uint64_t size = 0;
  *pushed = NULL;
  for (uint32_t i = 0; i < match->pair_count; i++) {
    const struct report_pair *pair = &match->pairs[i];
    if (pair->state != match->state)
      continue;
    if (!*pushed)
      *pushed = pair->pushed;
    /* Sizes are below 2^63 (a record's cell that is more is not known), a sum may not be. */
    if (size == REPORT_SIZE_UNKNOWN || pair->size > INT64_MAX - size)
      size = REPORT_SIZE_UNKNOWN;
    else
      size += pair->size;
  }
  return size;
}

static void put_match(struct strbuf *out, const char *before, const struct report_source *source,
                      const struct report_match *match) {
  strbuf_puts(out, before);
  json_put_member(out, "{", "image", match->image);
  json_put_member(out, ", ", "evidence", evidence_name(match->evidence));
  strbuf_puts(out, ", \"platforms\": [");
  const char *comma = "";
  for (uint32_t i = 0; i < match->pair_count; i++) {
    if (match->pairs[i].state != match->state)
      continue;
    strbuf_puts(out, comma);
    json_put_string(out, source->platforms[match->pairs[i].platform].platform);
    comma = ", ";
  }
  const char *pushed;
  uint64_t size = json_match_size(match, &pushed);
  json_put_member(out, "], ", "status", status_name(match->status));
  json_put_member(out, ", ", "digest", match->digest);
  json_put_size(out, ", ", "size", size);
  json_put_member(out, ", ", "pushed", pushed);
  strbuf_putc(out, '}');
}

static int put_source(struct strbuf *out, const struct report *report,
                      const struct report_source *source, struct output *output,
                      struct error **err) {
  json_put_member(out, "  {", "image", source->image);
  json_put_member(out, ", ", "ref", source->ref);
  json_put_member(out, ", ", "origin", source->origin);
  json_put_member(out, ", ", "digest", source->digest);
  json_put_member(out, ", ", "verdict", verdict_name(source->verdict));
  json_put_member(out, ", ", "status", status_name(source->status));
  json_put_member(out, ", ", "detail", source->detail);
  cleanup(strbuf_free) struct strbuf note = STRBUF(NOTE_MAX);
  note_put(report, source, &note);
  json_put_member(out, ", ", "note", note.length ? strbuf_str(&note) : NULL);
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

int json_put_head(struct strbuf *out, const struct report *report, struct output *output,
                  struct error **err) {
  put_compared(out, report->compared);
  if (put_inventory(out, report, output, err))
    return -1;
  put_summary(out, report);
  return strbuf_puts(out, " \"sources\": [");
}

int report_json(const struct report *report, struct output *output, struct error **err) {
  cleanup(strbuf_free) struct strbuf out = STRBUF(EMIT_MAX);
  if (json_put_head(&out, report, output, err))
    return -1;
  for (size_t i = 0; i < report->source_count; i++) {
    strbuf_puts(&out, i ? ",\n" : "\n");
    if (put_source(&out, report, &report->sources[i], output, err))
      return -1;
  }
  strbuf_puts(&out, "]}\n");
  return emit(&out, output, err);
}
