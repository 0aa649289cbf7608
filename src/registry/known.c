#include <config.h>

#include "registry/known.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/scratch.h"
#include "base/xalloc.h"
#include "registry/digest.h"
#include "registry/expand.h"
#include "registry/manifest.h"

/* The columns that are given back. */
static const enum record_column columns[] = {
    RECORD_DIGEST,        RECORD_MANIFEST_DIGEST, RECORD_PLATFORM,
    RECORD_CONFIG_DIGEST, RECORD_STATUS,          RECORD_SIZE,
    RECORD_CREATED,       RECORD_SETTINGS,        RECORD_MEDIA_TYPE,
    RECORD_PLATFORMS,     RECORD_LAYERS,          RECORD_DIFF_IDS,
    RECORD_LAYER_SIZES,   RECORD_DETAIL};

#define COLUMN_COUNT (sizeof columns / sizeof columns[0])

#define SPOOL_BLOCK ((size_t)256 * 1024)

/* Of a row, where it stands is kept, and what tells rows apart, hashed: a row is read once more
   when it is asked for, and then it must say itself that it is the one. */
struct row {
  uint64_t offset;
  uint64_t manifest; /* hash of its manifest digest */
  uint32_t length;
  uint32_t next;     /* of the same image, plus 1; 0: the last */
  uint32_t platform; /* hash of its platform; 0: none */
  uint16_t file;
  bool configured; /* nothing more could be read: it has its config, or needs none */
};

struct image {
  uint64_t digest;      /* hash of it */
  uint32_t first, last; /* rows, plus 1 */
  uint32_t count;
  uint32_t platforms;
  bool doubtful; /* rows disagree on `platforms`: somebody edited them */
};

/* Numbers, plus 1, in a table of open addressing, by hashes that are kept elsewhere. */
struct table {
  uint32_t *slots; /* a power of two; 0: empty */
  size_t size;
  size_t count;
};

struct known {
  uint64_t seed;
  struct record_reader **files;
  size_t file_count, file_capacity;
  struct row *rows;
  size_t row_count, row_capacity;
  struct image *images;
  size_t image_count, image_capacity;
  struct table by_digest;   /* images */
  struct table by_manifest; /* rows: of those with a manifest, one that is configured if any is */
};

struct known *known_new(void) {
  struct known *known = xcalloc(1, sizeof *known);
  /* Without randomness it still works; only a hostile choice of digests could slow it. */
  if (getrandom(&known->seed, sizeof known->seed, GRND_NONBLOCK) < 0)
    known->seed = (uint64_t)(uintptr_t)known;
  return known;
}

static uint64_t hash_of(const struct known *known, const char *string) {
  return hash_bytes(known->seed, string, strlen(string));
}

static uint32_t platform_of(const struct known *known, const struct record *record) {
  const char *platform = record->cell[RECORD_PLATFORM];
  return platform ? (uint32_t)hash_of(known, platform) | 1 : 0;
}

/* ---- tables ---- */

typedef uint64_t hash_at_fn(const struct known *known, uint32_t number);

static uint64_t hash_of_image(const struct known *known, uint32_t number) {
  return known->images[number].digest;
}

static uint64_t hash_of_row(const struct known *known, uint32_t number) {
  return known->rows[number].manifest;
}

/* The slot of what has HASH, or the empty one where it belongs. */
static uint32_t *slot_of(const struct known *known, const struct table *table, uint64_t hash,
                         hash_at_fn *hash_at) {
  size_t at = (size_t)hash & (table->size - 1);
  while (table->slots[at] && hash_at(known, table->slots[at] - 1) != hash)
    at = (at + 1) & (table->size - 1);
  return &table->slots[at];
}

/* The same, with room for one more. */
static uint32_t *slot_for(const struct known *known, struct table *table, uint64_t hash,
                          hash_at_fn *hash_at) {
  if (table->count >= table->size / 4 * 3) {
    struct table old = *table;
    table->size = old.size ? old.size * 2 : 1024;
    table->slots = xcalloc(table->size, sizeof *table->slots);
    for (size_t i = 0; i < old.size; i++)
      if (old.slots[i])
        *slot_of(known, table, hash_at(known, old.slots[i] - 1), hash_at) = old.slots[i];
    free(old.slots);
  }
  return slot_of(known, table, hash, hash_at);
}

