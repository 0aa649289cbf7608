#include <config.h>

#include <string.h>

#include "base/text.h"
#include "base/tsv.h"
#include "base/xalloc.h"
#include "fuzz.h"

enum { CELLS = 20 };

/* What a cell means survives being written and read again. */
static void check_cell(char *cell) {
  size_t length = strlen(cell);
  size_t offset = SIZE_MAX;
  if (tsv_unescape(cell, &offset)) {
    FUZZ_REQUIRE(offset < length && cell[offset] != '\0');
    return;
  }
  FUZZ_REQUIRE(strlen(cell) <= length);

  struct strbuf written = STRBUF(3 * length + 1);
  FUZZ_REQUIRE(tsv_put_cell(&written, cell) == 0);
  FUZZ_REQUIRE(written.length > 0);
  FUZZ_REQUIRE(text_is_clean(written.data, written.length, false));

  char *read = xstrdup(written.data);
  FUZZ_REQUIRE(tsv_unescape(read, &offset) == 0);
  if (*cell && strcspn(cell, "\r") == strlen(cell) && text_is_clean(cell, strlen(cell), true))
    FUZZ_REQUIRE(strcmp(read, cell) == 0);

  struct strbuf again = STRBUF(written.length);
  FUZZ_REQUIRE(tsv_put_cell(&again, read) == 0);
  FUZZ_REQUIRE(strcmp(again.data, written.data) == 0);
  strbuf_free(&again);
  strbuf_free(&written);
  free(read);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *line = xmalloc(size + 1);
  if (size)
    memcpy(line, data, size);
  line[size] = '\0';
  size_t tabs = 0;
  for (size_t i = 0; i < size; i++)
    tabs += line[i] == '\t';

  char *cells[CELLS] = {NULL};
  size_t count = tsv_split(line, size, cells, CELLS);
  FUZZ_REQUIRE(count == tabs + 1);
  for (size_t i = 0; i < count && i < CELLS; i++) {
    FUZZ_REQUIRE(cells[i] >= line && cells[i] <= line + size);
    FUZZ_REQUIRE(i == 0 || cells[i][-1] == '\0');
    check_cell(cells[i]);
  }
  free(line);
  return 0;
}
