/* Asks a docker-credential-* program for credentials, by the protocol of docker's credential
   helpers: `get`, the server on standard input, JSON on standard output. Keeps nothing. */
#ifndef OCIDUP_REGISTRY_CREDENTIAL_HELPER_H
#define OCIDUP_REGISTRY_CREDENTIAL_HELPER_H

#include <stddef.h>

#include "base/error.h"
#include "registry/credential.h"

/* Asks docker-credential-NAME, looked for in PATH, for SERVER; waits for it, 30 seconds at most, or
   until STOP_FD is readable (0 and below: none).
   0 with *CREDENTIAL (empty before), of kind CREDENTIAL_NONE when it has none; or -1 with *err
   (STATUS_UNAUTHORIZED), which names the helper and SERVER and tells nothing of what was printed.
 */
int credential_helper_get(const char *name, const char *server, int stop_fd,
                          struct credential *credential, struct error **err);

/* What a helper printed before it ended well, LENGTH bytes of TEXT. The user `<token>` means that
   the secret is an identity token. 0 or -1. */
int credential_helper_parse(const char *text, size_t length, struct credential *credential,
                            struct error **err);

#endif
