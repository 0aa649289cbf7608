/* Lines of a file or of standard input, in large reads, with a cap on a line's length: one by one,
   or in pieces of many. Knows nothing of what is in a line; records and the reference lists build
   on it. */
#ifndef OCIDUP_BASE_LINES_H
#define OCIDUP_BASE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct lines;

struct line {
  char *text;    /* without its LF, NUL-terminated, may hold NULs; borrowed until the next call,
                    and the caller may write to it */
  size_t length; /* bytes; the true length also when `too_long` */
  size_t number; /* from 1 */
  bool ended;    /* it had its LF (the last line of a file may lack it) */
  bool too_long; /* longer than max_line: text holds the first max_line bytes */
};

/* Opens PATH, or standard input for "-". NULL with *err set when it cannot be read. */
struct lines *lines_open(const char *path, size_t max_line, struct error **err);

/* Of what FD reads from its beginning; FD is theirs. NAME is for messages. */
struct lines *lines_take(int fd, const char *name, size_t max_line);

/* 1: *line is the next line; 0: the end; -1: reading failed, *err says how. A signal that has a
   handler is a failure, too: it asks to stop, and what is waited for may never come. */
int lines_next(struct lines *lines, struct line *line, struct error **err);

/* Whole lines. Starts zeroed. */
struct piece {
  char *text;    /* owned: piece_free; may be written to; SCAN_PADDING bytes behind it are there */
  size_t length; /* bytes */
  size_t capacity;
  uint64_t offset; /* of its first byte in the file */
};

/* 1: PIECE has the next lines, as many as one read gave, or of a pipe 256 KiB;
   0: the end; -1: as lines_next. A piece
   that does not end in LF is the start of a line over max_line, or else the file's last line. */
int lines_piece(struct lines *lines, struct piece *piece, struct error **err);

void piece_free(struct piece *piece);

/* Reads LENGTH bytes at OFFSET once more, of what is a file. 0, or -1 with errno. */
int lines_again(const struct lines *lines, char *text, size_t length, uint64_t offset);

/* Bytes read so far, for a display. */
uint64_t lines_bytes(const struct lines *lines);

/* True of a regular file, where no read waits for who writes; not of what lines_take took. */
bool lines_never_wait(const struct lines *lines);

/* The path as given, "standard input" for "-"; borrowed. */
const char *lines_name(const struct lines *lines);

/* NULL is allowed. */
void lines_close(struct lines *lines);

#endif
