#include <config.h>

#include "registry/image-config.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object_iterator.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/timestamp.h"
#include "base/xalloc.h"
#include "registry/platform.h"

/* Go's zero time, which its JSON encoder writes where no time was set. */
#define GO_ZERO_TIME "0001-01-01T00:00:00Z"

/* A number such as 0.1 is longer in canonical form, a few times at most. */
#define SETTINGS_MAX (8u * IMAGE_CONFIG_MAX)

/* What of a config's `config` tells a runtime something, sorted. */
static const struct setting {
  const char *name;
  enum { AS_IS, SET, SPARSE } form; /* SET: the names count; SPARSE: empty members count for none */
} settings[] = {{"Cmd", AS_IS},        {"Entrypoint", AS_IS},   {"Env", AS_IS},
                {"ExposedPorts", SET}, {"Healthcheck", SPARSE}, {"Labels", AS_IS},
                {"Shell", AS_IS},      {"StopSignal", AS_IS},   {"User", AS_IS},
                {"Volumes", SET},      {"WorkingDir", AS_IS}};

/* ---- canonical JSON ---- */

static void write_string(struct strbuf *out, const char *text, size_t length) {
  strbuf_putc(out, '"');
  for (size_t i = 0, start = 0; i <= length; i++) {
    bool escape =
        i < length && (text[i] == '"' || text[i] == '\\' || (unsigned char)text[i] < 0x20);
    if (!escape && i < length)
      continue;
    strbuf_append(out, text + start, i - start);
    start = i + 1;
    if (!escape)
      break;
    if (text[i] == '"' || text[i] == '\\')
      strbuf_printf(out, "\\%c", text[i]);
    else
      strbuf_printf(out, "\\u%04x", (unsigned int)(unsigned char)text[i]);
  }
  strbuf_putc(out, '"');
}

static void write_double(struct strbuf *out, double number) {
  char text[64];
  snprintf(text, sizeof(text), "%.17g", number);
  char *comma = strchr(text, ','); /* a locale's decimal point */
  if (comma)
    *comma = '.';
  strbuf_puts(out, text);
}

