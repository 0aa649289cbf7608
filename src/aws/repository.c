#include <config.h>

#include "aws/repository.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "aws/content.h"
#include "aws/ecr-reply.h"
#include "aws/index.h"
#include "aws/seen.h"
#include "aws/untagged.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "registry/manifest.h"

enum {
  PAGE_SIZE = 1000,    /* the most that DescribeImages gives */
  EXPANDING_MAX = 256, /* images between their manifest and their rows */
  /* Images whose rows have not gone out, some 3 KB each, before more are taken up: what is under
     way already is waited for. With twice as many nothing is. */
  AHEAD_MAX = 1500,
  INDEXES_MAX = 1000,  /* the same of untagged indexes that are read for what they list */
  IDLE_PAGES_MAX = 20, /* pages in a row that bring no image */
  IMAGES_MAX = 1000000 /* far above ECR's quota, so that a listing that never ends does */
};

/* Manifests are kept, for an index may list them, until they weigh so much: then those go whose
   rows went first, and are read once more if need be. */
#define KEPT_MAX ((size_t)8 * 1024 * 1024)

/* From when it is taken up until its rows are out. */
struct image {
  struct repository *repository;
  struct ecr_image listed;
  struct record_set rows;
  bool index;
  bool expanded; /* or being expanded, or nothing to be expanded */
  bool done;     /* its rows are here */
};

struct repository {
  struct http *http;
  struct ecr *ecr;
  const struct inventory_options *options;
  char *account;
  char *name;
  char *uri;
  char *origin;
  repository_rows_fn *some, *done;
  void *arg;
  struct repository_load *load;
  bool answered;
  struct content *content;
  struct seen *seen;
  struct image **images; /* that were taken up, in order; those before OUT are gone */
  size_t count, capacity;
  size_t begin;  /* the next one to be expanded */
  size_t out;    /* the next one whose rows go out */
  size_t active; /* being expanded */
  struct untagged *untagged;
  size_t asked, read; /* of them: the next one that may be an index, to be asked for, to be read */
  size_t reading;     /* asked for and not read */
  size_t ahead;       /* the next one to be asked for before it is taken up */
  size_t next;        /* the next one to be taken up */
  struct record_set failures;
  char *token;
  unsigned idle_pages;
  bool listed;
  bool paused;   /* the next page has not been asked for */
  bool awaited;  /* all others wait for its rows */
  size_t wanted; /* of an estimate: manifests to be read */
  size_t found;  /* images that progress was told of */
  size_t told;   /* of them as done */
};

static void step(void *arg);

static void tell_progress(struct repository *repository, size_t found, size_t ready) {
  repository->told += ready;
  if (repository->options->progress)
    repository->options->progress(repository->options->progress_arg, found, ready);
}

/* Told through an index, or its tags, only. */
static bool is_hidden(const struct repository *repository, const struct ecr_image *listed) {
  return listed->tag_count == 0 &&
         (seen_flags(repository->seen, listed->digest) & (SEEN_TAGGED | SEEN_CHILD)) > 0;
}

/* ---- rows that need no manifest ---- */

/* Of what DescribeImages says is the config's media type, or the artifact's. */
static bool is_artifact_type(const char *media_type) {
  return media_type && strcmp(media_type, "application/vnd.oci.image.config.v1+json") != 0 &&
         strcmp(media_type, "application/vnd.docker.container.image.v1+json") != 0 &&
         strcmp(media_type, "application/octet-stream") != 0; /* images of old Docker's */
}

/* The row of what the listing says alone. */
static void listed_row(struct image *image, enum status status, const char *detail) {
  const struct ecr_image *listed = &image->listed;
  struct record record = {.cell = {NULL}};
  char size[24];
  (void)snprintf(size, sizeof size, "%" PRId64, listed->size);
  record.cell[RECORD_DIGEST] = listed->digest;
  if (manifest_is_image_type(listed->media_type))
    record.cell[RECORD_MANIFEST_DIGEST] = listed->digest;
  record.cell[RECORD_STATUS] = status_name(status);
  record.cell[RECORD_SIZE] = listed->size >= 0 ? size : NULL;
  record.cell[RECORD_MEDIA_TYPE] = listed->media_type;
  record.cell[RECORD_DETAIL] = detail;
  record_set_add(&image->rows, &record);
}

