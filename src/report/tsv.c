#include <config.h>

#include "report/report.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/tsv.h"
#include "report/emit.h"
#include "report/note.h"

/* A report that is cut off must not look whole: the last cell and LF of a line stay in `piece`
   until the next line is written, or the end. */
struct table {
  struct strbuf piece;
  struct output *output;
};

static int put_row(struct table *table, const struct report_source *source,
                   const struct report_pair *pair, const char *note, struct error **err) {
  char size[24];
  if (pair)
    snprintf(size, sizeof size, "%" PRIu64, pair->size);
  const char *const cells[] = {
      source->image,
      verdict_name(source->verdict),
      evidence_name(pair ? pair->evidence : EVIDENCE_NONE),
      pair ? source->platforms[pair->platform].record.cell[RECORD_PLATFORM] : NULL,
      pair ? pair->image : NULL,
      pair ? status_name(pair->status) : NULL,
      pair ? pair->digest : NULL,
      pair && pair->size != REPORT_SIZE_UNKNOWN ? size : NULL,
      pair ? pair->pushed : NULL,
      source->origin,
  };
  for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
    tsv_put_cell(&table->piece, cells[i]);
    strbuf_putc(&table->piece, '\t');
  }
  if (emit(&table->piece, table->output, err))
    return -1;
  tsv_put_cell(&table->piece, note);
  strbuf_putc(&table->piece, '\n');
  return 0;
}

static int put_source(struct table *table, const struct report *report,
                      const struct report_source *source, struct error **err) {
  cleanup(strbuf_free) struct strbuf note = STRBUF(NOTE_MAX);
  note_put(report, source, &note);
  if (!source->match_count)
    return put_row(table, source, NULL, strbuf_str(&note), err);
  for (size_t i = 0; i < source->match_count; i++) {
    const struct report_match *match = &source->matches[i];
    for (uint32_t j = 0; j < match->pair_count; j++)
      if (put_row(table, source, &match->pairs[j], strbuf_str(&note), err))
        return -1;
  }
  return 0;
}

static void free_table(struct table *table) {
  strbuf_free(&table->piece);
}

int report_tsv(const struct report *report, struct output *output, struct error **err) {
  cleanup(free_table) struct table table = {.piece = STRBUF(EMIT_MAX), .output = output};
  strbuf_puts(&table.piece,
              "image\tverdict\tevidence\tplatform\tmatch\tmatch_status\tmatch_digest\t"
              "match_size\tmatch_pushed\torigin\t");
  if (emit(&table.piece, output, err))
    return -1;
  strbuf_puts(&table.piece, "detail\n");
  for (size_t i = 0; i < report->source_count; i++)
    if (put_source(&table, report, &report->sources[i], err))
      return -1;
  return emit(&table.piece, output, err);
}
