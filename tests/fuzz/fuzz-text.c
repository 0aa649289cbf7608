#include <config.h>

#include <string.h>

#include "base/text.h"
#include "fuzz.h"

/* Cleaned text is clean, cleaning it again changes nothing, and clean text is not touched. */
static void check(const char *text, size_t size, bool keep_tab_lf) {
  struct strbuf once = STRBUF(3 * size + 1);
  FUZZ_REQUIRE(text_sanitize(&once, text, size, keep_tab_lf) == 0);
  FUZZ_REQUIRE(text_is_clean(strbuf_str(&once), once.length, keep_tab_lf));
  if (text_is_clean(text, size, keep_tab_lf))
    FUZZ_REQUIRE(once.length == size && memcmp(strbuf_str(&once), text, size) == 0);

  struct strbuf twice = STRBUF(once.length);
  FUZZ_REQUIRE(text_sanitize(&twice, strbuf_str(&once), once.length, keep_tab_lf) == 0);
  FUZZ_REQUIRE(strcmp(strbuf_str(&twice), strbuf_str(&once)) == 0);
  for (size_t i = 0; i < once.length; i++) {
    unsigned char c = (unsigned char)once.data[i];
    FUZZ_REQUIRE(c != 0x7F && (c >= 0x20 || (keep_tab_lf && (c == '\t' || c == '\n'))));
  }
  strbuf_free(&once);
  strbuf_free(&twice);

  struct strbuf small = STRBUF(size / 2);
  if (text_sanitize(&small, text, size, keep_tab_lf))
    FUZZ_REQUIRE(small.overflow && small.length <= size / 2);
  strbuf_free(&small);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char nothing[1];
  const char *text = size ? (const char *)data : nothing;
  check(text, size, false);
  check(text, size, true);
  return 0;
}
