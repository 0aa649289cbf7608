#include <config.h>

#include "aws/content.h"

#include <stdlib.h>
#include <string.h>

#include "aws/ecr-reply.h"
#include "base/cleanup.h"
#include "base/hashmap.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "net/url.h"
#include "registry/digest.h"
#include "registry/image-config.h"
#include "registry/manifest.h"

/* Configs are kept for the next manifest that has the same one; when they fill this many bytes,
   later ones are not kept. */
#define CONFIGS_MAX ((size_t)64 * 1024 * 1024)

enum state { STATE_NEW, STATE_ASKED, STATE_HERE, STATE_FAILED, STATE_ARCHIVED };

struct waiter {
  expand_bytes_fn *done;
  void *arg;
};

/* A manifest or a config. */
struct blob {
  struct content *content;
  char *digest;
  enum state state;
  const struct batch *batch; /* a manifest's, once it is sent: no other answer tells of it */
  char *data;
  size_t length;
  char *media_type; /* NULL: not said */
  struct error *error;
  struct waiter *waiters;
  size_t waiter_count, waiter_capacity;
  bool keep;         /* a config that stays for others, or a manifest that is wanted */
  bool loose;        /* among those that may go */
  struct blob *next; /* that may go */
};

struct content {
  struct http *http;
  struct ecr *ecr;
  char *registry_id;
  char *repository;
  void (*step)(void *arg);
  void *arg;
  struct expand_source source;
  struct hashmap *manifests, *configs; /* digest -> struct blob */
  struct blob *queue[CONTENT_BATCH_MAX];
  size_t queued;
  size_t calls;                     /* under way */
  struct blob *loose, **loose_last; /* manifests that may go */
  size_t config_bytes, manifest_bytes;
};

/* Manifests of one call. */
struct batch {
  struct content *content;
  size_t count;
  struct blob *blobs[CONTENT_BATCH_MAX];
};

/* ---- blobs ---- */

static struct blob *blob_of(struct content *content, struct hashmap *map, const char *digest) {
  struct blob *blob = hashmap_get(map, digest);
  if (!blob) {
    blob = xcalloc(1, sizeof *blob);
    blob->content = content;
    blob->digest = xstrdup(digest);
    hashmap_put(map, blob->digest, blob);
  }
  return blob;
}

static void blob_free(struct blob *blob) {
  free(blob->digest);
  free(blob->data);
  free(blob->media_type);
  free(blob->waiters);
  error_free(blob->error);
  free(blob);
}

static void free_blob(void *arg, const char *key, void *value) {
  (void)arg, (void)key;
  blob_free(value);
}

/* Of a manifest that came, with what it takes beside. */
static size_t weight(const struct blob *blob) {
  return blob->length + sizeof *blob + 2 * DIGEST_SHA256_SIZE;
}

/* A manifest that is here, or failed, may go when nobody wants it. */
static void loosen(struct blob *blob) {
  struct content *content = blob->content;
  if (blob->keep || blob->loose || (blob->state != STATE_HERE && blob->state != STATE_FAILED))
    return;
  blob->loose = true;
  blob->next = NULL;
  *content->loose_last = blob;
  content->loose_last = &blob->next;
}

void content_trim(struct content *content, size_t max) {
  while (content->loose && content->manifest_bytes > max) {
    struct blob *blob = content->loose;
    content->loose = blob->next;
    if (!content->loose)
      content->loose_last = &content->loose;
    blob->loose = false;
    if (blob->keep)
      continue; /* it was wanted again; its release will bring it back */
    content->manifest_bytes -= weight(blob);
    hashmap_remove(content->manifests, blob->digest);
    blob_free(blob);
  }
}

static void wait_for(struct blob *blob, expand_bytes_fn *done, void *arg) {
  blob->waiters =
      xgrow(blob->waiters, blob->waiter_count, &blob->waiter_capacity, sizeof *blob->waiters);
  blob->waiters[blob->waiter_count++] = (struct waiter){.done = done, .arg = arg};
}

static const enum status archived = STATUS_ARCHIVED;

static void hand_out(const struct blob *blob, expand_bytes_fn *done, void *arg) {
  const struct expand_bytes bytes = {.error = blob->error,
                                     .instead = blob->state == STATE_ARCHIVED ? &archived : NULL,
                                     .data = blob->data,
                                     .length = blob->length,
                                     .media_type = blob->media_type};
  done(arg, &bytes);
}

