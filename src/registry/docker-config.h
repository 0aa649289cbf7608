/* Reads what people told docker (config.json) and podman, skopeo and buildah (auth.json) of
   registries: credentials, and the helpers that keep some. One file at a time; asks no helper, and
   which file is asked first is login's business. The rules are those of the docker CLI (credential
   helpers before credentials in the file) and of containers-auth.json(5) (the most specific name
   first). */
#ifndef OCIDUP_REGISTRY_DOCKER_CONFIG_H
#define OCIDUP_REGISTRY_DOCKER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "registry/credential.h"

/* Larger files are refused, bytes. */
#define DOCKER_CONFIG_MAX ((size_t)1024 * 1024)

struct docker_config;

/* The LENGTH bytes of TEXT, of the file NAME. White space only is an empty file. NULL with *err
   (STATUS_LOCAL) "NAME: line 3, column 7: why", with nothing of what is in it, when it cannot be
   read for sure: no JSON, or a member of another type than it must have. */
struct docker_config *docker_config_parse(const char *name, const char *text, size_t length,
                                          struct error **err);

/* The file at PATH. NULL without *err when there is none. *FORBIDDEN: whether *err says that we may
   not look at it. */
struct docker_config *docker_config_read(const char *path, bool *forbidden, struct error **err);

/* As given to what made it; borrowed. */
const char *docker_config_name(const struct docker_config *config);

/* What the file says of a registry; all borrowed from it. */
struct docker_login {
  const char *helper; /* docker-credential-HELPER has to be asked first; NULL: nobody */
  const char *server; /* what it is to be asked for */
  bool only_helper;   /* it is named for this registry, so what it has not is not to be had here */
  const struct credential *credential; /* from the file itself; NULL: none */
};

/* What is to be shown at ORIGIN ("https://quay.io", see `struct credential_question`), which is
   known as HOST, for REPOSITORY (NULL: the catalog). Names match when host and port are the same
   text (in any case); Docker Hub has several ("https://index.docker.io/v1/", "docker.io"). Of a
   name that is a URL only the host counts, and it is for the URL's scheme only. Others may have a
   path, and are for the repositories below it. */
void docker_config_find(const struct docker_config *config, const char *origin, const char *host,
                        const char *repository, struct docker_login *login);

/* Wipes. NULL is allowed. */
void docker_config_free(struct docker_config *config);

#endif
