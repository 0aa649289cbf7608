/* JSON that came from outside, by json-c: parsed strictly and within bounds, its members read with
   type checks. Knows no document. */
#ifndef OCIDUP_BASE_JSON_H
#define OCIDUP_BASE_JSON_H

#include <stddef.h>

#include <json-c/json.h>

#include "base/error.h"

/* Nesting that is enough for every document that we read. */
#define JSON_DEPTH 32

/* Objects and arrays in one document. The smallest takes two bytes of text and most of a KiB of
   memory, so a cap on bytes alone is none on memory. */
#define JSON_CONTAINERS_MAX 100000

/* Parses the LENGTH bytes of DATA (need not end with a NUL), one value with nothing but white space
   around it; json_object_put() frees it. NULL with *err of STATUS, a message such as "not JSON:
   unexpected end of data": no RFC 8259 JSON, invalid UTF-8, a NUL (escaped too: json-c would end a
   member's name there), nested deeper than DEPTH, over JSON_CONTAINERS_MAX, the value `null`, two
   members of one name in an object: what it says depends on who reads it (RFC 8259, 4). */
struct json_object *json_parse_bounded(const char *data, size_t length, int depth,
                                       enum status status, struct error **err);

/* A member of OBJECT (borrowed); NULL when OBJECT is no object, lacks it, or it is null. */
struct json_object *json_get(const struct json_object *object, const char *name);

/* Its text (borrowed); NULL when it is no string. */
const char *json_get_string(const struct json_object *object, const char *name);

/* It, when it is an array or an object; else NULL. */
struct json_object *json_get_array(const struct json_object *object, const char *name);
struct json_object *json_get_object(const struct json_object *object, const char *name);

/* For `cleanup(cleanup_json) struct json_object *document = …;` */
static inline void cleanup_json(struct json_object **object) {
  json_object_put(*object);
}

#endif
