#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/record-private.h"
#include "base/tsv.h"
#include "base/xalloc.h"

static struct record_reader *reader_new(struct lines *lines, uint32_t needed, struct error **err) {
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

struct record_reader *record_reader_open(const char *path, uint32_t needed, struct error **err) {
  struct lines *lines = lines_open(path, TSV_LINE_MAX, err);
  return lines ? reader_new(lines, needed, err) : NULL;
}

struct record_reader *record_reader_take(int fd, const char *name, uint32_t needed,
                                         struct error **err) {
  return reader_new(lines_take(fd, name, TSV_LINE_MAX), needed, err);
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

struct record_place record_reader_place(const struct record_reader *reader) {
  const struct record_rows *rows = &reader->rows;
  return (struct record_place){.offset = rows->piece.offset + rows->from,
                               .length = (uint32_t)(rows->at - rows->from)};
}

const struct record *record_reader_again(struct record_reader *reader, struct record_place place) {
  if (!reader->again_text) {
    reader->again_text = xmalloc(TSV_LINE_MAX + 1);
    reader->again_cells = xcalloc(reader->header.cell_count, sizeof *reader->again_cells);
  }
  char *text = reader->again_text;
  if (lines_again(reader->lines, text, place.length, place.offset) ||
      memchr(text, '\n', place.length) != text + place.length - 1)
    return NULL;
  struct line line = {.text = text, .length = place.length - 1, .ended = true};
  text[line.length] = '\0';
  int got = record_header_parse(&reader->header, &line, reader->again_cells, &reader->again, NULL);
  return got > 0 ? &reader->again.record : NULL;
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
  free(reader->again_text);
  free(reader->again_cells);
  lines_close(reader->lines);
  error_free(reader->failure);
  free(reader);
}
