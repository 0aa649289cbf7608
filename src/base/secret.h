/* Strings that are wiped before they are freed. */
#ifndef OCIDUP_BASE_SECRET_H
#define OCIDUP_BASE_SECRET_H

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

/* NULL is allowed. */
static inline void secret_free(char *secret) {
  if (secret)
    OPENSSL_cleanse(secret, strlen(secret));
  free(secret);
}

/* For `cleanup(cleanup_secret) char *password = …;` */
static inline void cleanup_secret(char **secret) {
  secret_free(*secret);
}

#endif
