#include <config.h>

#include "report/report.h"

#include <string.h>

#include "base/cleanup.h"
#include "report/emit.h"
#include "report/markup.h"
#include "report/note.h"

/* As Ant's JUnit task writes it, in the common part that CodeBuild, GitLab and Jenkins read. The
   same report gives the same bytes: no times, no host. */

static bool fails(const struct report *report, enum verdict verdict) {
  return report->fail_if & 1u << verdict;
}

/* Appends `<ELEMENT type="VERDICT" message="NOTE"/>` for a source that does not pass. */
static void put_outcome(struct strbuf *out, const struct report *report,
                        const struct report_source *source, const char *note) {
  const char *element = NULL;
  if (fails(report, source->verdict))
    element = "failure";
  else if (source->verdict == VERDICT_UNKNOWN)
    element = "error";
  if (!element)
    return;
  strbuf_printf(out, "      <%s type=\"%s\" message=\"", element, verdict_name(source->verdict));
  markup_put(out, *note ? note : verdict_name(source->verdict));
  strbuf_puts(out, "\"/>\n");
}

static void put_match(struct strbuf *out, const struct report_source *source,
                      const struct report_match *match) {
  markup_put(out, match->image);
  strbuf_printf(out, " %s ", evidence_name(match->evidence));
  const char *before = "";
  for (uint32_t i = 0; i < match->pair_count; i++) {
    if (match->pairs[i].state != match->state)
      continue;
    strbuf_puts(out, before);
    const char *platform = source->platforms[match->pairs[i].platform].platform;
    markup_put(out, platform);
    before = ",";
  }
  strbuf_putc(out, '\n');
}

/* Dashboards group by the class: the registry's host. */
static void put_host(struct strbuf *out, const char *image) {
  cleanup(strbuf_free) struct strbuf host = STRBUF(EMIT_MAX);
  if (image && strbuf_append(&host, image, strcspn(image, "/")) == 0)
    markup_put(out, strbuf_str(&host));
  else
    strbuf_puts(out, "no reference");
}

static int put_source(struct strbuf *out, const struct report *report,
                      const struct report_source *source, struct output *output,
                      struct error **err) {
  cleanup(strbuf_free) struct strbuf note = STRBUF(NOTE_MAX);
  note_put(report, source, &note);
  const char *name = source->ref ? source->ref : source->image;
  strbuf_puts(out, "    <testcase classname=\"");
  put_host(out, source->image);
  strbuf_puts(out, "\" name=\"");
  markup_put(out, name);
  strbuf_puts(out, "\" time=\"0\">\n");
  put_outcome(out, report, source, strbuf_str(&note));
  strbuf_printf(out, "      <system-out>%s\n", verdict_name(source->verdict));
  for (size_t i = 0; i < source->match_count; i++) {
    put_match(out, source, &source->matches[i]);
    if (emit(out, output, err))
      return -1;
  }
  if (note.length) {
    strbuf_putc(out, '(');
    markup_put(out, strbuf_str(&note));
    strbuf_puts(out, ")\n");
  }
  strbuf_puts(out, "</system-out>\n    </testcase>\n");
  return emit(out, output, err);
}

int report_junit(const struct report *report, struct output *output, struct error **err) {
  size_t failures = 0;
  for (enum verdict verdict = VERDICT_PRESENT; verdict < VERDICTS; verdict++)
    if (fails(report, verdict))
      failures += report->summary[verdict];
  size_t errors = fails(report, VERDICT_UNKNOWN) ? 0 : report->summary[VERDICT_UNKNOWN];
  cleanup(strbuf_free) struct strbuf out = STRBUF(EMIT_MAX);
  strbuf_printf(&out,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                "<testsuites>\n"
                "  <testsuite name=\"ocidup\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" "
                "skipped=\"0\" time=\"0\">\n",
                report->source_count, failures, errors);
  for (size_t i = 0; i < report->source_count; i++)
    if (put_source(&out, report, &report->sources[i], output, err))
      return -1;
  strbuf_puts(&out, "  </testsuite>\n</testsuites>\n");
  return emit(&out, output, err);
}