/* Nobody waits for it afterwards. A waiter may ask for others, or for this one again. */
static void settle(struct blob *blob) {
  struct waiter *waiters = blob->waiters;
  size_t count = blob->waiter_count;
  blob->waiters = NULL;
  blob->waiter_count = blob->waiter_capacity = 0;
  for (size_t i = 0; i < count; i++)
    hand_out(blob, waiters[i].done, waiters[i].arg);
  free(waiters);
}

static void blob_failed(struct blob *blob, const struct error *error) {
  blob->state = STATE_FAILED;
  blob->error = error_copy(error);
}

/* DATA (taken over) is the blob, if it hashes to it. */
static void blob_came(struct blob *blob, char *data, size_t length, const char *what) {
  if (digest_matches(blob->digest, data, length)) {
    blob->state = STATE_HERE;
    blob->data = data;
    blob->length = length;
    return;
  }
  blob->state = STATE_FAILED;
  error_set(&blob->error, STATUS_DIGEST_MISMATCH, "%s: what came for %s are other bytes", what,
            blob->digest);
  free(data);
}

/* ---- manifests ---- */

static void batch_done(void *arg, const struct json_node *reply, const struct error *error,
                       const char *code);

static struct json_object *new_body(const struct content *content) {
  struct json_object *body = json_object_new_object();
  if (content->registry_id)
    json_object_object_add(body, "registryId", json_object_new_string(content->registry_id));
  json_object_object_add(body, "repositoryName", json_object_new_string(content->repository));
  return body;
}

/* All that ECR knows (BatchGetImage, acceptedMediaTypes): what is not accepted it may convert, and
   the digest is then another. */
static const char *const accepted[] = {MEDIA_TYPE_OCI_INDEX, MEDIA_TYPE_OCI_MANIFEST,
                                       MEDIA_TYPE_DOCKER_LIST, MEDIA_TYPE_DOCKER_MANIFEST,
                                       MEDIA_TYPE_DOCKER_SCHEMA1};

static void send_batch(struct content *content, struct blob *const *blobs, size_t count) {
  struct batch *batch = xcalloc(1, sizeof *batch);
  batch->content = content;
  cleanup(cleanup_json) struct json_object *body = new_body(content);
  struct json_object *ids = json_object_new_array(), *types = json_object_new_array();
  for (size_t i = 0; i < count; i++) {
    batch->blobs[batch->count++] = blobs[i];
    blobs[i]->batch = batch;
    struct json_object *id = json_object_new_object();
    json_object_object_add(id, "imageDigest", json_object_new_string(blobs[i]->digest));
    json_object_array_add(ids, id);
  }
  json_object_object_add(body, "imageIds", ids);
  for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++)
    json_object_array_add(types, json_object_new_string(accepted[i]));
  json_object_object_add(body, "acceptedMediaTypes", types);
  content->calls++;
  ecr_call(content->ecr, "BatchGetImage", body, batch_done, batch);
}

static void take_manifest(const struct batch *batch, struct ecr_manifest *manifest) {
  struct blob *blob = hashmap_get(batch->content->manifests, manifest->digest);
  if (!blob || blob->state != STATE_ASKED || blob->batch != batch)
    return; /* told twice, or never asked for by this call: it may go before its own one ends */
  char *text = manifest->text;
  manifest->text = NULL;
  blob_came(blob, text, manifest->length, "BatchGetImage");
  blob->media_type = manifest->media_type;
  manifest->media_type = NULL;
}

static enum status failure_status(const char *code) {
  static const struct {
    const char *code;
    enum status status;
  } known[] = {{"ImageNotFound", STATUS_NOT_FOUND},
               {"UpstreamAccessDenied", STATUS_DENIED},
               {"UpstreamTooManyRequests", STATUS_RATE_LIMITED}};
  for (size_t i = 0; code && i < sizeof known / sizeof *known; i++)
    if (strcmp(code, known[i].code) == 0)
      return known[i].status;
  return STATUS_SERVER_ERROR;
}

static void take_failure(const struct batch *batch, const struct ecr_failure *failure) {
  struct blob *blob = hashmap_get(batch->content->manifests, failure->digest);
  if (!blob || blob->state != STATE_ASKED || blob->batch != batch)
    return;
  enum status status = failure_status(failure->code);
  blob->state = STATE_FAILED;
  if (status == STATUS_NOT_FOUND)
    error_set(&blob->error, status, "BatchGetImage: %s: the repository does not have it (any more)",
              failure->code);
  else
    error_set(&blob->error, status, "BatchGetImage: %s%s%s",
              failure->code ? failure->code : "a failure without a code",
              failure->reason ? ": " : "", failure->reason ? failure->reason : "");
}

