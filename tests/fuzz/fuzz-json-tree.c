#include <config.h>

#include <math.h>
#include <string.h>

#include "base/json-tree.h"
#include "fuzz.h"

/* An integer that does not fit is the nearest that does to json-c, and none to us. */
static void check_number(const struct json_node *node, const char *name,
                         struct json_object *member) {
  int64_t integer;
  bool fits =
      json_object_is_type(member, json_type_int) && json_object_get_uint64(member) <= INT64_MAX;
  if (json_node_int64(node, name, &integer))
    FUZZ_REQUIRE(fits && integer == json_object_get_int64(member));
  else
    FUZZ_REQUIRE(!fits || json_object_get_int64(member) == INT64_MIN);
  double number, theirs = json_object_get_double(member);
  if (json_node_double(node, name, &number))
    FUZZ_REQUIRE(number == theirs || fabs(number) >= 9e18);
  else
    FUZZ_REQUIRE(!json_object_is_type(member, json_type_int) &&
                 !(json_object_is_type(member, json_type_double) && isfinite(theirs)));
}

/* Both say the same of what NODE and VALUE have in common; of equal names json-c keeps the last. */
static void check_value(const struct json_node *node, struct json_object *value) {
  FUZZ_REQUIRE(node->size >= 1);
  switch (json_object_get_type(value)) {
  case json_type_null:
    FUZZ_REQUIRE(node->kind == JSON_NULL);
    break;
  case json_type_boolean:
    FUZZ_REQUIRE(node->kind == JSON_BOOLEAN);
    break;
  case json_type_int:
  case json_type_double:
    FUZZ_REQUIRE(node->kind == JSON_NUMBER);
    break;
  case json_type_string:
    FUZZ_REQUIRE(node->kind == JSON_STRING &&
                 node->length == (size_t)json_object_get_string_len(value) &&
                 strcmp(node->text, json_object_get_string(value)) == 0);
    break;
  case json_type_array: {
    FUZZ_REQUIRE(node->kind == JSON_ARRAY && node->length == json_object_array_length(value));
    const struct json_node *item = json_node_first(node);
    for (size_t i = 0; i < node->length; i++, item = json_node_next(item))
      check_value(item, json_object_array_get_idx(value, i));
    FUZZ_REQUIRE(item == json_node_next(node));
    break;
  }
  case json_type_object:
    FUZZ_REQUIRE(node->kind == JSON_OBJECT);
    json_object_object_foreach(value, name, member) {
      const struct json_node *found = json_node_get(node, name);
      FUZZ_REQUIRE((found == NULL) == (json_object_get_type(member) == json_type_null));
      check_number(node, name, member);
      if (found)
        check_value(found, member);
    }
    break;
  }
}

/* What json-tree takes, json-c takes for the same; what it refuses, it refuses with words. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char nothing[1];
  const char *text = size ? (const char *)data : nothing;
  struct json_tree tree;
  struct error *error = NULL;
  int result = json_tree_parse(&tree, text, size, JSON_DEPTH, STATUS_SERVER_ERROR, &error);
  struct json_object *value = json_parse_bounded(text, size, JSON_DEPTH, STATUS_SERVER_ERROR, NULL);
  if (result < 0) {
    FUZZ_REQUIRE(error && *error->message && !tree.nodes && !tree.text);
    error_free(error);
  } else {
    FUZZ_REQUIRE(value && tree.nodes->size == tree.count);
    check_value(tree.nodes, value);
  }
  json_object_put(value);
  json_tree_clear(&tree);
  return 0;
}
