#include <config.h>

#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"
#include "fuzz.h"

/* How deep VALUE is; adds its objects and arrays to *CONTAINERS. No text has a NUL. */
static int depth_of(struct json_object *value, size_t *containers) {
  int deepest = 0;
  switch (json_object_get_type(value)) {
  case json_type_object:
    ++*containers;
    json_object_object_foreach(value, name, member) {
      (void)name;
      int depth = depth_of(member, containers);
      deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
  case json_type_array:
    ++*containers;
    for (size_t i = 0; i < json_object_array_length(value); i++) {
      int depth = depth_of(json_object_array_get_idx(value, i), containers);
      deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
  case json_type_string:
    FUZZ_REQUIRE(strlen(json_object_get_string(value)) ==
                 (size_t)json_object_get_string_len(value));
    return 0;
  default:
    return 0;
  }
}

/* What is taken is within bounds, and reads the same when it is written again. */
static void check_value(struct json_object *value) {
  size_t containers = 0;
  FUZZ_REQUIRE(depth_of(value, &containers) <= JSON_DEPTH && containers <= JSON_CONTAINERS_MAX);
  const char *text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);
  cleanup(cleanup_json) struct json_object *again =
      json_parse_bounded(text, strlen(text), JSON_DEPTH, STATUS_BAD_MANIFEST, NULL);
  FUZZ_REQUIRE(again && json_object_equal(value, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *text = size ? (const char *)data : "";
  struct error *error = NULL, *line_error = NULL;
  cleanup(cleanup_json) struct json_object *value =
      json_parse_bounded(text, size, JSON_DEPTH, STATUS_BAD_MANIFEST, &error);
  cleanup(cleanup_json) struct json_object *lines =
      json_parse_lines(text, size, JSON_DEPTH, STATUS_BAD_MANIFEST, &line_error);
  cleanup(cleanup_json) struct json_object *shallow =
      json_parse_bounded(text, size, 2, STATUS_BAD_MANIFEST, NULL);
  FUZZ_REQUIRE(!value == !lines && !value == !!error && !error == !line_error);
  size_t containers = 0;
  FUZZ_REQUIRE(!shallow || (value && depth_of(shallow, &containers) <= 2));
  if (error) {
    FUZZ_REQUIRE(error->status == STATUS_BAD_MANIFEST && line_error->status == error->status);
    FUZZ_REQUIRE(text_is_clean(error->message, strlen(error->message), false));
    FUZZ_REQUIRE(strlen(line_error->message) < 200 &&
                 (strncmp(line_error->message, "line ", 5) == 0 ||
                  strncmp(line_error->message, "JSON ", 5) == 0));
  } else {
    check_value(value);
  }
  error_free(error);
  error_free(line_error);
  return 0;
}
