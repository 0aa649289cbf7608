#include <config.h>

#include "aws/inventory.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "aws/region.h"
#include "aws/repository.h"
#include "aws/scope.h"
#include "base/cleanup.h"
#include "base/xalloc.h"

enum {
  DEFAULT_JOBS = 32,
  /* Repositories worked on together for each request that can be under way: a small one has a
     single request at a time, and some wait for their retry. */
  BEGUN_PER_JOB = 2,
  /* Images that were listed and have no rows yet, some 3 KB each: with more, no part begins a
     repository beside one that it has begun. */
  PENDING_MAX = 2500
};

#define DEFAULT_MAX_HELD ((size_t)8 * 1024 * 1024)

/* A scope as it is worked on. */
struct part {
  struct inventory *inventory;
  struct scope *scope;
  struct ordered *ordered; /* its own rows, by repository */
  struct record_set *held; /* that are ready before its turn */
  size_t held_count, held_capacity;
  bool asked;
  bool settled;  /* no other has the same registry */
  bool repeats;  /* another has */
  bool complete; /* nothing more will come */
  size_t next;   /* repository to begin */
  size_t active; /* repositories begun and not done */
  struct job *jobs;
};

struct inventory {
  struct http *http;
  const struct inventory_options *options;
  ordered_emit_fn *emit;
  void *arg;
  struct part **parts;
  size_t count, capacity;
  size_t current; /* part whose rows go out as they come */
  struct repository_load load;
  bool *matched; /* by pattern: some repository has that name */
  bool working;  /* in `work` */
  bool again;    /* something changed meanwhile */
  bool stopped;
};

/* A repository that is being read. */
struct job {
  struct part *part;
  uint64_t place;
  struct repository *repository;
  struct job *next; /* that was begun later */
};

static void work(struct inventory *inventory);

/* ---- rows ---- */

static size_t size_of(const struct record_set *rows) {
  size_t size = rows->count * sizeof *rows->rows;
  for (size_t i = 0; i < rows->count; i++)
    for (size_t column = 0; column < RECORD_COLUMNS; column++)
      if (rows->rows[i].cell[column])
        size += strlen(rows->rows[i].cell[column]) + 1;
  return size;
}

static void emit(struct inventory *inventory, struct record_set *rows) {
  inventory->load.held -= size_of(rows);
  if (!inventory->stopped && rows->count > 0)
    inventory->emit(inventory->arg, rows);
}

/* The next rows of a part. */
static void part_rows(void *arg, struct record_set *rows) {
  struct part *part = arg;
  struct inventory *inventory = part->inventory;
  if (inventory->current < inventory->count && part == inventory->parts[inventory->current]) {
    emit(inventory, rows);
    return;
  }
  part->held = xgrow(part->held, part->held_count, &part->held_capacity, sizeof *part->held);
  part->held[part->held_count++] = *rows;
  *rows = (struct record_set)RECORD_SET;
}

/* ROWS are those of PLACE. */
static void put(struct part *part, uint64_t place, struct record_set *rows) {
  part->inventory->load.held += size_of(rows);
  ordered_done(part->ordered, place, rows);
}

/* What is held goes out, and its memory. */
static void flush(struct part *part) {
  for (size_t i = 0; i < part->held_count; i++) {
    emit(part->inventory, &part->held[i]);
    record_set_free(&part->held[i]);
  }
  part->held_count = 0;
}

/* ---- their images ---- */

static void repository_rows(void *arg, struct record_set *rows) {
  struct job *job = arg;
  job->part->inventory->load.held += size_of(rows);
  ordered_put(job->part->ordered, job->place, rows);
  work(job->part->inventory);
}

static void repository_done(void *arg, struct record_set *rows) {
  struct job *job = arg;
  struct part *part = job->part;
  uint64_t place = job->place;
  struct job **link = &part->jobs;
  while (*link != job)
    link = &(*link)->next;
  *link = job->next;
  free(job);
  part->active--;
  put(part, place, rows);
  work(part->inventory);
}

static void begin(struct part *part, const struct ecr_repository *repository) {
  struct inventory *inventory = part->inventory;
  const struct scope *scope = part->scope;
  uint64_t place = ordered_take(part->ordered);
  const char *account = repository->account ? repository->account : inventory->options->registry_id;
  cleanup(cleanup_free) char *host = NULL;
  if (!repository->host && account)
    host = aws_ecr_registry_host(account, ecr_region(scope->ecr));
  const struct repository_place where = {.name = repository->name,
                                         .host = repository->host ? repository->host : host,
                                         .account = account ? account : "-"};
  if (!where.host) {
    cleanup(record_set_free) struct record_set rows = RECORD_SET;
    scope_add_row(scope, &rows, repository->name, STATUS_SERVER_ERROR,
                  "DescribeRepositories: neither a repositoryUri nor a registryId that is one");
    put(part, place, &rows);
    return;
  }
  struct job *job = xmalloc(sizeof *job);
  *job = (struct job){.part = part, .place = place};
  part->active++;
  struct job **link = &part->jobs;
  while (*link)
    link = &(*link)->next;
  *link = job;
  job->repository = repository_start(inventory->http, scope->ecr, inventory->options, &where,
                                     &inventory->load, repository_rows, repository_done, job);
}

