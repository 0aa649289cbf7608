#include <config.h>

#include <string.h>

#include "base/cleanup.h"
#include "base/json-tree.h"
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

/* What is refused is refused in words of ours. */
static void check_refusal(int result, const struct error *error) {
  FUZZ_REQUIRE((result < 0) == (error != NULL));
  if (error)
    FUZZ_REQUIRE(error->status == STATUS_BAD_MANIFEST && strlen(error->message) < 200 &&
                 text_is_clean(error->message, strlen(error->message), false));
}

/* ---- json-tree takes the same documents, and reads the same in them (and more: fuzz-json-tree)
 * ---- */

static void check_twin(struct json_object *value, const struct json_node *node) {
  FUZZ_REQUIRE(!value == !node);
  if (json_object_is_type(value, json_type_object)) {
    FUZZ_REQUIRE(json_node_is(node, JSON_OBJECT));
    json_object_object_foreach(value, name, member) {
      check_twin(member, json_node_get(node, name));
    }
  } else if (json_object_is_type(value, json_type_array)) {
    FUZZ_REQUIRE(json_node_is(node, JSON_ARRAY));
    FUZZ_REQUIRE(json_object_array_length(value) == node->length);
    const struct json_node *item = json_node_first(node);
    for (size_t i = 0; i < node->length; i++, item = json_node_next(item))
      if (!json_node_is(item, JSON_NULL))
        check_twin(json_object_array_get_idx(value, i), item);
  } else if (json_object_is_type(value, json_type_string)) {
    FUZZ_REQUIRE(json_node_is(node, JSON_STRING) &&
                 strcmp(json_object_get_string(value), node->text) == 0 &&
                 strlen(node->text) == node->length);
  }
}

/* VALUE is what json-c makes of TEXT; NULL: it refuses it. */
static void check_tree(const char *text, size_t size, struct json_object *value) {
  cleanup(json_tree_clear) struct json_tree tree = JSON_TREE;
  cleanup(json_tree_clear) struct json_tree lines = JSON_TREE;
  cleanup(cleanup_error) struct error *error = NULL;
  cleanup(cleanup_error) struct error *line_error = NULL;
  int result = json_tree_parse(&tree, text, size, JSON_DEPTH, STATUS_BAD_MANIFEST, &error);
  int line_result =
      json_tree_parse_lines(&lines, text, size, JSON_DEPTH, STATUS_BAD_MANIFEST, &line_error);
  check_refusal(result, error);
  check_refusal(line_result, line_error);
  /* To json-c an empty array or object takes a level less than one with something in it. */
  size_t containers = 0;
  if (value && result && depth_of(value, &containers) == JSON_DEPTH)
    return;
  FUZZ_REQUIRE(!value == !!error);
  if (value)
    check_twin(value, tree.nodes);
  /* Of two members of one name, in a file that people write, the last one counts. */
  FUZZ_REQUIRE(!value || !line_error);
  if (value)
    check_twin(value, lines.nodes);
  FUZZ_REQUIRE(!line_error || error);
  if (line_error)
    FUZZ_REQUIRE(strncmp(line_error->message, "line ", 5) == 0 ||
                 strncmp(line_error->message, "JSON ", 5) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *text = size ? (const char *)data : "";
  struct error *error = NULL;
  cleanup(cleanup_json) struct json_object *value =
      json_parse_bounded(text, size, JSON_DEPTH, STATUS_BAD_MANIFEST, &error);
  cleanup(cleanup_json) struct json_object *shallow =
      json_parse_bounded(text, size, 2, STATUS_BAD_MANIFEST, NULL);
  check_refusal(value ? 0 : -1, error);
  size_t containers = 0;
  FUZZ_REQUIRE(!shallow || (value && depth_of(shallow, &containers) <= 2));
  if (value)
    check_value(value);
  check_tree(text, size, value);
  error_free(error);
  return 0;
}
