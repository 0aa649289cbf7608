#include <config.h>

#include "aws/ecr-reply.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "aws/credentials.h"
#include "base/cleanup.h"
#include "base/secret.h"
#include "base/timestamp.h"
#include "base/xalloc.h"
#include "registry/digest.h"
#include "registry/reference.h"

static char *copy_of(const char *text) {
  return text && *text ? xstrdup(text) : NULL;
}

static char *member(const struct json_node *object, const char *name) {
  return copy_of(json_node_string(object, name));
}

static int has_no(const char *name, struct error **err) {
  return error_set(err, STATUS_SERVER_ERROR, "the answer has no %s", name);
}

/* The array NAME, which must be there: its first item, and how many there are. */
static int items_of(const struct json_node *reply, const char *name, const struct json_node **first,
                    size_t *count, struct error **err) {
  const struct json_node *items = json_node_array(reply, name);
  *first = items ? json_node_first(items) : NULL;
  *count = items ? items->length : 0;
  return items ? 0 : has_no(name, err);
}

/* The token of the page behind this one. One that cannot be used is not taken for the end: what is
   on the other pages would be absent. */
static int next_token_of(const struct json_node *reply, char **token, struct error **err) {
  if (json_node_get(reply, "nextToken") && !json_node_string(reply, "nextToken"))
    return error_set(err, STATUS_SERVER_ERROR, "the answer has a nextToken that is no text");
  *token = member(reply, "nextToken");
  return 0;
}

/* ---- DescribeRepositories ---- */

static char *account_of(const struct json_node *item) {
  const char *account = json_node_string(item, "registryId");
  if (!aws_is_account(account))
    return NULL;
  return xstrdup(account);
}

static char *host_of(const struct json_node *item, const char *name) {
  const char *uri = json_node_string(item, "repositoryUri");
  const char *slash = uri ? strchr(uri, '/') : NULL;
  if (!slash || strcmp(slash + 1, name) != 0)
    return NULL;
  cleanup(cleanup_free) char *host = xstrndup(uri, (size_t)(slash - uri));
  return reference_host_is_valid(host) ? xstrdup(host) : NULL;
}

int ecr_reply_repositories(const struct json_node *reply, struct ecr_repositories *out,
                           struct error **err) {
  *out = (struct ecr_repositories)ECR_REPLY;
  const struct json_node *item = NULL;
  size_t count = 0;
  if (items_of(reply, "repositories", &item, &count, err) ||
      next_token_of(reply, &out->next_token, err))
    return -1;
  out->items = xcalloc(count + 1, sizeof *out->items);
  for (size_t i = 0; i < count; i++, item = json_node_next(item)) {
    const char *name = json_node_string(item, "repositoryName");
    if (!name || !reference_repository_is_valid(name)) {
      out->unusable++;
      continue;
    }
    out->items[out->count++] = (struct ecr_repository){
        .name = xstrdup(name), .account = account_of(item), .host = host_of(item, name)};
  }
  return 0;
}

void ecr_repositories_clear(struct ecr_repositories *repositories) {
  for (size_t i = 0; i < repositories->count; i++) {
    free(repositories->items[i].name);
    free(repositories->items[i].account);
    free(repositories->items[i].host);
  }
  free(repositories->items);
  free(repositories->next_token);
  *repositories = (struct ecr_repositories)ECR_REPLY;
}

/* ---- DescribeImages ---- */

static void read_tags(const struct json_node *item, struct ecr_image *image, size_t *unusable) {
  const struct json_node *tags = json_node_array(item, "imageTags");
  size_t count = tags ? tags->length : 0;
  if (!tags && json_node_get(item, "imageTags"))
    ++*unusable;
  image->tags = count > 0 ? xcalloc(count, sizeof *image->tags) : NULL;
  const struct json_node *value = tags ? json_node_first(tags) : NULL;
  for (size_t i = 0; i < count; i++, value = json_node_next(value)) {
    const char *tag = json_node_is(value, JSON_STRING) ? value->text : NULL;
    if (tag && reference_tag_is_valid(tag))
      image->tags[image->tag_count++] = xstrdup(tag);
    else
      ++*unusable;
  }
}

