#include <config.h>

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/timestamp.h"
#include "fuzz.h"
#include "registry/image-config.h"

/* The same document in another writer's spelling is the same config. */
static void check_rewritten(const struct image_config *config, const char *data, size_t size) {
  struct json_object *document =
      json_parse_bounded(data, size, JSON_DEPTH, STATUS_BAD_MANIFEST, NULL);
  FUZZ_REQUIRE(document);
  const char *text =
      json_object_to_json_string_ext(document, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);
  struct image_config again = IMAGE_CONFIG;
  if (strlen(text) <= IMAGE_CONFIG_MAX) {
    FUZZ_REQUIRE(image_config_parse(text, strlen(text), &again, NULL) == 0);
    FUZZ_REQUIRE(strcmp(again.settings, config->settings) == 0);
  }
  image_config_clear(&again);
  json_object_put(document);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct image_config config = IMAGE_CONFIG;
  struct error *error = NULL;
  const char *text = size ? (const char *)data : "";
  if (image_config_parse(text, size, &config, &error) == 0) {
    FUZZ_REQUIRE(!error);
    FUZZ_REQUIRE(digest_is_valid(config.settings));
    FUZZ_REQUIRE(!config.platform || strchr(config.platform, '/'));
    FUZZ_REQUIRE(!config.diff_ids || *config.diff_ids);
    if (config.created) {
      char *same = timestamp_normalize(config.created);
      FUZZ_REQUIRE(same && strcmp(same, config.created) == 0);
      free(same);
    }
    check_rewritten(&config, text, size);
  } else {
    FUZZ_REQUIRE(error && status_is_failure(error->status) && error->status != STATUS_LOCAL);
    FUZZ_REQUIRE(!config.platform && !config.created && !config.diff_ids);
  }
  error_free(error);
  image_config_clear(&config);
  return 0;
}
