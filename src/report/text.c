#include <config.h>

#include "report/report.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "report/emit.h"
#include "report/note.h"

static void put_clean(struct strbuf *line, const char *text) {
  if (!text)
    text = "-";
  text_sanitize(line, text, strlen(text), false);
}

static void put_match(const struct report_source *source, const struct report_match *match,
                      struct strbuf *line) {
  strbuf_putc(line, '\t');
  put_clean(line, match->image);
  strbuf_printf(line, "\t%s\t", evidence_name(match->evidence));
  const char *before = "";
  for (uint32_t i = 0; i < match->pair_count; i++) {
    if (match->pairs[i].state != match->state)
      continue;
    strbuf_puts(line, before);
    put_clean(line, source->platforms[match->pairs[i].platform].platform);
    before = ",";
  }
  strbuf_putc(line, '\n');
}

static int put_source(const struct report *report, const struct report_source *source,
                      struct strbuf *line, struct output *output, struct error **err) {
  strbuf_puts(line, "Source image URIs:\n\t");
  put_clean(line, source->ref ? source->ref : source->image);
  strbuf_puts(line, "\nImage present at ECR URIs:\n");
  for (size_t i = 0; i < source->match_count; i++) {
    put_match(source, &source->matches[i], line);
    if (emit(line, output, err))
      return -1;
  }
  cleanup(strbuf_free) struct strbuf note = STRBUF(NOTE_MAX);
  note_put(report, source, &note);
  if (note.length) {
    strbuf_puts(line, "\t(");
    put_clean(line, strbuf_str(&note));
    strbuf_puts(line, ")\n");
  }
  strbuf_putc(line, '\n');
  return emit(line, output, err);
}

int report_text(const struct report *report, struct output *output, struct error **err) {
  cleanup(strbuf_free) struct strbuf line = STRBUF(EMIT_MAX);
  for (size_t i = 0; i < report->source_count; i++)
    if (put_source(report, &report->sources[i], &line, output, err))
      return -1;
  strbuf_printf(&line, "%zu images:", report->source_count);
  for (enum verdict verdict = VERDICT_PRESENT; verdict < VERDICTS; verdict++)
    strbuf_printf(&line, "%s %zu %s", verdict ? "," : "", report->summary[verdict],
                  verdict_name(verdict));
  strbuf_putc(&line, '\n');
  return emit(&line, output, err);
}
