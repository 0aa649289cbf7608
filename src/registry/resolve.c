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

/* A reference in its canonical form, however often and wherever it was written; or a line that is
   none. The whole list is in memory, so what only those have that are worked on is elsewhere. */
struct image {
  char *name;             /* may be the `ref` of its first mention; NULL: a bad line */
  struct question *asked; /* from the first mention that is taken up to the last */
  struct error *error;    /* of a bad line */
  size_t mentions;        /* that have not got their rows yet */
};

/* What the registry is asked, and what came of it. */
struct question {
  struct resolve *resolve;
  struct image *image;
  struct fetch *fetch;     /* while it is asked */
  struct mention *waiting; /* those that were taken up and have no rows yet */
  bool done;
  struct record_set rows;
};

/* A line of the input; its place in the order is that in the array. */
struct mention {
  char *ref;        /* as typed; of a bad line its beginning */
  const char *file; /* as given */
  size_t line;
  struct image *image;
  bool is_first;        /* of its image, which it owns */
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
  struct hashmap *images; /* name -> struct image, while the list is read */
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

static void free_question(struct question *question) {
  if (!question)
    return;
  fetch_free(question->fetch);
  record_set_free(&question->rows);
  free(question);
}

void resolve_free(struct resolve *resolve) {
  if (!resolve)
    return;
  hashmap_free(resolve->images);
  for (size_t i = 0; i < resolve->count; i++) {
    struct mention *mention = &resolve->mentions[i];
    if (mention->is_first) {
      struct image *image = mention->image;
      free_question(image->asked);
      error_free(image->error);
      if (image->name != mention->ref)
        free(image->name);
      free(image);
    }
    free(mention->ref);
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

static struct image *new_image(struct mention *mention, char *name) {
  struct image *image = xcalloc(1, sizeof *image);
  image->name = name;
  mention->image = image;
  mention->is_first = true;
  return image;
}

static void add_bad(struct mention *mention, const char *text, size_t length, struct error *error) {
  mention->ref = shorten(text, length);
  new_image(mention, NULL)->error = error;
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
  char *name = reference_format(&reference);
  mention->image = hashmap_get(resolve->images, name);
  if (mention->image) {
    free(name);
  } else if (strcmp(name, mention->ref) == 0) {
    free(name);
    hashmap_put(resolve->images, mention->ref, new_image(mention, mention->ref));
  } else {
    hashmap_put(resolve->images, name, new_image(mention, name));
  }
  mention->image->mentions++;
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
static void answer(struct resolve *resolve, const struct mention *mention,
                   const struct record_set *rows) {
  struct record_set copy = RECORD_SET;
  cleanup(cleanup_free) char *origin = xasprintf("%s:%zu", mention->file, mention->line);
  for (size_t i = 0; i < rows->count; i++) {
    struct record record = rows->rows[i];
    record.cell[RECORD_IMAGE] = mention->image->name ? mention->image->name : "-";
    record.cell[RECORD_ORIGIN] = origin;
    record.cell[RECORD_REF] = mention->ref;
    record_set_add(&copy, &record);
  }
  ordered_done(resolve->ordered, (uint64_t)(mention - resolve->mentions), &copy);
  record_set_free(&copy);
}

static void answer_all(struct question *question) {
  struct image *image = question->image;
  struct mention *mention = question->waiting;
  question->waiting = NULL;
  for (; mention; mention = mention->next) {
    answer(question->resolve, mention, &question->rows);
    image->mentions--;
  }
  /* Those to come need the rows, and nobody else does. */
  if (image->mentions == 0) {
    free_question(question);
    image->asked = NULL;
  }
}

static void image_done(void *arg, struct record_set *rows) {
  struct question *question = arg;
  question->done = true;
  question->rows = *rows;
  *rows = (struct record_set)RECORD_SET;
  fetch_free(question->fetch);
  question->fetch = NULL;
  answer_all(question);
}

static void ask(struct question *question) {
  struct resolve *resolve = question->resolve;
  cleanup(reference_clear) struct reference reference = REFERENCE;
  cleanup(cleanup_error) struct error *error = NULL;
  if (reference_parse(question->image->name, &reference, &error) < 0) {
    struct record_set rows = RECORD_SET;
    expand_failure(&rows, NULL, error);
    image_done(question, &rows);
    return;
  }
  question->fetch =
      fetch_new(resolve->client, resolve->options, reference.host, reference.repository);
  fetch_image(question->fetch, reference.digest ? reference.digest : reference.tag, image_done,
              question);
}

static void take_up(struct resolve *resolve, struct mention *mention) {
  (void)ordered_take(resolve->ordered);
  struct image *image = mention->image;
  if (image->error) {
    struct record_set rows = RECORD_SET;
    expand_failure(&rows, NULL, image->error);
    answer(resolve, mention, &rows);
    record_set_free(&rows);
    return;
  }
  struct question *question = image->asked;
  bool first = question == NULL;
  if (first) {
    question = image->asked = xcalloc(1, sizeof *question);
    *question = (struct question){.resolve = resolve, .image = image};
  }
  mention->next = question->waiting;
  question->waiting = mention;
  if (question->done)
    answer_all(question);
  else if (first)
    ask(question);
}

static bool feed(void *arg) {
  struct resolve *resolve = arg;
  if (resolve->taken == resolve->count || ordered_pending(resolve->ordered) >= WINDOW)
    return false;
  take_up(resolve, &resolve->mentions[resolve->taken++]);
  return true;
}

/* ---- what it would take ---- */

struct costs {
  struct resolve_cost *items;
  size_t count;
  size_t capacity;
};

static struct resolve_cost *cost_of(struct costs *costs, char *origin) {
  for (size_t i = 0; i < costs->count; i++)
    if (strcmp(costs->items[i].origin, origin) == 0) {
      free(origin);
      return &costs->items[i];
    }
  costs->items = xgrow(costs->items, costs->count, &costs->capacity, sizeof *costs->items);
  costs->items[costs->count] = (struct resolve_cost){.origin = origin};
  return &costs->items[costs->count++];
}

static void add_cost(const struct resolve *resolve, const struct image *image,
                     struct costs *costs) {
  const struct expand_options *options = resolve->options;
  cleanup(reference_clear) struct reference reference = REFERENCE;
  cleanup(record_set_free) struct record_set rows = RECORD_SET;
  if (reference_parse(image->name, &reference, NULL) < 0)
    return;
  struct resolve_cost *cost =
      cost_of(costs, registry_client_origin(resolve->client, reference.host));
  cost->references++;
  if (reference.digest && expand_known(options, reference.digest, &rows))
    return;
  if (!reference.digest && options->known && known_count(options->known) > 0)
    cost->heads++;
  cost->gets++;
  cost->platform_gets += options->configs ? 2 : 1;
}

static int by_origin(const void *a, const void *b) {
  const struct resolve_cost *first = a, *second = b;
  return strcmp(first->origin, second->origin);
}

void resolve_plan(struct resolve *resolve, void (*each)(void *arg, const struct resolve_cost *cost),
                  void *arg) {
  struct costs costs = {.items = NULL};
  for (size_t i = 0; i < resolve->count; i++)
    if (resolve->mentions[i].is_first && resolve->mentions[i].image->name)
      add_cost(resolve, resolve->mentions[i].image, &costs);
  if (costs.count > 0)
    qsort(costs.items, costs.count, sizeof *costs.items, by_origin);
  for (size_t i = 0; i < costs.count; i++) {
    each(arg, &costs.items[i]);
    free(costs.items[i].origin);
  }
  free(costs.items);
}

int resolve_run(struct resolve *resolve, struct error **err) {
  hashmap_free(resolve->images);
  resolve->images = NULL;
  http_feed(resolve->http, feed, resolve);
  return http_run(resolve->http, err);
}