/* ---- what may serve ---- */

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

/* ---- files in ---- */

static bool is_configured(const struct record *record) {
  return record_status(record) != STATUS_OK || record->cell[RECORD_SETTINGS];
}

static struct row row_of(const struct known *known, const struct record *record,
                         struct record_place place) {
  return (struct row){.offset = place.offset,
                      .length = place.length,
                      .file = (uint16_t)(known->file_count - 1),
                      .manifest = hash_of(known, record->cell[RECORD_MANIFEST_DIGEST]),
                      .platform = platform_of(known, record),
                      .configured = is_configured(record)};
}

/* The row of IMAGE, plus 1, that is for the same entry of the index as ROW. An entry that names no
   platform has one in the row only when its config was read. */
static uint32_t same_entry(const struct known *known, const struct image *image,
                           const struct row *row) {
  for (uint32_t at = image->first; at; at = known->rows[at - 1].next) {
    const struct row *other = &known->rows[at - 1];
    if (other->manifest == row->manifest &&
        (!other->platform || !row->platform || other->platform == row->platform))
      return at;
  }
  return 0;
}

/* Keeps ROW as one of IMAGE unless one like it is there. Rows of all tags and files count together,
   each entry of the index once: so those of two tags never pass for two platforms. */
static void add_row(struct known *known, struct image *image, const struct row *row) {
  uint32_t at = same_entry(known, image, row);
  if (at) {
    struct row *old = &known->rows[at - 1];
    uint32_t next = old->next;
    if (!old->configured && row->configured)
      *old = *row;
    old->next = next;
  } else if (image->count >= image->platforms) {
    image->doubtful = true;
    return;
  } else {
    known->rows = xgrow(known->rows, known->row_count, &known->row_capacity, sizeof *known->rows);
    known->rows[known->row_count++] = *row;
    at = (uint32_t)known->row_count;
    if (image->last)
      known->rows[image->last - 1].next = at;
    else
      image->first = at;
    image->last = at;
    image->count++;
  }
  uint32_t *slot = slot_for(known, &known->by_manifest, row->manifest, hash_of_row);
  known->by_manifest.count += !*slot;
  if (!*slot || (!known->rows[*slot - 1].configured && known->rows[at - 1].configured))
    *slot = at;
}

static void add_record(struct known *known, const struct record *record,
                       struct record_place place) {
  uint64_t digest = hash_of(known, record->cell[RECORD_DIGEST]);
  uint32_t *slot = slot_for(known, &known->by_digest, digest, hash_of_image);
  uint32_t platforms = (uint32_t)row_platforms(record);
  if (!*slot) {
    known->images =
        xgrow(known->images, known->image_count, &known->image_capacity, sizeof *known->images);
    known->images[known->image_count++] = (struct image){.digest = digest, .platforms = platforms};
    known->by_digest.count++;
    *slot = (uint32_t)known->image_count;
  }
  struct image *image = &known->images[*slot - 1];
  if (image->platforms != platforms) {
    image->doubtful = true;
    return;
  }
  const struct row row = row_of(known, record, place);
  add_row(known, image, &row);
}

/* Copies what FD gives to a scratch file, which can be read once more. Its descriptor; or -1. */
static int spool(int fd, const char *name, struct error **err) {
  int copy = scratch_open();
  if (copy < 0)
    return error_set(err, STATUS_LOCAL, "%s: a temporary file for it: %s", name, strerror(errno));
  cleanup(cleanup_free) char *block = xmalloc(SPOOL_BLOCK);
  ssize_t count;
  for (uint64_t offset = 0; (count = read(fd, block, SPOOL_BLOCK)) > 0; offset += (uint64_t)count)
    if (scratch_write(copy, block, (size_t)count, offset)) {
      error_set(err, STATUS_LOCAL, "%s: a temporary file for it: %s", name, strerror(errno));
      close(copy);
      return -1;
    }
  if (count < 0) {
    error_set(err, STATUS_LOCAL, "%s: %s", name, strerror(errno));
    close(copy);
    return -1;
  }
  return copy;
}

