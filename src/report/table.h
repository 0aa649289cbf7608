/* Rows of a TSV report. One that is cut off must not look whole: the last cell and LF of a line are
   written with the next line, or at the end. */
#ifndef OCIDUP_REPORT_TABLE_H
#define OCIDUP_REPORT_TABLE_H

#include <stddef.h>

#include "base/error.h"
#include "base/output.h"
#include "report/emit.h"

struct table {
  struct strbuf piece;
  struct output *output; /* borrowed */
};

/* For `cleanup(table_free) struct table t = TABLE(output);` */
#define TABLE(to)                                                                                  \
  { .piece = STRBUF(EMIT_MAX), .output = (to) }

/* Writes a line of COUNT cells, NULL: absent. The header is the first. 0 or -1. */
int table_put(struct table *table, const char *const *cells, size_t count, struct error **err);

/* Writes what was held back. 0 or -1. */
int table_finish(struct table *table, struct error **err);

void table_free(struct table *table);

#endif
