#include <config.h>

#include "aws/seen.h"

#include <stdio.h>
#include <stdlib.h>

#include "aws/untagged.h"
#include "registry/digest.h"
#include "unit.h"

enum { MANY = 20000 };

static const char *digest_of_number(int number) {
  static char digest[DIGEST_SHA256_SIZE];
  digest_of(&number, sizeof number, digest);
  return digest;
}

START_TEST(what_was_marked_stays) {
  struct seen *seen = seen_new();
  for (int i = 0; i < MANY; i++) {
    ck_assert_uint_eq(seen_flags(seen, digest_of_number(i)), 0);
    seen_mark(seen, digest_of_number(i), i % 2 == 0 ? SEEN_TAGGED : SEEN_UNTAGGED);
  }
  for (int i = 0; i < MANY; i++)
    seen_mark(seen, digest_of_number(i), SEEN_CHILD);
  for (int i = 0; i < MANY; i++)
    ck_assert_uint_eq(seen_flags(seen, digest_of_number(i)),
                      SEEN_CHILD | (i % 2 == 0 ? SEEN_TAGGED : SEEN_UNTAGGED));
  ck_assert_uint_eq(seen_flags(seen, digest_of_number(MANY)), 0);
  seen_free(seen);
  seen_free(NULL);
}
END_TEST

/* Whatever else was said meanwhile. */
START_TEST(a_tag_is_new_once_for_each_digest) {
  struct seen *seen = seen_new();
  char tag[16];
  for (int round = 0; round < 5; round++)
    for (int i = 0; i < MANY / 10; i++) {
      for (int old = 0; old < round; old++) {
        (void)snprintf(tag, sizeof tag, "v%d", old);
        ck_assert(!seen_tag(seen, digest_of_number(i), tag));
      }
      (void)snprintf(tag, sizeof tag, "v%d", round);
      ck_assert(seen_tag(seen, digest_of_number(i), tag));
      (void)snprintf(tag, sizeof tag, "w%d", round);
      ck_assert(seen_tag(seen, digest_of_number(i), tag));
      ck_assert(!seen_tag(seen, digest_of_number(i), tag));
    }
  seen_free(seen);
}
END_TEST

START_TEST(untagged_images_come_back_as_they_were) {
  char index[] = "application/vnd.oci.image.index.v1+json", type[] = "application/x";
  char pushed[] = "2024-01-02T03:04:05Z", epoch[] = "1969-12-31T23:59:59Z";
  char sha256[] = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  char sha512[] = "sha512:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
                  "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";
  const struct ecr_image images[] = {
      {.digest = sha256, .size = 1234567890123, .pushed = pushed, .media_type = index},
      {.digest = sha512, .size = -1, .artifact_media_type = type, .archived = true},
      {.digest = sha256, .size = 0, .pushed = epoch, .media_type = type},
      {.digest = sha256, .size = 1, .pushed = pushed, .media_type = index}};
  struct untagged *untagged = untagged_new();
  for (size_t i = 0; i < sizeof images / sizeof *images; i++)
    untagged_add(untagged, &images[i]);
  ck_assert_uint_eq(untagged_count(untagged), sizeof images / sizeof *images);
  for (size_t i = 0; i < sizeof images / sizeof *images; i++) {
    struct ecr_image image = untagged_get(untagged, i);
    ck_assert_str_eq(image.digest, images[i].digest);
    ck_assert_int_eq(image.size, images[i].size);
    ck_assert_pstr_eq(image.pushed, images[i].pushed);
    ck_assert_pstr_eq(image.media_type, images[i].media_type);
    ck_assert_pstr_eq(image.artifact_media_type, images[i].artifact_media_type);
    ck_assert(image.archived == images[i].archived);
    ck_assert_uint_eq(image.tag_count, 0);
    ecr_image_clear(&image);
  }
  untagged_free(untagged);
  untagged_free(NULL);
}
END_TEST

UNIT_MAIN("seen", tcase_add_test(tcase, what_was_marked_stays);
          tcase_add_test(tcase, a_tag_is_new_once_for_each_digest);
          tcase_add_test(tcase, untagged_images_come_back_as_they_were);)
