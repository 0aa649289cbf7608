#include <config.h>

#include "registry/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hashmap.h"
#include "base/lines.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "registry/fetch.h"
#include "registry/reference.h"

/* References between the first one that is not written yet and the last one taken up: rows that are
   done early wait in memory. */
#define WINDOW 1024

/* What is shown of a line that is no reference, bytes. */
#define SHOWN_MAX ((size_t)200)

/* A reference in its canonical form, however often and wherever it was written. */
struct image {
  struct resolve *resolve;
  char *name;
  struct fetch *fetch;     /* while it is asked */
  size_t mentions;         /* that have not got their rows yet */
  struct mention *waiting; /* of these, those that were taken up */
  bool asked;
  bool done;
  struct record_set rows;
};

/* A line of the input. */
struct mention {
  char *ref;        /* as typed; of a bad line its beginning */
  const char *file; /* as given */
  size_t line;
  struct image *image; /* NULL: a bad line */
  struct error *error; /* of a bad line */
  uint64_t place;
  struct mention *next; /* that waits for the same image */
};

struct resolve {
  struct http *http;
  struct registry_client *client;
  const struct expand_options *options;
  struct ordered *ordered;
  char **files;
  size_t file_count;
  size_t file_capacity;
  struct mention *mentions;
  size_t count;
  size_t capacity;
  size_t taken;           /* of mentions */
  struct hashmap *images; /* name -> struct image */
};

struct resolve *resolve_new(struct http *http, struct registry_client *client,
                            const struct expand_options *options, ordered_emit_fn *emit,
                            void *arg) {
  struct resolve *resolve = xcalloc(1, sizeof *resolve);
  resolve->http = http;
  resolve->client = client;
  resolve->options = options;
  resolve->ordered = ordered_new(emit, arg);
  resolve->images = hashmap_new();
  return resolve;
}

static void free_image(void *arg, const char *name, void *value) {
  (void)arg;
  (void)name;
  struct image *image = value;
  fetch_free(image->fetch);
  record_set_free(&image->rows);
  free(image->name);
  free(image);
}

void resolve_free(struct resolve *resolve) {
  if (!resolve)
    return;
  hashmap_each(resolve->images, free_image, NULL);
  hashmap_free(resolve->images);
  for (size_t i = 0; i < resolve->count; i++) {
    free(resolve->mentions[i].ref);
    error_free(resolve->mentions[i].error);
  }
  free(resolve->mentions);
  for (size_t i = 0; i < resolve->file_count; i++)
    free(resolve->files[i]);
  free(resolve->files);
  ordered_free(resolve->ordered);
  free(resolve);
}

size_t resolve_count(const struct resolve *resolve) {
  return resolve->count;
}

/* ---- reading the list ---- */

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/* The beginning of TEXT, whole characters of UTF-8. */
static char *shorten(const char *text, size_t length) {
  size_t end = length < SHOWN_MAX ? length : SHOWN_MAX;
  while (end < length && end > 0 && ((unsigned char)text[end] & 0xC0) == 0x80)
    end--;
  return xstrndup(text, end);
}

static void add_bad(struct mention *mention, const char *text, size_t length, struct error *error) {
  mention->ref = shorten(text, length);
  mention->error = error;
}

static void add_reference(struct resolve *resolve, struct mention *mention, const char *text,
                          size_t length) {
  struct error *error = NULL;
  cleanup(reference_clear) struct reference reference = REFERENCE;
  if (memchr(text, '\0', length)) {
    error_set(&error, STATUS_INVALID_REFERENCE, "the line holds a NUL byte");
    add_bad(mention, text, length, error);
    return;
  }
  if (reference_parse(text, &reference, &error) < 0) {
    add_bad(mention, text, length, error);
    return;
  }
  mention->ref = xstrdup(text);
  cleanup(cleanup_free) char *name = reference_format(&reference);
  struct image *image = hashmap_get(resolve->images, name);
  if (!image) {
    image = xcalloc(1, sizeof *image);
    image->resolve = resolve;
    image->name = xstrdup(name);
    hashmap_put(resolve->images, image->name, image);
  }
  image->mentions++;
  mention->image = image;
}

