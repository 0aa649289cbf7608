/* How the formats write: a piece is composed in a buffer, then goes to the output as one. */
#ifndef OCIDUP_REPORT_EMIT_H
#define OCIDUP_REPORT_EMIT_H

#include "base/error.h"
#include "base/output.h"
#include "base/strbuf.h"

/* Longest piece, bytes: a row has at most TSV_LINE_MAX, and escaping makes no more than six of
   one. */
#define EMIT_MAX ((size_t)16 * 1024 * 1024)

/* Writes what is in PIECE to OUTPUT and empties it. 0 or -1. */
static inline int emit(struct strbuf *piece, struct output *output, struct error **err) {
  if (piece->overflow)
    return error_set(err, STATUS_TOO_LARGE, "a line of the report is longer than %zu bytes",
                     piece->max);
  int result = output_write(output, strbuf_str(piece), piece->length, err);
  strbuf_clear(piece);
  return result;
}

#endif
