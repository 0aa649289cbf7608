/* Where a program's result goes: standard output, or a file that is written beside (where the file
   system can, without a name) and renamed into place, so that it is whole or absent. Every write is
   checked. On a pipe, or to a file that is written directly, writes are of at most 4096 bytes
   (PIPE_BUF: in one piece or not at all) and end behind a tab, or where there is none not behind a
   LF, so that a process that is killed at any time leaves a line that is visibly cut off: the cell
   behind its last tab is empty. */
#ifndef OCIDUP_BASE_OUTPUT_H
#define OCIDUP_BASE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct output;

/* PATH NULL, "-" or "/dev/stdout": standard output. Otherwise a temporary file in PATH's folder (a
   PATH that exists and is no regular file, /dev/null or a FIFO, is written to directly). A link is
   followed, so that its target is replaced; the mode of a file that is replaced is kept, and one
   that is protected from writing is refused. NULL with *err. */
struct output *output_open(const char *path, struct error **err);

/* True when an output to PATH would replace the file INPUT; never for NULL and "-". For commands
   that would lose what they are to read. */
bool output_replaces(const char *path, const char *input);

/* Buffers DATA, writing when enough came together. 0 or -1; a failure is sticky, and output_commit
   repeats it. A reader that went away (EPIPE) is a failure like others; and so is a signal that has
   a handler, while nobody reads: it asks to stop. */
int output_write(struct output *output, const char *data, size_t length, struct error **err);

/* Writes what is buffered now, for results that should be seen while the program works, up to its
   last tab or to its final LF: what is behind waits for more or for output_commit. */
int output_flush(struct output *output, struct error **err);

/* Flushes everything, closes (standard output too, to see late errors), renames into place.
   0 or -1. */
int output_commit(struct output *output, struct error **err);

/* Frees it; when it was not committed, the temporary file is removed and the old one stays.
   NULL is allowed. */
void output_free(struct output *output);

#endif
