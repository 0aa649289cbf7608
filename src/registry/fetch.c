#include <config.h>

#include "registry/fetch.h"

#include <stdlib.h>
#include <string.h>

#include "base/hashmap.h"
#include "base/xalloc.h"
#include "registry/image-config.h"

struct fetch {
  struct registry_client *client;
  const struct expand_options *options;
  char *host;
  char *repository;
  struct expand_source source;
  struct hashmap *images; /* digest -> struct image */
  struct image *all;
};

struct waiter {
  struct waiter *next;
  expand_done_fn *done;
  void *arg;
};

/* What a digest was expanded to, or is being. */
struct image {
  struct fetch *fetch;
  struct image *next;
  char *digest;
  bool done;
  struct record_set rows;
  struct waiter *waiting;
};

/* A tag on its way to a digest. */
struct tag {
  struct fetch *fetch;
  char *name;
  bool head;
  expand_done_fn *done;
  void *arg;
};

/* ---- bytes for expand ---- */

struct bytes_call {
  expand_bytes_fn *done;
  void *arg;
};

static void bytes_came(void *arg, const struct registry_reply *reply) {
  struct bytes_call call = *(struct bytes_call *)arg;
  free(arg);
  call.done(call.arg, &(struct expand_bytes){.error = reply->error,
                                             .data = reply->body,
                                             .length = reply->length,
                                             .media_type = reply->media_type});
}

static struct bytes_call *new_call(expand_bytes_fn *done, void *arg) {
  struct bytes_call *call = xmalloc(sizeof *call);
  *call = (struct bytes_call){.done = done, .arg = arg};
  return call;
}

static void source_manifest(void *context, const char *digest, expand_bytes_fn *done, void *arg) {
  struct fetch *fetch = context;
  registry_manifest(fetch->client, fetch->host, fetch->repository, digest, false, bytes_came,
                    new_call(done, arg));
}

static void source_config(void *context, const char *digest, expand_bytes_fn *done, void *arg) {
  struct fetch *fetch = context;
  registry_blob(fetch->client, fetch->host, fetch->repository, digest, IMAGE_CONFIG_MAX, bytes_came,
                new_call(done, arg));
}

struct fetch *fetch_new(struct registry_client *client, const struct expand_options *options,
                        const char *host, const char *repository) {
  struct fetch *fetch = xcalloc(1, sizeof *fetch);
  fetch->client = client;
  fetch->options = options;
  fetch->host = xstrdup(host);
  fetch->repository = xstrdup(repository);
  fetch->source = (struct expand_source){
      .context = fetch, .manifest = source_manifest, .config = source_config};
  fetch->images = hashmap_new();
  return fetch;
}

void fetch_free(struct fetch *fetch) {
  if (!fetch)
    return;
  while (fetch->all) {
    struct image *image = fetch->all;
    fetch->all = image->next;
    while (image->waiting) {
      struct waiter *waiter = image->waiting;
      image->waiting = waiter->next;
      free(waiter);
    }
    record_set_free(&image->rows);
    free(image->digest);
    free(image);
  }
  hashmap_free(fetch->images);
  free(fetch->host);
  free(fetch->repository);
  free(fetch);
}

/* ---- digests ---- */

static void give(const struct image *image, expand_done_fn *done, void *arg) {
  struct record_set rows = RECORD_SET;
  for (size_t i = 0; i < image->rows.count; i++)
    record_set_add(&rows, &image->rows.rows[i]);
  done(arg, &rows);
  record_set_free(&rows);
}

static void expanded(void *arg, struct record_set *rows) {
  struct image *image = arg;
  image->done = true;
  image->rows = *rows;
  *rows = (struct record_set)RECORD_SET;
  struct waiter *waiter = image->waiting;
  image->waiting = NULL;
  while (waiter) {
    /* The last one may free the fetch, and this image with it: nothing is read after it. */
    struct waiter call = *waiter;
    free(waiter);
    waiter = call.next;
    give(image, call.done, call.arg);
  }
}

static void get_digest(struct fetch *fetch, const char *digest, const struct expand_bytes *bytes,
                       expand_done_fn *done, void *arg) {
  struct image *image = hashmap_get(fetch->images, digest);
  if (image && image->done) {
    give(image, done, arg);
    return;
  }
  struct waiter *waiter = xmalloc(sizeof *waiter);
  *waiter = (struct waiter){.next = NULL, .done = done, .arg = arg};
  if (image) {
    waiter->next = image->waiting;
    image->waiting = waiter;
    return;
  }
  image = xcalloc(1, sizeof *image);
  image->fetch = fetch;
  image->digest = xstrdup(digest);
  image->waiting = waiter;
  image->next = fetch->all;
  fetch->all = image;
  hashmap_put(fetch->images, image->digest, image);
  expand(&fetch->source, fetch->options, image->digest, bytes, expanded, image);
}

/* ---- tags ---- */

static void free_tag(struct tag *tag) {
  free(tag->name);
  free(tag);
}

static void tag_came(void *arg, const struct registry_reply *reply);

static void ask_tag(struct tag *tag) {
  registry_manifest(tag->fetch->client, tag->fetch->host, tag->fetch->repository, tag->name,
                    tag->head, tag_came, tag);
}

/* Whether GET may tell what HEAD did not: a registry may not know HEAD or not tell the digest, and
   only GET's answer has a body that says why. */
static bool get_may_help(const struct registry_reply *reply) {
  if (!reply->error)
    return !reply->digest;
  enum status status = reply->error->status;
  return reply->answered && status != STATUS_UNAUTHORIZED && status != STATUS_DENIED &&
         status != STATUS_RATE_LIMITED;
}

static void tag_came(void *arg, const struct registry_reply *reply) {
  struct tag *tag = arg;
  if (tag->head && get_may_help(reply)) {
    tag->head = false;
    ask_tag(tag);
    return;
  }
  struct fetch *fetch = tag->fetch;
  expand_done_fn *done = tag->done;
  void *done_arg = tag->arg;
  bool head = tag->head;
  free_tag(tag);
  if (reply->error) {
    struct record_set rows = RECORD_SET;
    expand_failure(&rows, NULL, reply->error);
    done(done_arg, &rows);
    record_set_free(&rows);
    return;
  }
  struct expand_bytes bytes = {
      .data = reply->body, .length = reply->length, .media_type = reply->media_type};
  get_digest(fetch, reply->digest, head ? NULL : &bytes, done, done_arg);
}

void fetch_image(struct fetch *fetch, const char *reference, expand_done_fn *done, void *arg) {
  if (digest_is_valid(reference)) {
    get_digest(fetch, reference, NULL, done, arg);
    return;
  }
  struct tag *tag = xmalloc(sizeof *tag);
  *tag = (struct tag){.fetch = fetch,
                      .name = xstrdup(reference),
                      .head = fetch->options->known && known_count(fetch->options->known) > 0,
                      .done = done,
                      .arg = arg};
  ask_tag(tag);
}
