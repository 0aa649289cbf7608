#include <config.h>

#include "aws/scope.h"

#include <stdlib.h>
#include <string.h>

#include "aws/region.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "registry/reference.h"

enum {
  PAGE_SIZE = 1000,    /* the most that DescribeRepositories gives */
  NAMES_MAX = 100,     /* the most names it takes */
  IDLE_PAGES_MAX = 20, /* pages in a row that bring no repository */
  REPOSITORIES_MAX = 1000000
};

/* A call for some names. */
struct names {
  struct scope *scope;
  size_t count;
  const char *items[NAMES_MAX]; /* borrowed from the options */
};

struct scope *scope_new(const struct inventory_options *options,
                        const struct inventory_scope *given, void (*changed)(void *arg),
                        void *arg) {
  struct scope *scope = xcalloc(1, sizeof *scope);
  const char *account = options->registry_id ? options->registry_id : given->account;
  scope->options = options;
  scope->ecr = given->ecr;
  scope->own = given->own;
  scope->region = given->region ? xstrdup(given->region) : NULL;
  scope->label = given->label ? xstrdup(given->label) : NULL;
  scope->account = account ? xstrdup(account) : NULL;
  scope->changed = changed;
  scope->arg = arg;
  scope->by_name = hashmap_new();
  if (given->error) {
    scope_fail(scope, NULL, given->error);
    scope->answered = scope->listed = true;
  }
  return scope;
}

bool scope_is_glob(const char *pattern) {
  return strpbrk(pattern, "*?[\\") != NULL;
}

bool scope_wants_all(const struct inventory_options *options) {
  for (size_t i = 0; options->repositories[i]; i++)
    if (scope_is_glob(options->repositories[i]))
      return true;
  return !options->repositories[0];
}

/* ---- rows about it ---- */

/* HOST[:PORT] of a URL; caller frees. */
static char *url_host(const char *url) {
  const char *start = strstr(url, "://");
  start = start ? start + 3 : url;
  return xstrndup(start, strcspn(start, "/"));
}

const char *scope_account(const struct scope *scope) {
  if (!scope->options->registry_id)
    for (size_t i = 0; i < scope->count; i++)
      if (scope->repositories[i].account)
        return scope->repositories[i].account;
  return scope->account;
}

bool scope_is_there(const struct scope *scope) {
  if (!scope->answered || scope->count > 0)
    return scope->answered;
  for (size_t i = 0; i < scope->failure_count; i++)
    if (scope->failures[i].error->status != STATUS_NOT_FOUND)
      return false;
  return true;
}

void scope_add_row(const struct scope *scope, struct record_set *rows, const char *name,
                   enum status status, const char *detail) {
  const char *account = scope_account(scope);
  const char *region = scope->ecr ? ecr_region(scope->ecr) : scope->region;
  cleanup(cleanup_free) char *host = NULL;
  if (account && region)
    host = aws_ecr_registry_host(account, region);
  else if (scope->ecr)
    host = url_host(ecr_endpoint(scope->ecr));
  cleanup(cleanup_free) char *image = name && host ? xasprintf("%s/%s", host, name) : NULL;
  cleanup(cleanup_free) char *origin =
      xasprintf("%s/%s", account ? account : "-", region ? region : "-");
  struct record record = {.cell = {NULL}};
  record.cell[RECORD_IMAGE] = image ? image : host ? host : "-";
  record.cell[RECORD_ORIGIN] = origin;
  record.cell[RECORD_STATUS] = status_name(status == STATUS_LOCAL ? STATUS_NETWORK : status);
  record.cell[RECORD_DETAIL] = detail;
  record_set_add(rows, &record);
}

void scope_fail(struct scope *scope, const char *name, const struct error *error) {
  scope->failures = xgrow(scope->failures, scope->failure_count, &scope->failure_capacity,
                          sizeof *scope->failures);
  scope->failures[scope->failure_count++] =
      (struct scope_failure){.name = name, .error = error_copy(error)};
}