static bool is_wanted(struct inventory *inventory, const char *name) {
  const char *const *patterns = inventory->options->repositories;
  bool wanted = !patterns[0];
  for (size_t i = 0; patterns[i]; i++)
    if (fnmatch(patterns[i], name, 0) == 0)
      wanted = inventory->matched[i] = true;
  return wanted;
}

/* Goes over what is not wanted. The next repository that is; NULL: there is none. */
static const struct ecr_repository *next_repository(struct part *part) {
  for (; part->next < part->scope->count; part->next++)
    if (is_wanted(part->inventory, part->scope->repositories[part->next].name))
      return &part->scope->repositories[part->next];
  return NULL;
}

/* How many repositories of a part are worked on together: one that is slow leaves the others their
   share of the memory, and what has nothing more to do leaves its own. */
static size_t window(const struct inventory *inventory) {
  size_t jobs = inventory->options->jobs > 0 ? inventory->options->jobs : DEFAULT_JOBS;
  size_t live = 0;
  for (size_t i = 0; i < inventory->count; i++)
    live += inventory->parts[i]->complete ? 0 : 1;
  size_t share = live > 0 ? BEGUN_PER_JOB * jobs / live : 0;
  return share > 1 ? share : 2;
}

/* ---- the same registry twice ---- */

/* Whether both ask for the same region where the same registries are: AWS has several endpoints for
   them (FIPS, dual stack), and behind one that is configured can be anything. */
static bool is_same_place(const struct scope *a, const struct scope *b) {
  return a->ecr && b->ecr && strcmp(ecr_region(a->ecr), ecr_region(b->ecr)) == 0 &&
         ((a->own && b->own) || strcmp(ecr_endpoint(a->ecr), ecr_endpoint(b->ecr)) == 0);
}

/* What parts before one say of it. */
enum precedence { FREE, MAY_REPEAT, WAITS, REPEATS };

/* Whether the part at INDEX is a registry that one before it has. MAY_REPEAT: it can be asked for
   its repositories, which says whose they are. */
static enum precedence precedence(const struct inventory *inventory, size_t index,
                                  const struct scope **first) {
  const struct scope *scope = inventory->parts[index]->scope;
  const char *account = scope_account(scope);
  enum precedence result = FREE;
  for (size_t i = 0; i < index; i++) {
    const struct scope *other = inventory->parts[i]->scope;
    if (inventory->parts[i]->repeats || !is_same_place(scope, other))
      continue;
    const char *theirs = scope_account(other);
    bool same = account && theirs && strcmp(account, theirs) == 0;
    *first = other;
    if (same && scope_is_there(other))
      return REPEATS;
    if (other->answered)
      continue;
    if (same)
      result = WAITS;
    else if (result == FREE && (!account || !theirs))
      result = MAY_REPEAT;
  }
  return result;
}

static void drop(struct part *part, const struct scope *first) {
  const struct inventory_options *options = part->inventory->options;
  part->repeats = part->scope->left = true;
  if (!options->note)
    return;
  cleanup(cleanup_free) char *text = xasprintf(
      "%s%s%s/%s is listed already%s%s", part->scope->label ? part->scope->label : "",
      part->scope->label ? ": " : "", scope_account(part->scope), ecr_region(part->scope->ecr),
      first->label ? ", by " : "", first->label ? first->label : "");
  options->note(options->note_arg, text);
}

/* ---- what is done when ---- */

/* A part with nothing more to do ends with what failed in it. */
static void complete(struct part *part) {
  part->complete = true;
  cleanup(record_set_free) struct record_set rows = RECORD_SET;
  if (!part->repeats)
    scope_add_failures(part->scope, &rows);
  put(part, ordered_take(part->ordered), &rows);
}

/* Images that wait for their rows, those counted that are most likely on their way. While nobody
   knows how many a repository has, each is taken for one that fills its place. */
static size_t expected(const struct inventory *inventory) {
  const struct repository_load *load = &inventory->load;
  size_t jobs = inventory->options->jobs > 0 ? inventory->options->jobs : DEFAULT_JOBS;
  size_t each = load->answered > 0 ? load->images / load->answered : PENDING_MAX / jobs;
  return load->pending + load->unanswered * (each > 0 ? each : 1);
}

/* Does for the part at INDEX what can be done now. True when that was something. */
static bool advance(struct inventory *inventory, size_t index) {
  struct part *part = inventory->parts[index];
  if (part->complete)
    return false;
  const struct scope *first = NULL;
  enum precedence before = part->settled ? FREE : precedence(inventory, index, &first);
  if (before == WAITS)
    return false;
  if (before == REPEATS) {
    drop(part, first);
    complete(part);
    return true;
  }
  if (!part->asked && !part->scope->listed) {
    part->asked = true;
    scope_list(part->scope);
    return true;
  }
  if (!part->scope->listed || before == MAY_REPEAT)
    return false;
  part->settled = true;
  const struct ecr_repository *repository = next_repository(part);
  if (!repository) {
    if (part->active > 0)
      return false;
    complete(part);
    return true;
  }
  /* One that gives no answer does not keep the others from theirs: each may have a repository. */
  bool idle = part->active == 0;
  bool held = inventory->load.held >= inventory->load.max_held;
  if (part->active >= window(inventory) || (held && !(idle && index == inventory->current)) ||
      (expected(inventory) >= PENDING_MAX && !idle))
    return false;
  part->next++;
  begin(part, repository);
  return true;
}