static void read_image(const struct json_node *item, const char *digest, struct ecr_image *image,
                       size_t *unusable) {
  *image = (struct ecr_image){.digest = xstrdup(digest), .size = -1};
  read_tags(item, image, unusable);
  int64_t size;
  if (json_node_int64(item, "imageSizeInBytes", &size) && size >= 0)
    image->size = size;
  double pushed;
  if (json_node_double(item, "imagePushedAt", &pushed))
    image->pushed = timestamp_format_double(pushed);
  image->media_type = member(item, "imageManifestMediaType");
  image->artifact_media_type = member(item, "artifactMediaType");
  const char *status = json_node_string(item, "imageStatus");
  image->archived =
      status && (strcmp(status, "ARCHIVED") == 0 || strcmp(status, "ACTIVATING") == 0);
}

int ecr_reply_images(const struct json_node *reply, struct ecr_images *out, struct error **err) {
  *out = (struct ecr_images)ECR_REPLY;
  const struct json_node *item = NULL;
  size_t count = 0;
  if (items_of(reply, "imageDetails", &item, &count, err))
    return -1;
  out->items = xcalloc(count + 1, sizeof *out->items);
  for (size_t i = 0; i < count; i++, item = json_node_next(item)) {
    const char *digest = json_node_string(item, "imageDigest");
    if (digest && digest_is_valid(digest))
      read_image(item, digest, &out->items[out->count++], &out->unusable);
    else
      out->unusable++;
  }
  return 0;
}

int ecr_reply_images_next(const struct json_node *reply, char **token, struct error **err) {
  const struct json_node *item;
  size_t count;
  *token = NULL;
  return items_of(reply, "imageDetails", &item, &count, err) ? -1
                                                             : next_token_of(reply, token, err);
}

int ecr_reply_images_are_of(const struct json_node *reply, const char *account,
                            const char *repository, struct error **err) {
  const struct json_node *item;
  size_t count;
  if (items_of(reply, "imageDetails", &item, &count, err))
    return -1;
  for (size_t i = 0; i < count; i++, item = json_node_next(item)) {
    const char *name = json_node_string(item, "repositoryName");
    const char *registry = json_node_string(item, "registryId");
    if ((name && strcmp(name, repository) != 0) || (registry && strcmp(registry, account) != 0))
      return error_set(err, STATUS_SERVER_ERROR, "the answer is about another repository");
  }
  return 0;
}

void ecr_image_clear(struct ecr_image *image) {
  free(image->digest);
  for (size_t i = 0; i < image->tag_count; i++)
    free(image->tags[i]);
  free(image->tags);
  free(image->pushed);
  free(image->media_type);
  free(image->artifact_media_type);
  *image = (struct ecr_image){.size = -1};
}

void ecr_images_clear(struct ecr_images *images) {
  for (size_t i = 0; i < images->count; i++)
    ecr_image_clear(&images->items[i]);
  free(images->items);
  *images = (struct ecr_images)ECR_REPLY;
}

/* ---- BatchGetImage ---- */

static const char *image_digest(const struct json_node *item) {
  const char *digest = json_node_string(json_node_object(item, "imageId"), "imageDigest");
  return digest && digest_is_valid(digest) ? digest : NULL;
}

static void read_manifest(const struct json_node *item, struct ecr_batch *out) {
  const char *digest = image_digest(item);
  const struct json_node *text = json_node_get(item, "imageManifest");
  if (!digest || !json_node_is(text, JSON_STRING))
    return;
  out->items[out->count++] =
      (struct ecr_manifest){.digest = xstrdup(digest),
                            .media_type = member(item, "imageManifestMediaType"),
                            .text = xstrndup(text->text, text->length),
                            .length = text->length};
}