static void known_archived(struct image *image) {
  const struct known *known = image->repository->options->expand.known;
  struct record row;
  if (known && known_image(known, image->listed.digest, false, &image->rows))
    return;
  if (known && known_manifest(known, image->listed.digest, false, &row)) {
    row.cell[RECORD_DIGEST] = image->listed.digest;
    row.cell[RECORD_PLATFORMS] = "1";
    record_set_add(&image->rows, &row);
  }
}

static void archived_rows(struct image *image) {
  known_archived(image);
  index_note_rows(image->repository->seen, &image->rows);
  for (size_t i = 0; i < image->rows.count; i++) {
    record_set_cell(&image->rows, i, RECORD_STATUS, status_name(STATUS_ARCHIVED));
    record_set_cell(&image->rows, i, RECORD_DETAIL, CONTENT_ARCHIVED);
  }
  if (image->rows.count == 0)
    listed_row(image, STATUS_ARCHIVED, CONTENT_ARCHIVED);
}

/* ---- the listing ---- */

/* The rows of what needs no manifest, when IMAGE is such a one. */
static bool take_at_once(struct image *image) {
  struct repository *repository = image->repository;
  const struct ecr_image *listed = &image->listed;
  if (listed->archived) {
    content_archive(repository->content, listed->digest, listed->media_type);
    archived_rows(image);
  } else if (expand_known(&repository->options->expand, listed->digest, &image->rows)) {
    index_note_rows(repository->seen, &image->rows);
  } else if (!repository->options->manifests) {
    listed_row(image, is_artifact_type(listed->artifact_media_type) ? STATUS_ARTIFACT : STATUS_OK,
               NULL);
  } else {
    return false;
  }
  return true;
}

/* Whether the manifest of what has no rows yet must be read. */
static bool needs_manifest(const struct repository *repository, const struct ecr_image *listed) {
  const struct expand_options *options = &repository->options->expand;
  struct record row;
  return !options->known || !known_manifest(options->known, listed->digest, options->configs, &row);
}

static void count_wanted(struct repository *repository, const struct ecr_image *listed) {
  const struct inventory_options *options = repository->options;
  repository->wanted++;
  if (options->expand.configs && !is_artifact_type(listed->artifact_media_type) &&
      (!listed->media_type || manifest_is_image_type(listed->media_type)))
    options->estimate->configs++;
}

static void add_to_estimate(const struct repository *repository,
                            struct inventory_estimate *estimate) {
  estimate->pulls += repository->wanted;
  estimate->batches += (repository->wanted + CONTENT_BATCH_MAX - 1) / CONTENT_BATCH_MAX;
}

/* Takes LISTED over, as the next image. */
static void take_up(struct repository *repository, struct ecr_image *listed) {
  struct image *image = xcalloc(1, sizeof *image);
  image->repository = repository;
  image->listed = *listed;
  *listed = (struct ecr_image){.size = -1};
  if (repository->out == repository->count) {
    repository->begin = repository->out = repository->count = 0;
  } else if (repository->count == repository->capacity && repository->out > 0) {
    repository->count -= repository->out;
    repository->begin -= repository->out;
    memmove(repository->images, repository->images + repository->out,
            repository->count * sizeof(struct image *));
    repository->out = 0;
  }
  repository->images =
      xgrow(repository->images, repository->count, &repository->capacity, sizeof(struct image *));
  repository->images[repository->count++] = image;
  repository->load->pending++;
  image->expanded = image->done = take_at_once(image);
  if (!image->done && needs_manifest(repository, &image->listed))
    content_want(repository->content, image->listed.digest);
}

/* The same for an estimate, which has no rows. */
static void estimate(struct repository *repository, const struct ecr_image *listed) {
  struct image image = {.repository = repository, .listed = *listed};
  if (!take_at_once(&image) && needs_manifest(repository, listed))
    count_wanted(repository, listed);
  record_set_free(&image.rows);
}