/* A reader of PATH that can read its rows once more. */
static struct record_reader *open_file(const char *path, uint32_t needed, struct error **err) {
  struct stat status;
  bool standard_input = strcmp(path, "-") == 0;
  if (!standard_input &&
      (stat(path, &status) || S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)))
    return record_reader_open(path, needed, err);
  const char *name = standard_input ? "standard input" : path;
  int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) {
    error_set(err, STATUS_LOCAL, "%s: %s", name, strerror(errno));
    return NULL;
  }
  int copy = spool(fd, name, err);
  if (!standard_input)
    close(fd);
  return copy < 0 ? NULL : record_reader_take(copy, name, needed, err);
}

int known_add(struct known *known, const char *path, bool *absent, struct error **err) {
  *absent = false;
  if (strcmp(path, "-") != 0 && access(path, F_OK) != 0 && errno == ENOENT) {
    *absent = true;
    return 0;
  }
  if (known->file_count > UINT16_MAX)
    return error_set(err, STATUS_LOCAL, "%s: more than %d files", path, UINT16_MAX);
  uint32_t needed = 0;
  for (size_t i = 0; i < COLUMN_COUNT; i++)
    if (columns[i] != RECORD_DETAIL)
      needed |= UINT32_C(1) << columns[i];
  struct record_reader *reader = open_file(path, needed, err);
  if (!reader)
    return -1;
  known->files =
      xgrow(known->files, known->file_count, &known->file_capacity, sizeof(*known->files));
  known->files[known->file_count++] = reader;
  struct record record;
  int more;
  while ((more = record_reader_next(reader, &record, err)) > 0)
    if (can_serve(&record))
      add_record(known, &record, record_reader_place(reader));
  return more;
}

/* ---- rows out ---- */

/* Reads ROW once more into *RECORD, the columns that are given back. False when it is not there any
   more: somebody wrote into the file. */
static bool read_row(const struct known *known, const struct row *row, struct record *record) {
  const struct record *read = record_reader_again(
      known->files[row->file], (struct record_place){.offset = row->offset, .length = row->length});
  if (!read || !can_serve(read) ||
      hash_of(known, read->cell[RECORD_MANIFEST_DIGEST]) != row->manifest ||
      platform_of(known, read) != row->platform || is_configured(read) != row->configured)
    return false;
  *record = (struct record){.cell = {NULL}};
  for (size_t i = 0; i < COLUMN_COUNT; i++)
    record->cell[columns[i]] = read->cell[columns[i]];
  return true;
}

bool known_image(const struct known *known, const char *digest, bool configs,
                 struct record_set *rows) {
  uint32_t number = known->image_count
                        ? *slot_of(known, &known->by_digest, hash_of(known, digest), hash_of_image)
                        : 0;
  const struct image *image = number ? &known->images[number - 1] : NULL;
  if (!image || image->doubtful || image->count != image->platforms)
    return false;
  for (uint32_t at = image->first; at; at = known->rows[at - 1].next)
    if (configs && !known->rows[at - 1].configured)
      return false;
  struct record_set read = RECORD_SET;
  struct record record;
  bool whole = true;
  for (uint32_t at = image->first; at && whole; at = known->rows[at - 1].next) {
    whole = read_row(known, &known->rows[at - 1], &record) &&
            strcmp(record.cell[RECORD_DIGEST], digest) == 0 &&
            row_platforms(&record) == image->platforms;
    if (whole)
      record_set_add(&read, &record);
  }
  for (size_t i = 0; i < read.count && whole; i++)
    record_set_add(rows, &read.rows[i]);
  record_set_free(&read);
  return whole;
}

bool known_manifest(const struct known *known, const char *manifest_digest, bool configs,
                    struct record *row) {
  if (!known->row_count)
    return false;
  uint32_t number =
      *slot_of(known, &known->by_manifest, hash_of(known, manifest_digest), hash_of_row);
  const struct row *found = number ? &known->rows[number - 1] : NULL;
  return found && (found->configured || !configs) && read_row(known, found, row) &&
         strcmp(row->cell[RECORD_MANIFEST_DIGEST], manifest_digest) == 0;
}

size_t known_count(const struct known *known) {
  return known->image_count;
}

void known_free(struct known *known) {
  if (!known)
    return;
  for (size_t i = 0; i < known->file_count; i++)
    record_reader_close(known->files[i]);
  free(known->files);
  free(known->rows);
  free(known->images);
  free(known->by_digest.slots);
  free(known->by_manifest.slots);
  free(known);
}