static void take_batch(const struct batch *batch, const struct json_node *reply) {
  cleanup(ecr_batch_clear) struct ecr_batch answer = ECR_REPLY;
  cleanup(cleanup_error) struct error *error = NULL;
  if (ecr_reply_batch(reply, &answer, &error) == 0) {
    for (size_t i = 0; i < answer.count; i++)
      take_manifest(batch, &answer.items[i]);
    for (size_t i = 0; i < answer.failure_count; i++)
      take_failure(batch, &answer.failures[i]);
    error_set(&error, STATUS_SERVER_ERROR, "the answer says nothing of it");
  }
  error_wrap(&error, "BatchGetImage");
  for (size_t i = 0; i < batch->count; i++)
    if (batch->blobs[i]->state == STATE_ASKED)
      blob_failed(batch->blobs[i], error);
}

static void batch_done(void *arg, const struct json_node *reply, const struct error *error,
                       const char *code) {
  (void)code;
  struct batch *batch = arg;
  struct content *content = batch->content;
  content->calls--;
  if (error && error->status == STATUS_TOO_LARGE && batch->count > 1) {
    size_t half = batch->count / 2;
    send_batch(content, batch->blobs, half);
    send_batch(content, batch->blobs + half, batch->count - half);
    free(batch);
    return;
  }
  if (error) {
    for (size_t i = 0; i < batch->count; i++)
      blob_failed(batch->blobs[i], error);
  } else {
    take_batch(batch, reply);
  }
  for (size_t i = 0; i < batch->count; i++) {
    content->manifest_bytes += weight(batch->blobs[i]);
    settle(batch->blobs[i]);
    loosen(batch->blobs[i]);
  }
  free(batch);
  content->step(content->arg);
}

static void enqueue(struct content *content, struct blob *blob) {
  blob->state = STATE_ASKED;
  content->queue[content->queued++] = blob;
  if (content->queued == CONTENT_BATCH_MAX) {
    content->queued = 0;
    send_batch(content, content->queue, CONTENT_BATCH_MAX);
  }
}

void content_want(struct content *content, const char *digest) {
  struct blob *blob = blob_of(content, content->manifests, digest);
  blob->keep = true;
  if (blob->state == STATE_NEW)
    enqueue(content, blob);
}

size_t content_queued(const struct content *content) {
  return content->queued;
}

void content_flush(struct content *content) {
  size_t count = content->queued;
  content->queued = 0;
  if (count > 0)
    send_batch(content, content->queue, count);
}

void content_archive(struct content *content, const char *digest, const char *media_type) {
  struct blob *blob = blob_of(content, content->manifests, digest);
  if (blob->state != STATE_NEW)
    return;
  blob->state = STATE_ARCHIVED;
  error_set(&blob->error, STATUS_ARCHIVED, CONTENT_ARCHIVED);
  blob->media_type = media_type ? xstrdup(media_type) : NULL;
}

bool content_is_busy(const struct content *content) {
  return content->calls > 0;
}

bool content_is_awaited(const struct content *content, const char *digest) {
  const struct blob *blob = hashmap_get(content->manifests, digest);
  return blob && blob->state == STATE_ASKED;
}

size_t content_bytes(const struct content *content) {
  return content->manifest_bytes;
}

bool content_manifest(const struct content *content, const char *digest,
                      struct expand_bytes *bytes) {
  const struct blob *blob = hashmap_get(content->manifests, digest);
  if (!blob || blob->state != STATE_HERE)
    return false;
  *bytes = (struct expand_bytes){
      .data = blob->data, .length = blob->length, .media_type = blob->media_type};
  return true;
}

void content_release(struct content *content, const char *digest) {
  struct blob *blob = hashmap_get(content->manifests, digest);
  if (!blob)
    return;
  blob->keep = false;
  loosen(blob);
}

static void source_manifest(void *context, const char *digest, expand_bytes_fn *done, void *arg) {
  struct content *content = context;
  struct blob *blob = blob_of(content, content->manifests, digest);
  if (blob->state == STATE_HERE || blob->state == STATE_FAILED || blob->state == STATE_ARCHIVED) {
    hand_out(blob, done, arg);
    return;
  }
  wait_for(blob, done, arg);
  if (blob->state == STATE_NEW)
    enqueue(content, blob);
}

/* ---- configs ---- */

