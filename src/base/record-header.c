#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/record-private.h"
#include "base/tsv.h"
#include "base/xalloc.h"

static const char cut_off[] = "cut off: what wrote it was stopped or failed";
static const char sort_hint[] = "to sort a file and keep its header: "
                                "{ IFS= read -r h; printf '%s\\n' \"$h\"; LC_ALL=C sort; }";

static enum record_column find_column(const char *name) {
  for (int i = 0; i < RECORD_COLUMNS; i++)
    if (strcmp(name, record_column_name((enum record_column)i)) == 0)
      return (enum record_column)i;
  return (enum record_column)RECORD_UNKNOWN_COLUMN;
}

/* ---- any line ---- */

/* What holds for a header and for rows. */
static int check_line(const struct record_header *header, const struct line *line,
                      struct error **err) {
  if (line->too_long)
    return error_set(err, STATUS_LOCAL, "%s: line %zu: longer than %d bytes", header->file,
                     line->number, TSV_LINE_MAX);
  if (!line->ended)
    return error_set(err, STATUS_LOCAL, "%s: line %zu: %s", header->file, line->number, cut_off);
  const char *nul = memchr(line->text, '\0', line->length);
  if (nul)
    return error_set(err, STATUS_LOCAL, "%s: line %zu: a NUL at byte %zu", header->file,
                     line->number, (size_t)(nul - line->text) + 1);
  const char *cr = memchr(line->text, '\r', line->length);
  if (!cr)
    return 0;
  if (cr == line->text + line->length - 1)
    return error_set(err, STATUS_LOCAL,
                     "%s: line %zu: ends in CR LF: something converted the file's line ends",
                     header->file, line->number);
  return error_set(err, STATUS_LOCAL, "%s: line %zu: a carriage return at byte %zu that is not \\r",
                   header->file, line->number, (size_t)(cr - line->text) + 1);
}

/* ---- the header ---- */

static int bind_columns(struct record_header *header, struct error **err) {
  bool any = false;
  for (size_t i = 0; i < header->cell_count; i++) {
    header->columns[i] = (unsigned char)find_column(header->titles[i]);
    any = any || header->columns[i] != RECORD_UNKNOWN_COLUMN;
  }
  if (!any)
    return error_set(err, STATUS_LOCAL, "%s: line 1 is no header: it names no column; %s",
                     header->file, sort_hint);
  for (size_t i = 0; i < header->cell_count; i++) {
    if (!*header->titles[i])
      return error_set(err, STATUS_LOCAL,
                       "%s: line 1, column %zu: the header has no name there: %s", header->file,
                       i + 1, cut_off);
    if (header->columns[i] == RECORD_UNKNOWN_COLUMN)
      continue;
    uint32_t bit = 1u << header->columns[i];
    if (header->has & bit)
      return error_set(err, STATUS_LOCAL, "%s: line 1: the header names column %s twice",
                       header->file, header->titles[i]);
    header->has |= bit;
  }
  return 0;
}

static int check_needed(const struct record_header *header, uint32_t needed, struct error **err) {
  for (int i = 0; i < RECORD_COLUMNS; i++)
    if (needed & ~header->has & (1u << i))
      return error_set(err, STATUS_LOCAL, "%s: line 1: the header has no column %s", header->file,
                       record_column_name((enum record_column)i));
  if (!(header->has & (1u << RECORD_DETAIL)))
    return error_set(err, STATUS_LOCAL,
                     "%s: line 1: the header has no column detail, without which a file that was "
                     "cut off looks whole",
                     header->file);
  return 0;
}

int record_header_read(struct record_header *header, struct lines *lines, uint32_t needed,
                       struct error **err) {
  struct line line;
  header->file = lines_name(lines);
  int got = lines_next(lines, &line, err);
  if (got < 0)
    return -1;
  if (got == 0)
    return error_set(err, STATUS_LOCAL, "%s: no header: what wrote it was stopped or failed",
                     header->file);
  if (check_line(header, &line, err))
    return -1;

  header->text = xstrndup(line.text, line.length);
  header->length = line.length;
  header->title_text = xstrndup(line.text, line.length);
  size_t count = 1;
  for (const char *c = line.text; *c; c++)
    count += *c == '\t';
  header->titles = xcalloc(count, sizeof *header->titles);
  header->columns = xcalloc(count, sizeof *header->columns);
  header->cell_count = tsv_split(header->title_text, line.length, header->titles, count);
  return bind_columns(header, err) ? -1 : check_needed(header, needed, err);
}

/* ---- rows ---- */

/* A header of other columns, told by two cells that are names of columns. */
static bool is_header(char *const *cells, size_t count) {
  size_t known = 0;
  for (size_t i = 0; i < count && known < 2; i++)
    known += find_column(cells[i]) != (enum record_column)RECORD_UNKNOWN_COLUMN;
  return known == 2;
}

/* Every row of ours has one of these in its image, and no column's name has. */
static bool image_is_a_word(const struct record_header *header, char *const *cells) {
  for (size_t i = 0; i < header->cell_count; i++)
    if (header->columns[i] == RECORD_IMAGE)
      return !strpbrk(cells[i], "/.:-");
  return true;
}

