/* Content digests, OCI image spec, "Digests". Checks their form and computes them (OpenSSL). */
#ifndef OCIDUP_REGISTRY_DIGEST_H
#define OCIDUP_REGISTRY_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

/* "sha256:" and 64 hexadecimal digits, and a NUL. */
#define DIGEST_SHA256_SIZE 72

/* The empty config of artifacts, `{}`: OCI image spec, "Guidelines for artifact usage". */
#define DIGEST_EMPTY_JSON "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

/* True for a digest of a registered algorithm in its exact form: sha256 with 64, sha512 with 128
   lower-case hexadecimal digits. */
bool digest_is_valid(const char *digest);

/* Writes the sha256 digest of DATA to OUT. */
void digest_of(const void *data, size_t length, char out[DIGEST_SHA256_SIZE]);

/* True when DATA hashes to DIGEST (valid, sha256 or sha512). */
bool digest_matches(const char *digest, const void *data, size_t length);

#endif
