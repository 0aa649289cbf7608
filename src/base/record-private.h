/* What the parts of the record reader share: record-header.c (the header, and what is said of a
   line that needs a closer look), record-rows.c (the rows of a piece, fast when they are plain),
   record-reader.c (a file) and record-crew.c (a file, by several threads). */
#ifndef OCIDUP_BASE_RECORD_PRIVATE_H
#define OCIDUP_BASE_RECORD_PRIVATE_H

#include "base/lines.h"
#include "base/record.h"
#include "base/scan.h"

/* Of a cell whose column this version does not know. */
#define RECORD_UNKNOWN_COLUMN RECORD_COLUMNS

/* The header of a file: constant while its rows are read. */
struct record_header {
  const char *file; /* for messages; borrowed */
  char *text;       /* as it stood in the file */
  size_t length;
  char **titles; /* its cells, in `title_text` */
  char *title_text;
  unsigned char *columns; /* by cell: enum record_column, or RECORD_UNKNOWN_COLUMN */
  size_t cell_count;
  uint32_t has;
};

/* Reads the header from the first line of LINES. What is not there is in NEEDED's way. */
int record_header_read(struct record_header *header, struct lines *lines, uint32_t needed,
                       struct error **err);

/* LINE, which is cut up, as a row, all of ROW set. CELLS has room for the header's. 1; 0 for the
   header once more; -1 when it is refused. */
int record_header_parse(const struct record_header *header, struct line *line, char **cells,
                        struct record_row *row, struct error **err);

/* The columns of digests, some of lists with commas between. */
enum { RECORD_DIGESTS = 6 };
extern const enum record_column record_digests[RECORD_DIGESTS];

/* Whether each of the digests in LIST has the form that its algorithm has; what is of none that we
   know has any. A damaged one would match nothing, and its image be called absent. */
bool record_digests_are_whole(const char *list, size_t length);

void record_header_clear(struct record_header *header);

/* The rows of one piece after the other. */
struct record_rows {
  const struct record_header *header;
  struct piece piece;
  size_t index; /* of the piece, for record-crew.c */
  size_t from;  /* of the last row in the piece */
  size_t at;    /* of the next one */
  size_t line;  /* number of the line before it */
  struct record_row row;
  size_t scanned; /* bytes of the piece that have their marks */
  size_t first;   /* of the marks that are not behind us */
  size_t count;
  uint32_t *marks;
  char **cells; /* room for record_header_parse */
  char *copy;   /* the same: a line that is looked at closely stays as it was */
  size_t copy_size;
};

void record_rows_init(struct record_rows *rows, const struct record_header *header);

/* Starts with the piece that was put into `piece`, behind line LINE. */
void record_rows_start(struct record_rows *rows, size_t line);

/* 1: the next row of the piece is in `row`, borrowed until the piece is replaced or, when it had to
   be looked at closely, until the next call; 0: the end of the piece; -1: refused. Then `at` and
   `line` stay, and another call refuses it again. */
int record_rows_next(struct record_rows *rows, struct error **err);

void record_rows_clear(struct record_rows *rows);

/* Reads the rows of a file. */
struct record_reader {
  struct lines *lines;
  struct record_header header;
  struct record_rows rows;
  struct record_row again; /* a row that was read once more, and its text */
  char *again_text;
  char **again_cells;
  struct error *failure; /* sticky: a file that was refused stays so */
  bool ended;
};

#endif
