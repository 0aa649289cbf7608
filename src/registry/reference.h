/* Image references by the grammar of the distribution project's reference package, with Docker's
   defaults: `nginx` is docker.io/library/nginx:latest, index.docker.io and registry-1.docker.io are
   docker.io. A host is put in lower case, so that a registry has one spelling. Where a host is
   asked is the client's business. */
#ifndef OCIDUP_REGISTRY_REFERENCE_H
#define OCIDUP_REGISTRY_REFERENCE_H

#include <stdbool.h>

#include "base/error.h"

/* All strings owned by the reference. */
struct reference {
  char *host;       /* "docker.io", "localhost:5000" */
  char *repository; /* "library/nginx" */
  char *tag;        /* NULL when a digest decides */
  char *digest;     /* NULL when there is a tag; `name:tag@digest` keeps the digest only */
};

/* For `struct reference r = REFERENCE;` */
#define REFERENCE                                                                                  \
  { .host = NULL, .repository = NULL, .tag = NULL, .digest = NULL }

/* Parses TEXT (no surrounding white space; a leading "docker://" is taken off). As in distribution,
   the first component is a host when it has a '.', a ':' or an upper-case letter or is "localhost";
   one that is a host by its upper-case letters alone keeps them, since in lower case it would name
   a path on Docker Hub. A lone image ID or digest, which Docker takes for no name either, is
   refused. 0, or -1 with *err (STATUS_INVALID_REFERENCE) that says what is wrong and holds nothing
   of TEXT but a scheme; *reference is then empty. */
int reference_parse(const char *text, struct reference *reference, struct error **err);

/* The canonical form, `host/repo:tag` or `host/repo@digest`; caller frees. */
char *reference_format(const struct reference *reference);

/* True when HOST could be the host part of a reference, "name", "name:port", "[v6]:port"; a port is
   1 to 65535. */
bool reference_host_is_valid(const char *host);

/* True when REPOSITORY is a valid repository name (OCI distribution spec, "Pulling manifests") of
   at most 255 characters, without the host, as distribution counts. */
bool reference_repository_is_valid(const char *repository);

/* True when TAG is a valid tag (same place). */
bool reference_tag_is_valid(const char *tag);

/* Frees the strings and empties it. */
void reference_clear(struct reference *reference);

#endif
