#include <config.h>

#include <string.h>

#include "base/xalloc.h"
#include "fuzz.h"
#include "registry/challenge.h"

static void check_value(const char *value, size_t size) {
  if (!value)
    return;
  FUZZ_REQUIRE(strlen(value) <= size);
  for (; *value; value++)
    FUZZ_REQUIRE((unsigned char)*value >= 0x20 && *value != 0x7f);
}

/* Each line of the input is a header. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = xstrndup(size ? (const char *)data : "", size);
  struct challenge challenge = CHALLENGE;
  for (char *line = text, *next; line; line = next) {
    next = strchr(line, '\n');
    if (next)
      *next++ = '\0';
    enum challenge_scheme before = challenge.scheme;
    struct error *error = NULL;
    int result = challenge_parse(line, &challenge, &error);
    FUZZ_REQUIRE((result == 0) == (error == NULL));
    FUZZ_REQUIRE(result == 0 || challenge.scheme == before);
    FUZZ_REQUIRE(challenge.scheme >= before);
    error_free(error);
  }
  FUZZ_REQUIRE(challenge.scheme != CHALLENGE_NONE || !challenge.realm);
  check_value(challenge.realm, size);
  check_value(challenge.service, size);
  check_value(challenge.scope, size);
  check_value(challenge.error, size);
  challenge_clear(&challenge);
  free(text);
  return 0;
}