/* LISTED waits for the listing's end; what is known of it may be that it lists others. */
static void put_off(struct repository *repository, const struct ecr_image *listed) {
  untagged_add(repository->untagged, listed);
  if (!listed->archived && manifest_is_image_type(listed->media_type))
    return;
  struct image image = {.repository = repository, .listed = *listed};
  (void)take_at_once(&image);
  record_set_free(&image.rows);
}

/* Takes LISTED over. False when it was listed before: the listing moved under our feet. Its rows
   may be out, so tags that are new stand where they were met. */
static bool add_image(struct repository *repository, struct ecr_image *listed) {
  unsigned flags = seen_flags(repository->seen, listed->digest);
  bool is_new = (flags & (SEEN_TAGGED | SEEN_UNTAGGED)) == 0;
  if (is_new && listed->tag_count == 0) {
    seen_mark(repository->seen, listed->digest,
              SEEN_UNTAGGED | (listed->archived ? SEEN_ARCHIVED : 0));
    put_off(repository, listed);
    return true;
  }
  size_t fresh = 0;
  for (size_t i = 0; i < listed->tag_count; i++)
    if (seen_tag(repository->seen, listed->digest, listed->tags[i]))
      listed->tags[fresh++] = listed->tags[i];
    else
      free(listed->tags[i]);
  listed->tag_count = fresh;
  if (fresh == 0)
    return is_new;
  seen_mark(repository->seen, listed->digest, SEEN_TAGGED | (listed->archived ? SEEN_ARCHIVED : 0));
  if (!repository->options->estimate)
    take_up(repository, listed);
  else if ((flags & SEEN_TAGGED) == 0)
    estimate(repository, listed);
  return is_new;
}

/* The listing, or a part of it, failed. */
static void scope_failed(struct repository *repository, const struct error *error) {
  expand_failure(&repository->failures, NULL, error);
}

static void listing_ended(struct repository *repository) {
  repository->listed = true;
  if (!repository->options->estimate)
    return;
  for (size_t i = 0; i < untagged_count(repository->untagged); i++) {
    cleanup(ecr_image_clear) struct ecr_image listed = untagged_get(repository->untagged, i);
    if (!is_hidden(repository, &listed))
      estimate(repository, &listed);
  }
  add_to_estimate(repository, repository->options->estimate);
}

static void page_came(void *arg, const struct json_node *reply, const struct error *error,
                      const char *code);

static void ask_page(struct repository *repository) {
  cleanup(cleanup_json) struct json_object *body = json_object_new_object();
  const char *registry_id = repository->options->registry_id;
  if (registry_id)
    json_object_object_add(body, "registryId", json_object_new_string(registry_id));
  json_object_object_add(body, "repositoryName", json_object_new_string(repository->name));
  json_object_object_add(body, "maxResults", json_object_new_int(PAGE_SIZE));
  struct json_object *filter = json_object_new_object();
  json_object_object_add(filter, "imageStatus", json_object_new_string("ANY"));
  json_object_object_add(body, "filter", filter);
  if (repository->token)
    json_object_object_add(body, "nextToken", json_object_new_string(repository->token));
  if (repository->options->estimate)
    repository->options->estimate->image_calls++;
  ecr_call(repository->ecr, "DescribeImages", body, page_came, repository);
}

/* Whether the listing goes on with the page of TOKEN (taken over; NULL: there is none), as far as
   it was read until now. */
static bool goes_on(struct repository *repository, char *token) {
  cleanup(cleanup_error) struct error *error = NULL;
  cleanup(cleanup_free) char *last = repository->token;
  repository->token = token;
  if (!token)
    return false;
  if (last && strcmp(last, token) == 0)
    error_set(&error, STATUS_SERVER_ERROR, "DescribeImages: a page that leads to itself");
  else if (repository->idle_pages >= IDLE_PAGES_MAX)
    error_set(&error, STATUS_SERVER_ERROR, "DescribeImages: pages without end that bring no image");
  else if (repository->found >= IMAGES_MAX)
    error_set(&error, STATUS_TOO_LARGE, "DescribeImages: more than %d images", (int)IMAGES_MAX);
  else
    return true;
  scope_failed(repository, error);
  return false;
}

