#include <config.h>

#include "base/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

static const char *const names[RECORD_COLUMNS] = {
    [RECORD_IMAGE] = "image",
    [RECORD_DIGEST] = "digest",
    [RECORD_PLATFORM] = "platform",
    [RECORD_MANIFEST_DIGEST] = "manifest_digest",
    [RECORD_CONFIG_DIGEST] = "config_digest",
    [RECORD_STATUS] = "status",
    [RECORD_SIZE] = "size",
    [RECORD_PUSHED] = "pushed",
    [RECORD_CREATED] = "created",
    [RECORD_MEDIA_TYPE] = "media_type",
    [RECORD_PLATFORMS] = "platforms",
    [RECORD_ORIGIN] = "origin",
    [RECORD_REF] = "ref",
    [RECORD_SETTINGS] = "settings",
    [RECORD_LAYERS] = "layers",
    [RECORD_DIFF_IDS] = "diff_ids",
    [RECORD_LAYER_SIZES] = "layer_sizes",
    [RECORD_DETAIL] = "detail",
};

const char *record_column_name(enum record_column column) {
  return names[column];
}

enum status record_status(const struct record *record) {
  enum status status;
  const char *name = record->cell[RECORD_STATUS];
  return name && status_parse(name, &status) ? status : STATUS_SERVER_ERROR;
}

/* ---- sets ---- */

enum { TEXT_LEAST = 1024, TEXT_MOST = 64 * 1024 };

/* Strings of a set, many in one piece; they never move. */
struct record_text {
  struct record_text *next;
  size_t used;
  size_t size;
  char data[];
};

static char *text_room(struct record_set *set, size_t length) {
  struct record_text *text = set->text;
  if (!text || length > text->size - text->used) {
    size_t size = text ? text->size * 2 : TEXT_LEAST;
    if (size > TEXT_MOST)
      size = TEXT_MOST;
    if (size < length)
      size = length;
    struct record_text *more = xmalloc(sizeof *more + size);
    more->next = text;
    more->used = 0;
    more->size = size;
    set->text = text = more;
  }
  char *room = text->data + text->used;
  text->used += length;
  return room;
}

static const char *text_copy(struct record_set *set, const char *string) {
  if (!string)
    return NULL;
  size_t length = strlen(string) + 1;
  return memcpy(text_room(set, length), string, length);
}

struct record *record_set_add(struct record_set *set, const struct record *record) {
  /* RECORD may be a row of this very set, which growing moves. */
  struct record copy;
  for (int i = 0; i < RECORD_COLUMNS; i++)
    copy.cell[i] = text_copy(set, record->cell[i]);
  set->rows = xgrow(set->rows, set->count, &set->capacity, sizeof *set->rows);
  set->rows[set->count] = copy;
  return &set->rows[set->count++];
}

void record_set_cell(struct record_set *set, size_t row, enum record_column column,
                     const char *value) {
  set->rows[row].cell[column] = text_copy(set, value);
}

void record_set_free(struct record_set *set) {
  while (set->text) {
    struct record_text *next = set->text->next;
    free(set->text);
    set->text = next;
  }
  free(set->rows);
  *set = (struct record_set)RECORD_SET;
}
