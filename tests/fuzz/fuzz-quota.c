#include <config.h>

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "fuzz.h"
#include "net/quota.h"

enum { NOW = 1700000000, MONTH = 31 * 24 * 60 * 60 };

/* Answers of one server, one after the other: five headers, each up to a line feed, and a last byte
   that says the status. What is kept of them is never more than was told, and ends. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cleanup(cleanup_free) char *text = xstrndup(size ? (const char *)data : "", size);
  struct quota quota = {.limit = 0};
  for (char *at = text; *at;) {
    const char *values[5];
    for (size_t i = 0; i < 5; i++) {
      size_t length = strcspn(at, "\n");
      values[i] = length > 0 ? at : NULL;
      at += length;
      if (*at)
        *at++ = '\0';
    }
    const struct quota_told told = {.status = *at == '9' ? 429 : 200,
                                    .retry_after = values[0],
                                    .limit = values[1],
                                    .remaining = values[2],
                                    .reset = values[3],
                                    .source = values[4]};
    if (*at)
      at++;
    bool first = quota.window == 0;
    FUZZ_REQUIRE(!quota_take(&quota, &told, NOW) || (first && quota.window > 0));
    FUZZ_REQUIRE(quota.limit >= 0 && quota.remaining >= 0);
    FUZZ_REQUIRE(quota.window >= 0 && quota.window <= MONTH);
    FUZZ_REQUIRE(quota.until <= NOW + MONTH);
    FUZZ_REQUIRE(strlen(quota.source) < QUOTA_SOURCE_MAX);
    FUZZ_REQUIRE(quota_ask(&quota, quota.until) != QUOTA_SPENT);
    if (quota.window > 0) {
      cleanup(cleanup_free) char *left = quota_text(&quota);
      FUZZ_REQUIRE(strlen(left) < 200);
    }
    if (quota_ask(&quota, NOW) == QUOTA_SPENT) {
      cleanup(cleanup_free) char *spent = quota_spent_text(&quota);
      FUZZ_REQUIRE(text_is_clean(spent, strlen(spent), false));
    }
  }
  return 0;
}
