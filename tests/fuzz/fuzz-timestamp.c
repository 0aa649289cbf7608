#include <config.h>

#include <string.h>

#include "base/cleanup.h"
#include "base/timestamp.h"
#include "base/xalloc.h"
#include "fuzz.h"

/* A record's form: one length, so that text order is time order. */
static void check_form(const char *text) {
  FUZZ_REQUIRE(strlen(text) == strlen("2024-01-02T03:04:05Z") && text[19] == 'Z');
  cleanup(cleanup_free) char *same = timestamp_normalize(text);
  FUZZ_REQUIRE(same && strcmp(same, text) == 0);
}

static void check_text(const char *text) {
  int64_t seconds = 7;
  bool is_time = timestamp_parse(text, &seconds);
  FUZZ_REQUIRE(is_time || seconds == 7);
  cleanup(cleanup_free) char *normal = timestamp_normalize(text);
  FUZZ_REQUIRE(is_time || !normal);
  cleanup(cleanup_free) char *formatted = is_time ? timestamp_format(seconds) : NULL;
  FUZZ_REQUIRE(!normal == !formatted && (!normal || strcmp(normal, formatted) == 0));
  if (normal)
    check_form(normal);
}

static void check_numbers(int64_t a, int64_t b) {
  cleanup(cleanup_free) char *first = timestamp_format(a);
  cleanup(cleanup_free) char *second = timestamp_format(b);
  int64_t again;
  if (first) {
    check_form(first);
    FUZZ_REQUIRE(timestamp_parse(first, &again) && again == a);
  }
  if (first && second)
    FUZZ_REQUIRE((strcmp(first, second) < 0) == (a < b) &&
                 (strcmp(first, second) == 0) == (a == b));
}

/* A text, and the same bytes as numbers. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cleanup(cleanup_free) char *text = xstrndup(size ? (const char *)data : "", size);
  check_text(text);
  int64_t numbers[2] = {0, 0};
  double fraction = 0;
  if (size)
    memcpy(numbers, data, size < sizeof numbers ? size : sizeof numbers);
  memcpy(&fraction, numbers, sizeof fraction);
  check_numbers(numbers[0], numbers[1]);
  /* In the years that there are. */
  check_numbers(numbers[0] % 253402300800, numbers[1] % 253402300800);
  cleanup(cleanup_free) char *cut = timestamp_format_double(fraction);
  if (cut) {
    check_form(cut);
    int64_t seconds;
    FUZZ_REQUIRE(timestamp_parse(cut, &seconds) && (double)seconds <= fraction &&
                 fraction - (double)seconds <= 1);
  }
  return 0;
}
