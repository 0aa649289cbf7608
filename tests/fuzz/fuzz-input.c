#include <config.h>

#include <string.h>

#include "base/cleanup.h"
#include "fuzz-file.h"
#include "registry/resolve.h"

static void no_rows(void *arg, struct record_set *rows) {
  (void)arg;
  (void)rows;
  abort();
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f' || c == '\n';
}

/* Lines that ask for something: no line is lost, and no comment is asked for. */
static size_t count_lines(const char *text, size_t size) {
  size_t count = 0, at = 0;
  if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
    at = 3;
  while (at < size) {
    while (at < size && text[at] != '\n' && is_blank(text[at]))
      at++;
    count += at < size && text[at] != '\n' && text[at] != '#';
    const char *end = memchr(text + at, '\n', size - at);
    at = end ? (size_t)(end - text) + 1 : size;
  }
  return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cleanup(fuzz_file_close) struct fuzz_file file = fuzz_file_make(data, size);
  cleanup(cleanup_error) struct error *error = NULL;
  const struct expand_options options = {.configs = true};
  struct resolve *resolve = resolve_new(NULL, NULL, &options, no_rows, NULL);
  FUZZ_REQUIRE(resolve_add(resolve, file.path, &error) == 0 && !error);
  FUZZ_REQUIRE(resolve_count(resolve) == count_lines((const char *)data, size));
  resolve_free(resolve);
  return 0;
}
