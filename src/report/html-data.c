#include <config.h>

#include "report/html-data.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "report/emit.h"
#include "report/json-put.h"
#include "report/json.h"
#include "report/note.h"

int html_put_head(struct strbuf *out, const struct report *report, struct output *output,
                  struct error **err) {
  if (json_put_head(out, report, output, err))
    return -1;
  strbuf_puts(out, "]}\n");
  return emit(out, output, err);
}

static void put_cell(struct strbuf *out, const char *before, const char *text) {
  strbuf_puts(out, before);
  json_put_string(out, text);
}

static void put_size(struct strbuf *out, uint64_t size) {
  if (size == REPORT_SIZE_UNKNOWN)
    strbuf_puts(out, ",null");
  else
    strbuf_printf(out, ",%" PRIu64, size);
}

/* Of all platforms together. */
static uint64_t size_of(const struct report_source *source) {
  uint64_t size = 0;
  for (size_t i = 0; i < source->platform_count; i++) {
    if (source->platforms[i].size > INT64_MAX - size)
      return REPORT_SIZE_UNKNOWN;
    size += source->platforms[i].size;
  }
  return source->platform_count ? size : REPORT_SIZE_UNKNOWN;
}

static int compare_name(const void *image, const void *registry) {
  const char *name = ((const struct report_registry *)registry)->name;
  size_t length = strcspn(image, "/");
  int order = strncmp(image, name, length);
  return order ? order : -(name[length] != '\0');
}

/* Appends the best match, how many there are, and the registries of them. SEEN has a number for
   each registry: of the source that was the last to name it, plus 1. */
static void put_places(struct strbuf *out, const struct report *report, size_t number,
                       size_t *seen) {
  const struct report_source *source = &report->sources[number];
  size_t count = 0;
  while (count < source->match_count && source->matches[count].evidence != EVIDENCE_SELF)
    count++;
  if (count) {
    put_cell(out, ",[", source->matches[0].image);
    put_cell(out, ",", evidence_name(source->matches[0].evidence));
    strbuf_putc(out, ']');
  } else {
    strbuf_puts(out, ",null");
  }
  strbuf_printf(out, ",%zu,[", count);
  const char *comma = "";
  for (size_t i = 0; i < count; i++) {
    const struct report_registry *registry =
        bsearch(source->matches[i].image, report->registries, report->registry_count,
                sizeof *report->registries, compare_name);
    if (!registry || seen[registry - report->registries] == number + 1)
      continue;
    seen[registry - report->registries] = number + 1;
    strbuf_printf(out, "%s%td", comma, registry - report->registries);
    comma = ",";
  }
  strbuf_putc(out, ']');
}

static int put_match(struct strbuf *out, const struct report_source *source,
                     const struct report_match *match, struct output *output, struct error **err) {
  put_cell(out, match == source->matches ? "[" : ",[", match->image);
  put_cell(out, ",", evidence_name(match->evidence));
  const char *comma = ",[";
  for (uint32_t i = 0; i < match->pair_count; i++)
    if (match->pairs[i].state == match->state) {
      strbuf_printf(out, "%s%u", comma, (unsigned)match->pairs[i].platform);
      comma = ",";
    }
  put_cell(out, "],", status_name(match->status));
  if (match->digest && source->digest && strcmp(match->digest, source->digest) == 0)
    strbuf_puts(out, ",0");
  else
    put_cell(out, ",", match->digest);
  const char *pushed;
  uint64_t size = json_match_size(match, &pushed);
  put_size(out, size);
  put_cell(out, ",", pushed);
  strbuf_putc(out, ']');
  return emit(out, output, err);
}

/* SEEN: as put_places has it. */
static int put_source(struct strbuf *out, const struct report *report, size_t number, size_t *seen,
                      struct output *output, struct error **err) {
  const struct report_source *source = &report->sources[number];
  cleanup(strbuf_free) struct strbuf note = STRBUF(NOTE_MAX);
  note_put(report, source, &note);
  put_cell(out, "[", source->ref);
  put_cell(out, ",", source->image);
  put_cell(out, ",", source->origin);
  put_cell(out, ",", verdict_name(source->verdict));
  put_cell(out, ",", status_name(source->status));
  put_size(out, size_of(source));
  put_cell(out, ",", note.length ? strbuf_str(&note) : NULL);
  strbuf_puts(out, ",[");
  for (size_t i = 0; i < source->platform_count; i++) {
    put_cell(out, i ? ",[" : "[", source->platforms[i].platform);
    put_cell(out, ",", platform_state_name(source->platforms[i].state));
    strbuf_putc(out, ']');
  }
  strbuf_putc(out, ']');
  put_places(out, report, number, seen);
  strbuf_putc(out, ']');
  return emit(out, output, err);
}

static void free_numbers(size_t **numbers) {
  free(*numbers);
}

int html_put_sources(struct strbuf *out, const struct report *report, struct output *output,
                     struct error **err) {
  cleanup(free_numbers) size_t *seen = xcalloc(report->registry_count + 1, sizeof *seen);
  strbuf_putc(out, '[');
  for (size_t i = 0; i < report->source_count; i++) {
    strbuf_puts(out, i ? ",\n" : "\n");
    if (put_source(out, report, i, seen, output, err))
      return -1;
  }
  strbuf_puts(out, "\n]\n");
  return 0;
}

static int put_details(struct strbuf *out, const struct report_source *source,
                       struct output *output, struct error **err) {
  put_cell(out, "[", source->digest);
  put_cell(out, ",", source->detail);
  strbuf_puts(out, ",[");
  for (size_t i = 0; i < source->platform_count; i++) {
    const struct report_platform *platform = &source->platforms[i];
    put_cell(out, i ? ",[" : "[", platform->manifest_digest);
    put_cell(out, ",", platform->config_digest);
    put_size(out, platform->size);
    strbuf_putc(out, ']');
    if (emit(out, output, err))
      return -1;
  }
  strbuf_puts(out, "],[");
  for (size_t i = 0; i < source->match_count; i++)
    if (put_match(out, source, &source->matches[i], output, err))
      return -1;
  strbuf_puts(out, "]]");
  return emit(out, output, err);
}

int html_put_details(struct strbuf *out, const struct report *report, struct output *output,
                     struct error **err) {
  strbuf_putc(out, '[');
  for (size_t i = 0; i < report->source_count; i++) {
    strbuf_puts(out, i ? ",\n" : "\n");
    if (put_details(out, &report->sources[i], output, err))
      return -1;
  }
  strbuf_puts(out, "\n]\n");
  return 0;
}