void scope_add_failures(const struct scope *scope, struct record_set *rows) {
  for (size_t i = 0; i < scope->failure_count; i++) {
    const struct scope_failure *failure = &scope->failures[i];
    cleanup(cleanup_error) struct error *told = error_copy(failure->error);
    if (scope->label)
      error_wrap_once(&told, scope->label);
    scope_add_row(scope, rows, failure->name, told->status, told->message);
  }
}

/* ---- which repositories there are ---- */

/* Takes the repositories of an answer over; returns how many are new. */
static size_t add_repositories(struct scope *scope, struct ecr_repositories *page) {
  size_t before = scope->count;
  for (size_t i = 0; i < page->count; i++) {
    struct ecr_repository *item = &page->items[i];
    if (hashmap_get(scope->by_name, item->name))
      continue;
    scope->repositories =
        xgrow(scope->repositories, scope->count, &scope->capacity, sizeof *scope->repositories);
    struct ecr_repository *kept = &scope->repositories[scope->count++];
    *kept = *item;
    *item = (struct ecr_repository){.name = NULL};
    hashmap_put(scope->by_name, kept->name, scope);
  }
  if (page->unusable > 0) {
    cleanup(cleanup_error) struct error *error = NULL;
    error_set(&error, STATUS_SERVER_ERROR,
              "DescribeRepositories: %zu repositories without a valid name were left out",
              page->unusable);
    scope_fail(scope, NULL, error);
  }
  return scope->count - before;
}

static int by_name(const void *a, const void *b) {
  const struct ecr_repository *left = a, *right = b;
  return strcmp(left->name, right->name);
}

static void listing_ended(struct scope *scope) {
  scope->answered = scope->listed = true;
  if (scope->count > 0)
    qsort(scope->repositories, scope->count, sizeof *scope->repositories, by_name);
}

static struct json_object *new_body(const struct scope *scope) {
  struct json_object *body = json_object_new_object();
  const char *registry_id = scope->options->registry_id;
  if (registry_id)
    json_object_object_add(body, "registryId", json_object_new_string(registry_id));
  return body;
}

static void count_call(const struct scope *scope) {
  if (scope->options->estimate)
    scope->options->estimate->repository_calls++;
}

/* The answer's repositories into *PAGE; or -1 with *err. */
static int read_page(const struct json_node *reply, const struct error *error,
                     struct ecr_repositories *page, struct error **err) {
  if (error) {
    *page = (struct ecr_repositories)ECR_REPLY;
    *err = error_copy(error);
    return -1;
  }
  return ecr_reply_repositories(reply, page, err) ? error_wrap(err, "DescribeRepositories") : 0;
}

/* ---- all of them, a page at a time ---- */

static void page_came(void *arg, const struct json_node *reply, const struct error *error,
                      const char *code);

static void ask_page(struct scope *scope) {
  cleanup(cleanup_json) struct json_object *body = new_body(scope);
  json_object_object_add(body, "maxResults", json_object_new_int(PAGE_SIZE));
  if (scope->token)
    json_object_object_add(body, "nextToken", json_object_new_string(scope->token));
  count_call(scope);
  ecr_call(scope->ecr, "DescribeRepositories", body, page_came, scope);
}

static bool goes_on(struct scope *scope, struct ecr_repositories *page, size_t fresh,
                    struct error **err) {
  cleanup(cleanup_free) char *last = scope->token;
  scope->token = page->next_token;
  page->next_token = NULL;
  scope->idle_pages = fresh > 0 ? 0 : scope->idle_pages + 1;
  if (!scope->token)
    return false;
  if (last && strcmp(last, scope->token) == 0)
    error_set(err, STATUS_SERVER_ERROR, "DescribeRepositories: a page that leads to itself");
  else if (scope->idle_pages > IDLE_PAGES_MAX)
    error_set(err, STATUS_SERVER_ERROR,
              "DescribeRepositories: pages without end that bring no repository");
  else if (scope->count >= REPOSITORIES_MAX)
    error_set(err, STATUS_TOO_LARGE, "DescribeRepositories: more than %d repositories",
              (int)REPOSITORIES_MAX);
  else
    return true;
  return false;
}

