#include <config.h>

#include <string.h>

#include "base/cleanup.h"
#include "base/lines.h"
#include "fuzz-file.h"

/* What comes next by the rules, found naively. */
static void check_line(const struct line *line, const char *rest, size_t left, size_t max) {
  const char *end = memchr(rest, '\n', left);
  size_t length = end ? (size_t)(end - rest) : left;
  FUZZ_REQUIRE(line->length == length && line->ended == (end != NULL));
  FUZZ_REQUIRE(line->too_long == (length > max));
  size_t kept = line->too_long ? max : length;
  FUZZ_REQUIRE(memcmp(line->text, rest, kept) == 0 && line->text[kept] == '\0');
}

static void check_file(const char *data, size_t size, size_t max) {
  cleanup(fuzz_file_close) struct fuzz_file file = fuzz_file_make(data, size);
  struct error *error = NULL;
  struct lines *lines = lines_open(file.path, max, &error);
  FUZZ_REQUIRE(lines && !error);
  struct line line;
  size_t at = 0, number = 0;
  int got;
  while ((got = lines_next(lines, &line, &error)) > 0) {
    FUZZ_REQUIRE(at < size && line.number == ++number);
    check_line(&line, data + at, size - at, max);
    at += line.length + line.ended;
    memset(line.text, 'x', line.too_long ? max : line.length); /* the caller may write to it */
  }
  FUZZ_REQUIRE(got == 0 && !error && at == size && lines_bytes(lines) == size);
  FUZZ_REQUIRE(lines_next(lines, &line, &error) == 0);
  lines_close(lines);
}

/* The first three bytes say how long lines may be and how much stands before the others, so that
   small inputs reach the ends of the reader's buffer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 3)
    return 0;
  size_t max = (size_t)1 << data[0] % 18;
  size_t before = (size_t)data[1] * 1024 + data[2];
  cleanup(cleanup_free) char *text = xmalloc(before + size);
  for (size_t i = 0; i < before; i++)
    text[i] = (data[0] & 0x80) && i % 64 == 63 ? '\n' : 'a';
  memcpy(text + before, data + 3, size - 3);
  check_file(text, before + size - 3, max);
  return 0;
}
