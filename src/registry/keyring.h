/* The credentials for registries: asks in turn who may know some, and remembers which were refused,
   so that none is shown twice where it was of no use: accounts get locked by that. */
#ifndef OCIDUP_REGISTRY_KEYRING_H
#define OCIDUP_REGISTRY_KEYRING_H

#include "base/error.h"
#include "registry/credential.h"

struct keyring;

struct keyring *keyring_new(void);

/* AUTH (copied) is asked after those that were added before. */
void keyring_add(struct keyring *keyring, const struct registry_auth *auth);

/* Looks for the first credential that somebody knows for QUESTION (whose `refused` is not looked
   at) and that was not refused. 0 with *FOUND, which is cleared before; of kind CREDENTIAL_NONE
   when nobody knows any. Or -1 with *err (STATUS_UNAUTHORIZED) when all were refused, or somebody
   should know and does not; *UNKNOWN (may be NULL) is true when it is only the latter. */
int keyring_find(struct keyring *keyring, const struct credential_question *question,
                 struct credential *found, bool *unknown, struct error **err);

/* CREDENTIAL (copied) was refused at ORIGIN: for REPOSITORY ("": the catalog), or, when that is
   NULL, for all. */
void keyring_refused(struct keyring *keyring, const char *origin, const char *repository,
                     const struct credential *credential);

/* CREDENTIAL was accepted at ORIGIN. */
void keyring_accepted(struct keyring *keyring, const char *origin,
                      const struct credential *credential);
bool keyring_is_accepted(const struct keyring *keyring, const char *origin,
                         const struct credential *credential);

/* NULL is allowed. */
void keyring_free(struct keyring *keyring);

#endif
