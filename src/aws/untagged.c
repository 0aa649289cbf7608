#include <config.h>

#include "aws/untagged.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hashmap.h"
#include "base/timestamp.h"
#include "base/xalloc.h"

#define SHA256 "sha256:"

enum { SHA256_BYTES = 32 };

#define NOT_SAID INT64_MIN

/* What many images have alike. */
struct kind {
  char *key;
  char *media_type, *artifact_media_type;
  uint32_t number;
};

struct item {
  union {
    unsigned char sha256[SHA256_BYTES];
    char *text; /* of any other digest */
  } digest;
  int64_t size;
  int64_t pushed; /* seconds or NOT_SAID */
  uint32_t kind;
  bool is_text;
  bool archived;
};

struct untagged {
  struct item *items;
  size_t count, capacity;
  struct kind **kinds;
  size_t kind_count, kind_capacity;
  struct hashmap *by_key; /* -> struct kind */
};

struct untagged *untagged_new(void) {
  struct untagged *untagged = xcalloc(1, sizeof *untagged);
  untagged->by_key = hashmap_new();
  return untagged;
}

static char *copy(const char *text) {
  return text ? xstrdup(text) : NULL;
}

static uint32_t kind_of(struct untagged *untagged, const struct ecr_image *image) {
  cleanup(cleanup_free) char *key =
      xasprintf("%s\n%s", image->media_type ? image->media_type : "",
                image->artifact_media_type ? image->artifact_media_type : "");
  const struct kind *known = hashmap_get(untagged->by_key, key);
  if (known)
    return known->number;
  struct kind *kind = xmalloc(sizeof *kind);
  *kind = (struct kind){.key = key,
                        .media_type = copy(image->media_type),
                        .artifact_media_type = copy(image->artifact_media_type),
                        .number = (uint32_t)untagged->kind_count};
  key = NULL;
  untagged->kinds =
      xgrow(untagged->kinds, untagged->kind_count, &untagged->kind_capacity, sizeof(struct kind *));
  untagged->kinds[untagged->kind_count++] = kind;
  hashmap_put(untagged->by_key, kind->key, kind);
  return kind->number;
}

static unsigned value_of(char digit) {
  return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

static void pack_digest(struct item *item, const char *digest) {
  item->is_text = strncmp(digest, SHA256, strlen(SHA256)) != 0;
  if (item->is_text) {
    item->digest.text = xstrdup(digest);
    return;
  }
  const char *digits = digest + strlen(SHA256);
  for (size_t i = 0; i < SHA256_BYTES; i++)
    item->digest.sha256[i] =
        (unsigned char)(value_of(digits[2 * i]) << 4 | value_of(digits[2 * i + 1]));
}

static char *digest_text(const struct item *item) {
  if (item->is_text)
    return xstrdup(item->digest.text);
  static const char digits[] = "0123456789abcdef";
  char text[sizeof SHA256 + (size_t)2 * SHA256_BYTES] = SHA256;
  char *out = text + strlen(SHA256);
  for (size_t i = 0; i < SHA256_BYTES; i++) {
    *out++ = digits[item->digest.sha256[i] >> 4];
    *out++ = digits[item->digest.sha256[i] & 0xf];
  }
  return xstrdup(text);
}

void untagged_add(struct untagged *untagged, const struct ecr_image *image) {
  uint32_t kind = kind_of(untagged, image);
  untagged->items =
      xgrow(untagged->items, untagged->count, &untagged->capacity, sizeof *untagged->items);
  struct item *item = &untagged->items[untagged->count++];
  *item = (struct item){
      .size = image->size, .pushed = NOT_SAID, .kind = kind, .archived = image->archived};
  pack_digest(item, image->digest);
  if (image->pushed)
    (void)timestamp_parse(image->pushed, &item->pushed);
}

size_t untagged_count(const struct untagged *untagged) {
  return untagged->count;
}

struct ecr_image untagged_get(const struct untagged *untagged, size_t index) {
  const struct item *item = &untagged->items[index];
  const struct kind *kind = untagged->kinds[item->kind];
  return (struct ecr_image){.digest = digest_text(item),
                            .size = item->size,
                            .pushed =
                                item->pushed != NOT_SAID ? timestamp_format(item->pushed) : NULL,
                            .media_type = copy(kind->media_type),
                            .artifact_media_type = copy(kind->artifact_media_type),
                            .archived = item->archived};
}

void untagged_free(struct untagged *untagged) {
  if (!untagged)
    return;
  for (size_t i = 0; i < untagged->count; i++)
    if (untagged->items[i].is_text)
      free(untagged->items[i].digest.text);
  free(untagged->items);
  for (size_t i = 0; i < untagged->kind_count; i++) {
    free(untagged->kinds[i]->key);
    free(untagged->kinds[i]->media_type);
    free(untagged->kinds[i]->artifact_media_type);
    free(untagged->kinds[i]);
  }
  free(untagged->kinds);
  hashmap_free(untagged->by_key);
  free(untagged);
}
