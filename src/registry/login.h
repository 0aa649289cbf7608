/* What this user may show to registries, as docker and podman were told: reads their files, asks
   their credential helpers, each once for a server, and remembers what they said. */
#ifndef OCIDUP_REGISTRY_LOGIN_H
#define OCIDUP_REGISTRY_LOGIN_H

#include <stdint.h>

#include "base/error.h"
#include "registry/credential.h"

/* What a helper gave is asked for again when it was refused and is older than this, seconds: some
   give tokens that run out. */
#define LOGIN_RENEW_AFTER 300

/* What login may touch of the world, beside files and programs. Copied. */
struct login_options {
  const char *(*env)(void *arg, const char *name); /* NULL: the process's variables */
  void *env_arg;
  int64_t (*now)(void *arg); /* seconds, of any clock that does not go back; NULL: the monotonic */
  void *now_arg;
  void (*note)(void *arg, const char *text); /* for -v; NULL: none. TEXT holds no secret */
  void *note_arg;
  int stop_fd; /* when readable, a helper that is waited for is ended; 0 and below: none */
};

struct login;

/* Reads, in the order in which they are asked later: REGISTRY_AUTH_FILE, or else
   $XDG_RUNTIME_DIR/containers/auth.json (/run/containers/UID/auth.json without that variable);
   $XDG_CONFIG_HOME/containers/auth.json (~/.config); $DOCKER_CONFIG/config.json (~/.docker). Only
   the first must be there. What lies at a place that no variable names and may not be looked at is
   noted, and not ours. NULL with *err (STATUS_LOCAL) when one is there and cannot be read: what
   was meant to be read with credentials must not be read without. */
struct login *login_new(const struct login_options *options, struct error **err);

/* Who asks LOGIN, which it borrows. */
struct registry_auth login_auth(struct login *login);

/* NULL is allowed. */
void login_free(struct login *login);

#endif