/* A pattern that no repository has is most likely a slip of the pen, and an inventory that is empty
   for that reason must not look whole. */
static void tell_unmatched(struct inventory *inventory) {
  const char *const *patterns = inventory->options->repositories;
  if (!scope_wants_all(inventory->options))
    return;
  /* That something is not there is said, and hides nothing; every other failure does. */
  for (size_t i = 0; i < inventory->count; i++) {
    const struct scope *scope = inventory->parts[i]->scope;
    for (size_t j = 0; j < scope->failure_count; j++)
      if (scope->failures[j].error->status != STATUS_NOT_FOUND)
        return;
  }
  cleanup(record_set_free) struct record_set rows = RECORD_SET;
  for (size_t i = 0; patterns[i]; i++) {
    if (inventory->matched[i])
      continue;
    cleanup(cleanup_free) char *detail = xasprintf("no repository matches %s", patterns[i]);
    scope_add_row(inventory->parts[0]->scope, &rows,
                  scope_is_glob(patterns[i]) ? NULL : patterns[i], STATUS_NOT_FOUND, detail);
  }
  inventory->load.held += size_of(&rows);
  emit(inventory, &rows);
}

/* Goes to the next part when the current one is complete. True when it did. */
static bool turn(struct inventory *inventory) {
  if (inventory->current == inventory->count || !inventory->parts[inventory->current]->complete)
    return false;
  if (++inventory->current < inventory->count)
    flush(inventory->parts[inventory->current]);
  else
    tell_unmatched(inventory);
  return true;
}

/* Goes on with the listings that waited for room. The rows of what was begun first are awaited. */
static void go_on(struct inventory *inventory) {
  for (size_t i = 0; i < inventory->count; i++)
    for (struct job *job = inventory->parts[i]->jobs; job; job = job->next)
      repository_go_on(job->repository,
                       i == inventory->current && job == inventory->parts[i]->jobs);
}

/* Does all that can be done now, a step for each part in turn. */
static void work(struct inventory *inventory) {
  inventory->again = true;
  if (inventory->working)
    return;
  inventory->working = true;
  while (inventory->again && !inventory->stopped) {
    inventory->again = false;
    for (size_t i = 0; i < inventory->count && !inventory->stopped; i++)
      inventory->again = advance(inventory, i) || inventory->again;
    inventory->again = turn(inventory) || inventory->again;
  }
  if (!inventory->stopped)
    go_on(inventory);
  inventory->working = false;
}

static void changed(void *arg) {
  work(arg);
}

/* ---- */

struct inventory *inventory_new(struct http *http, const struct inventory_options *options,
                                ordered_emit_fn *emit_rows, void *arg) {
  struct inventory *inventory = xcalloc(1, sizeof *inventory);
  inventory->http = http;
  inventory->options = options;
  inventory->emit = emit_rows;
  inventory->arg = arg;
  inventory->load.max_held = options->max_held > 0 ? options->max_held : DEFAULT_MAX_HELD;
  inventory->load.max_pending = PENDING_MAX;
  size_t patterns = 0;
  while (options->repositories[patterns])
    patterns++;
  inventory->matched = xcalloc(patterns + 1, sizeof *inventory->matched);
  return inventory;
}

void inventory_add(struct inventory *inventory, const struct inventory_scope *scope) {
  struct part *part = xcalloc(1, sizeof *part);
  part->inventory = inventory;
  part->scope = scope_new(inventory->options, scope, changed, inventory);
  part->ordered = ordered_new(part_rows, part);
  inventory->parts =
      xgrow(inventory->parts, inventory->count, &inventory->capacity, sizeof(struct part *));
  inventory->parts[inventory->count++] = part;
}

int inventory_run(struct inventory *inventory, struct error **err) {
  work(inventory);
  int result = http_run(inventory->http, err);
  if (result == 0 && !inventory->stopped && inventory->current < inventory->count)
    result = error_set(err, STATUS_LOCAL, "the listing came to a halt");
  if (result < 0)
    inventory_stop(inventory);
  return result;
}

void inventory_stop(struct inventory *inventory) {
  inventory->stopped = true;
  for (size_t i = 0; i < inventory->count; i++)
    inventory->parts[i]->scope->left = true;
}

void inventory_free(struct inventory *inventory) {
  if (!inventory)
    return;
  for (size_t i = 0; i < inventory->count; i++) {
    struct part *part = inventory->parts[i];
    for (size_t j = 0; j < part->held_count; j++)
      record_set_free(&part->held[j]);
    free(part->held);
    ordered_free(part->ordered);
    scope_free(part->scope);
    free(part);
  }
  free(inventory->parts);
  free(inventory->matched);
  free(inventory);
}
