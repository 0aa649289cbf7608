#include <config.h>

#include <string.h>

#include "aws/sts.h"
#include "fuzz.h"

/* Whatever STS answers: keys that can be signed with, or an error that fits in one line. */
static void check(long http_status, const char *text, size_t size) {
  struct error *error = NULL;
  struct aws_credentials *keys = sts_read("AssumeRole", "arn", http_status, text, size, &error);
  FUZZ_REQUIRE(!keys == !!error);
  FUZZ_REQUIRE(!keys || http_status == 200);
  FUZZ_REQUIRE(!keys || (*keys->access_key_id && *keys->secret_access_key && keys->session_token));
  FUZZ_REQUIRE(!keys || !keys->account || strlen(keys->account) == 12);
  FUZZ_REQUIRE(!error || (status_is_failure(error->status) && !strpbrk(error->message, "\r\n")));
  aws_credentials_free(keys);
  error_free(error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char nothing[1];
  const char *text = size ? (const char *)data : nothing;
  check(200, text, size);
  check(403, text, size);
  return 0;
}
