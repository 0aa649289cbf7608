#include <config.h>

#include "registry/known.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/hashmap.h"
#include "base/xalloc.h"
#include "registry/digest.h"
#include "registry/expand.h"
#include "registry/manifest.h"

/* A row is kept as one block: these cells in this order, each ended by NUL, absent ones empty. */
static const enum record_column columns[] = {
    RECORD_DIGEST,        RECORD_MANIFEST_DIGEST, RECORD_PLATFORM,
    RECORD_CONFIG_DIGEST, RECORD_STATUS,          RECORD_SIZE,
    RECORD_CREATED,       RECORD_SETTINGS,        RECORD_MEDIA_TYPE,
    RECORD_PLATFORMS,     RECORD_LAYERS,          RECORD_DIFF_IDS,
    RECORD_LAYER_SIZES,   RECORD_DETAIL};

#define COLUMN_COUNT (sizeof columns / sizeof columns[0])

#define CHUNK_SIZE ((size_t)1 << 20)

struct chunk {
  struct chunk *next;
  size_t used;
  size_t size;
  max_align_t data[];
};

struct row {
  struct row *next; /* of the same image */
  const char *cells;
  bool configured; /* nothing more could be read: it has its config, or needs none */
};

struct image {
  struct row *first;
  struct row *last;
  unsigned long count;
  unsigned long platforms;
  bool doubtful; /* rows disagree on `platforms`: somebody edited them */
};

struct known {
  struct chunk *chunks;
  struct hashmap *images;    /* digest -> struct image */
  struct hashmap *manifests; /* manifest_digest -> struct row */
};

struct known *known_new(void) {
  struct known *known = xcalloc(1, sizeof *known);
  known->images = hashmap_new();
  known->manifests = hashmap_new();
  return known;
}

/* Memory that lives as long as KNOWN. */
static void *keep(struct known *known, size_t size) {
  size_t need = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
  if (!known->chunks || known->chunks->size - known->chunks->used < need) {
    size_t room = need > CHUNK_SIZE ? need : CHUNK_SIZE;
    struct chunk *chunk = xmalloc(sizeof *chunk + room);
    chunk->next = known->chunks;
    chunk->used = 0;
    chunk->size = room;
    known->chunks = chunk;
  }
  void *place = (char *)known->chunks->data + known->chunks->used;
  known->chunks->used += need;
  return place;
}

static const char *pack(struct known *known, const struct record *record) {
  size_t size = 0;
  for (size_t i = 0; i < COLUMN_COUNT; i++)
    size += (record->cell[columns[i]] ? strlen(record->cell[columns[i]]) : 0) + 1;
  char *cells = keep(known, size);
  char *end = cells;
  for (size_t i = 0; i < COLUMN_COUNT; i++) {
    const char *cell = record->cell[columns[i]] ? record->cell[columns[i]] : "";
    size_t length = strlen(cell) + 1;
    memcpy(end, cell, length);
    end += length;
  }
  return cells;
}

static void unpack(const char *cells, struct record *record) {
  *record = (struct record){.cell = {NULL}};
  for (size_t i = 0; i < COLUMN_COUNT; i++) {
    record->cell[columns[i]] = *cells ? cells : NULL;
    cells += strlen(cells) + 1;
  }
}

/* How many rows the image has in all; 0 when the cell does not say. */
static unsigned long row_platforms(const struct record *record) {
  const char *cell = record->cell[RECORD_PLATFORMS];
  if (!cell || *cell < '1' || *cell > '9')
    return 0;
  char *end;
  errno = 0;
  unsigned long number = strtoul(cell, &end, 10);
  return errno || *end || number > EXPAND_MANIFESTS_MAX ? 0 : number;
}

static bool has_digest(const struct record *record, enum record_column column) {
  return record->cell[column] && digest_is_valid(record->cell[column]);
}

/* Whether the row tells what reading the manifest again would tell. */
static bool can_serve(const struct record *record) {
  if (!record->cell[RECORD_STATUS] || !has_digest(record, RECORD_DIGEST) ||
      !has_digest(record, RECORD_MANIFEST_DIGEST) || row_platforms(record) == 0)
    return false;
  const char *type = record->cell[RECORD_MEDIA_TYPE];
  switch (record_status(record)) {
  case STATUS_OK:
    return type && has_digest(record, RECORD_CONFIG_DIGEST) && record->cell[RECORD_SIZE];
  case STATUS_ARTIFACT:
    /* An index without images has neither config nor layers; a manifest that was not read looks
       the same. */
    return type &&
           (record->cell[RECORD_CONFIG_DIGEST] || record->cell[RECORD_LAYERS] ||
            strcmp(type, MEDIA_TYPE_OCI_INDEX) == 0 || strcmp(type, MEDIA_TYPE_DOCKER_LIST) == 0);
  case STATUS_LEGACY:
    return true;
  default:
    return false;
  }
}