static void add_line(struct resolve *resolve, const char *file, const struct line *line) {
  char *text = line->text;
  size_t length = line->too_long ? RESOLVE_LINE_MAX : line->length;
  if (line->number == 1 && length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
    text += 3;
    length -= 3;
  }
  while (length > 0 && is_space(*text)) {
    text++;
    length--;
  }
  while (!line->too_long && length > 0 && is_space(text[length - 1]))
    length--;
  if ((length == 0 && !line->too_long) || *text == '#')
    return;
  resolve->mentions =
      xgrow(resolve->mentions, resolve->count, &resolve->capacity, sizeof *resolve->mentions);
  struct mention *mention = &resolve->mentions[resolve->count++];
  *mention = (struct mention){.file = file, .line = line->number};
  if (line->too_long) {
    struct error *error = NULL;
    error_set(&error, STATUS_INVALID_REFERENCE, "the line has %zu bytes, more than %d are not read",
              line->length, RESOLVE_LINE_MAX);
    add_bad(mention, text, length, error);
    return;
  }
  text[length] = '\0';
  add_reference(resolve, mention, text, length);
}

int resolve_add(struct resolve *resolve, const char *path, struct error **err) {
  struct lines *lines = lines_open(path, RESOLVE_LINE_MAX, err);
  if (!lines)
    return -1;
  resolve->files =
      xgrow(resolve->files, resolve->file_count, &resolve->file_capacity, sizeof *resolve->files);
  char *file = xstrdup(path);
  resolve->files[resolve->file_count++] = file;
  struct line line;
  int more;
  while ((more = lines_next(lines, &line, err)) > 0)
    add_line(resolve, file, &line);
  lines_close(lines);
  return more;
}

/* ---- asking ---- */

/* Gives MENTION the rows. */
static void answer(struct resolve *resolve, const struct mention *mention, const char *name,
                   const struct record_set *rows) {
  struct record_set copy = RECORD_SET;
  cleanup(cleanup_free) char *origin = xasprintf("%s:%zu", mention->file, mention->line);
  for (size_t i = 0; i < rows->count; i++) {
    struct record record = rows->rows[i];
    record.cell[RECORD_IMAGE] = name;
    record.cell[RECORD_ORIGIN] = origin;
    record.cell[RECORD_REF] = mention->ref;
    record_set_add(&copy, &record);
  }
  ordered_done(resolve->ordered, mention->place, &copy);
  record_set_free(&copy);
}

static void answer_all(struct image *image) {
  struct mention *mention = image->waiting;
  image->waiting = NULL;
  for (; mention; mention = mention->next) {
    answer(image->resolve, mention, image->name, &image->rows);
    image->mentions--;
  }
  /* Those to come need the rows, and nobody else does. */
  if (image->mentions == 0)
    record_set_free(&image->rows);
}

static void image_done(void *arg, struct record_set *rows) {
  struct image *image = arg;
  image->done = true;
  image->rows = *rows;
  *rows = (struct record_set)RECORD_SET;
  fetch_free(image->fetch);
  image->fetch = NULL;
  answer_all(image);
}

static void ask(struct image *image) {
  struct resolve *resolve = image->resolve;
  cleanup(reference_clear) struct reference reference = REFERENCE;
  cleanup(cleanup_error) struct error *error = NULL;
  image->asked = true;
  if (reference_parse(image->name, &reference, &error) < 0) {
    struct record_set rows = RECORD_SET;
    expand_failure(&rows, NULL, error);
    image_done(image, &rows);
    return;
  }
  image->fetch = fetch_new(resolve->client, resolve->options, reference.host, reference.repository);
  fetch_image(image->fetch, reference.digest ? reference.digest : reference.tag, image_done, image);
}

static void take_up(struct resolve *resolve, struct mention *mention) {
  mention->place = ordered_take(resolve->ordered);
  struct image *image = mention->image;
  if (!image) {
    struct record_set rows = RECORD_SET;
    expand_failure(&rows, NULL, mention->error);
    answer(resolve, mention, "-", &rows);
    record_set_free(&rows);
    return;
  }
  mention->next = image->waiting;
  image->waiting = mention;
  if (image->done)
    answer_all(image);
  else if (!image->asked)
    ask(image);
}

static bool feed(void *arg) {
  struct resolve *resolve = arg;
  if (resolve->taken == resolve->count || ordered_pending(resolve->ordered) >= WINDOW)
    return false;
  take_up(resolve, &resolve->mentions[resolve->taken++]);
  return true;
}

int resolve_run(struct resolve *resolve, struct error **err) {
  http_feed(resolve->http, feed, resolve);
  return http_run(resolve->http, err);
}
