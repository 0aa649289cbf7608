/* A 64-bit hash of bytes, for tables whose keys are compared in full and for counting. Seeded, so
   that who writes names or digests cannot choose their collisions. */
#ifndef OCIDUP_BASE_HASH_H
#define OCIDUP_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t hash_rotate(uint64_t value, unsigned bits) {
  return (value << bits) | (value >> (64 - bits));
}

/* Spreads the bits of VALUE over all of the result (a bijection). */
static inline uint64_t hash_finish(uint64_t value) {
  value ^= value >> 33;
  value *= UINT64_C(0xff51afd7ed558ccd);
  value ^= value >> 33;
  value *= UINT64_C(0xc4ceb9fe1a85ec53);
  return value ^ (value >> 33);
}

static inline uint64_t hash_bytes(uint64_t seed, const char *data, size_t length) {
  uint64_t hash = seed ^ (length * UINT64_C(0x9e3779b97f4a7c15));
  uint64_t word;
  for (; length >= sizeof word; data += sizeof word, length -= sizeof word) {
    memcpy(&word, data, sizeof word);
    /* With the seed, or else there are words whose difference the next word takes back, whatever
       the seed is. */
    word = (word ^ seed) * UINT64_C(0x87c37b91114253d5);
    word = hash_rotate(word, 31) * UINT64_C(0x4cf5ad432745937f);
    hash = hash_rotate(hash ^ word, 27) * 5 + UINT64_C(0x52dce729);
  }
  word = 0;
  memcpy(&word, data, length);
  hash ^= hash_rotate(word * UINT64_C(0x87c37b91114253d5), 31) * UINT64_C(0x4cf5ad432745937f);
  return hash_finish(hash);
}

/* A hash for what a digest is at the end of, which is random already: of its last 16 bytes only.
   Who writes names or lists can make collisions; so it may decide what is looked at, not how long.
 */
static inline uint64_t hash_tail(uint64_t seed, const char *data, size_t length) {
  uint64_t first, last;
  if (length < sizeof first + sizeof last)
    return hash_bytes(seed, data, length);
  memcpy(&first, data + length - sizeof first - sizeof last, sizeof first);
  memcpy(&last, data + length - sizeof last, sizeof last);
  uint64_t hash = (first ^ seed) * UINT64_C(0x87c37b91114253d5);
  return hash_finish(hash_rotate(hash, 31) ^ last ^ length * UINT64_C(0x9e3779b97f4a7c15));
}

#endif
