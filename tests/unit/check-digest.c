#include <config.h>

#include "registry/digest.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

/* FIPS 180-2, appendix B.1 and C.1: "abc". */
#define ABC_256_HEX "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define ABC_512_HEX                                                                                \
  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"                               \
  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
#define ABC_256 "sha256:" ABC_256_HEX
#define ABC_512 "sha512:" ABC_512_HEX

START_TEST(digests_are_computed) {
  char out[DIGEST_SHA256_SIZE];
  digest_of("abc", 3, out);
  ck_assert_str_eq(out, ABC_256);
  digest_of("{}", 2, out);
  ck_assert_str_eq(out, DIGEST_EMPTY_JSON);
  digest_of("", 0, out);
  ck_assert_str_eq(out, "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  ck_assert_uint_eq(strlen(out) + 1, DIGEST_SHA256_SIZE);
}
END_TEST

START_TEST(bytes_are_checked_against_a_digest) {
  ck_assert(digest_matches(ABC_256, "abc", 3));
  ck_assert(digest_matches(ABC_512, "abc", 3));
  ck_assert(!digest_matches(ABC_256, "abd", 3));
  ck_assert(!digest_matches(ABC_512, "abd", 3));
  ck_assert(!digest_matches(ABC_256, "abc\0", 4));
  ck_assert(!digest_matches(DIGEST_EMPTY_JSON, "abc", 3));
  ck_assert(digest_matches(DIGEST_EMPTY_JSON, "{}", 2));
}
END_TEST

START_TEST(only_registered_forms_are_valid) {
  ck_assert(digest_is_valid(ABC_256));
  ck_assert(digest_is_valid(ABC_512));
  ck_assert(digest_is_valid(DIGEST_EMPTY_JSON));

  char text[160];
  snprintf(text, sizeof(text), "%.70s", ABC_256);
  ck_assert(!digest_is_valid(text));
  snprintf(text, sizeof(text), "%s0", ABC_256);
  ck_assert(!digest_is_valid(text));
  snprintf(text, sizeof(text), "%s ", ABC_256);
  ck_assert(!digest_is_valid(text));
  snprintf(text, sizeof(text), " %s", ABC_256);
  ck_assert(!digest_is_valid(text));
  snprintf(text, sizeof(text), "%.70sD", ABC_256);
  ck_assert(!digest_is_valid(text));
  snprintf(text, sizeof(text), "%.70sg", ABC_256);
  ck_assert(!digest_is_valid(text));
  snprintf(text, sizeof(text), "SHA256:%s", ABC_256_HEX);
  ck_assert(!digest_is_valid(text));
  snprintf(text, sizeof(text), "sha512:%s", ABC_256_HEX);
  ck_assert(!digest_is_valid(text));
  snprintf(text, sizeof(text), "sha256:%s", ABC_512_HEX);
  ck_assert(!digest_is_valid(text));
  snprintf(text, sizeof(text), "sha384:%.96s", ABC_512_HEX);
  ck_assert(!digest_is_valid(text));
  ck_assert(!digest_is_valid(ABC_256_HEX));
  ck_assert(!digest_is_valid("sha256:"));
  ck_assert(!digest_is_valid("sha256"));
  ck_assert(!digest_is_valid(""));
}
END_TEST

UNIT_MAIN("digest", tcase_add_test(tcase, digests_are_computed);
          tcase_add_test(tcase, bytes_are_checked_against_a_digest);
          tcase_add_test(tcase, only_registered_forms_are_valid);)
