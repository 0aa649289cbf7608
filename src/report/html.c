#include <config.h>

#include "report/report.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/emit.h"
#include "report/html-data.h"
#include "report/markup.h"
#include "report/note.h"
#include "report/page.h"

/* The page is page.html with its slots filled in: the style, the script, and the data that the
   script shows. What is written here as HTML is what must be there without the script. */

/* Base64 of the SHA-256 of TEXT, as a policy names a script or a style (CSP Level 3, "Hash
   Usage"). */
static int put_hash(struct strbuf *out, const char *text, struct error **err) {
  unsigned char hash[EVP_MAX_MD_SIZE], base64[EVP_MAX_MD_SIZE * 2];
  unsigned length = 0;
  if (!EVP_Digest(text, strlen(text), hash, &length, EVP_sha256(), NULL))
    return error_set(err, STATUS_LOCAL, "SHA-256 cannot be computed");
  EVP_EncodeBlock(base64, hash, (int)length);
  return strbuf_printf(out, "'sha256-%s'", (const char *)base64);
}

/* Nothing is loaded from anywhere; the icon is in the page. The script can make elements of no
   text. */
static int put_policy(struct strbuf *out, struct error **err) {
  strbuf_puts(out, "default-src 'none'; style-src ");
  if (put_hash(out, page_css, err))
    return -1;
  strbuf_puts(out, "; script-src ");
  if (put_hash(out, page_js, err))
    return -1;
  return strbuf_puts(out, "; img-src data:; base-uri 'none'; form-action 'none'; "
                          "require-trusted-types-for 'script'; trusted-types 'none'");
}

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

static int put_failures(struct strbuf *out, const struct report *report, struct output *output,
                        struct error **err) {
  strbuf_printf(out, "<p>The inventory: %zu images, %zu rows that could not be read.</p>\n",
                report->inventory_images, report->failure_count);
  if (!report->failure_count)
    return 0;
  strbuf_puts(out, "<ul class=\"failures\">\n");
  for (size_t i = 0; i < report->failure_count; i++) {
    const struct report_failure *failure = &report->failures[i];
    strbuf_puts(out, "<li>");
    markup_put(out, failure->image ? failure->image : failure->origin);
    strbuf_printf(out, ": %s", status_name(failure->status));
    if (failure->detail) {
      strbuf_puts(out, ", ");
      markup_put(out, failure->detail);
    }
    strbuf_puts(out, "</li>\n");
    if (emit(out, output, err))
      return -1;
  }
  strbuf_puts(out, "</ul>\n");
  return 0;
}

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

static int put_slot(struct strbuf *out, const char *name, size_t length,
                    const struct report *report, struct output *output, struct error **err) {
#define IS(slot) (length == sizeof slot - 1 && memcmp(name, slot, sizeof slot - 1) == 0)
  if (IS("policy"))
    return put_policy(out, err);
  if (IS("style"))
    return strbuf_puts(out, page_css);
  if (IS("script"))
    return strbuf_puts(out, page_js);
  if (IS("version"))
    return strbuf_puts(out, PACKAGE_VERSION);
  if (IS("headline"))
    return put_headline(out, report), 0;
  if (IS("bar"))
    return put_bar(out, report), 0;
  if (IS("counts"))
    return put_counts(out, report), 0;
  if (IS("failures"))
    return put_failures(out, report, output, err);
  if (IS("rows"))
    return put_rows(out, report, output, err);
  if (IS("head"))
    return html_put_head(out, report, output, err);
  if (IS("sources"))
    return html_put_sources(out, report, output, err);
#undef IS
  return error_set(err, STATUS_LOCAL, "page.html has an unknown slot");
}

int report_html(const struct report *report, struct output *output, struct error **err) {
  cleanup(strbuf_free) struct strbuf out = STRBUF(EMIT_MAX);
  const char *rest = page_html;
  for (const char *slot; (slot = strstr(rest, "{{")); rest = slot) {
    strbuf_append(&out, rest, (size_t)(slot - rest));
    slot += 2;
    size_t length = strcspn(slot, "}");
    if (put_slot(&out, slot, length, report, output, err))
      return -1;
    slot += length + 2;
  }
  strbuf_puts(&out, rest);
  return emit(&out, output, err);
}
