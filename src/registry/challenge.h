/* WWW-Authenticate: RFC 9110, 11.6.1, as registries use it (distribution's token spec). */
#ifndef OCIDUP_REGISTRY_CHALLENGE_H
#define OCIDUP_REGISTRY_CHALLENGE_H

#include "base/error.h"

enum challenge_scheme { CHALLENGE_NONE, CHALLENGE_BASIC, CHALLENGE_BEARER };

struct challenge {
  enum challenge_scheme scheme;
  char *realm; /* NULL when not given, like the others */
  char *service;
  char *scope;
  char *error; /* for example "insufficient_scope" */
};

/* For `struct challenge c = CHALLENGE;` */
#define CHALLENGE                                                                                  \
  { .scheme = CHALLENGE_NONE }

/* Takes the header's VALUE, which may hold several challenges, into *CHALLENGE: Bearer is
   preferred to Basic, others are passed over. Call once per header; an earlier Bearer stays.
   0, or -1 with *err (STATUS_UNAUTHORIZED) for one that cannot be read. */
int challenge_parse(const char *value, struct challenge *challenge, struct error **err);

void challenge_clear(struct challenge *challenge);

#endif
