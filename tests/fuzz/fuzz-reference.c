#include <config.h>

#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "fuzz.h"
#include "registry/digest.h"
#include "registry/platform.h"
#include "registry/reference.h"

/* The canonical form is a reference to the same thing, and stays as it is. */
static void check_reference(const struct reference *reference) {
  FUZZ_REQUIRE(reference_host_is_valid(reference->host));
  FUZZ_REQUIRE(reference_repository_is_valid(reference->repository));
  FUZZ_REQUIRE((reference->tag == NULL) != (reference->digest == NULL));
  FUZZ_REQUIRE(!reference->tag || reference_tag_is_valid(reference->tag));
  FUZZ_REQUIRE(!reference->digest || digest_is_valid(reference->digest));

  struct reference again = REFERENCE;
  char *canonical = reference_format(reference);
  FUZZ_REQUIRE(reference_parse(canonical, &again, NULL) == 0);
  FUZZ_REQUIRE(strcmp(again.host, reference->host) == 0);
  FUZZ_REQUIRE(strcmp(again.repository, reference->repository) == 0);
  char *same = reference_format(&again);
  FUZZ_REQUIRE(strcmp(canonical, same) == 0);
  free(same);
  free(canonical);
  reference_clear(&again);
}

/* So is that of a platform; and the platform is meant by itself. */
static void check_platform(const char *text) {
  char *platform = platform_parse(text, NULL);
  if (!platform)
    return;
  FUZZ_REQUIRE(strcspn(platform, ", \t\n\r\\") == strlen(platform));
  char *again = platform_parse(platform, NULL);
  FUZZ_REQUIRE(again && strcmp(again, platform) == 0);
  FUZZ_REQUIRE(platform_matches(platform, again));
  free(again);
  free(platform);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = xstrndup(size ? (const char *)data : "", size);
  struct reference reference = REFERENCE;
  struct error *error = NULL;
  if (reference_parse(text, &reference, &error) == 0) {
    FUZZ_REQUIRE(!error);
    check_reference(&reference);
  } else {
    FUZZ_REQUIRE(error && error->status == STATUS_INVALID_REFERENCE);
    FUZZ_REQUIRE(!reference.host && !reference.repository);
  }
  error_free(error);
  reference_clear(&reference);
  check_platform(text);
  free(text);
  return 0;
}
