#include <config.h>

#include "aws/index.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/hashmap.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "registry/digest.h"
#include "registry/manifest.h"

/* What an index lists beside images (attestations, nested indexes) has no row of its own, and yet a
   later run with --reuse must know that it needs not be fetched. So the index's rows say it, each
   as much as a `detail` holds, behind these words. */
#define ALSO "also lists "

enum { ALSO_MAX = 64 * 1024 };

static void add_child(struct seen *seen, const char *digest) {
  if (digest_is_valid(digest))
    seen_mark(seen, digest, SEEN_CHILD);
}

/* Adds the digests that a row's DETAIL says its index lists too. */
static void add_also(struct seen *seen, const char *detail) {
  const char *text = detail ? strstr(detail, ALSO) : NULL;
  if (!text)
    return;
  text += strlen(ALSO);
  for (;;) {
    cleanup(cleanup_free) char *digest = xstrndup(text, strcspn(text, " "));
    if (!digest_is_valid(digest))
      return;
    add_child(seen, digest);
    text += strlen(digest);
    if (*text++ != ' ')
      return;
  }
}

void index_note_rows(struct seen *seen, const struct record_set *rows) {
  for (size_t i = 0; i < rows->count; i++) {
    const char *const *cell = rows->rows[i].cell;
    if (cell[RECORD_DIGEST] && cell[RECORD_MANIFEST_DIGEST] &&
        strcmp(cell[RECORD_DIGEST], cell[RECORD_MANIFEST_DIGEST]) != 0)
      add_child(seen, cell[RECORD_MANIFEST_DIGEST]);
    add_also(seen, cell[RECORD_DETAIL]);
  }
}

/* Reads what DIGEST lists, if it is an index that was fetched. False when it is none. */
static bool read_index(const struct content *content, const char *digest,
                       struct manifest *manifest) {
  struct expand_bytes bytes;
  if (!content_manifest(content, digest, &bytes) ||
      !memmem(bytes.data, bytes.length, "\"manifests\"", strlen("\"manifests\"")))
    return false;
  struct error *ignored = NULL; /* expand says what is wrong with it */
  bool parsed = manifest_parse(bytes.data, bytes.length, bytes.media_type, manifest, &ignored) == 0;
  error_free(ignored);
  if (parsed && manifest->kind == MANIFEST_INDEX)
    return true;
  if (parsed)
    manifest_clear(manifest);
  return false;
}

bool index_note(const struct content *content, struct seen *seen, const char *digest) {
  struct manifest manifest;
  if (!read_index(content, digest, &manifest))
    return false;
  for (size_t j = 0; j < manifest.entry_count; j++)
    add_child(seen, manifest.entries[j].digest);
  manifest_clear(&manifest);
  return true;
}

/* Appends to ALSO_LISTED the untagged images of the repository that INDEX lists and ROWS do not
   tell, those of nested indexes too. */
static void collect_also(const struct content *content, struct seen *seen, const char *index,
                         const struct hashmap *told, unsigned depth, struct strbuf *also_listed) {
  struct manifest manifest;
  if (depth > EXPAND_DEPTH_MAX || !read_index(content, index, &manifest))
    return;
  for (size_t i = 0; i < manifest.entry_count; i++) {
    const char *digest = manifest.entries[i].digest;
    unsigned flags = digest_is_valid(digest) ? seen_flags(seen, digest) : 0;
    add_child(seen, digest);
    if ((flags & (SEEN_UNTAGGED | SEEN_TAGGED | SEEN_ARCHIVED)) == SEEN_UNTAGGED &&
        !hashmap_get(told, digest) &&
        !(also_listed->length > 0 && strstr(strbuf_str(also_listed), digest)))
      strbuf_printf(also_listed, "%s%s", also_listed->length > 0 ? " " : "", digest);
    collect_also(content, seen, digest, told, depth + 1, also_listed);
  }
  manifest_clear(&manifest);
}

