#include <config.h>

#include <string.h>

#include "base/error.h"
#include "fuzz.h"
#include "registry/digest.h"
#include "registry/manifest.h"

static void check_descriptor(const struct descriptor *descriptor) {
  FUZZ_REQUIRE(digest_is_valid(descriptor->digest));
  FUZZ_REQUIRE(descriptor->size >= 0);
  FUZZ_REQUIRE(!descriptor->media_type || *descriptor->media_type);
  FUZZ_REQUIRE(!descriptor->platform || !descriptor->attestation);
}

static void check_manifest(const struct manifest *manifest) {
  const char *const *type = manifest_media_types;
  while (*type && strcmp(*type, manifest->media_type) != 0)
    type++;
  FUZZ_REQUIRE(*type);

  bool image = manifest->kind == MANIFEST_IMAGE || manifest->kind == MANIFEST_ARTIFACT;
  FUZZ_REQUIRE(manifest->kind == MANIFEST_INDEX || manifest->entry_count == 0);
  FUZZ_REQUIRE(image || manifest->layer_count == 0);
  FUZZ_REQUIRE(image == (manifest->config.digest != NULL));
  if (image)
    check_descriptor(&manifest->config);
  for (size_t i = 0; i < manifest->entry_count; i++)
    check_descriptor(&manifest->entries[i]);
  for (size_t i = 0; i < manifest->layer_count; i++) {
    check_descriptor(&manifest->layers[i]);
    FUZZ_REQUIRE(!manifest->layers[i].platform);
  }
  FUZZ_REQUIRE(manifest_size(manifest) >= -1);
}

/* The input's first line is the content type. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char content_type[128];
  const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
  size_t length = end ? (size_t)(end - data) : 0;
  if (!end || length >= sizeof(content_type))
    return 0;
  memcpy(content_type, data, length);
  content_type[length] = '\0';

  struct manifest manifest = MANIFEST;
  struct error *error = NULL;
  if (manifest_parse((const char *)end + 1, size - length - 1, length ? content_type : NULL,
                     &manifest, &error) == 0) {
    FUZZ_REQUIRE(!error);
    check_manifest(&manifest);
  } else {
    FUZZ_REQUIRE(error && status_is_failure(error->status) && error->status != STATUS_LOCAL);
    FUZZ_REQUIRE(!manifest.media_type && !manifest.entries && !manifest.layers);
  }
  error_free(error);
  manifest_clear(&manifest);
  return 0;
}
