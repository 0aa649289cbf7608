#include <config.h>

#include "base/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "base/tsv.h"
#include "base/xalloc.h"

enum { UNKNOWN_COLUMN = RECORD_COLUMNS };

struct record_reader {
  struct lines *lines;
  char *header; /* as it stood in the file */
  size_t header_length;
  char **titles; /* the header's cells, in `title_text` */
  char *title_text;
  unsigned char *columns; /* by cell: enum record_column, or UNKNOWN_COLUMN */
  char **cells;           /* of the current line */
  size_t cell_count;
  uint32_t has;
  size_t line_number;
  struct error *failure; /* sticky: a file that was refused stays so */
  bool ended;
};

static const char cut_off[] = "cut off: what wrote it was stopped or failed";
static const char sort_hint[] = "to sort a file and keep its header: "
                                "{ IFS= read -r h; printf '%s\\n' \"$h\"; LC_ALL=C sort; }";

static enum record_column find_column(const char *name) {
  for (int i = 0; i < RECORD_COLUMNS; i++)
    if (strcmp(name, record_column_name((enum record_column)i)) == 0)
      return (enum record_column)i;
  return (enum record_column)UNKNOWN_COLUMN;
}

/* ---- any line ---- */

/* What holds for a header and for rows. */
static int check_line(const struct record_reader *reader, const struct line *line,
                      struct error **err) {
  const char *file = lines_name(reader->lines);
  if (line->too_long)
    return error_set(err, STATUS_LOCAL, "%s: line %zu: longer than %d bytes", file, line->number,
                     TSV_LINE_MAX);
  if (!line->ended)
    return error_set(err, STATUS_LOCAL, "%s: line %zu: %s", file, line->number, cut_off);
  const char *nul = memchr(line->text, '\0', line->length);
  if (nul)
    return error_set(err, STATUS_LOCAL, "%s: line %zu: a NUL at byte %zu", file, line->number,
                     (size_t)(nul - line->text) + 1);
  const char *cr = memchr(line->text, '\r', line->length);
  if (!cr)
    return 0;
  if (cr == line->text + line->length - 1)
    return error_set(err, STATUS_LOCAL,
                     "%s: line %zu: ends in CR LF: something converted the file's line ends", file,
                     line->number);
  return error_set(err, STATUS_LOCAL, "%s: line %zu: a carriage return at byte %zu that is not \\r",
                   file, line->number, (size_t)(cr - line->text) + 1);
}

/* ---- the header ---- */

static int bind_columns(struct record_reader *reader, struct error **err) {
  const char *file = lines_name(reader->lines);
  bool any = false;
  for (size_t i = 0; i < reader->cell_count; i++) {
    reader->columns[i] = (unsigned char)find_column(reader->titles[i]);
    any = any || reader->columns[i] != UNKNOWN_COLUMN;
  }
  if (!any)
    return error_set(err, STATUS_LOCAL, "%s: line 1 is no header: it names no column; %s", file,
                     sort_hint);
  for (size_t i = 0; i < reader->cell_count; i++) {
    if (!*reader->titles[i])
      return error_set(err, STATUS_LOCAL,
                       "%s: line 1, column %zu: the header has no name there: %s", file, i + 1,
                       cut_off);
    if (reader->columns[i] == UNKNOWN_COLUMN)
      continue;
    uint32_t bit = 1u << reader->columns[i];
    if (reader->has & bit)
      return error_set(err, STATUS_LOCAL, "%s: line 1: the header names column %s twice", file,
                       reader->titles[i]);
    reader->has |= bit;
  }
  return 0;
}

static int check_needed(const struct record_reader *reader, uint32_t needed, struct error **err) {
  for (int i = 0; i < RECORD_COLUMNS; i++)
    if (needed & ~reader->has & (1u << i))
      return error_set(err, STATUS_LOCAL, "%s: line 1: the header has no column %s",
                       lines_name(reader->lines), record_column_name((enum record_column)i));
  if (!(reader->has & (1u << RECORD_DETAIL)))
    return error_set(err, STATUS_LOCAL,
                     "%s: line 1: the header has no column detail, without which a file that was "
                     "cut off looks whole",
                     lines_name(reader->lines));
  return 0;
}

static int read_header(struct record_reader *reader, uint32_t needed, struct error **err) {
  struct line line;
  int got = lines_next(reader->lines, &line, err);
  if (got < 0)
    return -1;
  if (got == 0)
    return error_set(err, STATUS_LOCAL, "%s: no header: what wrote it was stopped or failed",
                     lines_name(reader->lines));
  if (check_line(reader, &line, err))
    return -1;

  reader->header = xstrndup(line.text, line.length);
  reader->header_length = line.length;
  reader->title_text = xstrndup(line.text, line.length);
  size_t count = 1;
  for (const char *c = line.text; *c; c++)
    count += *c == '\t';
  reader->titles = xcalloc(count, sizeof *reader->titles);
  reader->cells = xcalloc(count, sizeof *reader->cells);
  reader->columns = xcalloc(count, sizeof *reader->columns);
  reader->cell_count = tsv_split(reader->title_text, line.length, reader->titles, count);
  return bind_columns(reader, err) ? -1 : check_needed(reader, needed, err);
}

