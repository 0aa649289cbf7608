#include <config.h>

#include "aws/inventory.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "aws/ecr-reply.h"
#include "aws/region.h"
#include "aws/repository.h"
#include "base/cleanup.h"
#include "base/hashmap.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "registry/reference.h"

enum {
  PAGE_SIZE = 1000,    /* the most that DescribeRepositories gives */
  NAMES_MAX = 100,     /* the most names it takes */
  PENDING_MAX = 256,   /* repositories begun and not emitted */
  IDLE_PAGES_MAX = 20, /* pages in a row that bring no repository */
};

struct failure {
  const char *name; /* of a repository, borrowed from the options; NULL: of the region */
  struct error *error;
};

/* What one account has in one region. */
struct region {
  struct inventory *inventory;
  struct ecr *ecr;
  struct ecr_repository *repositories; /* all there are, once each; sorted once
                                           `listed` */
  size_t count, capacity;
  struct hashmap *by_name;
  struct failure *failures;
  size_t failure_count, failure_capacity;
  size_t calls; /* DescribeRepositories under way */
  char *token;
  unsigned idle_pages;
  bool listed;
  size_t next; /* repository to begin */
};

struct inventory {
  struct http *http;
  const struct inventory_options *options;
  ordered_emit_fn *emit;
  void *arg;
  struct ordered *ordered;
  struct region **regions;
  size_t count, capacity;
  size_t current; /* region whose repositories are begun */
  bool *matched;  /* by pattern: some repository has that name */
  bool broken;    /* a listing failed, or the run ended early */
  bool stopped;
};

/* A call for some names. */
struct names {
  struct region *region;
  size_t count;
  const char *items[NAMES_MAX]; /* borrowed from the options */
};

/* A repository that is being read. */
struct job {
  struct inventory *inventory;
  uint64_t place;
};

/* ---- rows about scopes ---- */

/* HOST[:PORT] of a URL; caller frees. */
static char *url_host(const char *url) {
  const char *start = strstr(url, "://");
  start = start ? start + 3 : url;
  return xstrndup(start, strcspn(start, "/"));
}

static const char *account_of(const struct region *region) {
  if (region->inventory->options->registry_id)
    return region->inventory->options->registry_id;
  for (size_t i = 0; i < region->count; i++)
    if (region->repositories[i].account)
      return region->repositories[i].account;
  return NULL;
}

/* Adds a row to ROWS about what REGION has under NAME (NULL: about the region). */
static void add_failure(struct record_set *rows, const struct region *region, const char *name,
                        enum status status, const char *detail) {
  const char *account = account_of(region);
  cleanup(cleanup_free) char *host = account
                                         ? aws_ecr_registry_host(account, ecr_region(region->ecr))
                                         : url_host(ecr_endpoint(region->ecr));
  cleanup(cleanup_free) char *image = name ? xasprintf("%s/%s", host, name) : xstrdup(host);
  cleanup(cleanup_free) char *origin =
      xasprintf("%s/%s", account ? account : "-", ecr_region(region->ecr));
  struct record record = {.cell = {NULL}};
  record.cell[RECORD_IMAGE] = image;
  record.cell[RECORD_ORIGIN] = origin;
  record.cell[RECORD_STATUS] = status_name(status == STATUS_LOCAL ? STATUS_NETWORK : status);
  record.cell[RECORD_DETAIL] = detail;
  record_set_add(rows, &record);
}

/* That something is not there is said, and hides nothing; every other failure does. */
static void fail(struct region *region, const char *name, const struct error *error) {
  if (error->status != STATUS_NOT_FOUND)
    region->inventory->broken = true;
  region->failures = xgrow(region->failures, region->failure_count, &region->failure_capacity,
                           sizeof *region->failures);
  region->failures[region->failure_count++] =
      (struct failure){.name = name, .error = error_copy(error)};
}

/* Not before everything is listed: only then the account is known, if ever. */
static void emit_failures(struct region *region) {
  cleanup(record_set_free) struct record_set rows = RECORD_SET;
  for (size_t i = 0; i < region->failure_count; i++) {
    const struct failure *failure = &region->failures[i];
    add_failure(&rows, region, failure->name, failure->error->status, failure->error->message);
  }
  if (rows.count > 0)
    ordered_done(region->inventory->ordered, ordered_take(region->inventory->ordered), &rows);
}