/* Whether no more are to be taken up. What waits for no answer of its own waits for what comes with
   more: a call that is not full, or the rest of an index. */
static bool is_full(const struct repository *repository) {
  size_t waiting = repository->count - repository->out;
  return waiting >= 2 * (size_t)AHEAD_MAX ||
         (waiting >= AHEAD_MAX && content_is_busy(repository->content));
}

/* Asks for the next page, when there is room for what it brings. */
static void go_on(struct repository *repository) {
  const struct repository_load *load = repository->load;
  bool crowded = load->held >= load->max_held || load->pending >= load->max_pending;
  if (!repository->paused || is_full(repository) || (crowded && !repository->awaited))
    return;
  repository->paused = false;
  ask_page(repository);
}

void repository_go_on(struct repository *repository, bool awaited) {
  repository->awaited = awaited;
  go_on(repository);
}

static void page_came(void *arg, const struct json_node *reply, const struct error *error,
                      const char *code) {
  (void)code;
  struct repository *repository = arg;
  cleanup(cleanup_error) struct error *trouble = NULL;
  cleanup(ecr_images_clear) struct ecr_images page = ECR_REPLY;
  if (!repository->answered) {
    repository->answered = true;
    repository->load->answered++;
    repository->load->unanswered--;
  }
  char *token = NULL;
  if (!error &&
      (ecr_reply_images_are_of(reply, repository->account, repository->name, &trouble) < 0 ||
       ecr_reply_images_next(reply, &token, &trouble) < 0)) {
    error_wrap(&trouble, "DescribeImages");
    error = trouble;
  }
  if (error) {
    scope_failed(repository, error);
    listing_ended(repository);
    step(repository);
    return;
  }
  /* Before all that this page brings: pages come one after the other, and all else waits for
     them. */
  bool more = repository->paused = goes_on(repository, token);
  go_on(repository);
  http_hurry(repository->http);
  (void)ecr_reply_images(reply, &page, NULL); /* it was looked at above */
  size_t fresh = 0;
  for (size_t i = 0; i < page.count; i++)
    fresh += add_image(repository, &page.items[i]) ? 1 : 0;
  repository->idle_pages = fresh > 0 ? 0 : repository->idle_pages + 1;
  repository->found += fresh;
  repository->load->images += fresh;
  tell_progress(repository, fresh, 0);
  if (page.unusable > 0) {
    error_set(&trouble, STATUS_SERVER_ERROR,
              "DescribeImages: %zu images or tags that are none were left out", page.unusable);
    scope_failed(repository, trouble);
  }
  if (!more)
    listing_ended(repository);
  step(repository);
}

/* ---- untagged images, when all are listed ---- */

static bool may_be_index(const struct ecr_image *listed) {
  return !listed->archived && !manifest_is_image_type(listed->media_type);
}

/* Asks for those that may be indexes and reads what they list. True when all were read. */
static bool read_indexes(struct repository *repository) {
  size_t count = untagged_count(repository->untagged);
  bool known = repository->options->expand.known;
  for (;;) {
    for (; repository->asked < count && repository->reading < INDEXES_MAX; repository->asked++) {
      cleanup(ecr_image_clear) struct ecr_image listed =
          untagged_get(repository->untagged, repository->asked);
      if (!may_be_index(&listed) || !repository->options->manifests)
        continue;
      repository->reading++;
      if (needs_manifest(repository, &listed) && !(known && is_hidden(repository, &listed)))
        content_want(repository->content, listed.digest);
    }
    size_t before = repository->read;
    for (; repository->read < repository->asked; repository->read++) {
      cleanup(ecr_image_clear) struct ecr_image listed =
          untagged_get(repository->untagged, repository->read);
      if (!may_be_index(&listed) || !repository->options->manifests)
        continue;
      if (content_is_awaited(repository->content, listed.digest))
        break;
      repository->reading--;
      (void)index_note(repository->content, repository->seen, listed.digest);
      if (content_bytes(repository->content) > KEPT_MAX)
        content_release(repository->content, listed.digest);
    }
    if (repository->read == before)
      break;
  }
  return repository->read == count;
}