static int compare_names(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of OBJECT's members, sorted by bytes; caller frees the array. */
static const char **sorted_names(struct json_object *object, size_t *count) {
  size_t length = (size_t)json_object_object_length(object);
  const char **names = xcalloc(length ? length : 1, sizeof(*names));
  struct json_object_iterator end = json_object_iter_end(object);
  *count = 0;
  for (struct json_object_iterator i = json_object_iter_begin(object);
       !json_object_iter_equal(&i, &end) && *count < length; json_object_iter_next(&i))
    names[(*count)++] = json_object_iter_peek_name(&i);
  qsort(names, *count, sizeof(*names), compare_names);
  return names;
}

static bool is_empty(struct json_object *value) {
  switch (json_object_get_type(value)) {
  case json_type_null:
    return true;
  case json_type_string:
    return json_object_get_string_len(value) == 0;
  case json_type_array:
    return json_object_array_length(value) == 0;
  case json_type_object:
    return json_object_object_length(value) == 0;
  default:
    return false;
  }
}

/* Its depth is that of what the parser let pass. */
static void write_value(struct strbuf *out, struct json_object *value);

/* Writes OBJECT; without its empty members when SPARSE, with {} for each member when SET. */
static void write_object(struct strbuf *out, struct json_object *object, int form) {
  size_t count;
  cleanup(cleanup_free) const char **names = sorted_names(object, &count);
  char separator = '{';
  for (size_t i = 0; i < count; i++) {
    struct json_object *member = json_get(object, names[i]);
    if (form == SPARSE && is_empty(member))
      continue;
    strbuf_putc(out, separator);
    separator = ',';
    write_string(out, names[i], strlen(names[i]));
    strbuf_putc(out, ':');
    if (form == SET)
      strbuf_puts(out, "{}");
    else
      write_value(out, member);
  }
  strbuf_puts(out, separator == '{' ? "{}" : "}");
}

static void write_array(struct strbuf *out, struct json_object *array) {
  size_t length = json_object_array_length(array);
  strbuf_putc(out, '[');
  for (size_t i = 0; i < length; i++) {
    if (i > 0)
      strbuf_putc(out, ',');
    write_value(out, json_object_array_get_idx(array, i));
  }
  strbuf_putc(out, ']');
}

static void write_value(struct strbuf *out, struct json_object *value) {
  switch (json_object_get_type(value)) {
  case json_type_null:
    strbuf_puts(out, "null");
    break;
  case json_type_boolean:
    strbuf_puts(out, json_object_get_boolean(value) ? "true" : "false");
    break;
  case json_type_int:
    if (json_object_get_uint64(value) > INT64_MAX)
      strbuf_printf(out, "%" PRIu64, json_object_get_uint64(value));
    else
      strbuf_printf(out, "%" PRId64, json_object_get_int64(value));
    break;
  case json_type_double:
    write_double(out, json_object_get_double(value));
    break;
  case json_type_string:
    write_string(out, json_object_get_string(value), (size_t)json_object_get_string_len(value));
    break;
  case json_type_array:
    write_array(out, value);
    break;
  case json_type_object:
    write_object(out, value, AS_IS);
    break;
  }
}

/* ---- settings ---- */

/* Starts the member NAME of an object of which *SEPARATOR says whether it is the first. */
static void write_name(struct strbuf *out, char *separator, const char *name) {
  strbuf_putc(out, *separator);
  *separator = ',';
  write_string(out, name, strlen(name));
  strbuf_putc(out, ':');
}

static void write_text(struct strbuf *out, char *separator, const char *name, const char *text) {
  if (!text || *text == '\0')
    return;
  write_name(out, separator, name);
  write_string(out, text, strlen(text));
}

/* The settings of CONFIG (may be NULL) as a member "config", if there are any. */
static void write_config(struct strbuf *out, char *separator, struct json_object *config) {
  char inner = '{';
  for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
    struct json_object *value = json_get(config, settings[i].name);
    if (is_empty(value))
      continue;
    bool object = json_object_is_type(value, json_type_object);
    cleanup(strbuf_free) struct strbuf text = STRBUF(SETTINGS_MAX);
    if (object)
      write_object(&text, value, (int)settings[i].form);
    else
      write_value(&text, value);
    if (object && settings[i].form == SPARSE && strcmp(strbuf_str(&text), "{}") == 0)
      continue;
    if (inner == '{')
      write_name(out, separator, "config");
    write_name(out, &inner, settings[i].name);
    strbuf_append(out, strbuf_str(&text), text.length);
    out->overflow |= text.overflow;
  }
  if (inner != '{')
    strbuf_putc(out, '}');
}

/* The members that say what it runs on. */
struct target {
  const char *os, *architecture, *variant, *os_version;
};

static int hash_settings(const struct target *target, struct json_object *config,
                         char digest[DIGEST_SHA256_SIZE], struct error **err) {
  struct platform platform;
  struct target t = *target;
  /* What cannot be normalised counts as it is. */
  if (platform_normalize(t.os, t.architecture, t.variant, t.os_version, &platform))
    t = (struct target){platform.os, platform.architecture, platform.variant, platform.os_version};

  cleanup(strbuf_free) struct strbuf text = STRBUF(SETTINGS_MAX);
  char separator = '{';
  write_text(&text, &separator, "architecture", t.architecture);
  write_config(&text, &separator, config);
  write_text(&text, &separator, "os", t.os);
  write_text(&text, &separator, "os.version", t.os_version);
  write_text(&text, &separator, "variant", t.variant);
  strbuf_puts(&text, separator == '{' ? "{}" : "}");
  if (text.overflow)
    return error_set(err, STATUS_TOO_LARGE, "its settings are too large");
  digest_of(strbuf_str(&text), text.length, digest);
  return 0;
}