/* ---- which repositories there are ---- */

static bool is_glob(const char *pattern) {
  return strpbrk(pattern, "*?[\\") != NULL;
}

static bool wants_all_or_globs(const struct inventory_options *options) {
  for (size_t i = 0; options->repositories[i]; i++)
    if (is_glob(options->repositories[i]))
      return true;
  return !options->repositories[0];
}

static bool is_wanted(struct inventory *inventory, const char *name) {
  const char *const *patterns = inventory->options->repositories;
  bool wanted = !patterns[0];
  for (size_t i = 0; patterns[i]; i++)
    if (fnmatch(patterns[i], name, 0) == 0)
      wanted = inventory->matched[i] = true;
  return wanted;
}

/* Takes the repositories of an answer over; returns how many are new. */
static size_t add_repositories(struct region *region, struct ecr_repositories *page) {
  size_t before = region->count;
  for (size_t i = 0; i < page->count; i++) {
    struct ecr_repository *item = &page->items[i];
    if (hashmap_get(region->by_name, item->name))
      continue;
    region->repositories =
        xgrow(region->repositories, region->count, &region->capacity, sizeof *region->repositories);
    struct ecr_repository *kept = &region->repositories[region->count++];
    *kept = *item;
    *item = (struct ecr_repository){.name = NULL};
    hashmap_put(region->by_name, kept->name, region);
  }
  if (page->unusable > 0) {
    cleanup(cleanup_error) struct error *error = NULL;
    error_set(&error, STATUS_SERVER_ERROR,
              "DescribeRepositories: %zu repositories without a valid name were left out",
              page->unusable);
    fail(region, NULL, error);
  }
  return region->count - before;
}

static int by_name(const void *a, const void *b) {
  const struct ecr_repository *left = a, *right = b;
  return strcmp(left->name, right->name);
}

static void listing_ended(struct region *region) {
  region->listed = true;
  if (region->count > 0)
    qsort(region->repositories, region->count, sizeof *region->repositories, by_name);
}

static struct json_object *new_body(const struct region *region) {
  struct json_object *body = json_object_new_object();
  const char *registry_id = region->inventory->options->registry_id;
  if (registry_id)
    json_object_object_add(body, "registryId", json_object_new_string(registry_id));
  return body;
}

/* The answer's repositories into *PAGE; or -1 with *err. */
static int read_page(const struct json_object *reply, const struct error *error,
                     struct ecr_repositories *page, struct error **err) {
  if (error) {
    *page = (struct ecr_repositories)ECR_REPLY;
    *err = error_copy(error);
    return -1;
  }
  return ecr_reply_repositories(reply, page, err) ? error_wrap(err, "DescribeRepositories") : 0;
}

/* ---- all of them, a page at a time ---- */

static void page_came(void *arg, struct json_object *reply, const struct error *error,
                      const char *code);

static void ask_page(struct region *region) {
  cleanup(cleanup_json) struct json_object *body = new_body(region);
  json_object_object_add(body, "maxResults", json_object_new_int(PAGE_SIZE));
  if (region->token)
    json_object_object_add(body, "nextToken", json_object_new_string(region->token));
  ecr_call(region->ecr, "DescribeRepositories", body, page_came, region);
}

static bool goes_on(struct region *region, struct ecr_repositories *page, size_t fresh,
                    struct error **err) {
  cleanup(cleanup_free) char *last = region->token;
  region->token = page->next_token;
  page->next_token = NULL;
  region->idle_pages = fresh > 0 ? 0 : region->idle_pages + 1;
  if (!region->token)
    return false;
  if (last && strcmp(last, region->token) == 0)
    error_set(err, STATUS_SERVER_ERROR, "DescribeRepositories: a page that leads to itself");
  else if (region->idle_pages > IDLE_PAGES_MAX)
    error_set(err, STATUS_SERVER_ERROR,
              "DescribeRepositories: pages without end that bring no repository");
  else
    return true;
  return false;
}

