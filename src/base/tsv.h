/* One TSV line: splitting, and the escapes `\t \n \r \\` both ways. Knows no column. */
#ifndef OCIDUP_BASE_TSV_H
#define OCIDUP_BASE_TSV_H

#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"

/* Longest line that readers take, bytes. */
#define TSV_LINE_MAX (1024 * 1024)

/* Splits LINE (line[length] is its NUL) at its tabs in place: ends each cell with NUL and sets
   cells[i] (i < max). Returns the number of cells the line has, which may be more than max. */
size_t tsv_split(char *line, size_t length, char **cells, size_t max);

/* Undoes the escapes of CELL in place. 0; or -1 for any other backslash, with its offset from
   CELL's start in *offset. */
int tsv_unescape(char *cell, size_t *offset);

/* Appends TEXT as a cell: sanitised (see text.h), escaped, `-` for NULL or "". A text that is
   itself "-" stays "-". 0, or -1 when OUT is full. */
int tsv_put_cell(struct strbuf *out, const char *text);

#endif
