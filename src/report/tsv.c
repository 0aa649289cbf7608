#include <config.h>

#include "report/report.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "report/note.h"
#include "report/table.h"

static int put_row(struct table *table, const struct report_source *source,
                   const struct report_pair *pair, const char *note, struct error **err) {
  char size[24];
  if (pair)
    snprintf(size, sizeof size, "%" PRIu64, pair->size);
  const char *const cells[] = {
      source->image,
      verdict_name(source->verdict),
      evidence_name(pair ? pair->evidence : EVIDENCE_NONE),
      pair ? source->platforms[pair->platform].platform : NULL,
      pair ? pair->image : NULL,
      pair ? status_name(pair->status) : NULL,
      pair ? pair->digest : NULL,
      pair && pair->size != REPORT_SIZE_UNKNOWN ? size : NULL,
      pair ? pair->pushed : NULL,
      source->origin,
      note,
  };
  return table_put(table, cells, sizeof cells / sizeof *cells, err);
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

int report_tsv(const struct report *report, struct output *output, struct error **err) {
  static const char *const header[] = {"image",        "verdict",      "evidence",     "platform",
                                       "match",        "match_status", "match_digest", "match_size",
                                       "match_pushed", "origin",       "detail"};
  cleanup(table_free) struct table table = TABLE(output);
  if (table_put(&table, header, sizeof header / sizeof *header, err))
    return -1;
  for (size_t i = 0; i < report->source_count; i++)
    if (put_source(&table, report, &report->sources[i], err))
      return -1;
  return table_finish(&table, err);
}