/* Two rows of one index for the same entry. An entry that names no platform has one in the row
   only when its config was read. */
static bool same_entry(const struct record *a, const struct record *b) {
  const char *left = a->cell[RECORD_PLATFORM];
  const char *right = b->cell[RECORD_PLATFORM];
  return strcmp(a->cell[RECORD_MANIFEST_DIGEST], b->cell[RECORD_MANIFEST_DIGEST]) == 0 &&
         (!left || !right || strcmp(left, right) == 0);
}

/* Keeps RECORD as a row of IMAGE unless one like it is there. Rows of all tags and files count
   together, each entry of the index once: so those of two tags never pass for two platforms. */
static void add_row(struct known *known, struct image *image, const struct record *record) {
  bool configured = record_status(record) != STATUS_OK || record->cell[RECORD_SETTINGS] != NULL;
  struct row *row = NULL;
  for (row = image->first; row; row = row->next) {
    struct record old;
    unpack(row->cells, &old);
    if (same_entry(&old, record)) {
      if (!row->configured && configured) {
        row->cells = pack(known, record);
        row->configured = true;
      }
      break;
    }
  }
  if (!row) {
    if (image->count >= image->platforms) {
      image->doubtful = true;
      return;
    }
    row = keep(known, sizeof *row);
    *row = (struct row){.cells = pack(known, record), .configured = configured};
    if (image->last)
      image->last->next = row;
    else
      image->first = row;
    image->last = row;
    image->count++;
  }
  struct record kept;
  unpack(row->cells, &kept);
  struct row *other = hashmap_get(known->manifests, kept.cell[RECORD_MANIFEST_DIGEST]);
  if (!other || (!other->configured && row->configured))
    hashmap_put(known->manifests, kept.cell[RECORD_MANIFEST_DIGEST], row);
}

static void add_record(struct known *known, const struct record *record) {
  struct image *image = hashmap_get(known->images, record->cell[RECORD_DIGEST]);
  if (!image) {
    image = keep(known, sizeof *image);
    *image = (struct image){.platforms = row_platforms(record)};
    add_row(known, image, record);
    /* The key is the copy in the row that was kept: the first cell of the block. */
    hashmap_put(known->images, image->first->cells, image);
    return;
  }
  if (image->platforms != row_platforms(record)) {
    image->doubtful = true;
    return;
  }
  add_row(known, image, record);
}

int known_add(struct known *known, const char *path, bool *absent, struct error **err) {
  *absent = false;
  if (strcmp(path, "-") != 0 && access(path, F_OK) != 0 && errno == ENOENT) {
    *absent = true;
    return 0;
  }
  uint32_t needed = 0;
  for (size_t i = 0; i < COLUMN_COUNT; i++)
    if (columns[i] != RECORD_DETAIL)
      needed |= UINT32_C(1) << columns[i];
  struct record_reader *reader = record_reader_open(path, needed, err);
  if (!reader)
    return -1;
  struct record record;
  int more;
  while ((more = record_reader_next(reader, &record, err)) > 0)
    if (can_serve(&record))
      add_record(known, &record);
  record_reader_close(reader);
  return more;
}

bool known_image(const struct known *known, const char *digest, bool configs,
                 struct record_set *rows) {
  const struct image *image = hashmap_get(known->images, digest);
  if (!image || image->doubtful || image->count != image->platforms)
    return false;
  for (const struct row *row = image->first; row; row = row->next)
    if (configs && !row->configured)
      return false;
  for (const struct row *row = image->first; row; row = row->next) {
    struct record record;
    unpack(row->cells, &record);
    record_set_add(rows, &record);
  }
  return true;
}

bool known_manifest(const struct known *known, const char *manifest_digest, bool configs,
                    struct record *row) {
  const struct row *found = hashmap_get(known->manifests, manifest_digest);
  if (!found || (configs && !found->configured))
    return false;
  unpack(found->cells, row);
  return true;
}

size_t known_count(const struct known *known) {
  return hashmap_count(known->images);
}

void known_free(struct known *known) {
  if (!known)
    return;
  hashmap_free(known->images);
  hashmap_free(known->manifests);
  while (known->chunks) {
    struct chunk *next = known->chunks->next;
    free(known->chunks);
    known->chunks = next;
  }
  free(known);
}