/* As many of the digests at *LIST, with a space between, as have room in MAX bytes; *LIST goes on
   behind them. Caller frees. */
static char *take_digests(const char **list, size_t max) {
  size_t length = 0;
  for (size_t end = 0; (*list)[end];) {
    end += strcspn(*list + end, " ");
    if (end > max)
      break;
    length = end;
    end += (*list)[end] == ' ';
  }
  char *taken = xstrndup(*list, length);
  *list += length;
  *list += **list == ' ';
  return taken;
}

void index_tell_also(const struct content *content, struct seen *seen, const char *digest,
                     struct record_set *rows) {
  struct hashmap *told = hashmap_new();
  for (size_t i = 0; i < rows->count; i++) {
    const char *manifest = rows->rows[i].cell[RECORD_MANIFEST_DIGEST];
    if (manifest)
      hashmap_put(told, manifest, rows);
    /* A row that came from what is known brings the words of the index where it was met. */
    const char *detail = rows->rows[i].cell[RECORD_DETAIL];
    const char *old = detail ? strstr(detail, ALSO) : NULL;
    if (old) {
      size_t length = (size_t)(old - detail);
      if (length >= 2 && strncmp(old - 2, "; ", 2) == 0)
        length -= 2;
      cleanup(cleanup_free) char *rest = xstrndup(detail, length);
      record_set_cell(rows, i, RECORD_DETAIL, *rest ? rest : NULL);
    }
  }
  cleanup(strbuf_free) struct strbuf also_listed = STRBUF(ALSO_MAX);
  collect_also(content, seen, digest, told, 1, &also_listed);
  hashmap_free(told);
  const char *left = strbuf_str(&also_listed);
  for (size_t i = 0; i < rows->count && *left; i++) {
    const char *detail = rows->rows[i].cell[RECORD_DETAIL];
    cleanup(cleanup_free) char *start =
        xasprintf("%s%s" ALSO, detail ? detail : "", detail ? "; " : "");
    size_t length = strlen(start);
    cleanup(cleanup_free) char *digests =
        take_digests(&left, length < RECORD_DETAIL_MAX ? RECORD_DETAIL_MAX - length : 0);
    cleanup(cleanup_free) char *text = xasprintf("%s%s", start, digests);
    if (*digests)
      record_set_cell(rows, i, RECORD_DETAIL, text);
  }
}

void index_tell_archived(const struct seen *seen, struct record_set *rows) {
  for (size_t i = 0; i < rows->count; i++) {
    const char *digest = rows->rows[i].cell[RECORD_MANIFEST_DIGEST];
    if (!status_is_failure(record_status(&rows->rows[i])) || !digest || !digest_is_valid(digest) ||
        (seen_flags(seen, digest) & SEEN_ARCHIVED) == 0)
      continue;
    record_set_cell(rows, i, RECORD_STATUS, status_name(STATUS_ARCHIVED));
    record_set_cell(rows, i, RECORD_DETAIL, CONTENT_ARCHIVED);
  }
}

bool index_is_told(const struct content *content, const struct seen *seen, const char *digest,
                   const struct record_set *rows) {
  struct manifest manifest;
  if (!read_index(content, digest, &manifest))
    return true;
  bool all = true;
  for (size_t i = 0; i < manifest.entry_count && all; i++) {
    const struct descriptor *entry = &manifest.entries[i];
    const char *type = entry->media_type;
    all = type && manifest_is_image_type(type) && digest_is_valid(entry->digest) &&
          (seen_flags(seen, entry->digest) & (SEEN_TAGGED | SEEN_UNTAGGED)) > 0;
    for (size_t j = 0; j < rows->count && !all; j++) {
      const struct record *row = &rows->rows[j];
      const char *told = row->cell[RECORD_MANIFEST_DIGEST];
      all = told && strcmp(told, entry->digest) == 0 && !status_is_failure(record_status(row));
    }
  }
  manifest_clear(&manifest);
  return all;
}
