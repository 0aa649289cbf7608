#include <config.h>

#include "base/hash.h"

#include <stdlib.h>

#include "unit.h"

/* Bits that words differ in must not cancel each other, whatever the seed is: these are chosen such
   that the first difference comes out as one bit, and the second takes it back, where the words
   are mixed without the seed. */
START_TEST(no_words_are_the_same_for_all_seeds) {
  static const uint64_t one[] = {UINT64_C(0x5b626bfc6af9c221), UINT64_C(0x5b626bfc6af9c221)};
  static const uint64_t other[] = {UINT64_C(0x930cf85848fc21c1), UINT64_C(0xd8941e7f6af9c221)};
  char text[2][sizeof one];
  for (size_t i = 0; i < sizeof one; i++) {
    text[0][i] = (char)(one[i / 8] >> (8 * (i % 8)));
    text[1][i] = (char)(other[i / 8] >> (8 * (i % 8)));
  }
  size_t same = 0;
  for (uint64_t seed = 1; seed <= 1000; seed++)
    same += hash_bytes(hash_finish(seed), text[0], sizeof one) ==
            hash_bytes(hash_finish(seed), text[1], sizeof one);
  ck_assert_uint_eq(same, 0);
}
END_TEST

START_TEST(every_byte_and_the_length_count) {
  static const char text[] = "0123456789abcdef0123456789abcdef";
  for (size_t length = 0; length < sizeof text; length++) {
    char *copy = malloc(length + 1);
    memcpy(copy, text, length + 1);
    const uint64_t hash = hash_bytes(7, copy, length);
    ck_assert_uint_eq(hash, hash_bytes(7, text, length));
    ck_assert_uint_ne(hash, hash_bytes(8, copy, length));
    ck_assert_uint_ne(hash, hash_bytes(7, copy, length + 1));
    for (size_t i = 0; i < length; i++) {
      copy[i] ^= 1;
      ck_assert_uint_ne(hash, hash_bytes(7, copy, length));
      copy[i] ^= 1;
    }
    free(copy);
  }
}
END_TEST

UNIT_MAIN("hash", tcase_add_test(tcase, no_words_are_the_same_for_all_seeds);
          tcase_add_test(tcase, every_byte_and_the_length_count);)