/* Fills the call that is being made up with the images that are next: so it is as full as it can
   be. */
static void top_up(struct repository *repository) {
  size_t count = repository->listed ? untagged_count(repository->untagged) : 0;
  if (repository->ahead < repository->next)
    repository->ahead = repository->next;
  for (; repository->ahead < count && content_queued(repository->content) > 0;
       repository->ahead++) {
    cleanup(ecr_image_clear) struct ecr_image listed =
        untagged_get(repository->untagged, repository->ahead);
    struct image image = {.repository = repository, .listed = listed};
    if (!is_hidden(repository, &listed) && !take_at_once(&image) &&
        needs_manifest(repository, &listed))
      content_want(repository->content, listed.digest);
    record_set_free(&image.rows);
  }
}

/* Takes up those that no index and no tag tells of. */
static void take_untagged(struct repository *repository) {
  if (!repository->listed || !read_indexes(repository))
    return;
  /* Of tagged indexes it is not known before what they list. */
  if (repository->next == 0 && repository->begin < repository->count)
    return;
  for (; repository->next < untagged_count(repository->untagged) && !is_full(repository);
       repository->next++) {
    cleanup(ecr_image_clear) struct ecr_image listed =
        untagged_get(repository->untagged, repository->next);
    if (is_hidden(repository, &listed))
      content_release(repository->content, listed.digest);
    else
      take_up(repository, &listed);
  }
}

/* ---- expanding ---- */

static void expanded(void *arg, struct record_set *rows) {
  struct image *image = arg;
  struct repository *repository = image->repository;
  image->rows = *rows;
  image->done = true;
  *rows = (struct record_set)RECORD_SET;
  repository->active--;
  tell_progress(repository, 0, 1);
}

/* In order, as their manifests come. */
static void expand_some(struct repository *repository) {
  for (; repository->begin < repository->count && repository->active < EXPANDING_MAX;
       repository->begin++) {
    struct image *image = repository->images[repository->begin];
    if (image->expanded)
      continue;
    if (content_is_awaited(repository->content, image->listed.digest))
      break;
    image->index = index_note(repository->content, repository->seen, image->listed.digest);
    image->expanded = true;
    repository->active++;
    expand(content_source(repository->content), &repository->options->expand, image->listed.digest,
           NULL, expanded, image);
  }
}

/* ---- rows that go out ---- */

/* Whether it is known of all that the index lists whether its rows or the repository have it, or
   nothing comes that would tell. */
static bool is_settled(const struct image *index) {
  const struct repository *repository = index->repository;
  return repository->listed || (is_full(repository) && !content_is_busy(repository->content)) ||
         index_is_told(repository->content, repository->seen, index->listed.digest, &index->rows);
}

/* Appends the rows of IMAGE under NAME, "uri:tag" or "uri@digest". */
static void emit(const struct image *image, const char *name, struct record_set *out) {
  const struct repository *repository = image->repository;
  char size[24];
  (void)snprintf(size, sizeof size, "%" PRId64, image->listed.size);
  for (size_t i = 0; i < image->rows.count; i++) {
    struct record record = image->rows.rows[i];
    record.cell[RECORD_IMAGE] = name;
    record.cell[RECORD_DIGEST] = image->listed.digest;
    record.cell[RECORD_PUSHED] = image->listed.pushed;
    record.cell[RECORD_ORIGIN] = repository->origin;
    /* Schema 1 does not say how large its layers are; ECR does. */
    if (record_status(&record) == STATUS_LEGACY && image->listed.size >= 0)
      record.cell[RECORD_SIZE] = size;
    record_set_add(out, &record);
  }
}

static void image_free(struct image *image) {
  ecr_image_clear(&image->listed);
  record_set_free(&image->rows);
  free(image);
}

