#include <config.h>

#include "registry/expand.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "expand-store.h"
#include "unit.h"

/* INNER wrapped in DEPTH indexes. */
static const char *wrap(struct store *store, const char *inner, unsigned depth) {
  for (unsigned i = 0; i < depth; i++) {
    cleanup(cleanup_free) char *one = index_entry(inner);
    inner = put_index_text(store, one);
  }
  return inner;
}

START_TEST(nested_indexes_are_followed_four_deep) {
  cleanup(store_free) struct store *store = store_new();
  const char *amd64 = put_image(store, "linux", "amd64");
  const char *inner = INDEX(store, {amd64, AMD64});
  cleanup(cleanup_outcome) struct outcome outcome = {.calls = 0};
  const char *four = wrap(store, inner, 3);
  run(store, &all, four, &outcome);
  ck_assert_uint_eq(outcome.rows.count, 1);
  CELL(0, STATUS, "ok");
  CELL(0, DIGEST, four);
  CELL(0, MANIFEST_DIGEST, amd64);
  cleanup_outcome(&outcome);
  outcome.calls = 0;
  run(store, &all, wrap(store, inner, 4), &outcome);
  CELL(0, STATUS, "bad_manifest");
  CELL(0, DETAIL, "indexes are nested more than 4 deep");
}
END_TEST

/* No bytes hash to this: the source lies, as one that does not verify could. */
START_TEST(a_ring_of_indexes_ends) {
  cleanup(store_free) struct store *store = store_new();
  const char *amd64 = put_image(store, "linux", "amd64");
  cleanup(cleanup_free) char *image = entry(amd64, AMD64);
  cleanup(cleanup_free) char *back = index_entry(L1);
  cleanup(cleanup_free) char *entries = xasprintf("%s,%s", back, image);
  put_index_text(store, entries);
  snprintf(store->blobs[store->count - 1].digest, DIGEST_SHA256_SIZE, "%s", L2);
  cleanup(cleanup_free) char *forth = index_entry(L2);
  put_index_text(store, forth);
  snprintf(store->blobs[store->count - 1].digest, DIGEST_SHA256_SIZE, "%s", L1);
  cleanup(cleanup_outcome) struct outcome outcome = {.calls = 0};
  run(store, &all, L1, &outcome);
  ck_assert_uint_eq(outcome.rows.count, 2);
  CELL(0, STATUS, "bad_manifest");
  CELL(1, STATUS, "ok");
  CELL(1, PLATFORMS, "2");
}
END_TEST

START_TEST(each_digest_is_asked_for_once) {
  cleanup(store_free) struct store *store = store_new();
  const char *config = put_config(store, "linux", "arm", "");
  const char *one = put_image_of(store, config, "1");
  const char *two = put_image_of(store, config, "2");
  const char *digest =
      INDEX(store, {one, ARMV5}, {one, AMD64}, {one, ARMV5}, {one, NULL}, {two, ARM64});
  store->hold = _i == 1;
  cleanup(cleanup_outcome) struct outcome outcome = {.calls = 0};
  run(store, &all, digest, &outcome);
  /* The same manifest for two platforms is two rows, a repetition is none. */
  ck_assert_uint_eq(outcome.rows.count, 3);
  CELL(0, PLATFORM, "linux/arm/v5");
  CELL(1, PLATFORM, "linux/amd64");
  CELL(1, MANIFEST_DIGEST, one);
  CELL(1, DETAIL, "the index says linux/amd64, the config linux/arm/v7");
  CELL(2, PLATFORMS, "3");
  for (size_t i = 0; i < 3; i++)
    CELL(i, STATUS, "ok");
  ck_assert_uint_eq(store->manifests, 3);
  ck_assert_uint_eq(store->configs, 1);
}
END_TEST

