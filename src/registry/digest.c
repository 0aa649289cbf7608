#include <config.h>

#include "registry/digest.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#define SHA256_HEX 64
#define SHA512_HEX 128
/* Room for either, its algorithm's name, and a NUL. */
#define DIGEST_MAX (sizeof("sha512:") + SHA512_HEX)

bool digest_is_valid(const char *digest) {
  size_t wanted;
  if (strncmp(digest, "sha256:", 7) == 0)
    wanted = SHA256_HEX;
  else if (strncmp(digest, "sha512:", 7) == 0)
    wanted = SHA512_HEX;
  else
    return false;
  const char *hex = digest + 7;
  return strspn(hex, "0123456789abcdef") == wanted && hex[wanted] == '\0';
}

static void compute(const char *prefix, const EVP_MD *algorithm, const void *data, size_t length,
                    char *out) {
  static const char hex[] = "0123456789abcdef";
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  /* It fails only where OpenSSL cannot work at all (no memory, no default provider). A digest that
     is not true must not get out, and no caller could go on. */
  if (EVP_Digest(data, length, hash, &size, algorithm, NULL) != 1)
    abort();
  size_t at = strlen(prefix);
  memcpy(out, prefix, at);
  for (unsigned int i = 0; i < size; i++) {
    out[at++] = hex[hash[i] >> 4];
    out[at++] = hex[hash[i] & 0xF];
  }
  out[at] = '\0';
}

void digest_of(const void *data, size_t length, char out[DIGEST_SHA256_SIZE]) {
  compute("sha256:", EVP_sha256(), data, length, out);
}

bool digest_matches(const char *digest, const void *data, size_t length) {
  char computed[DIGEST_MAX];
  if (strncmp(digest, "sha512:", 7) == 0)
    compute("sha512:", EVP_sha512(), data, length, computed);
  else
    compute("sha256:", EVP_sha256(), data, length, computed);
  return strcmp(digest, computed) == 0;
}