/* Images whose turn it is, and that are done. */
static void emit_some(struct repository *repository) {
  cleanup(record_set_free) struct record_set rows = RECORD_SET;
  for (; repository->out < repository->count; repository->out++) {
    struct image *image = repository->images[repository->out];
    const struct ecr_image *listed = &image->listed;
    if (!image->done || (image->index && !is_settled(image)))
      break;
    if (image->index) {
      index_tell_archived(repository->seen, &image->rows);
      index_tell_also(repository->content, repository->seen, listed->digest, &image->rows);
    }
    for (size_t j = 0; j < listed->tag_count; j++) {
      cleanup(cleanup_free) char *name = xasprintf("%s:%s", repository->uri, listed->tags[j]);
      emit(image, name, &rows);
    }
    if (listed->tag_count == 0 && !is_hidden(repository, listed)) {
      cleanup(cleanup_free) char *name = xasprintf("%s@%s", repository->uri, listed->digest);
      emit(image, name, &rows);
    }
    content_release(repository->content, listed->digest);
    image_free(image);
    repository->load->pending--;
  }
  content_trim(repository->content, KEPT_MAX);
  if (rows.count > 0)
    repository->some(repository->arg, &rows);
}

static void emit_failures(const struct repository *repository, struct record_set *out) {
  for (size_t i = 0; i < repository->failures.count; i++) {
    struct record record = repository->failures.rows[i];
    record.cell[RECORD_IMAGE] = repository->uri;
    record.cell[RECORD_ORIGIN] = repository->origin;
    record_set_add(out, &record);
  }
}

static void repository_free(struct repository *repository) {
  content_free(repository->content);
  for (size_t i = repository->out; i < repository->count; i++)
    image_free(repository->images[i]);
  free(repository->images);
  seen_free(repository->seen);
  untagged_free(repository->untagged);
  record_set_free(&repository->failures);
  free(repository->token);
  free(repository->account);
  free(repository->name);
  free(repository->uri);
  free(repository->origin);
  free(repository);
}

static void finish(struct repository *repository) {
  cleanup(record_set_free) struct record_set rows = RECORD_SET;
  emit_failures(repository, &rows);
  tell_progress(repository, 0,
                repository->found > repository->told ? repository->found - repository->told : 0);
  repository_rows_fn *done = repository->done;
  void *arg = repository->arg;
  repository_free(repository);
  done(arg, &rows);
}

/* Goes on after an answer. The last thing that its callers do, for it may free the repository. */
static void step(void *arg) {
  struct repository *repository = arg;
  struct content *content = repository->content;
  if (repository->options->estimate) {
    go_on(repository);
    if (repository->listed)
      finish(repository);
    return;
  }
  size_t count;
  do {
    expand_some(repository);
    emit_some(repository);
    count = repository->next;
    take_untagged(repository);
  } while (repository->next > count);
  go_on(repository);
  bool all = repository->listed && repository->next == untagged_count(repository->untagged);
  /* Nothing comes that would fill the call that is being made up. */
  if (all || (!content_is_busy(content) && (repository->listed || is_full(repository)))) {
    top_up(repository);
    content_flush(content);
  }
  /* What was asked for ahead may be hidden now, and its call still be out. */
  if (all && repository->out == repository->count && !content_is_busy(content))
    finish(repository);
}

struct repository *repository_start(struct http *http, struct ecr *ecr,
                                    const struct inventory_options *options,
                                    const struct repository_place *place,
                                    struct repository_load *load, repository_rows_fn *some,
                                    repository_rows_fn *done, void *arg) {
  struct repository *repository = xcalloc(1, sizeof *repository);
  repository->http = http;
  repository->ecr = ecr;
  repository->options = options;
  repository->account = xstrdup(place->account);
  repository->name = xstrdup(place->name);
  repository->uri = xasprintf("%s/%s", place->host, place->name);
  repository->origin = xasprintf("%s/%s", place->account, ecr_region(ecr));
  repository->some = some;
  repository->done = done;
  repository->load = load;
  load->unanswered++;
  repository->arg = arg;
  repository->content = content_new(http, ecr, options->registry_id, place->name, step, repository);
  repository->seen = seen_new();
  repository->untagged = untagged_new();
  ask_page(repository);
  return repository;
}
