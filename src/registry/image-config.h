/* Reads an image's config (OCI image spec, "Image Configuration"; Docker's is the same with more
   fields) down to what a record holds. */
#ifndef OCIDUP_REGISTRY_IMAGE_CONFIG_H
#define OCIDUP_REGISTRY_IMAGE_CONFIG_H

#include <stddef.h>

#include "base/error.h"
#include "registry/digest.h"

#define IMAGE_CONFIG_MAX (8u * 1024 * 1024)

struct image_config {
  char *platform; /* normalised; NULL when it does not say */
  char *created;  /* RFC 3339, UTC; NULL when absent or not a time */
  char *diff_ids; /* joined by ','; NULL when there is none */
  char settings[DIGEST_SHA256_SIZE]; /* see image_config_parse */
};

/* For `struct image_config c = IMAGE_CONFIG;` */
#define IMAGE_CONFIG                                                                               \
  { .platform = NULL }

/* Parses DATA. `settings` is the SHA-256 of canonical JSON (object keys sorted by bytes, no white
   space, empty and null values left out) of what the config tells a runtime: os, architecture,
   variant and os.version as normalised by platform.h, and of its `config`: Env, Cmd, Entrypoint,
   User, WorkingDir, ExposedPorts, Volumes, StopSignal, Healthcheck, Shell, Labels. 0, or -1 with
   *err (STATUS_BAD_MANIFEST); *config is then empty. */
int image_config_parse(const char *data, size_t length, struct image_config *config,
                       struct error **err);

void image_config_clear(struct image_config *config);

#endif