static void page_came(void *arg, struct json_object *reply, const struct error *error,
                      const char *code) {
  (void)code;
  struct region *region = arg;
  if (region->inventory->stopped)
    return;
  cleanup(cleanup_error) struct error *trouble = NULL;
  cleanup(ecr_repositories_clear) struct ecr_repositories page = ECR_REPLY;
  if (read_page(reply, error, &page, &trouble) == 0 &&
      goes_on(region, &page, add_repositories(region, &page), &trouble)) {
    ask_page(region);
    return;
  }
  if (trouble)
    fail(region, NULL, trouble);
  listing_ended(region);
}

/* ---- by their names ---- */

static void names_came(void *arg, struct json_object *reply, const struct error *error,
                       const char *code);

static void ask_names(struct region *region, const char *const *items, size_t count) {
  struct names *names = xcalloc(1, sizeof *names);
  names->region = region;
  cleanup(cleanup_json) struct json_object *body = new_body(region);
  struct json_object *array = json_object_new_array();
  for (size_t i = 0; i < count; i++) {
    names->items[names->count++] = items[i];
    json_object_array_add(array, json_object_new_string(items[i]));
  }
  json_object_object_add(body, "repositoryNames", array);
  region->calls++;
  ecr_call(region->ecr, "DescribeRepositories", body, names_came, names);
}

static void take_names(const struct names *names, struct json_object *reply,
                       const struct error *error) {
  struct region *region = names->region;
  cleanup(cleanup_error) struct error *trouble = NULL;
  cleanup(ecr_repositories_clear) struct ecr_repositories page = ECR_REPLY;
  if (read_page(reply, error, &page, &trouble) == 0) {
    (void)add_repositories(region, &page);
    error_set(&trouble, STATUS_SERVER_ERROR, "DescribeRepositories: the answer lacks it");
  }
  for (size_t i = 0; i < names->count; i++)
    if (!hashmap_get(region->by_name, names->items[i]))
      fail(region, names->items[i], trouble);
}

static void names_came(void *arg, struct json_object *reply, const struct error *error,
                       const char *code) {
  struct names *names = arg;
  struct region *region = names->region;
  if (!region->inventory->stopped) {
    /* One that is missing fails the call, and the answer does not say which. */
    if (code && strcmp(code, "RepositoryNotFoundException") == 0 && names->count > 1)
      for (size_t i = 0; i < names->count; i++)
        ask_names(region, &names->items[i], 1);
    else
      take_names(names, reply, error);
  }
  if (--region->calls == 0)
    listing_ended(region);
  free(names);
}

static void ask_by_name(struct region *region) {
  const char *const *patterns = region->inventory->options->repositories;
  const char *items[NAMES_MAX];
  size_t count = 0;
  for (size_t i = 0; patterns[i]; i++) {
    bool repeated = false;
    for (size_t j = 0; j < i && !repeated; j++)
      repeated = strcmp(patterns[i], patterns[j]) == 0;
    if (repeated)
      continue;
    if (!reference_repository_is_valid(patterns[i])) {
      cleanup(cleanup_error) struct error *error = NULL;
      error_set(&error, STATUS_INVALID_REFERENCE, "not a repository's name");
      fail(region, patterns[i], error);
      continue;
    }
    items[count++] = patterns[i];
    if (count == NAMES_MAX) {
      ask_names(region, items, count);
      count = 0;
    }
  }
  if (count > 0)
    ask_names(region, items, count);
  if (region->calls == 0)
    listing_ended(region);
}

/* ---- their images ---- */

static void repository_done(void *arg, struct record_set *rows) {
  struct job *job = arg;
  ordered_done(job->inventory->ordered, job->place, rows);
  free(job);
}

static void begin(struct region *region, const struct ecr_repository *repository) {
  struct inventory *inventory = region->inventory;
  uint64_t number = ordered_take(inventory->ordered);
  const char *account = repository->account ? repository->account : inventory->options->registry_id;
  cleanup(cleanup_free) char *host = NULL;
  if (!repository->host && account)
    host = aws_ecr_registry_host(account, ecr_region(region->ecr));
  const struct repository_place place = {.name = repository->name,
                                         .host = repository->host ? repository->host : host,
                                         .account = account ? account : "-"};
  if (!place.host) {
    cleanup(record_set_free) struct record_set rows = RECORD_SET;
    add_failure(&rows, region, repository->name, STATUS_SERVER_ERROR,
                "DescribeRepositories: neither a repositoryUri nor a registryId that is one");
    ordered_done(inventory->ordered, number, &rows);
    return;
  }
  struct job *job = xmalloc(sizeof *job);
  *job = (struct job){.inventory = inventory, .place = number};
  repository_start(inventory->http, region->ecr, inventory->options, &place, repository_done, job);
}

