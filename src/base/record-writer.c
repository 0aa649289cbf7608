#include <config.h>

#include "base/record.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/tsv.h"
#include "base/text.h"
#include "base/xalloc.h"

enum { KEPT_OF_A_CELL = 4096 };

struct record_writer {
  struct output *output;
  struct strbuf line; /* the cells of a row before `detail`, each with its tab */
  struct strbuf held; /* the `detail` and LF of the last line, not yet given to output */
  struct strbuf next; /* those of the row that is being put */
  const struct redactor *redactor; /* NULL: none */
  bool finished;
};

struct record_writer *record_writer_new(struct output *output) {
  struct record_writer *writer = xmalloc(sizeof *writer);
  writer->output = output;
  writer->line = (struct strbuf)STRBUF(TSV_LINE_MAX);
  writer->held = (struct strbuf)STRBUF(TSV_LINE_MAX + 1);
  writer->next = writer->held;
  writer->redactor = NULL;
  writer->finished = false;
  for (int i = 0; i < RECORD_DETAIL; i++) {
    strbuf_puts(&writer->line, record_column_name((enum record_column)i));
    strbuf_putc(&writer->line, '\t');
  }
  strbuf_puts(&writer->held, record_column_name(RECORD_DETAIL));
  strbuf_putc(&writer->held, '\n');
  /* A failure is sticky there: the next write tells it. */
  (void)output_write(output, writer->line.data, writer->line.length, NULL);
  return writer;
}

void record_writer_redact(struct record_writer *writer, const struct redactor *redactor) {
  writer->redactor = redactor;
}

/* The first RECORD_DETAIL_MAX bytes of what may be written of it, whole characters; never more than
   that is worth reading. */
static void put_detail(struct strbuf *out, const char *detail) {
  /* A byte becomes three at most. */
  if (!detail || strlen(detail) <= RECORD_DETAIL_MAX / 3) {
    tsv_put_cell(out, detail);
    return;
  }
  struct strbuf clean = STRBUF(SIZE_MAX / 2);
  for (const char *at = detail;;) {
    size_t length = strcspn(at, "\r");
    (void)text_sanitize(&clean, at, length, true);
    at += length;
    if (!*at)
      break;
    strbuf_putc(&clean, *at++);
  }
  cleanup(cleanup_free) char *kept = strbuf_take(&clean);
  size_t length = strlen(kept);
  bool cut = length > RECORD_DETAIL_MAX;
  if (cut) {
    length = RECORD_DETAIL_MAX;
    while (length && ((unsigned char)kept[length] & 0xC0) == 0x80)
      length--;
    kept[length] = '\0';
  }
  tsv_put_cell(out, kept);
  if (cut)
    strbuf_puts(out, "\xE2\x80\xA6"); /* an ellipsis */
}

/* -1 when the row is longer than readers take. */
static int format_row(const struct record *record, struct strbuf *line, struct strbuf *detail) {
  strbuf_clear(line);
  strbuf_clear(detail);
  for (int i = 0; i < RECORD_DETAIL; i++) {
    tsv_put_cell(line, record->cell[i]);
    strbuf_putc(line, '\t');
  }
  put_detail(detail, record->cell[RECORD_DETAIL]);
  strbuf_putc(detail, '\n');
  return line->overflow || detail->overflow || line->length + detail->length > TSV_LINE_MAX + 1 ? -1
                                                                                                : 0;
}

/* What can be said of a row that no reader would take: who it is, and that it failed. */
static void format_failed_row(const struct record *record, struct strbuf *line,
                              struct strbuf *detail) {
  char *kept[RECORD_COLUMNS];
  struct record failed;
  for (int i = 0; i < RECORD_COLUMNS; i++)
    failed.cell[i] = kept[i] = record->cell[i] ? xstrndup(record->cell[i], KEPT_OF_A_CELL) : NULL;
  failed.cell[RECORD_STATUS] = status_name(STATUS_TOO_LARGE);
  failed.cell[RECORD_LAYERS] = NULL;
  failed.cell[RECORD_DIFF_IDS] = NULL;
  failed.cell[RECORD_LAYER_SIZES] = NULL;
  failed.cell[RECORD_DETAIL] = "the row would be longer than a line may be: layers left out";
  if (format_row(&failed, line, detail))
    abort();
  for (int i = 0; i < RECORD_COLUMNS; i++)
    free(kept[i]);
}

static int put_row(struct record_writer *writer, const struct record *record, struct error **err) {
  if (writer->finished || !record->cell[RECORD_IMAGE] || !record->cell[RECORD_STATUS])
    abort();
  if (format_row(record, &writer->line, &writer->next))
    format_failed_row(record, &writer->line, &writer->next);

  int result = output_write(writer->output, writer->held.data, writer->held.length, err);
  if (result == 0)
    result = output_write(writer->output, writer->line.data, writer->line.length, err);
  struct strbuf written = writer->held;
  writer->held = writer->next;
  writer->next = written;
  return result;
}

/* Cells in which a server can say what it likes, beside `detail`. Digests are checked to be some.
 */
static const enum record_column said[] = {RECORD_IMAGE, RECORD_PLATFORM, RECORD_PUSHED,
                                          RECORD_CREATED, RECORD_MEDIA_TYPE};

enum { SAID = sizeof said / sizeof *said };

int record_writer_put(struct record_writer *writer, const struct record *record,
                      struct error **err) {
  if (!writer->redactor)
    return put_row(writer, record, err);
  struct record seen = *record;
  char *made[SAID];
  for (size_t i = 0; i < SAID; i++) {
    made[i] = redacted_data(writer->redactor, record->cell[said[i]]);
    if (made[i])
      seen.cell[said[i]] = made[i];
  }
  cleanup(cleanup_free) char *detail = redacted(writer->redactor, record->cell[RECORD_DETAIL]);
  seen.cell[RECORD_DETAIL] = detail;
  int result = put_row(writer, &seen, err);
  for (size_t i = 0; i < SAID; i++)
    free(made[i]);
  return result;
}

int record_writer_finish(struct record_writer *writer, struct error **err) {
  if (writer->finished)
    return 0;
  writer->finished = true;
  return output_write(writer->output, writer->held.data, writer->held.length, err);
}

void record_writer_free(struct record_writer *writer) {
  if (!writer)
    return;
  strbuf_free(&writer->line);
  strbuf_free(&writer->held);
  strbuf_free(&writer->next);
  free(writer);
}