START_TEST(an_index_in_two_places_counts_once) {
  cleanup(store_free) struct store *store = store_new();
  const char *amd64 = put_image(store, "linux", "amd64");
  const char *inner = INDEX(store, {amd64, AMD64});
  cleanup(cleanup_free) char *one = index_entry(inner);
  cleanup(cleanup_free) char *outer = index_entry(wrap(store, inner, 1));
  cleanup(cleanup_free) char *entries = xasprintf("%s,%s", one, outer);
  const char *digest = put_index_text(store, entries);
  cleanup(cleanup_outcome) struct outcome outcome = {.calls = 0};
  run(store, &all, digest, &outcome);
  ck_assert_uint_eq(outcome.rows.count, 1);
  CELL(0, PLATFORMS, "1");
  CELL(0, STATUS, "ok");
}
END_TEST

/* Answers come first first, or last first: the rows stay where the first place is. */
START_TEST(an_index_in_two_places_has_its_rows_in_the_first) {
  cleanup(store_free) struct store *store = store_new();
  const char *amd64 = put_image(store, "linux", "amd64");
  const char *arm64 = put_image(store, "linux", "arm64");
  const char *inner = INDEX(store, {amd64, AMD64});
  cleanup(cleanup_free) char *inner_entry = index_entry(inner);
  cleanup(cleanup_free) char *image_entry = entry(arm64, ARM64);
  cleanup(cleanup_free) char *both = xasprintf("%s,%s", inner_entry, image_entry);
  cleanup(cleanup_free) char *outer_entry = index_entry(put_index_text(store, both));
  cleanup(cleanup_free) char *entries = xasprintf("%s,%s", outer_entry, inner_entry);
  store->hold = _i == 1;
  cleanup(cleanup_outcome) struct outcome outcome = {.calls = 0};
  run(store, &all, put_index_text(store, entries), &outcome);
  ck_assert_uint_eq(outcome.rows.count, 2);
  CELL(0, PLATFORM, "linux/amd64");
  CELL(1, PLATFORM, "linux/arm64");
  CELL(0, PLATFORMS, "2");
}
END_TEST

START_TEST(the_number_of_manifests_is_bounded) {
  cleanup(store_free) struct store *store = store_new();
  const char *digests[EXPAND_MANIFESTS_MAX + 5];
  size_t count = EXPAND_MANIFESTS_MAX + (_i == 0 ? 0 : 5);
  const char *(*pairs)[2] = xcalloc(count, sizeof *pairs);
  const char *config = put_config(store, "linux", "amd64", "");
  for (size_t i = 0; i < count; i++) {
    cleanup(cleanup_free) char *note = xasprintf("%zu", i);
    digests[i] = put_image_of(store, config, note);
    pairs[i][0] = digests[i];
    pairs[i][1] = AMD64;
  }
  const char *digest = put_index(store, count, (const char *const(*)[2])pairs);
  free(pairs);
  cleanup(cleanup_outcome) struct outcome outcome = {.calls = 0};
  run(store, &all, digest, &outcome);
  ck_assert_uint_eq(store->manifests, EXPAND_MANIFESTS_MAX + 1);
  CELL(EXPAND_MANIFESTS_MAX - 1, STATUS, "ok");
  if (_i == 0) {
    ck_assert_uint_eq(outcome.rows.count, EXPAND_MANIFESTS_MAX);
  } else {
    ck_assert_uint_eq(outcome.rows.count, EXPAND_MANIFESTS_MAX + 1);
    CELL(EXPAND_MANIFESTS_MAX, STATUS, "too_large");
  }
}
END_TEST

UNIT_MAIN("expand-index", tcase_add_test(tcase, nested_indexes_are_followed_four_deep);
          tcase_add_test(tcase, a_ring_of_indexes_ends);
          tcase_add_loop_test(tcase, each_digest_is_asked_for_once, 0, 2);
          tcase_add_test(tcase, an_index_in_two_places_counts_once);
          tcase_add_loop_test(tcase, an_index_in_two_places_has_its_rows_in_the_first, 0, 2);
          tcase_add_loop_test(tcase, the_number_of_manifests_is_bounded, 0, 2);)
