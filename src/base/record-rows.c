#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/record-private.h"
#include "base/tsv.h"
#include "base/xalloc.h"

/* More cells than this in a header are nobody's; such files are read line by line. */
#define CELLS_MAX ((size_t)1024)
#define MARKS (CELLS_MAX + SCAN_MAX + SCAN_PADDING)

void record_rows_init(struct record_rows *rows, const struct record_header *header) {
  *rows = (struct record_rows){.header = header};
  rows->marks = xreallocarray(NULL, MARKS, sizeof *rows->marks);
  rows->cells = xcalloc(header->cell_count, sizeof *rows->cells);
}

void record_rows_start(struct record_rows *rows, size_t line) {
  rows->at = rows->scanned = rows->first = rows->count = 0;
  rows->line = line;
}

/* ---- plain rows ---- */

/* Finds marks until there are enough for a row, or no more in the piece. */
static void find_marks(struct record_rows *rows, size_t wanted) {
  rows->count -= rows->first;
  memmove(rows->marks, rows->marks + rows->first, rows->count * sizeof *rows->marks);
  rows->first = 0;
  while (rows->count < wanted && rows->scanned < rows->piece.length) {
    size_t left = rows->piece.length - rows->scanned;
    size_t length = left < SCAN_MAX ? left : SCAN_MAX;
    rows->count += scan_marks(rows->piece.text + rows->scanned, length, (uint32_t)rows->scanned,
                              rows->marks + rows->count);
    rows->scanned += length;
  }
}

/* True when the next row is plain, and then it is in `row`: the header's number of cells, each of
   at least a byte, no escape and nothing that is refused, an image that is no column's name, and
   whole digests. */
static bool take_plain(struct record_rows *rows) {
  const struct record_header *header = rows->header;
  const size_t count = header->cell_count;
  if (count > CELLS_MAX || !(header->has & 1u << RECORD_IMAGE))
    return false;
  if (rows->count - rows->first < count)
    find_marks(rows, count);
  if (rows->count - rows->first < count)
    return false;
  const uint32_t *marks = rows->marks + rows->first;
  char *text = rows->piece.text;
  if (text[marks[count - 1]] != '\n')
    return false;
  const unsigned char *const columns = header->columns;
  const char **const cells = rows->row.record.cell;
  uint32_t *const lengths = rows->row.length;
  size_t tabs = 0, empty = 0, start = rows->at;
  for (size_t i = 0; i < count; i++) {
    const size_t end = marks[i], length = end - start;
    const char *cell = text + start;
    tabs += text[end] == '\t';
    empty += length == 0;
    start = end + 1;
    const size_t column = columns[i];
    if (column == RECORD_UNKNOWN_COLUMN)
      continue;
    const bool absent = length == 1 && *cell == '-';
    cells[column] = absent ? NULL : cell;
    lengths[column] = absent ? 0 : (uint32_t)length;
  }
  const char *image = cells[RECORD_IMAGE];
  if (tabs != count - 1 || empty || start - 1 - rows->at > TSV_LINE_MAX ||
      (image && !memchr(image, '/', lengths[RECORD_IMAGE])))
    return false;
  for (size_t i = 0; i < RECORD_DIGESTS; i++) {
    const enum record_column column = record_digests[i];
    if (cells[column] && !record_digests_are_whole(cells[column], lengths[column]))
      return false;
  }
  for (size_t i = 0; i < count; i++)
    text[marks[i]] = '\0';
  rows->first += count;
  rows->from = rows->at;
  rows->at = start;
  rows->line++;
  return true;
}

/* ---- all others ---- */

static int look_closely(struct record_rows *rows, struct error **err) {
  const struct piece *piece = &rows->piece;
  const char *from = piece->text + rows->at;
  const char *lf = memchr(from, '\n', piece->length - rows->at);
  struct line line = {.length = lf ? (size_t)(lf - from) : piece->length - rows->at,
                      .number = rows->line + 1,
                      .ended = lf != NULL};
  line.too_long = line.length > TSV_LINE_MAX;
  if (line.length >= rows->copy_size) {
    rows->copy_size = line.length + 1;
    rows->copy = xreallocarray(rows->copy, rows->copy_size, 1);
  }
  line.text = memcpy(rows->copy, from, line.length);
  line.text[line.length] = '\0';
  int got = record_header_parse(rows->header, &line, rows->cells, &rows->row, err);
  if (got < 0)
    return -1;
  rows->from = rows->at;
  rows->at += line.length + 1;
  rows->line++;
  while (rows->first < rows->count && rows->marks[rows->first] < rows->at)
    rows->first++;
  if (rows->scanned < rows->at)
    rows->scanned = rows->at; /* what is behind has no marks any more, and needs none */
  return got;
}

int record_rows_next(struct record_rows *rows, struct error **err) {
  while (rows->at < rows->piece.length) {
    int got = take_plain(rows) ? 1 : look_closely(rows, err);
    if (got)
      return got;
  }
  return 0;
}

void record_rows_clear(struct record_rows *rows) {
  piece_free(&rows->piece);
  free(rows->marks);
  free(rows->cells);
  free(rows->copy);
}