int ecr_reply_batch(const struct json_node *reply, struct ecr_batch *out, struct error **err) {
  *out = (struct ecr_batch)ECR_REPLY;
  const struct json_node *item, *failures = json_node_array(reply, "failures");
  size_t count, failure_count = failures ? failures->length : 0;
  if (items_of(reply, "images", &item, &count, err))
    return -1;
  out->items = xcalloc(count + 1, sizeof *out->items);
  for (size_t i = 0; i < count; i++, item = json_node_next(item))
    read_manifest(item, out);
  out->failures = xcalloc(failure_count + 1, sizeof *out->failures);
  item = failures ? json_node_first(failures) : NULL;
  for (size_t i = 0; i < failure_count; i++, item = json_node_next(item)) {
    const char *digest = image_digest(item);
    if (digest)
      out->failures[out->failure_count++] =
          (struct ecr_failure){.digest = xstrdup(digest),
                               .code = member(item, "failureCode"),
                               .reason = member(item, "failureReason")};
  }
  return 0;
}

void ecr_batch_clear(struct ecr_batch *batch) {
  for (size_t i = 0; i < batch->count; i++) {
    free(batch->items[i].digest);
    free(batch->items[i].media_type);
    free(batch->items[i].text);
  }
  free(batch->items);
  for (size_t i = 0; i < batch->failure_count; i++) {
    free(batch->failures[i].digest);
    free(batch->failures[i].code);
    free(batch->failures[i].reason);
  }
  free(batch->failures);
  *batch = (struct ecr_batch)ECR_REPLY;
}

/* ---- GetDownloadUrlForLayer ---- */

const char *ecr_reply_download_url(const struct json_node *reply, struct error **err) {
  const char *url = json_node_string(reply, "downloadUrl");
  if (!url || !*url) {
    error_set(err, STATUS_SERVER_ERROR, "the answer has no downloadUrl");
    return NULL;
  }
  return url;
}

/* ---- GetAuthorizationToken ---- */

/* Larger ones are no token that a header can carry. */
#define TOKEN_MAX ((size_t)64 * 1024)

/* What TEXT is in base64 (RFC 4648), when that is printable text; caller frees. NULL: it is not. */
static char *decoded(const char *text) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t length = strlen(text);
  size_t digits = strspn(text, alphabet);
  size_t padding = length - digits;
  if (length == 0 || length > TOKEN_MAX || length % 4 != 0 || padding > 2 ||
      strspn(text + digits, "=") != padding)
    return NULL;
  char *plain = xcalloc(length / 4 * 3 + 1, 1);
  int size = EVP_DecodeBlock((unsigned char *)plain, (const unsigned char *)text, (int)length);
  size_t count = size > 0 ? (size_t)size - padding : 0;
  bool clean = count > 0;
  for (size_t i = 0; i < count; i++)
    clean = clean && plain[i] > ' ' && plain[i] < 0x7f;
  plain[count] = '\0';
  if (clean)
    return plain;
  OPENSSL_cleanse(plain, length / 4 * 3 + 1);
  free(plain);
  return NULL;
}

int ecr_reply_authorization(const struct json_node *reply, struct ecr_authorization *out,
                            struct error **err) {
  *out = (struct ecr_authorization){.user = NULL};
  const struct json_node *item;
  size_t count;
  if (items_of(reply, "authorizationData", &item, &count, err))
    return -1;
  const char *token = count > 0 ? json_node_string(item, "authorizationToken") : NULL;
  char *pair = token ? decoded(token) : NULL;
  const char *colon = pair ? strchr(pair, ':') : NULL;
  if (!colon || colon == pair || !colon[1]) {
    secret_free(pair);
    return error_set(err, STATUS_SERVER_ERROR, "the answer has no authorizationToken%s",
                     token ? " that can be used" : "");
  }
  out->user = xstrndup(pair, (size_t)(colon - pair));
  out->password = xstrdup(colon + 1);
  secret_free(pair);
  double expiry;
  /* A number that is no time says nothing. */
  if (json_node_double(item, "expiresAt", &expiry) && expiry > 0 && expiry < 1e12)
    out->expiry = (int64_t)expiry;
  return 0;
}

void ecr_authorization_clear(struct ecr_authorization *authorization) {
  secret_free(authorization->user);
  secret_free(authorization->password);
  *authorization = (struct ecr_authorization){.user = NULL};
}
