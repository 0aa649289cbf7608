/* The record, version 1: what all producers write and all readers read, see ocidup-tsv(5).
   Owns the column names, binding by name, and the rule that a cut-off stream never looks whole.
   Leaves the meaning of cells to registry/ and report/. */
#ifndef OCIDUP_BASE_RECORD_H
#define OCIDUP_BASE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/output.h"
#include "base/redact.h"
#include "base/status.h"

enum record_column {
  RECORD_IMAGE,
  RECORD_DIGEST,
  RECORD_PLATFORM,
  RECORD_MANIFEST_DIGEST,
  RECORD_CONFIG_DIGEST,
  RECORD_STATUS,
  RECORD_SIZE,
  RECORD_PUSHED,
  RECORD_CREATED,
  RECORD_MEDIA_TYPE,
  RECORD_PLATFORMS,
  RECORD_ORIGIN,
  RECORD_REF,
  RECORD_SETTINGS,
  RECORD_LAYERS,
  RECORD_DIFF_IDS,
  RECORD_LAYER_SIZES,
  RECORD_DETAIL,
  RECORD_COLUMNS
};

/* One row. A cell is NULL when absent (`-` in the file), and is unescaped. Whether the record
   owns its strings depends on where it came from: those of a reader are borrowed, those of a
   record_set are the set's. */
struct record {
  const char *cell[RECORD_COLUMNS];
};

/* A row and what its reader knows of it: bytes of each cell, 0 of one that is absent. */
struct record_row {
  struct record record;
  uint32_t length[RECORD_COLUMNS];
};

/* The column's name, for example "manifest_digest". */
const char *record_column_name(enum record_column column);

/* The status cell's value; STATUS_SERVER_ERROR for a name that this version does not know (an
   outcome that we cannot read must not pass for success). */
enum status record_status(const struct record *record);

/* ---- sets: rows that are kept ---- */

struct record_text;

struct record_set {
  struct record *rows;
  size_t count;
  size_t capacity;
  struct record_text *text; /* the rows' strings; record.c's own */
};

/* For `struct record_set s = RECORD_SET;` */
#define RECORD_SET                                                                                 \
  { .rows = NULL, .count = 0, .capacity = 0, .text = NULL }

/* Appends a copy of RECORD, strings too. Returns the new row, which stays valid until the next
   record_set_add; its strings stay valid until record_set_free. */
struct record *record_set_add(struct record_set *set, const struct record *record);

/* Replaces one cell of a row of a set by a copy of VALUE (NULL: absent). */
void record_set_cell(struct record_set *set, size_t row, enum record_column column,
                     const char *value);

/* Frees the rows and leaves an empty set. */
void record_set_free(struct record_set *set);

/* ---- reading ---- */

struct record_reader;

/* Opens PATH ("-": standard input) and reads its header. NEEDED is a bit mask of columns
   (1u << RECORD_…) without which the file is refused; `detail` always is, because only a file
   that has it can be told from one that was cut off. NULL with *err when it cannot be read, has no
   header (the hint says how to sort and keep one), lacks a column, names one twice, or is cut
   off. Columns that are not known are ignored; known ones that lack read as absent. */
struct record_reader *record_reader_open(const char *path, uint32_t needed, struct error **err);

/* 1: *record is the next row, borrowed until the next call; 0: the end, the file is whole;
   -1: *err says file, line and column: another number of cells than the header, an empty cell, a
   wrong escape, a line over TSV_LINE_MAX, a last line without LF, another header. An identical
   header met again is skipped. */
int record_reader_next(struct record_reader *reader, struct record *record, struct error **err);

/* Opens what FD reads from its beginning, as record_reader_open does a path; FD is the reader's.
   NAME is for messages. */
struct record_reader *record_reader_take(int fd, const char *name, uint32_t needed,
                                         struct error **err);

/* Where a row stands in its file. */
struct record_place {
  uint64_t offset;
  uint32_t length; /* bytes, with its LF */
};

/* That of the row that was read last. */
struct record_place record_reader_place(const struct record_reader *reader);

/* Reads the row at PLACE of a file (not of a pipe) once more; borrowed until the next such call.
   NULL when it cannot be read, or no row is there any more. */
const struct record *record_reader_again(struct record_reader *reader, struct record_place place);

/* Called with the ARG of one of the threads, and with a row that is borrowed for the call. */
typedef void record_each_fn(void *arg, const struct record_row *row);

/* Calls EACH for all rows (none was read yet), in no order, from up to JOBS (1 or more) threads:
   this one, with ARGS[0], and others that it starts when there is enough to do. What is refused,
   and the message, is the same however many there are. After each large read this thread calls
   LOOK, which says whether to go on. 0 or -1. */
int record_reader_each(struct record_reader *reader, size_t jobs, record_each_fn *each,
                       void *const *args, bool (*look)(void *arg), void *look_arg,
                       struct error **err);

/* Number of the line that the last row stood in, from 1. */
size_t record_reader_line(const struct record_reader *reader);

/* Bytes of the file that were read so far, for a display. */
uint64_t record_reader_bytes(const struct record_reader *reader);

/* True when the file's header has the column. */
bool record_reader_has(const struct record_reader *reader, enum record_column column);

/* NULL is allowed. */
void record_reader_close(struct record_reader *reader);

/* ---- writing ---- */

/* Bytes of `detail` that are written: escaped (at most three for one) it is shorter than a piece
   that output writes, so that no piece starts and ends inside of it. */
#define RECORD_DETAIL_MAX ((size_t)1024)

struct record_writer;

/* Writes to OUTPUT (borrowed), all columns, the header first. Until record_writer_finish the
   last line that was put lacks its last cell and its LF. */
struct record_writer *record_writer_new(struct output *output);

/* What is put from now on loses what REDACTOR (borrowed) knows: text for people all of it, names
   what is no chance likeness. */
void record_writer_redact(struct record_writer *writer, const struct redactor *redactor);

/* 0 or -1. A row without an image or a status is a programming error (aborts). A row that would be
   longer than readers take (TSV_LINE_MAX) is written as a failed one, too_large, without layers.
   Of a `detail` over RECORD_DETAIL_MAX bytes the start is written. */
int record_writer_put(struct record_writer *writer, const struct record *record,
                      struct error **err);

/* Completes the last line: says to readers that the stream is whole. Does not commit the output. */
int record_writer_finish(struct record_writer *writer, struct error **err);

/* Frees it; without record_writer_finish before, the stream stays cut off. NULL is allowed. */
void record_writer_free(struct record_writer *writer);

#endif
