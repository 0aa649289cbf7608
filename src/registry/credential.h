/* What can be shown to a registry to be let in, and who is asked for it: the interface between
   token, which shows it, and those who have it (login: what docker and podman were told; private
   ECR's). */
#ifndef OCIDUP_REGISTRY_CREDENTIAL_H
#define OCIDUP_REGISTRY_CREDENTIAL_H

#include <stdbool.h>

#include "base/error.h"

enum credential_kind {
  CREDENTIAL_NONE,
  CREDENTIAL_PASSWORD, /* user and secret, as Basic: to the registry or to its token service */
  CREDENTIAL_IDENTITY, /* secret is a refresh token, for the token service only */
  CREDENTIAL_BEARER    /* secret is a token for the registry, shown as it is */
};

/* Owned strings; wiped when cleared. */
struct credential {
  enum credential_kind kind;
  char *user;
  char *secret;
  char *source; /* where it is from, for people: "/home/me/.docker/config.json" */
};

/* For `cleanup(credential_clear) struct credential c = CREDENTIAL;` */
#define CREDENTIAL                                                                                 \
  { .kind = CREDENTIAL_NONE }

void credential_clear(struct credential *credential);

/* TO becomes a copy of FROM; what it held is cleared. */
void credential_copy(struct credential *to, const struct credential *from);

/* True when the same would be shown, whatever the source. */
bool credential_is_same(const struct credential *a, const struct credential *b);

struct credential_question {
  const char *origin;     /* of the server that is asked, a mirror's: "https://localhost:5000" */
  const char *host;       /* its name and port, "localhost:5000"; "docker.io" for Docker Hub's */
  const char *repository; /* as it is asked for there; NULL: the registry's catalog */
  /* What was shown and refused (wrong, or it ran out); NULL: nothing was yet. To be answered with
     something else, or nothing. Several requests may come to be refused with the same. */
  const struct credential *refused;
};

/* Who may know a credential. Called between requests; may wait (run a program, ask AWS). */
struct registry_auth {
  /* 0 with *CREDENTIAL (which is empty before), of kind CREDENTIAL_NONE when there is none to be
     had here, so that the next one is asked; or -1 with *err, which is told when no other has one.
     No secret is in it. */
  int (*credential)(void *arg, const struct credential_question *question,
                    struct credential *credential, struct error **err);
  void *arg;
};

#endif
