#include <config.h>

#include "registry/manifest.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/json-tree.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "registry/digest.h"
#include "registry/platform.h"

#define ATTESTATION_ANNOTATION "vnd.docker.reference.type"

const char *const manifest_media_types[] = {MEDIA_TYPE_OCI_INDEX,
                                            MEDIA_TYPE_OCI_MANIFEST,
                                            MEDIA_TYPE_DOCKER_LIST,
                                            MEDIA_TYPE_DOCKER_MANIFEST,
                                            MEDIA_TYPE_DOCKER_SCHEMA1_SIGNED,
                                            MEDIA_TYPE_DOCKER_SCHEMA1,
                                            NULL};

static int bad(struct error **err, const char *why) {
  return error_set(err, STATUS_BAD_MANIFEST, "%s", why);
}

/* ---- members ---- */

/* A string member, NULL when it is absent, null or empty. */
static int get_text(const struct json_node *object, const char *name, const char **text,
                    struct error **err) {
  *text = json_node_string(object, name);
  if (!*text && json_node_get(object, name))
    return error_set(err, STATUS_BAD_MANIFEST, "%s is no string", name);
  if (*text && **text == '\0')
    *text = NULL;
  return 0;
}

static int read_descriptor(const struct json_node *object, struct descriptor *descriptor,
                           struct error **err) {
  const char *media_type, *digest;
  if (!json_node_is(object, JSON_OBJECT))
    return bad(err, "it is no object");
  if (get_text(object, "mediaType", &media_type, err) || get_text(object, "digest", &digest, err))
    return -1;
  if (!digest || !digest_is_valid(digest))
    return bad(err, digest ? "invalid or unsupported digest" : "no digest");
  if (!json_node_int64(object, "size", &descriptor->size) || descriptor->size < 0)
    return bad(err, "no valid size");
  descriptor->media_type = media_type ? xstrdup(media_type) : NULL;
  descriptor->digest = xstrdup(digest);
  return 0;
}

/* What an index says of ENTRY over a descriptor. */
static int read_platform(const struct json_node *entry, struct descriptor *descriptor,
                         struct error **err) {
  const struct json_node *platform = json_node_get(entry, "platform");
  if (!platform)
    return 0;
  if (!json_node_is(platform, JSON_OBJECT))
    return bad(err, "platform is no object");
  const char *os, *architecture, *variant, *os_version;
  if (get_text(platform, "os", &os, err) ||
      get_text(platform, "architecture", &architecture, err) ||
      get_text(platform, "variant", &variant, err) ||
      get_text(platform, "os.version", &os_version, err))
    return error_wrap(err, "platform");
  descriptor->platform = platform_format(os, architecture, variant, os_version);
  descriptor->attestation =
      os && architecture && strcmp(os, "unknown") == 0 && strcmp(architecture, "unknown") == 0 &&
      json_node_get(json_node_get(entry, "annotations"), ATTESTATION_ANNOTATION) != NULL;
  return 0;
}

/* Reads the array NAME (absent and null are empty) into DESCRIPTORS. What was read before a failure
   stays there, for manifest_clear. */
static int read_descriptors(const struct json_node *document, const char *name, bool platforms,
                            struct descriptor **descriptors, size_t *count, struct error **err) {
  const struct json_node *array = json_node_get(document, name);
  if (!array)
    return 0;
  if (!json_node_is(array, JSON_ARRAY))
    return error_set(err, STATUS_BAD_MANIFEST, "%s is no array", name);
  size_t length = array->length;
  if (length > MANIFEST_DESCRIPTORS_MAX)
    return error_set(err, STATUS_TOO_LARGE, "%s has more than %d entries", name,
                     MANIFEST_DESCRIPTORS_MAX);
  *descriptors = length ? xcalloc(length, sizeof(**descriptors)) : NULL;
  const struct json_node *item = json_node_first(array);
  for (; *count < length; (*count)++, item = json_node_next(item)) {
    struct descriptor *descriptor = &(*descriptors)[*count];
    if (read_descriptor(item, descriptor, err) ||
        (platforms && read_platform(item, descriptor, err))) {
      error_wrap(err, "%s[%zu]", name, *count);
      (*count)++;
      return -1;
    }
  }
  return 0;
}