static int check_cell_count(const struct record_header *header, char *const *cells, size_t count,
                            size_t line, struct error **err) {
  if (count == header->cell_count && !image_is_a_word(header, cells))
    return 0;
  if (is_header(cells, count < header->cell_count ? count : header->cell_count))
    return error_set(
        err, STATUS_LOCAL,
        "%s: line %zu: a header of other columns than line 1: files can be joined only "
        "when they have the same columns in the same order",
        header->file, line);
  if (count == header->cell_count)
    return 0;
  return error_set(err, STATUS_LOCAL, "%s: line %zu: %zu cells where the header has %zu%s%s",
                   header->file, line, count, header->cell_count,
                   count < header->cell_count ? ": " : "",
                   count < header->cell_count ? cut_off : "");
}

static int check_cell(const struct record_header *header, size_t cell, char *text, bool escapes,
                      size_t line, struct error **err) {
  if (!*text)
    return error_set(err, STATUS_LOCAL, "%s: line %zu, column %s: an empty cell: %s", header->file,
                     line, header->titles[cell], cut_off);
  size_t offset;
  if (escapes && tsv_unescape(text, &offset))
    return error_set(
        err, STATUS_LOCAL,
        "%s: line %zu, column %s: a wrong escape at byte %zu of the cell: only \\t \\n "
        "\\r \\\\ are right",
        header->file, line, header->titles[cell], offset + 1);
  return 0;
}

/* ---- digests ---- */

const enum record_column record_digests[RECORD_DIGESTS] = {
    RECORD_DIGEST,   RECORD_MANIFEST_DIGEST, RECORD_CONFIG_DIGEST,
    RECORD_SETTINGS, RECORD_LAYERS,          RECORD_DIFF_IDS};

/* OCI image spec, "Registered algorithms". */
#define SHA256_HEX SCAN_HEX
#define SHA512_HEX 128
#define PREFIX_LENGTH 7

static bool is_whole(const char *digest, size_t length) {
  if (length < PREFIX_LENGTH)
    return true;
  if (memcmp(digest, "sha256:", PREFIX_LENGTH) == 0)
    return length == PREFIX_LENGTH + SHA256_HEX && scan_is_hex(digest + PREFIX_LENGTH);
  if (memcmp(digest, "sha512:", PREFIX_LENGTH) == 0)
    return length == PREFIX_LENGTH + SHA512_HEX && scan_is_hex(digest + PREFIX_LENGTH) &&
           scan_is_hex(digest + PREFIX_LENGTH + SHA256_HEX);
  return true;
}

bool record_digests_are_whole(const char *list, size_t length) {
  for (size_t at = 0; at <= length;) {
    /* Mostly it is where a sha256 digest ends. */
    size_t end = at + PREFIX_LENGTH + SHA256_HEX;
    if (end != length && (end > length || list[end] != ',')) {
      const char *comma = memchr(list + at, ',', length - at);
      end = comma ? (size_t)(comma - list) : length;
    }
    if (!is_whole(list + at, end - at))
      return false;
    at = end + 1;
  }
  return true;
}

static int check_digests(const struct record_header *header, const struct record_row *row,
                         size_t line, struct error **err) {
  if (status_is_failure(record_status(&row->record)))
    return 0;
  for (size_t i = 0; i < RECORD_DIGESTS; i++) {
    enum record_column column = record_digests[i];
    if (row->record.cell[column] &&
        !record_digests_are_whole(row->record.cell[column], row->length[column]))
      return error_set(
          err, STATUS_LOCAL,
          "%s: line %zu, column %s: a digest that is cut off or damaged: sha256 has %d "
          "hexadecimal digits, sha512 %d",
          header->file, line, record_column_name(column), SHA256_HEX, SHA512_HEX);
  }
  return 0;
}

int record_header_parse(const struct record_header *header, struct line *line, char **cells,
                        struct record_row *row, struct error **err) {
  if (check_line(header, line, err))
    return -1;
  if (line->length == header->length && memcmp(line->text, header->text, line->length) == 0)
    return 0;
  bool escapes = memchr(line->text, '\\', line->length) != NULL;
  size_t count = tsv_split(line->text, line->length, cells, header->cell_count);
  if (check_cell_count(header, cells, count, line->number, err))
    return -1;
  *row = (struct record_row){.record = {.cell = {NULL}}};
  for (size_t i = 0; i < header->cell_count; i++) {
    char *text = cells[i];
    if (text[0] == '-' && text[1] == '\0')
      continue;
    if (check_cell(header, i, text, escapes, line->number, err))
      return -1;
    unsigned char column = header->columns[i];
    if (column == RECORD_UNKNOWN_COLUMN)
      continue;
    row->record.cell[column] = text;
    row->length[column] = (uint32_t)strlen(text);
  }
  return check_digests(header, row, line->number, err) ? -1 : 1;
}

void record_header_clear(struct record_header *header) {
  free(header->text);
  free(header->titles);
  free(header->title_text);
  free(header->columns);
}