/* ---- the document ---- */

/* A string member, NULL when absent or null. */
static int get_text(struct json_object *document, const char *name, const char **text,
                    struct error **err) {
  *text = json_get_string(document, name);
  if (!*text && json_get(document, name))
    return error_set(err, STATUS_BAD_MANIFEST, "%s is no string", name);
  return 0;
}

static int get_object(struct json_object *document, const char *name, struct json_object **object,
                      struct error **err) {
  *object = json_get_object(document, name);
  if (!*object && json_get(document, name))
    return error_set(err, STATUS_BAD_MANIFEST, "%s is no object", name);
  return 0;
}

static int read_diff_ids(struct json_object *rootfs, char **diff_ids, struct error **err) {
  struct json_object *array = json_get_array(rootfs, "diff_ids");
  if (!array && json_get(rootfs, "diff_ids"))
    return error_set(err, STATUS_BAD_MANIFEST, "diff_ids is no array");
  size_t length = array ? json_object_array_length(array) : 0;
  cleanup(strbuf_free) struct strbuf text = STRBUF(IMAGE_CONFIG_MAX);
  for (size_t i = 0; i < length; i++) {
    struct json_object *item = json_object_array_get_idx(array, i);
    if (!json_object_is_type(item, json_type_string) ||
        !digest_is_valid(json_object_get_string(item)))
      return error_set(err, STATUS_BAD_MANIFEST, "diff_ids[%zu] is no valid digest", i);
    if (i > 0)
      strbuf_putc(&text, ',');
    strbuf_puts(&text, json_object_get_string(item));
  }
  if (length > 0)
    *diff_ids = strbuf_take(&text);
  return 0;
}

/* NULL when it says none. */
static char *read_created(struct json_object *document) {
  const char *text = json_get_string(document, "created");
  char *created = text ? timestamp_normalize(text) : NULL;
  if (created && strcmp(created, GO_ZERO_TIME) == 0) {
    free(created);
    return NULL;
  }
  return created;
}

static int parse(const char *data, size_t length, struct image_config *config, struct error **err) {
  if (length > IMAGE_CONFIG_MAX)
    return error_set(err, STATUS_TOO_LARGE, "larger than %u bytes", IMAGE_CONFIG_MAX);
  cleanup(cleanup_json) struct json_object *document =
      json_parse_bounded(data, length, JSON_DEPTH, STATUS_BAD_MANIFEST, err);
  if (!document)
    return -1;
  if (!json_object_is_type(document, json_type_object))
    return error_set(err, STATUS_BAD_MANIFEST, "it is no JSON object");

  struct target target;
  struct json_object *runtime, *rootfs;
  if (get_text(document, "os", &target.os, err) ||
      get_text(document, "architecture", &target.architecture, err) ||
      get_text(document, "variant", &target.variant, err) ||
      get_text(document, "os.version", &target.os_version, err) ||
      get_object(document, "config", &runtime, err) ||
      get_object(document, "rootfs", &rootfs, err) ||
      read_diff_ids(rootfs, &config->diff_ids, err) ||
      hash_settings(&target, runtime, config->settings, err))
    return -1;
  config->platform =
      platform_format(target.os, target.architecture, target.variant, target.os_version);
  config->created = read_created(document);
  return 0;
}

int image_config_parse(const char *data, size_t length, struct image_config *config,
                       struct error **err) {
  *config = (struct image_config)IMAGE_CONFIG;
  if (parse(data, length, config, err) == 0)
    return 0;
  image_config_clear(config);
  return error_wrap(err, "image config");
}

void image_config_clear(struct image_config *config) {
  free(config->platform);
  free(config->created);
  free(config->diff_ids);
  *config = (struct image_config)IMAGE_CONFIG;
}