/* ---- what it is ---- */

/* The media type that CONTENT_TYPE, a header's value, names if it is one of ours; else NULL. */
static const char *known_type(const char *content_type) {
  if (!content_type)
    return NULL;
  content_type += strspn(content_type, " \t");
  size_t length = strcspn(content_type, "; \t");
  for (const char *const *type = manifest_media_types; *type; type++)
    if (strlen(*type) == length && strncasecmp(*type, content_type, length) == 0)
      return *type;
  return NULL;
}

static const char *type_by_shape(const struct json_node *document, int64_t version) {
  if (json_node_get(document, "manifests"))
    return MEDIA_TYPE_OCI_INDEX;
  if (json_node_get(document, "config"))
    return MEDIA_TYPE_OCI_MANIFEST;
  if (version == 1)
    return json_node_get(document, "signatures") ? MEDIA_TYPE_DOCKER_SCHEMA1_SIGNED
                                                 : MEDIA_TYPE_DOCKER_SCHEMA1;
  return NULL;
}

/* One of manifest_media_types; NULL with *err. */
static const char *find_type(const struct json_node *document, const char *content_type,
                             int64_t version, struct error **err) {
  const char *said;
  if (get_text(document, "mediaType", &said, err))
    return NULL;
  const char *refused = said;
  if (said) {
    for (const char *const *known = manifest_media_types; *known; known++)
      if (strcmp(*known, said) == 0)
        return *known;
  } else {
    const char *type = known_type(content_type);
    if (!type)
      type = type_by_shape(document, version);
    if (type)
      return type;
    if (content_type && strstr(content_type, "/vnd."))
      refused = content_type;
  }
  cleanup(cleanup_free) char *shown = refused ? text_sanitized(refused) : NULL;
  if (shown)
    error_set(err, STATUS_UNSUPPORTED, "unsupported media type %.100s", shown);
  else
    bad(err, "neither an index nor an image manifest");
  return NULL;
}

static enum manifest_kind kind_of_type(const char *type) {
  if (strcmp(type, MEDIA_TYPE_OCI_INDEX) == 0 || strcmp(type, MEDIA_TYPE_DOCKER_LIST) == 0)
    return MANIFEST_INDEX;
  if (strcmp(type, MEDIA_TYPE_DOCKER_SCHEMA1) == 0 ||
      strcmp(type, MEDIA_TYPE_DOCKER_SCHEMA1_SIGNED) == 0)
    return MANIFEST_SCHEMA1;
  return MANIFEST_IMAGE;
}

/* Refuses what reads as one thing here and as another elsewhere (CVE-2021-41190). */
static int check_shape(const struct json_node *document, enum manifest_kind kind, int64_t version,
                       struct error **err) {
  bool index = json_node_get(document, "manifests");
  bool image = json_node_get(document, "config") || json_node_get(document, "layers");
  bool schema1 = json_node_get(document, "fsLayers");
  if (index + image + schema1 > 1)
    return bad(err, "ambiguous: it has the members of several kinds of manifest");
  if (version != (kind == MANIFEST_SCHEMA1 ? 1 : 2))
    return bad(err, "schemaVersion does not go with its media type");
  if (kind == MANIFEST_INDEX ? !index : kind == MANIFEST_SCHEMA1 ? index || image : !image)
    return bad(err, "its members do not go with its media type");
  return 0;
}

/* ---- image or artifact ---- */

