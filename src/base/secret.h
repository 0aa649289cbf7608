/* Strings that are wiped before they are freed, and what keeps the others' copies of them from who
   may read this process's memory, or what is left of it. */
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

/* realloc() and free() for libraries that copy secrets: what they give back is wiped. */
void *secret_realloc(void *block, size_t size);
void secret_free_block(void *block);

/* For a program that is given keys: no core file, and no other process of this user may look into
   its memory. Programs that it starts make no core files either. */
void secret_guard_process(void);

#endif
