#include <config.h>

#include "registry/listing.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/hashmap.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "registry/answer.h"
#include "registry/fetch.h"
#include "registry/reference.h"

/* Images between the first one that is not written yet and the last one taken up. */
#define WINDOW 1024

/* Repositories whose tags are listed ahead of the one whose images are fetched. */
#define AHEAD 16

/* Names in one list, and pages it may come in: far above what there is, so that a registry that
   never ends does. */
#define NAMES_MAX ((size_t)1000000)
#define PAGES_MAX 100000

/* Pages in a row that bring no new name. */
#define IDLE_PAGES_MAX 20

/* A list of names that comes in pages. */
struct names {
  char **names;
  size_t count;
  size_t capacity;
  size_t pages;
  size_t idle_pages;
  struct hashmap *seen;  /* the names; keys are borrowed from them */
  struct hashmap *nexts; /* of the pages asked for: a ring of them must end; keys are owned */
  bool started;
  bool done;
  struct error *error; /* why it is not whole */
};

struct scope {
  struct scope *next;
  char *host;
  char *pattern; /* NULL: everything, when there is no repository */
  char *repository;
  struct listing *listing;
  struct names catalog;
};

struct repository {
  struct listing *listing;
  struct repository *next;
  char *key; /* host/name */
  char *host;
  char *name;          /* NULL: no repository, but the scope failed */
  struct error *error; /* of that scope */
  struct names tags;
  size_t taken; /* of the tags */
  size_t out;   /* images under way */
  struct fetch *fetch;
};

/* An image under way. */
struct item {
  struct repository *repository;
  char *tag;
  uint64_t place;
};

struct listing {
  struct http *http;
  struct registry_client *client;
  const struct expand_options *options;
  struct ordered *ordered;
  struct scope *scopes; /* those not looked at yet, in order */
  struct scope **scopes_end;
  struct scope *old_scopes;
  struct repository *repositories; /* those not done yet, in order */
  struct repository **repositories_end;
  struct repository *finished; /* all tags taken, images still under way */
  struct hashmap *seen;        /* host/name of all repositories; keys are owned */
};

/* ---- lists of names ---- */

static void names_clear(struct names *names);

static int add_name(void *arg, const char *name, struct error **err) {
  struct names *names = arg;
  if (!names->seen)
    names->seen = hashmap_new();
  if (hashmap_get(names->seen, name))
    return 0;
  if (names->count >= NAMES_MAX)
    return error_set(err, STATUS_TOO_LARGE, "a list of more than %zu names", NAMES_MAX);
  names->names = xgrow(names->names, names->count, &names->capacity, sizeof *names->names);
  char *copy = xstrdup(name);
  names->names[names->count++] = copy;
  hashmap_put(names->seen, copy, copy);
  return 0;
}

/* Takes a page. The argument for the next one (borrowed from NAMES), or NULL when the list is done,
   whole or not. */
static const char *take_page(struct names *names, const char *member,
                             const struct registry_reply *reply) {
  names->done = true;
  if (reply->error) {
    names->error = error_copy(reply->error);
    return NULL;
  }
  size_t before = names->count;
  if (answer_names(reply->body, reply->length, member, add_name, names, &names->error) < 0 ||
      !reply->next)
    return NULL;
  names->idle_pages = names->count > before ? 0 : names->idle_pages + 1;
  if (!names->nexts)
    names->nexts = hashmap_new();
  if (++names->pages > PAGES_MAX || names->idle_pages > IDLE_PAGES_MAX ||
      hashmap_get(names->nexts, reply->next)) {
    error_set(&names->error, STATUS_SERVER_ERROR, "the list does not end");
    return NULL;
  }
  char *next = xstrdup(reply->next);
  hashmap_put(names->nexts, next, next);
  names->done = false;
  return next;
}

