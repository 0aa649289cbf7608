#include <config.h>

#include "registry/credential.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/xalloc.h"

void credential_clear(struct credential *credential) {
  free(credential->user);
  secret_free(credential->secret);
  free(credential->source);
  *credential = (struct credential)CREDENTIAL;
}

static char *copy(const char *text) {
  return text ? xstrdup(text) : NULL;
}

void credential_copy(struct credential *to, const struct credential *from) {
  struct credential made = {.kind = from->kind,
                            .user = copy(from->user),
                            .secret = copy(from->secret),
                            .source = copy(from->source)};
  credential_clear(to);
  *to = made;
}

static bool is_same(const char *a, const char *b) {
  return a == b || (a && b && strcmp(a, b) == 0);
}

bool credential_is_same(const struct credential *a, const struct credential *b) {
  return a->kind == b->kind && is_same(a->user, b->user) && is_same(a->secret, b->secret);
}
