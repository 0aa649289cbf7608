/* Reads an image's config (OCI image spec, "Image Configuration"; Docker's is the same with more
   fields) down to what a record holds. */
#ifndef OCIDUP_REGISTRY_IMAGE_CONFIG_H
#define OCIDUP_REGISTRY_IMAGE_CONFIG_H

#include <stddef.h>

#include "base/error.h"
#include "registry/digest.h"

#define IMAGE_CONFIG_MAX (8u * 1024 * 1024)

struct image_config {
  char *platform;                    /* normalised; NULL when it does not say */
  char *created;                     /* RFC 3339, UTC; NULL when absent or not a time */
  char *diff_ids;                    /* joined by ','; NULL when there is none */
  char settings[DIGEST_SHA256_SIZE]; /* see image_config_parse */
};

/* For `struct image_config c = IMAGE_CONFIG;` */
#define IMAGE_CONFIG                                                                               \
  { .platform = NULL }

/* Parses DATA. `settings` is the SHA-256 of canonical JSON of what the config tells a runtime: os,
   architecture, variant and os.version as normalised by platform.h, and of its `config`: Cmd,
   Entrypoint, Env, ExposedPorts, Healthcheck, Labels, Shell, StopSignal, User, Volumes, WorkingDir.
   Other labels are another image. Canonical: names sorted by bytes and taken in their exact case,
   no white space, strings with the escapes \" \\ \u00xx only. A setting, or a member of
   Healthcheck, that is null, "", [] or {} is left out; inside of the others such values stand (an
   empty argument is one), but those of ExposedPorts and Volumes, which are sets, count for nothing.
   0, or -1 with *err (STATUS_BAD_MANIFEST, a diff ID that is no valid digest too;
   STATUS_TOO_LARGE); *config is then empty. A `created` that is no time, or Go's zero time, is
   NULL. */
int image_config_parse(const char *data, size_t length, struct image_config *config,
                       struct error **err);

void image_config_clear(struct image_config *config);

#endif
