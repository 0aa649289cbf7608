#include <config.h>

#include "report/report.h"

#include <string.h>

#include "base/cleanup.h"
#include "report/emit.h"
#include "report/html-data.h"
#include "report/html-shell.h"
#include "report/markup.h"
#include "report/note.h"
#include "report/page.h"

/* The page is page.html with its slots filled in: the style, the script, and the data that the
   script shows. What is written here as HTML is what must be there without the script. */

static void put_headline(struct strbuf *out, const struct report *report) {
  size_t present = report->summary[VERDICT_PRESENT], all = report->source_count;
  strbuf_printf(out, "%zu of %zu %s %s already there", present, all, all == 1 ? "image" : "images",
                present == 1 ? "is" : "are");
}

/* The least width of a part of the bar, and the gap behind it, so that one of 10,000 is seen. */
#define BAR_WIDTH 1000
#define BAR_LEAST 6
#define BAR_GAP 2

static void put_bar(struct strbuf *out, const struct report *report) {
  size_t parts = 0;
  for (int i = 0; i < VERDICTS; i++)
    parts += report->summary[i] > 0;
  double scale = (BAR_WIDTH - (double)parts * BAR_LEAST) / (double)report->source_count;
  double x = 0;
  for (enum verdict verdict = VERDICT_PRESENT; verdict < VERDICTS; verdict++) {
    if (!report->summary[verdict])
      continue;
    double width = BAR_LEAST + scale * (double)report->summary[verdict];
    strbuf_printf(out, "<rect class=\"v-%s\" x=\"%.0f\" width=\"%.0f\" height=\"10\"/>",
                  verdict_name(verdict), x, width - BAR_GAP);
    x += width;
  }
}

static void put_verdict(struct strbuf *out, enum verdict verdict) {
  const char *name = verdict_name(verdict);
  strbuf_printf(out, "<svg class=\"icon v-%s\" aria-hidden=\"true\"><use href=\"#i-%s\"/></svg> %s",
                name, name, name);
}

static void put_counts(struct strbuf *out, const struct report *report) {
  for (enum verdict verdict = VERDICT_PRESENT; verdict < VERDICTS; verdict++) {
    strbuf_printf(out, "<li data-verdict=\"%s\"><b>%zu</b> ", verdict_name(verdict),
                  report->summary[verdict]);
    put_verdict(out, verdict);
    strbuf_puts(out, "</li>\n");
  }
}

/* ---- without a script ---- */

static int put_row(struct strbuf *out, const struct report *report,
                   const struct report_source *source, struct output *output, struct error **err) {
  strbuf_puts(out, "<tr><th scope=\"row\">");
  markup_put(out, source->ref ? source->ref : source->image);
  strbuf_puts(out, "</th><td>");
  put_verdict(out, source->verdict);
  strbuf_puts(out, "</td><td>");
  if (source->match_count) {
    const struct report_match *best = &source->matches[0];
    markup_put(out, best->image);
    strbuf_printf(out, "</td><td>%s</td><td>", evidence_name(best->evidence));
  } else {
    strbuf_puts(out, "-</td><td>-</td><td>");
  }
  cleanup(strbuf_free) struct strbuf note = STRBUF(NOTE_MAX);
  note_put(report, source, &note);
  markup_put(out, strbuf_str(&note));
  strbuf_puts(out, "</td></tr>\n");
  return emit(out, output, err);
}

static int put_rows(struct strbuf *out, const struct report *report, struct output *output,
                    struct error **err) {
  for (size_t i = 0; i < report->source_count; i++)
    if (put_row(out, report, &report->sources[i], output, err))
      return -1;
  return 0;
}

/* ---- the slots ---- */

static int put_slot(struct strbuf *out, const char *name, size_t length, const void *arg,
                    struct output *output, struct error **err) {
  const struct report *report = arg;
#define IS(slot) (length == sizeof slot - 1 && memcmp(name, slot, sizeof slot - 1) == 0)
  if (IS("policy"))
    return html_put_policy(out, page_js, err);
  if (IS("script"))
    return strbuf_puts(out, page_js);
  if (IS("headline"))
    return put_headline(out, report), 0;
  if (IS("bar"))
    return put_bar(out, report), 0;
  if (IS("counts"))
    return put_counts(out, report), 0;
  if (IS("failures"))
    return html_put_failures(out, report->inventory_images, report->failures, report->failure_count,
                             output, err);
  if (IS("rows"))
    return put_rows(out, report, output, err);
  if (IS("head"))
    return html_put_head(out, report, output, err);
  if (IS("sources"))
    return html_put_sources(out, report, output, err);
  if (IS("details"))
    return html_put_details(out, report, output, err);
#undef IS
  return error_set(err, STATUS_LOCAL, "page.html has an unknown slot");
}

int report_html(const struct report *report, struct output *output, struct error **err) {
  return html_fill(page_html, put_slot, report, output, err);
}