/* Hands the config out; afterwards it stays only when there is room. */
static void config_done(struct blob *blob) {
  struct content *content = blob->content;
  if (blob->state == STATE_HERE && content->config_bytes + blob->length <= CONFIGS_MAX) {
    content->config_bytes += blob->length;
    blob->keep = true;
  }
  settle(blob);
  if (blob->state == STATE_HERE && !blob->keep) {
    hashmap_remove(content->configs, blob->digest);
    blob_free(blob);
  }
  content->calls--;
  content->step(content->arg);
}

static void config_failed(struct blob *blob, const struct error *error) {
  blob_failed(blob, error);
  config_done(blob);
}

static void config_came(void *arg, const struct http_response *response) {
  struct blob *blob = arg;
  cleanup(cleanup_error) struct error *error = NULL;
  if (response->error) {
    error = error_copy(response->error);
  } else if (response->status != 200) {
    error_set(&error, http_status_failure(response->status), "HTTP status %ld from %s",
              response->status, response->url);
  } else {
    char *data = xmalloc(response->length + 1);
    memcpy(data, response->body, response->length);
    data[response->length] = '\0';
    blob_came(blob, data, response->length, "the download");
  }
  if (error)
    config_failed(blob, error);
  else
    config_done(blob);
}

static bool starts_with(const char *text, const char *start) {
  return strncmp(text, start, strlen(start)) == 0;
}

static void config_url_came(void *arg, const struct json_node *reply, const struct error *error,
                            const char *code) {
  (void)code;
  struct blob *blob = arg;
  const struct content *content = blob->content;
  if (error) {
    config_failed(blob, error);
    return;
  }
  cleanup(cleanup_error) struct error *trouble = NULL;
  const char *url = ecr_reply_download_url(reply, &trouble);
  /* Plain http only where the API itself speaks it, on the loopback interface of a test. */
  if (url && !starts_with(url, "https://") &&
      !(starts_with(url, "http://") && starts_with(ecr_endpoint(content->ecr), "http://")))
    error_set(&trouble, STATUS_SERVER_ERROR, "the downloadUrl is no https URL");
  else if (url && url_leads_to_link(url) && !url_leads_to_link(ecr_endpoint(content->ecr)))
    error_set(&trouble, STATUS_SERVER_ERROR, "the downloadUrl leads to %s", URL_OF_LINK);
  if (trouble) {
    error_wrap(&trouble, "GetDownloadUrlForLayer");
    config_failed(blob, trouble);
    return;
  }
  const struct http_request request = {.method = "GET",
                                       .url = url,
                                       .from = ecr_endpoint(content->ecr),
                                       .max_body = IMAGE_CONFIG_MAX,
                                       .follow = true,
                                       .ca = ecr_ca(content->ecr)};
  http_send(content->http, &request, config_came, blob);
}

static void source_config(void *context, const char *digest, expand_bytes_fn *done, void *arg) {
  struct content *content = context;
  struct blob *blob = blob_of(content, content->configs, digest);
  if (blob->state == STATE_HERE || blob->state == STATE_FAILED) {
    hand_out(blob, done, arg);
    return;
  }
  wait_for(blob, done, arg);
  if (blob->state == STATE_ASKED)
    return;
  blob->state = STATE_ASKED;
  content->calls++;
  cleanup(cleanup_json) struct json_object *body = new_body(content);
  json_object_object_add(body, "layerDigest", json_object_new_string(digest));
  ecr_call(content->ecr, "GetDownloadUrlForLayer", body, config_url_came, blob);
}

/* ---- */

struct content *content_new(struct http *http, struct ecr *ecr, const char *registry_id,
                            const char *repository, void (*step)(void *arg), void *arg) {
  struct content *content = xcalloc(1, sizeof *content);
  content->http = http;
  content->ecr = ecr;
  content->registry_id = registry_id ? xstrdup(registry_id) : NULL;
  content->repository = xstrdup(repository);
  content->step = step;
  content->arg = arg;
  content->source = (struct expand_source){
      .context = content, .manifest = source_manifest, .config = source_config};
  content->loose_last = &content->loose;
  content->manifests = hashmap_new();
  content->configs = hashmap_new();
  return content;
}

const struct expand_source *content_source(const struct content *content) {
  return &content->source;
}

void content_free(struct content *content) {
  if (!content)
    return;
  hashmap_each(content->manifests, free_blob, NULL);
  hashmap_each(content->configs, free_blob, NULL);
  hashmap_free(content->manifests);
  hashmap_free(content->configs);
  free(content->registry_id);
  free(content->repository);
  free(content);
}