static void page_came(void *arg, const struct json_node *reply, const struct error *error,
                      const char *code) {
  (void)code;
  struct scope *scope = arg;
  if (scope->left)
    return;
  cleanup(cleanup_error) struct error *trouble = NULL;
  cleanup(ecr_repositories_clear) struct ecr_repositories page = ECR_REPLY;
  bool more = read_page(reply, error, &page, &trouble) == 0 &&
              goes_on(scope, &page, add_repositories(scope, &page), &trouble);
  scope->answered = scope->answered || scope->count > 0;
  if (trouble)
    scope_fail(scope, NULL, trouble);
  if (!more)
    listing_ended(scope);
  scope->changed(scope->arg);
  if (more && !scope->left)
    ask_page(scope);
}

/* ---- by their names ---- */

static void names_came(void *arg, const struct json_node *reply, const struct error *error,
                       const char *code);

static void ask_names(struct scope *scope, const char *const *items, size_t count) {
  struct names *names = xcalloc(1, sizeof *names);
  names->scope = scope;
  cleanup(cleanup_json) struct json_object *body = new_body(scope);
  struct json_object *array = json_object_new_array();
  for (size_t i = 0; i < count; i++) {
    names->items[names->count++] = items[i];
    json_object_array_add(array, json_object_new_string(items[i]));
  }
  json_object_object_add(body, "repositoryNames", array);
  scope->calls++;
  count_call(scope);
  ecr_call(scope->ecr, "DescribeRepositories", body, names_came, names);
}

static void take_names(const struct names *names, const struct json_node *reply,
                       const struct error *error) {
  struct scope *scope = names->scope;
  cleanup(cleanup_error) struct error *trouble = NULL;
  cleanup(ecr_repositories_clear) struct ecr_repositories page = ECR_REPLY;
  if (read_page(reply, error, &page, &trouble) == 0) {
    (void)add_repositories(scope, &page);
    error_set(&trouble, STATUS_SERVER_ERROR, "DescribeRepositories: the answer lacks it");
  }
  for (size_t i = 0; i < names->count; i++)
    if (!hashmap_get(scope->by_name, names->items[i]))
      scope_fail(scope, names->items[i], trouble);
}

static void names_came(void *arg, const struct json_node *reply, const struct error *error,
                       const char *code) {
  struct names *names = arg;
  struct scope *scope = names->scope;
  if (!scope->left) {
    /* One that is missing fails the call, and the answer does not say which. */
    if (code && strcmp(code, "RepositoryNotFoundException") == 0 && names->count > 1)
      for (size_t i = 0; i < names->count; i++)
        ask_names(scope, &names->items[i], 1);
    else
      take_names(names, reply, error);
  }
  free(names);
  scope->answered = scope->answered || scope->count > 0;
  if (--scope->calls == 0)
    listing_ended(scope);
  if (!scope->left)
    scope->changed(scope->arg);
}

static void ask_by_name(struct scope *scope) {
  const char *const *patterns = scope->options->repositories;
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
      scope_fail(scope, patterns[i], error);
      continue;
    }
    items[count++] = patterns[i];
    if (count == NAMES_MAX) {
      ask_names(scope, items, count);
      count = 0;
    }
  }
  if (count > 0)
    ask_names(scope, items, count);
  if (scope->calls == 0)
    listing_ended(scope);
}

void scope_list(struct scope *scope) {
  if (scope_wants_all(scope->options))
    ask_page(scope);
  else
    ask_by_name(scope);
}

void scope_free(struct scope *scope) {
  if (!scope)
    return;
  for (size_t i = 0; i < scope->count; i++) {
    free(scope->repositories[i].name);
    free(scope->repositories[i].account);
    free(scope->repositories[i].host);
  }
  free(scope->repositories);
  hashmap_free(scope->by_name);
  for (size_t i = 0; i < scope->failure_count; i++)
    error_free(scope->failures[i].error);
  free(scope->failures);
  free(scope->region);
  free(scope->label);
  free(scope->account);
  free(scope->token);
  free(scope);
}