struct record_reader *record_reader_open(const char *path, uint32_t needed, struct error **err) {
  struct lines *lines = lines_open(path, TSV_LINE_MAX, err);
  if (!lines)
    return NULL;
  struct record_reader *reader = xcalloc(1, sizeof *reader);
  reader->lines = lines;
  if (read_header(reader, needed, err)) {
    record_reader_close(reader);
    return NULL;
  }
  return reader;
}

/* ---- rows ---- */

/* A header of other columns, told by two cells that are names of columns. */
static bool is_header(char *const *cells, size_t count) {
  size_t known = 0;
  for (size_t i = 0; i < count && known < 2; i++)
    known += find_column(cells[i]) != (enum record_column)UNKNOWN_COLUMN;
  return known == 2;
}

/* Every row of ours has one of these in its image, and no column's name has. */
static bool image_is_a_word(const struct record_reader *reader) {
  for (size_t i = 0; i < reader->cell_count; i++)
    if (reader->columns[i] == RECORD_IMAGE)
      return !strpbrk(reader->cells[i], "/.:-");
  return true;
}

static int check_cell_count(const struct record_reader *reader, size_t count, struct error **err) {
  if (count == reader->cell_count && !image_is_a_word(reader))
    return 0;
  if (is_header(reader->cells, count < reader->cell_count ? count : reader->cell_count))
    return error_set(
        err, STATUS_LOCAL,
        "%s: line %zu: a header of other columns than line 1: files can be joined only "
        "when they have the same columns in the same order",
        lines_name(reader->lines), reader->line_number);
  if (count == reader->cell_count)
    return 0;
  return error_set(err, STATUS_LOCAL, "%s: line %zu: %zu cells where the header has %zu%s%s",
                   lines_name(reader->lines), reader->line_number, count, reader->cell_count,
                   count < reader->cell_count ? ": " : "",
                   count < reader->cell_count ? cut_off : "");
}

static int check_cell(const struct record_reader *reader, size_t cell, bool escapes,
                      struct error **err) {
  char *text = reader->cells[cell];
  if (!*text)
    return error_set(err, STATUS_LOCAL, "%s: line %zu, column %s: an empty cell: %s",
                     lines_name(reader->lines), reader->line_number, reader->titles[cell], cut_off);
  size_t offset;
  if (escapes && tsv_unescape(text, &offset))
    return error_set(
        err, STATUS_LOCAL,
        "%s: line %zu, column %s: a wrong escape at byte %zu of the cell: only \\t \\n "
        "\\r \\\\ are right",
        lines_name(reader->lines), reader->line_number, reader->titles[cell], offset + 1);
  return 0;
}

static int read_row(struct record_reader *reader, struct record *record, struct error **err) {
  struct line line;
  do {
    int got = lines_next(reader->lines, &line, err);
    if (got <= 0)
      return got;
    reader->line_number = line.number;
    if (check_line(reader, &line, err))
      return -1;
  } while (line.length == reader->header_length &&
           memcmp(line.text, reader->header, line.length) == 0);

  bool escapes = memchr(line.text, '\\', line.length) != NULL;
  size_t count = tsv_split(line.text, line.length, reader->cells, reader->cell_count);
  if (check_cell_count(reader, count, err))
    return -1;
  memset(record, 0, sizeof *record);
  for (size_t i = 0; i < reader->cell_count; i++) {
    const char *text = reader->cells[i];
    bool absent = text[0] == '-' && text[1] == '\0';
    if (!absent && check_cell(reader, i, escapes, err))
      return -1;
    if (!absent && reader->columns[i] != UNKNOWN_COLUMN)
      record->cell[reader->columns[i]] = text;
  }
  return 1;
}

int record_reader_next(struct record_reader *reader, struct record *record, struct error **err) {
  if (reader->failure)
    return error_set(err, reader->failure->status, "%s", reader->failure->message);
  if (reader->ended)
    return 0;
  int got = read_row(reader, record, &reader->failure);
  if (got < 0)
    return error_set(err, reader->failure->status, "%s", reader->failure->message);
  reader->ended = got == 0;
  return got;
}

size_t record_reader_line(const struct record_reader *reader) {
  return reader->line_number;
}

uint64_t record_reader_bytes(const struct record_reader *reader) {
  return lines_bytes(reader->lines);
}

bool record_reader_has(const struct record_reader *reader, enum record_column column) {
  return (reader->has >> column) & 1u;
}

void record_reader_close(struct record_reader *reader) {
  if (!reader)
    return;
  lines_close(reader->lines);
  free(reader->header);
  free(reader->titles);
  free(reader->title_text);
  free(reader->columns);
  free(reader->cells);
  error_free(reader->failure);
  free(reader);
}
