#include <config.h>

#include <stdlib.h>

#include "base/record-private.h"
#include "base/tsv.h"
#include "base/xalloc.h"

struct record_reader *record_reader_open(const char *path, uint32_t needed, struct error **err) {
  struct lines *lines = lines_open(path, TSV_LINE_MAX, err);
  if (!lines)
    return NULL;
  struct record_reader *reader = xcalloc(1, sizeof *reader);
  reader->lines = lines;
  if (record_header_read(&reader->header, lines, needed, err)) {
    record_reader_close(reader);
    return NULL;
  }
  record_rows_init(&reader->rows, &reader->header);
  record_rows_start(&reader->rows, 1);
  return reader;
}

static int next_row(struct record_reader *reader, struct error **err) {
  struct record_rows *rows = &reader->rows;
  for (;;) {
    int got = record_rows_next(rows, err);
    if (got)
      return got;
    got = lines_piece(reader->lines, &rows->piece, err);
    if (got <= 0)
      return got;
    record_rows_start(rows, rows->line);
  }
}

int record_reader_next(struct record_reader *reader, struct record *record, struct error **err) {
  if (reader->failure)
    return error_set(err, reader->failure->status, "%s", reader->failure->message);
  if (reader->ended)
    return 0;
  int got = next_row(reader, &reader->failure);
  if (got < 0)
    return error_set(err, reader->failure->status, "%s", reader->failure->message);
  reader->ended = got == 0;
  if (got > 0)
    *record = reader->rows.row.record;
  return got;
}

size_t record_reader_line(const struct record_reader *reader) {
  return reader->rows.line;
}

uint64_t record_reader_bytes(const struct record_reader *reader) {
  return lines_bytes(reader->lines);
}

bool record_reader_has(const struct record_reader *reader, enum record_column column) {
  return (reader->header.has >> column) & 1u;
}

void record_reader_close(struct record_reader *reader) {
  if (!reader)
    return;
  record_rows_clear(&reader->rows);
  record_header_clear(&reader->header);
  lines_close(reader->lines);
  error_free(reader->failure);
  free(reader);
}