static bool starts_with(const char *text, const char *prefix) {
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* By prefix: compressions, non-distributable and encrypted layers, and those to come. A layer that
   does not say is taken for one. */
static bool is_image_layer(const char *media_type) {
  return !media_type || starts_with(media_type, "application/vnd.oci.image.layer.") ||
         starts_with(media_type, "application/vnd.docker.image.rootfs.");
}

static bool has_image_layers_only(const struct manifest *manifest) {
  for (size_t i = 0; i < manifest->layer_count; i++)
    if (!is_image_layer(manifest->layers[i].media_type))
      return false;
  return true;
}

static bool is_artifact(const struct manifest *manifest, const char *artifact_type) {
  if (artifact_type)
    return true;
  const char *config = manifest->config.media_type;
  /* Early versions of Docker pushed configs as octet-stream; other tools do so for anything. */
  if (!config || strcmp(config, "application/octet-stream") == 0)
    return manifest->layer_count == 0 || !has_image_layers_only(manifest);
  if (strcmp(config, "application/vnd.oci.image.config.v1+json") != 0 &&
      strcmp(config, "application/vnd.docker.container.image.v1+json") != 0)
    return true;
  /* cosign signs with a config of an image's type. */
  return !has_image_layers_only(manifest);
}

static int read_image(const struct json_node *document, struct manifest *manifest,
                      struct error **err) {
  const char *artifact_type;
  if (get_text(document, "artifactType", &artifact_type, err))
    return -1;
  const struct json_node *config = json_node_get(document, "config");
  if (!config)
    return bad(err, "an image manifest without a config");
  if (read_descriptor(config, &manifest->config, err))
    return error_wrap(err, "config");
  if (read_descriptors(document, "layers", false, &manifest->layers, &manifest->layer_count, err))
    return -1;
  if (is_artifact(manifest, artifact_type))
    manifest->kind = MANIFEST_ARTIFACT;
  return 0;
}

static int parse(const char *data, size_t length, const char *content_type,
                 struct manifest *manifest, struct error **err) {
  if (length > MANIFEST_MAX)
    return error_set(err, STATUS_TOO_LARGE, "larger than %u bytes", MANIFEST_MAX);
  cleanup(json_tree_clear) struct json_tree tree;
  if (json_tree_parse(&tree, data, length, JSON_DEPTH, STATUS_BAD_MANIFEST, err) < 0)
    return -1;
  const struct json_node *document = tree.nodes;
  if (document->kind != JSON_OBJECT)
    return bad(err, "it is no JSON object");

  int64_t version = 2; /* tools have left it out */
  if (json_node_get(document, "schemaVersion") &&
      !json_node_int64(document, "schemaVersion", &version))
    return bad(err, "schemaVersion is no number");
  const char *type = find_type(document, content_type, version, err);
  if (!type)
    return -1;
  manifest->kind = kind_of_type(type);
  if (check_shape(document, manifest->kind, version, err))
    return -1;
  manifest->media_type = xstrdup(type);
  if (manifest->kind == MANIFEST_INDEX)
    return read_descriptors(document, "manifests", true, &manifest->entries, &manifest->entry_count,
                            err);
  return manifest->kind == MANIFEST_IMAGE ? read_image(document, manifest, err) : 0;
}

int manifest_parse(const char *data, size_t length, const char *content_type,
                   struct manifest *manifest, struct error **err) {
  *manifest = (struct manifest)MANIFEST;
  if (parse(data, length, content_type, manifest, err) == 0)
    return 0;
  manifest_clear(manifest);
  return error_wrap(err, "manifest");
}

int64_t manifest_size(const struct manifest *manifest) {
  int64_t size = manifest->config.size;
  for (size_t i = 0; i < manifest->layer_count; i++)
    if (__builtin_add_overflow(size, manifest->layers[i].size, &size))
      return -1;
  return size;
}

static void free_descriptor(struct descriptor *descriptor) {
  free(descriptor->media_type);
  free(descriptor->digest);
  free(descriptor->platform);
}

static void free_descriptors(struct descriptor *descriptors, size_t count) {
  for (size_t i = 0; i < count; i++)
    free_descriptor(&descriptors[i]);
  free(descriptors);
}

void manifest_clear(struct manifest *manifest) {
  free(manifest->media_type);
  free_descriptors(manifest->entries, manifest->entry_count);
  free_descriptor(&manifest->config);
  free_descriptors(manifest->layers, manifest->layer_count);
  *manifest = (struct manifest)MANIFEST;
}

bool manifest_is_image_type(const char *media_type) {
  return media_type && (strcmp(media_type, MEDIA_TYPE_OCI_MANIFEST) == 0 ||
                        strcmp(media_type, MEDIA_TYPE_DOCKER_MANIFEST) == 0 ||
                        strcmp(media_type, MEDIA_TYPE_DOCKER_SCHEMA1) == 0 ||
                        strcmp(media_type, MEDIA_TYPE_DOCKER_SCHEMA1_SIGNED) == 0);
}
