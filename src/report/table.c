#include <config.h>

#include "report/table.h"

#include "base/tsv.h"

int table_put(struct table *table, const char *const *cells, size_t count, struct error **err) {
  for (size_t i = 0; i + 1 < count; i++) {
    tsv_put_cell(&table->piece, cells[i]);
    strbuf_putc(&table->piece, '\t');
  }
  if (emit(&table->piece, table->output, err))
    return -1;
  tsv_put_cell(&table->piece, cells[count - 1]);
  strbuf_putc(&table->piece, '\n');
  return 0;
}

int table_finish(struct table *table, struct error **err) {
  return emit(&table->piece, table->output, err);
}

void table_free(struct table *table) {
  strbuf_free(&table->piece);
}
