/* JSON that is read only, in place, into one array of values: what comes in bulk (answers of a
   thousand images, manifests by the hundred thousand), for a fraction of json-c's time and memory,
   and what has secrets in it, of which there is the one copy, which can be wiped. It takes the same
   documents as base/json, with the same limits; what is built is base/json's. */
#ifndef OCIDUP_BASE_JSON_TREE_H
#define OCIDUP_BASE_JSON_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/json.h"

/* Values in one document: a number and its comma are two bytes, and a value takes 32. */
#define JSON_VALUES_MAX 1000000

enum json_kind {
  JSON_NULL,
  JSON_BOOLEAN,
  JSON_NUMBER,
  JSON_STRING,
  JSON_ARRAY,
  JSON_OBJECT,
  JSON_FORGOTTEN /* a member that a later one of the same name replaces */
};

/* A value, in the order of the text: what is in an array or object comes right behind it. */
struct json_node {
  const char *name; /* of a member; else NULL */
  const char *text; /* of a string: unescaped, ends with NUL */
  uint32_t length;  /* of a string, bytes; of an array or object: what is in it, by count */
  uint32_t size;    /* nodes of it and all that is in it */
  enum json_kind kind;
};

struct json_tree {
  char *text;
  size_t length;
  struct json_node *nodes; /* the first is the document */
  size_t count, capacity;
};

/* For `cleanup(json_tree_clear) struct json_tree t = JSON_TREE;` */
#define JSON_TREE                                                                                  \
  { .nodes = NULL }

/* Parses DATA (is copied) as json_parse_bounded does. 0; or -1 with *err such as "not JSON:
   unexpected character at byte 9", which has nothing of DATA in it, and *tree is empty. */
int json_tree_parse(struct json_tree *tree, const char *data, size_t length, int depth,
                    enum status status, struct error **err);

/* The same for a file that people write: what is wrong is at "line 3, column 7: "; and of equal
   names in an object the last one counts, as it does for the programs whose file it is. */
int json_tree_parse_lines(struct json_tree *tree, const char *data, size_t length, int depth,
                          enum status status, struct error **err);

void json_tree_clear(struct json_tree *tree);

/* The same for what had secrets in it: the text is overwritten. (It is after a failure to parse.)
 */
void json_tree_wipe(struct json_tree *tree);

/* A member of NODE; NULL when NODE (may be NULL) is no object, lacks it, or it is null. */
const struct json_node *json_node_get(const struct json_node *node, const char *name);

/* Its text; NULL when it is no string. */
const char *json_node_string(const struct json_node *node, const char *name);

/* It, when it is an array or an object; else NULL. */
const struct json_node *json_node_array(const struct json_node *node, const char *name);
const struct json_node *json_node_object(const struct json_node *node, const char *name);

/* False when it is no integer that fits; *value then stays. 1.0 is no integer. */
bool json_node_int64(const struct json_node *node, const char *name, int64_t *value);

/* False when it is no finite number, integer or not; *value then stays. */
bool json_node_double(const struct json_node *node, const char *name, double *value);

static inline bool json_node_is(const struct json_node *node, enum json_kind kind) {
  return node && node->kind == kind;
}

/* The first of the `length` items of an array, and the one behind ITEM. */
static inline const struct json_node *json_node_first(const struct json_node *array) {
  return array + 1;
}

static inline const struct json_node *json_node_next(const struct json_node *item) {
  return item + item->size;
}

#endif