/* A pattern that no repository has is most likely a slip of the pen, and an inventory that is empty
   for that reason must not look whole. */
static void tell_unmatched(struct inventory *inventory) {
  const char *const *patterns = inventory->options->repositories;
  if (inventory->broken || !wants_all_or_globs(inventory->options) || inventory->count == 0)
    return;
  cleanup(record_set_free) struct record_set rows = RECORD_SET;
  for (size_t i = 0; patterns[i]; i++) {
    if (inventory->matched[i])
      continue;
    cleanup(cleanup_free) char *detail = xasprintf("no repository matches %s", patterns[i]);
    add_failure(&rows, inventory->regions[0], is_glob(patterns[i]) ? NULL : patterns[i],
                STATUS_NOT_FOUND, detail);
  }
  if (rows.count > 0)
    ordered_done(inventory->ordered, ordered_take(inventory->ordered), &rows);
}

static bool feed(void *arg) {
  struct inventory *inventory = arg;
  if (inventory->stopped)
    return false;
  for (; inventory->current < inventory->count; inventory->current++) {
    struct region *region = inventory->regions[inventory->current];
    if (!region->listed || ordered_pending(inventory->ordered) >= PENDING_MAX)
      return false;
    while (region->next < region->count) {
      const struct ecr_repository *repository = &region->repositories[region->next++];
      if (!is_wanted(inventory, repository->name))
        continue;
      begin(region, repository);
      return true;
    }
    emit_failures(region);
    if (inventory->current + 1 == inventory->count)
      tell_unmatched(inventory);
  }
  return false;
}

/* ---- */

static void emit(void *arg, struct record_set *rows) {
  struct inventory *inventory = arg;
  if (!inventory->stopped && rows->count > 0)
    inventory->emit(inventory->arg, rows);
}

struct inventory *inventory_new(struct http *http, const struct inventory_options *options,
                                ordered_emit_fn *emit_rows, void *arg) {
  struct inventory *inventory = xcalloc(1, sizeof *inventory);
  inventory->http = http;
  inventory->options = options;
  inventory->emit = emit_rows;
  inventory->arg = arg;
  inventory->ordered = ordered_new(emit, inventory);
  size_t patterns = 0;
  while (options->repositories[patterns])
    patterns++;
  inventory->matched = xcalloc(patterns + 1, sizeof *inventory->matched);
  return inventory;
}

void inventory_add(struct inventory *inventory, struct ecr *ecr) {
  struct region *region = xcalloc(1, sizeof *region);
  region->inventory = inventory;
  region->ecr = ecr;
  region->by_name = hashmap_new();
  inventory->regions =
      xgrow(inventory->regions, inventory->count, &inventory->capacity, sizeof(struct region *));
  inventory->regions[inventory->count++] = region;
}

int inventory_run(struct inventory *inventory, struct error **err) {
  for (size_t i = 0; i < inventory->count; i++) {
    if (wants_all_or_globs(inventory->options))
      ask_page(inventory->regions[i]);
    else
      ask_by_name(inventory->regions[i]);
  }
  http_feed(inventory->http, feed, inventory);
  if (http_run(inventory->http, err) == 0)
    return 0;
  inventory->stopped = true;
  return -1;
}

void inventory_stop(struct inventory *inventory) {
  inventory->stopped = true;
}

void inventory_free(struct inventory *inventory) {
  if (!inventory)
    return;
  for (size_t i = 0; i < inventory->count; i++) {
    struct region *region = inventory->regions[i];
    for (size_t j = 0; j < region->count; j++) {
      free(region->repositories[j].name);
      free(region->repositories[j].account);
      free(region->repositories[j].host);
    }
    free(region->repositories);
    hashmap_free(region->by_name);
    for (size_t j = 0; j < region->failure_count; j++)
      error_free(region->failures[j].error);
    free(region->failures);
    free(region->token);
    free(region);
  }
  free(inventory->regions);
  free(inventory->matched);
  ordered_free(inventory->ordered);
  free(inventory);
}
