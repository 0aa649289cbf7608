#include <config.h>

#include <string.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "fuzz.h"
#include "registry/digest.h"

/* The image spec's words, once more. */
static bool is_digest(const char *text) {
  static const struct {
    const char *prefix;
    size_t digits;
  } algorithms[] = {{"sha256:", 64}, {"sha512:", 128}};
  for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
    size_t prefix = strlen(algorithms[i].prefix);
    if (strncmp(text, algorithms[i].prefix, prefix) == 0)
      return strspn(text + prefix, "0123456789abcdef") == algorithms[i].digits &&
             strlen(text) == prefix + algorithms[i].digits;
  }
  return false;
}

/* Bytes have one digest, and other bytes another one. */
static void check_bytes(const uint8_t *data, size_t size) {
  char digest[DIGEST_SHA256_SIZE];
  digest_of(data, size, digest);
  FUZZ_REQUIRE(is_digest(digest) && digest_matches(digest, data, size));
  if (!size)
    return;
  FUZZ_REQUIRE(!digest_matches(digest, data, size - 1));
  cleanup(cleanup_free) uint8_t *other = xmalloc(size);
  memcpy(other, data, size);
  other[size / 2] ^= 1;
  FUZZ_REQUIRE(!digest_matches(digest, other, size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint8_t *bytes = size ? data : (const uint8_t *)"";
  cleanup(cleanup_free) char *text = xstrndup((const char *)bytes, size);
  FUZZ_REQUIRE(digest_is_valid(text) == is_digest(text));
  if (digest_is_valid(text))
    FUZZ_REQUIRE(!digest_matches(text, bytes, size));
  check_bytes(bytes, size);
  return 0;
}
