#include <config.h>

#include <string.h>

#include "base/cleanup.h"
#include "registry/credential-helper.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cleanup(cleanup_error) struct error *error = NULL;
  cleanup(credential_clear) struct credential found = CREDENTIAL;
  int result = credential_helper_parse(size ? (const char *)data : "", size, &found, &error);
  FUZZ_REQUIRE((result < 0) == (error != NULL));
  if (error) {
    FUZZ_REQUIRE(found.kind == CREDENTIAL_NONE);
    /* Nothing of what was printed. */
    FUZZ_REQUIRE(strcmp(error->message, "it printed no JSON object") == 0 ||
                 strcmp(error->message, "it printed no Username and Secret") == 0);
  } else if (found.kind == CREDENTIAL_NONE) {
    FUZZ_REQUIRE(!found.secret);
  } else {
    FUZZ_REQUIRE(found.secret && *found.secret && found.user && *found.user);
    FUZZ_REQUIRE((found.kind == CREDENTIAL_IDENTITY) == (strcmp(found.user, "<token>") == 0));
  }
  return 0;
}
