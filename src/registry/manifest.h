/* Reads manifests: OCI image index and image manifest (image spec 1.1), Docker manifest list and
   schema 2, Docker schema 1. Tells images from artifacts. Fetches nothing and follows no index. */
#ifndef OCIDUP_REGISTRY_MANIFEST_H
#define OCIDUP_REGISTRY_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* What the manifests of a run may weigh: 4 MiB, as the distribution spec lets a registry refuse. */
#define MANIFEST_MAX (4u * 1024 * 1024)

/* Entries of an index, and layers of an image: far over what runtimes take (127 layers). */
#define MANIFEST_DESCRIPTORS_MAX 10000

#define MEDIA_TYPE_OCI_INDEX "application/vnd.oci.image.index.v1+json"
#define MEDIA_TYPE_OCI_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define MEDIA_TYPE_DOCKER_LIST "application/vnd.docker.distribution.manifest.list.v2+json"
#define MEDIA_TYPE_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define MEDIA_TYPE_DOCKER_SCHEMA1 "application/vnd.docker.distribution.manifest.v1+json"
#define MEDIA_TYPE_DOCKER_SCHEMA1_SIGNED "application/vnd.docker.distribution.manifest.v1+prettyjws"

/* All that we take, in the order in which we ask; ends with NULL. The digest that a registry
   gives depends on it, so HEAD and GET send the same set. */
extern const char *const manifest_media_types[];

/* An artifact is an image manifest with an artifactType; with a config of no image config's type;
   or with a layer of no image layer's type, since cosign gives its signatures an image's config
   type. Where the config is an application/octet-stream (images of early Docker versions, and
   artifacts) its layers alone decide. A `subject` does not. */
enum manifest_kind { MANIFEST_INDEX, MANIFEST_IMAGE, MANIFEST_ARTIFACT, MANIFEST_SCHEMA1 };

struct descriptor {
  char *media_type; /* NULL when it has none */
  char *digest;     /* valid */
  int64_t size;     /* bytes, >= 0 */
  char *platform;   /* normalised, of an index entry; NULL: not said, or unknown */
  bool attestation; /* index entry: unknown/unknown with vnd.docker.reference.type */
};

struct manifest {
  enum manifest_kind kind;
  char *media_type;
  struct descriptor *entries; /* of an index */
  size_t entry_count;
  struct descriptor config; /* of an image or artifact; digest NULL when it has none */
  struct descriptor *layers;
  size_t layer_count;
};

/* For `struct manifest m = MANIFEST;` */
#define MANIFEST                                                                                   \
  { .media_type = NULL }

/* Parses the LENGTH bytes of DATA. CONTENT_TYPE (may be NULL, may carry parameters) decides only
   where the content does not say what it is; where neither does, its members decide. What has the
   members of two kinds, or of another kind than it says, is refused: it would be one image here and
   another one elsewhere (OCI image spec, "Considerations"; CVE-2021-41190). 0, or -1 with *err
   (STATUS_BAD_MANIFEST, STATUS_UNSUPPORTED for a media type that is none of ours,
   STATUS_TOO_LARGE); *manifest is then empty. A config, an index entry or a layer without a valid
   digest and size is STATUS_BAD_MANIFEST. */
int manifest_parse(const char *data, size_t length, const char *content_type,
                   struct manifest *manifest, struct error **err);

/* Config and layers, bytes; 0 for what has none (an index, schema 1); -1 when a sum does not fit.
 */
int64_t manifest_size(const struct manifest *manifest);

void manifest_clear(struct manifest *manifest);

/* Whether MEDIA_TYPE (NULL: no) is that of one image's manifest, and not of an index. */
bool manifest_is_image_type(const char *media_type);

#endif
