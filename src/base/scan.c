#include <config.h>

#include "base/scan.h"

#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)
#define HAVE_AVX2_CODE 1
#include <immintrin.h>
#endif

/* Writes the number of MASK's first bit, plus BASE; MASK without it. */
static inline uint64_t put_bit(uint64_t mask, uint32_t base, uint32_t *mark) {
  *mark = base + (uint32_t)__builtin_ctzll(mask | UINT64_C(1) << 63);
  return mask & (mask - 1);
}

/* Writes the numbers of MASK's bits, plus BASE. Four are written at a time, whether there are so
   many or not: a branch for each would cost more than what is written in vain. */
static inline size_t put_bits(uint64_t mask, uint32_t base, uint32_t *marks) {
  size_t count = (size_t)__builtin_popcountll(mask);
  for (size_t done = 0; done < count; done += 4) {
    mask = put_bit(mask, base, marks + done);
    mask = put_bit(mask, base, marks + done + 1);
    mask = put_bit(mask, base, marks + done + 2);
    mask = put_bit(mask, base, marks + done + 3);
  }
  return count;
}

/* The first COUNT bits; COUNT is at most 64. */
static inline uint64_t first_bits(size_t count) {
  return count < 64 ? (UINT64_C(1) << count) - 1 : UINT64_MAX;
}

/* ---- by words ---- */

#define EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

/* The highest bit of each byte of WORD that is less than LIMIT (at most 128); no carry leaves a
   byte. */
static uint64_t bytes_below(uint64_t word, uint64_t limit) {
  return ~((word | EACH_BYTE(0x80)) - EACH_BYTE(limit)) & ~word & EACH_BYTE(0x80);
}

static uint64_t mask_of_word(const char *text) {
  uint64_t word;
  memcpy(&word, text, sizeof word);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  uint64_t found = bytes_below(word, '\r' + 1) | bytes_below(word ^ EACH_BYTE('\\'), 1);
  return (found >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

size_t scan_marks_portable(const char *text, size_t length, uint32_t base, uint32_t *marks) {
  size_t count = 0;
  for (size_t at = 0; at < length; at += 64) {
    uint64_t mask = 0;
    for (unsigned i = 0; i < 8; i++)
      mask |= mask_of_word(text + at + 8 * i) << (8 * i);
    count += put_bits(mask & first_bits(length - at), base + (uint32_t)at, marks + count);
  }
  return count;
}

/* Without a branch for each byte. */
bool scan_is_hex_portable(const char *text) {
  unsigned wrong = 0;
  for (size_t i = 0; i < SCAN_HEX; i++) {
    const unsigned char byte = (unsigned char)text[i];
    wrong |= ((unsigned char)(byte - '0') > 9) & ((unsigned char)(byte - 'a') > 5);
  }
  return !wrong;
}

/* ---- by vectors ---- */

#ifdef HAVE_AVX2_CODE
__attribute__((target("avx2,bmi,popcnt"))) static inline uint32_t mask_of_vector(const char *text) {
  const __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)text);
  const __m256i low = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8('\r')), bytes);
  const __m256i escape = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\\'));
  return (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(low, escape));
}

__attribute__((target("avx2,bmi,popcnt"))) static inline uint64_t mask_of_block(const char *text) {
  return (uint64_t)mask_of_vector(text + 32) << 32 | mask_of_vector(text);
}

__attribute__((target("avx2,bmi,popcnt"))) static size_t
scan_marks_avx2(const char *text, size_t length, uint32_t base, uint32_t *marks) {
  size_t count = 0, at = 0;
  for (; at + 64 <= length; at += 64)
    count += put_bits(mask_of_block(text + at), base + (uint32_t)at, marks + count);
  if (at < length)
    count += put_bits(mask_of_block(text + at) & first_bits(length - at), base + (uint32_t)at,
                      marks + count);
  return count;
}

/* Bytes of all ones where a byte of BYTES is one of the COUNT values from FIRST on. */
__attribute__((target("avx2"))) static inline __m256i bytes_within(__m256i bytes, char first,
                                                                   char count) {
  const __m256i above = _mm256_sub_epi8(bytes, _mm256_set1_epi8(first));
  return _mm256_cmpeq_epi8(_mm256_min_epu8(above, _mm256_set1_epi8((char)(count - 1))), above);
}

__attribute__((target("avx2"))) static inline __m256i hex_of_vector(const char *text) {
  const __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)text);
  return _mm256_or_si256(bytes_within(bytes, '0', 10), bytes_within(bytes, 'a', 6));
}

__attribute__((target("avx2"))) static bool is_hex_avx2(const char *text) {
  return _mm256_movemask_epi8(_mm256_and_si256(hex_of_vector(text), hex_of_vector(text + 32))) ==
         -1;
}
#endif

size_t scan_marks(const char *text, size_t length, uint32_t base, uint32_t *marks) {
#ifdef HAVE_AVX2_CODE
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi"))
    return scan_marks_avx2(text, length, base, marks);
#endif
  return scan_marks_portable(text, length, base, marks);
}

bool scan_is_hex(const char *text) {
#ifdef HAVE_AVX2_CODE
  if (__builtin_cpu_supports("avx2"))
    return is_hex_avx2(text);
#endif
  return scan_is_hex_portable(text);
}
