#include <config.h>

#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "fuzz.h"
#include "net/http.h"

/* What a server says stays within the maximum, whatever the clock says. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cleanup(cleanup_free) char *value = xstrndup(size ? (const char *)data : "", size);
  static const int64_t clocks[] = {INT64_MIN, -1, 0, 1700000000, INT64_MAX};
  static const long maxima[] = {0, 120, LONG_MAX};
  for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++)
    for (size_t j = 0; j < sizeof maxima / sizeof *maxima; j++) {
      long seconds = http_retry_after(value, clocks[i], maxima[j]);
      FUZZ_REQUIRE(seconds >= -1 && seconds <= maxima[j]);
      /* Whether it is one does not depend on the time. */
      FUZZ_REQUIRE((seconds == -1) == (http_retry_after(value, 0, 120) == -1));
    }
  return 0;
}