static int compare_names(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In the order of the bytes: the distribution spec wants lexical order, but registries are known to
   list as their file system does. */
static void sort_names(struct names *names) {
  if (names->count > 0)
    qsort(names->names, names->count, sizeof *names->names, compare_names);
}

static void free_key(void *arg, const char *key, void *value) {
  (void)arg;
  (void)key;
  free(value);
}

static void names_clear(struct names *names) {
  for (size_t i = 0; i < names->count; i++)
    free(names->names[i]);
  free(names->names);
  hashmap_free(names->seen);
  if (names->nexts)
    hashmap_each(names->nexts, free_key, NULL);
  hashmap_free(names->nexts);
  error_free(names->error);
  *names = (struct names){.names = NULL};
}

/* ---- scopes ---- */

struct listing *listing_new(struct http *http, struct registry_client *client,
                            const struct expand_options *options, ordered_emit_fn *emit,
                            void *arg) {
  struct listing *listing = xcalloc(1, sizeof *listing);
  listing->http = http;
  listing->client = client;
  listing->options = options;
  listing->ordered = ordered_new(emit, arg);
  listing->scopes_end = &listing->scopes;
  listing->repositories_end = &listing->repositories;
  listing->seen = hashmap_new();
  return listing;
}

static void free_scope(struct scope *scope) {
  free(scope->host);
  free(scope->pattern);
  free(scope->repository);
  names_clear(&scope->catalog);
  free(scope);
}

static void free_repository(struct repository *repository) {
  fetch_free(repository->fetch);
  names_clear(&repository->tags);
  error_free(repository->error);
  free(repository->key);
  free(repository->host);
  free(repository->name);
  free(repository);
}

static void free_repositories(struct repository *list) {
  while (list) {
    struct repository *next = list->next;
    free_repository(list);
    list = next;
  }
}

void listing_free(struct listing *listing) {
  if (!listing)
    return;
  struct scope *lists[] = {listing->scopes, listing->old_scopes};
  for (size_t i = 0; i < 2; i++)
    while (lists[i]) {
      struct scope *scope = lists[i];
      lists[i] = scope->next;
      free_scope(scope);
    }
  free_repositories(listing->repositories);
  free_repositories(listing->finished);
  hashmap_each(listing->seen, free_key, NULL);
  hashmap_free(listing->seen);
  ordered_free(listing->ordered);
  free(listing);
}

int listing_add(struct listing *listing, const char *text, struct error **err) {
  if (strstr(text, "://"))
    return error_set(err, STATUS_LOCAL, "'%s': give HOST[/REPOSITORY], without a scheme", text);
  size_t length = strcspn(text, "/");
  cleanup(cleanup_free) char *host = xstrndup(text, length);
  for (char *c = host; *c; c++)
    if (*c >= 'A' && *c <= 'Z')
      *c = (char)(*c - 'A' + 'a');
  if (!reference_host_is_valid(host))
    return error_set(err, STATUS_LOCAL, "'%s': '%s' is no host (NAME or NAME:PORT)", text, host);
  const char *hub = "docker.io";
  bool is_hub = strcmp(host, hub) == 0 || strcmp(host, "index.docker.io") == 0 ||
                strcmp(host, "registry-1.docker.io") == 0;
  const char *path = text[length] ? text + length + 1 : NULL;
  bool glob = path && strpbrk(path, "*?[");
  cleanup(cleanup_free) char *repository = NULL;
  if (path && !glob) {
    repository = is_hub && !strchr(path, '/') ? xasprintf("library/%s", path) : xstrdup(path);
    if (!reference_repository_is_valid(repository))
      return error_set(err, STATUS_LOCAL,
                       "'%s': '%s' is no repository name (without tag or digest)", text, path);
  }
  struct scope *scope = xcalloc(1, sizeof *scope);
  scope->listing = listing;
  scope->host = xstrdup(is_hub ? hub : host);
  scope->pattern = glob ? xstrdup(path) : NULL;
  scope->repository = repository ? xstrdup(repository) : NULL;
  *listing->scopes_end = scope;
  listing->scopes_end = &scope->next;
  return 0;
}

static struct repository *new_repository(struct listing *listing, const char *host,
                                         const char *name) {
  struct repository *repository = xcalloc(1, sizeof *repository);
  repository->listing = listing;
  repository->host = xstrdup(host);
  repository->name = name ? xstrdup(name) : NULL;
  repository->key = name ? xasprintf("%s/%s", host, name) : xstrdup(host);
  *listing->repositories_end = repository;
  listing->repositories_end = &repository->next;
  return repository;
}

static void add_repository(struct listing *listing, const char *host, const char *name) {
  char *key = xasprintf("%s/%s", host, name);
  if (hashmap_get(listing->seen, key)) {
    free(key);
    return;
  }
  hashmap_put(listing->seen, key, key);
  new_repository(listing, host, name);
}

static struct repository *bad_scope(const struct scope *scope) {
  return new_repository(scope->listing, scope->host, NULL);
}

/* Makes repositories of the names in the catalog that SCOPE means. A mirror's catalog has names of
   its own: those below PREFIX are the host's. How many there were. */
static size_t take_catalog(const struct scope *scope, const char *prefix) {
  size_t taken = 0;
  for (size_t i = 0; i < scope->catalog.count; i++) {
    const char *name = scope->catalog.names[i];
    if (strncmp(name, prefix, strlen(prefix)) != 0)
      continue;
    name += strlen(prefix);
    if (scope->pattern && fnmatch(scope->pattern, name, 0) != 0)
      continue;
    taken++;
    if (reference_repository_is_valid(name)) {
      add_repository(scope->listing, scope->host, name);
    } else {
      cleanup(cleanup_free) char *clean = text_sanitized(name);
      error_set(&bad_scope(scope)->error, STATUS_INVALID_REFERENCE,
                "it lists '%.300s', no repository name", clean);
    }
  }
  return taken;
}

/* The scope's turn is over: what it names are repositories now. */
static void end_scope(struct scope *scope) {
  struct listing *listing = scope->listing;
  struct names *catalog = &scope->catalog;
  sort_names(catalog);
  cleanup(cleanup_free) char *prefix = registry_client_prefix(listing->client, scope->host);
  /* A pattern that nothing has is most likely a slip of the pen, and an inventory that is empty for
     that reason must not look whole. */
  if (take_catalog(scope, prefix) == 0 && scope->pattern && !catalog->error)
    error_set(&bad_scope(scope)->error, STATUS_NOT_FOUND, "no repository matches %s",
              scope->pattern);
  if (catalog->error) {
    struct repository *bad = bad_scope(scope);
    bad->error = catalog->error;
    catalog->error = NULL;
    if (bad->error->status == STATUS_NOT_FOUND || bad->error->status == STATUS_UNAUTHORIZED ||
        bad->error->status == STATUS_DENIED || bad->error->status == STATUS_UNSUPPORTED)
      error_wrap(&bad->error, "its repositories cannot be listed (name them: %s/REPOSITORY)",
                 scope->host);
  }
  listing->scopes = scope->next;
  if (!listing->scopes)
    listing->scopes_end = &listing->scopes;
  scope->next = listing->old_scopes;
  listing->old_scopes = scope;
  names_clear(catalog);
}

static void catalog_came(void *arg, const struct registry_reply *reply) {
  struct scope *scope = arg;
  const char *next = take_page(&scope->catalog, "repositories", reply);
  if (next)
    registry_catalog(scope->listing->client, scope->host, next, catalog_came, scope);
  else
    end_scope(scope);
}

/* Makes repositories of the next scope. True when something was done. */
static bool open_scope(struct listing *listing) {
  struct scope *scope = listing->scopes;
  if (!scope || scope->catalog.started)
    return false;
  scope->catalog.started = true;
  if (scope->repository) {
    add_repository(listing, scope->host, scope->repository);
    end_scope(scope);
  } else {
    registry_catalog(listing->client, scope->host, NULL, catalog_came, scope);
  }
  return true;
}

/* ---- repositories ---- */

static void tags_came(void *arg, const struct registry_reply *reply) {
  struct repository *repository = arg;
  const char *next = take_page(&repository->tags, "tags", reply);
  if (next)
    registry_tags(repository->listing->client, repository->host, repository->name, next, tags_came,
                  repository);
  else
    sort_names(&repository->tags);
}

/* Lists the tags of one more of the next repositories. True when something was done. */
static bool list_ahead(struct listing *listing) {
  struct repository *repository = listing->repositories;
  for (size_t i = 0; repository && i < AHEAD; i++, repository = repository->next)
    if (repository->name && !repository->tags.started) {
      repository->tags.started = true;
      registry_tags(listing->client, repository->host, repository->name, NULL, tags_came,
                    repository);
      return true;
    }
  return false;
}

/* Completes the rows and hands them on. */
static void emit(const struct repository *repository, const char *tag, uint64_t place,
                 struct record_set *rows) {
  cleanup(cleanup_free) char *image =
      tag ? xasprintf("%s:%s", repository->key, tag) : xstrdup(repository->key);
  for (size_t i = 0; i < rows->count; i++) {
    record_set_cell(rows, i, RECORD_IMAGE, image);
    record_set_cell(rows, i, RECORD_ORIGIN, repository->host);
  }
  ordered_done(repository->listing->ordered, place, rows);
}

static void emit_failure(const struct repository *repository, const char *tag,
                         const struct error *error) {
  struct record_set rows = RECORD_SET;
  expand_failure(&rows, NULL, error);
  emit(repository, tag, ordered_take(repository->listing->ordered), &rows);
  record_set_free(&rows);
}

/* Lets go of a finished repository when its last image is there. */
static void end_repository(struct repository *repository) {
  struct repository **link = &repository->listing->finished;
  while (*link && *link != repository)
    link = &(*link)->next;
  if (!*link || repository->out > 0)
    return;
  *link = repository->next;
  free_repository(repository);
}

static void image_came(void *arg, struct record_set *rows) {
  struct item *item = arg;
  struct repository *repository = item->repository;
  emit(repository, item->tag, item->place, rows);
  free(item->tag);
  free(item);
  repository->out--;
  end_repository(repository);
}

static void take_tag(struct repository *repository, const char *tag) {
  struct listing *listing = repository->listing;
  if (!reference_tag_is_valid(tag)) {
    cleanup(cleanup_error) struct error *error = NULL;
    cleanup(cleanup_free) char *clean = text_sanitized(tag);
    error_set(&error, STATUS_INVALID_REFERENCE, "it lists '%.300s', no tag", clean);
    emit_failure(repository, NULL, error);
    return;
  }
  if (!repository->fetch)
    repository->fetch =
        fetch_new(listing->client, listing->options, repository->host, repository->name);
  struct item *item = xmalloc(sizeof *item);
  *item = (struct item){
      .repository = repository, .tag = xstrdup(tag), .place = ordered_take(listing->ordered)};
  repository->out++;
  fetch_image(repository->fetch, tag, image_came, item);
}

/* Goes one step on with the first repository: a tag of it, or on to the next one. True when
   something was done. */
static bool take_image(struct listing *listing) {
  struct repository *repository = listing->repositories;
  if (!repository || ordered_pending(listing->ordered) >= WINDOW ||
      (repository->name && !repository->tags.done))
    return false;
  if (repository->taken < repository->tags.count) {
    take_tag(repository, repository->tags.names[repository->taken++]);
    return true;
  }
  const struct error *error = repository->name ? repository->tags.error : repository->error;
  if (error)
    emit_failure(repository, NULL, error);
  listing->repositories = repository->next;
  if (!listing->repositories)
    listing->repositories_end = &listing->repositories;
  repository->next = listing->finished;
  listing->finished = repository;
  end_repository(repository);
  return true;
}

static bool feed(void *arg) {
  struct listing *listing = arg;
  return list_ahead(listing) || take_image(listing) ||
         (!listing->repositories && open_scope(listing));
}

int listing_run(struct listing *listing, struct error **err) {
  http_feed(listing->http, feed, listing);
  return http_run(listing->http, err);
}
