#include <config.h>

#include "registry/expand.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "expand-store.h"
#include "unit.h"

START_TEST(a_single_image_is_one_row) {
  cleanup(store_free) struct store *store = store_new();
  const char *config = put_config(store, "linux", "arm64", ",\"variant\":\"v8\"");
  const char *digest = put_image_of(store, config, "");
  cleanup(cleanup_outcome) struct outcome outcome = {.calls = 0};
  run(store, &all, digest, &outcome);
  ck_assert_uint_eq(outcome.rows.count, 1);
  CELL(0, DIGEST, digest);
  CELL(0, MANIFEST_DIGEST, digest);
  CELL(0, CONFIG_DIGEST, config);
  CELL(0, STATUS, "ok");
  CELL(0, PLATFORM, "linux/arm64");
  CELL(0, PLATFORMS, "1");
  CELL(0, SIZE, "123");
  CELL(0, CREATED, "2024-01-02T03:04:05Z");
  CELL(0, MEDIA_TYPE, MEDIA_TYPE_OCI_MANIFEST);
  CELL(0, LAYERS, L1);
  CELL(0, LAYER_SIZES, "23");
  CELL(0, DIFF_IDS, L2);
  ck_assert(digest_is_valid(cell(&outcome, 0, RECORD_SETTINGS)));
}
END_TEST

START_TEST(without_configs_none_is_asked_for) {
  cleanup(store_free) struct store *store = store_new();
  const char *digest = put_image(store, "linux", "amd64");
  cleanup(cleanup_outcome) struct outcome outcome = {.calls = 0};
  run(store, &(struct expand_options){.configs = false}, digest, &outcome);
  ck_assert_uint_eq(store->configs, 0);
  CELL(0, STATUS, "ok");
  CELL(0, SETTINGS, "-");
  CELL(0, DIFF_IDS, "-");
  CELL(0, PLATFORM, "-");
  CELL(0, LAYERS, L1);
}
END_TEST

/* Answers come last first: the rows stay in the index's order. */
START_TEST(an_index_gives_rows_in_its_order) {
  cleanup(store_free) struct store *store = store_new();
  const char *amd64 = put_image(store, "linux", "amd64");
  const char *arm64 = put_image(store, "linux", "arm64");
  const char *arm = put_image(store, "linux", "arm");
  const char *digest = INDEX(store, {amd64, AMD64}, {arm64, ARM64}, {arm, ARMV5});
  store->hold = _i == 1;
  cleanup(cleanup_outcome) struct outcome outcome = {.calls = 0};
  run(store, &all, digest, &outcome);
  ck_assert_uint_eq(outcome.rows.count, 3);
  const char *const manifests[] = {amd64, arm64, arm};
  const char *const platforms[] = {"linux/amd64", "linux/arm64", "linux/arm/v5"};
  for (size_t i = 0; i < 3; i++) {
    CELL(i, DIGEST, digest);
    CELL(i, MANIFEST_DIGEST, manifests[i]);
    CELL(i, PLATFORM, platforms[i]);
    CELL(i, PLATFORMS, "3");
    CELL(i, STATUS, "ok");
    /* That a config leaves the variant out is no disagreement. */
    CELL(i, DETAIL, "-");
  }
}
END_TEST

START_TEST(a_child_that_fails_is_a_row) {
  cleanup(store_free) struct store *store = store_new();
  const char *amd64 = put_image(store, "linux", "amd64");
  const char *arm64 = put_image(store, "linux", "arm64");
  stored(store, arm64)->fails = STATUS_TIMEOUT;
  const char *digest = INDEX(store, {LOST, ARMV5}, {amd64, AMD64}, {arm64, ARM64});
  cleanup(cleanup_outcome) struct outcome outcome = {.calls = 0};
  run(store, &all, digest, &outcome);
  ck_assert_uint_eq(outcome.rows.count, 3);
  CELL(0, STATUS, "not_found");
  CELL(0, MANIFEST_DIGEST, LOST);
  CELL(0, PLATFORM, "linux/arm/v5");
  CELL(0, PLATFORMS, "3");
  CELL(1, STATUS, "ok");
  CELL(2, STATUS, "timeout");
  CELL(2, PLATFORM, "linux/arm64");
  CELL(2, DETAIL, "told to fail");
}
END_TEST

START_TEST(a_top_that_fails_names_no_manifest) {
  cleanup(store_free) struct store *store = store_new();
  cleanup(cleanup_outcome) struct outcome outcome = {.calls = 0};
  run(store, &all, LOST, &outcome);
  ck_assert_uint_eq(outcome.rows.count, 1);
  CELL(0, STATUS, "not_found");
  CELL(0, DIGEST, LOST);
  CELL(0, MANIFEST_DIGEST, "-");
  CELL(0, PLATFORMS, "-");
}
END_TEST

START_TEST(a_config_that_fails_keeps_the_digests) {
  cleanup(store_free) struct store *store = store_new();
  const char *config = put_config(store, "linux", "amd64", "");
  const char *digest = put_image_of(store, config, "");
  stored(store, config)->fails = STATUS_SERVER_ERROR;
  cleanup(cleanup_outcome) struct outcome outcome = {.calls = 0};
  run(store, &all, digest, &outcome);
  CELL(0, STATUS, "server_error");
  CELL(0, DETAIL, "its config: told to fail");
  CELL(0, MANIFEST_DIGEST, digest);
  CELL(0, CONFIG_DIGEST, config);
  CELL(0, LAYERS, L1);
  CELL(0, SETTINGS, "-");
}
END_TEST

/* A `not_found` would say that the image is gone, and so hide nothing. */
START_TEST(a_config_that_is_missing_is_no_missing_image) {
  cleanup(store_free) struct store *store = store_new();
  const char *config = put_config(store, "linux", "amd64", "");
  const char *digest = put_image_of(store, config, "");
  stored(store, config)->fails = STATUS_NOT_FOUND;
  cleanup(cleanup_outcome) struct outcome outcome = {.calls = 0};
  run(store, &all, digest, &outcome);
  CELL(0, STATUS, "server_error");
  CELL(0, MANIFEST_DIGEST, digest);
}
END_TEST

START_TEST(a_config_that_is_none_is_bad) {
  cleanup(store_free) struct store *store = store_new();
  const char *config = put(store, xstrdup("[]"));
  const char *digest = put_image_of(store, config, "");
  cleanup(cleanup_outcome) struct outcome outcome = {.calls = 0};
  run(store, &all, digest, &outcome);
  CELL(0, STATUS, "bad_manifest");
}
END_TEST

START_TEST(a_config_of_too_many_layers_is_too_large) {
  cleanup(store_free) struct store *store = store_new();
  cleanup(strbuf_free) struct strbuf text = STRBUF(8 << 20);
  strbuf_puts(&text,
              "{\"os\":\"linux\",\"architecture\":\"amd64\",\"rootfs\":{\"diff_ids\":[\"" L1 "\"");
  for (size_t length = 0; length <= EXPAND_LIST_MAX; length += sizeof L1)
    strbuf_puts(&text, ",\"" L2 "\"");
  ck_assert_int_eq(strbuf_puts(&text, "]}}"), 0);
  const char *digest = put_image_of(store, put(store, strbuf_take(&text)), "");
  cleanup(cleanup_outcome) struct outcome outcome = {.calls = 0};
  run(store, &all, digest, &outcome);
  CELL(0, STATUS, "too_large");
  CELL(0, DETAIL, "its config lists too many layers");
  CELL(0, DIFF_IDS, "-");
}
END_TEST

START_TEST(a_config_that_is_too_large_is_not_asked_for) {
  cleanup(store_free) struct store *store = store_new();
  const char *digest =
      put(store, xstrdup("{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_TYPE_OCI_MANIFEST
                         "\",\"config\":{\"mediaType\":\"" OCI_CONFIG "\",\"digest\":\"" L1
                         "\",\"size\":8388609},\"layers\":[{\"mediaType\":\"" LAYER
                         "\",\"digest\":\"" L1 "\",\"size\":23}]}"));
  cleanup(cleanup_outcome) struct outcome outcome = {.calls = 0};
  run(store, &all, digest, &outcome);
  CELL(0, STATUS, "too_large");
  ck_assert_uint_eq(store->configs, 0);
}
END_TEST

START_TEST(attestations_and_artifacts_beside_images_give_no_row) {
  cleanup(store_free) struct store *store = store_new();
  const char *amd64 = put_image(store, "linux", "amd64");
  const char *chart = put_artifact(store, "chart");
  cleanup(cleanup_free) char *image = entry(amd64, AMD64);
  cleanup(cleanup_free) char *artifact = entry(chart, NULL);
  cleanup(cleanup_free) char *entries =
      xasprintf("%s,{\"mediaType\":\"" MEDIA_TYPE_OCI_MANIFEST "\",\"digest\":\"" LOST
                "\",\"size\":5,\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"},"
                "\"annotations\":{\"vnd.docker.reference.type\":\"attestation-manifest\"}},"
                "{\"mediaType\":\"application/x\",\"digest\":\"" LOST "\",\"size\":5},%s",
                image, artifact);
  const char *digest = put_index_text(store, entries);
  cleanup(cleanup_outcome) struct outcome outcome = {.calls = 0};
  run(store, &all, digest, &outcome);
  ck_assert_uint_eq(outcome.rows.count, 1);
  CELL(0, MANIFEST_DIGEST, amd64);
  CELL(0, PLATFORMS, "1");
}
END_TEST

START_TEST(an_index_without_images_is_an_artifact) {
  cleanup(store_free) struct store *store = store_new();
  const char *one = put_artifact(store, "1");
  const char *two = put_artifact(store, "2");
  const char *digest = _i == 0 ? INDEX(store, {one, NULL}, {two, NULL}) : put_index_text(store, "");
  cleanup(cleanup_outcome) struct outcome outcome = {.calls = 0};
  run(store, &all, digest, &outcome);
  ck_assert_uint_eq(outcome.rows.count, 1);
  CELL(0, STATUS, "artifact");
  CELL(0, DIGEST, digest);
  CELL(0, MANIFEST_DIGEST, digest);
  CELL(0, MEDIA_TYPE, MEDIA_TYPE_OCI_INDEX);
  CELL(0, PLATFORMS, "1");
  CELL(0, SETTINGS, "-");
}
END_TEST

START_TEST(an_artifact_has_no_settings) {
  cleanup(store_free) struct store *store = store_new();
  const char *digest = put_artifact(store, "");
  cleanup(cleanup_outcome) struct outcome outcome = {.calls = 0};
  run(store, &all, digest, &outcome);
  CELL(0, STATUS, "artifact");
  CELL(0, MANIFEST_DIGEST, digest);
  CELL(0, CONFIG_DIGEST, DIGEST_EMPTY_JSON);
  CELL(0, SETTINGS, "-");
  ck_assert_uint_eq(store->configs, 0);
}
END_TEST

START_TEST(only_wanted_platforms_are_asked_for) {
  cleanup(store_free) struct store *store = store_new();
  const char *amd64 = put_image(store, "linux", "amd64");
  const char *arm64 = put_image(store, "linux", "arm64");
  const char *s390x = put_image(store, "linux", "s390x"); /* its entry does not say so */
  const char *digest = INDEX(store, {amd64, AMD64}, {arm64, ARM64}, {s390x, NULL});
  static const char *const wanted[] = {"linux/arm64", NULL};
  struct expand_options options = {.configs = true, .platforms = wanted};
  cleanup(cleanup_outcome) struct outcome outcome = {.calls = 0};
  run(store, &options, digest, &outcome);
  ck_assert_uint_eq(outcome.rows.count, 1);
  CELL(0, PLATFORM, "linux/arm64");
  CELL(0, PLATFORMS, "3");
  ck_assert_uint_eq(stored(store, amd64)->asked, 0);
  ck_assert_uint_eq(stored(store, s390x)->asked, 1);
}
END_TEST

START_TEST(no_wanted_platform_is_a_row_that_says_what_there_is) {
  cleanup(store_free) struct store *store = store_new();
  const char *amd64 = put_image(store, "linux", "amd64");
  const char *arm64 = put_image(store, "linux", "arm64");
  const char *digest = _i == 0 ? INDEX(store, {amd64, AMD64}, {arm64, ARM64}) : amd64;
  static const char *const wanted[] = {"linux/s390x", "windows/amd64", NULL};
  struct expand_options options = {.configs = true, .platforms = wanted};
  cleanup(cleanup_outcome) struct outcome outcome = {.calls = 0};
  run(store, &options, digest, &outcome);
  ck_assert_uint_eq(outcome.rows.count, 1);
  CELL(0, STATUS, "not_found");
  CELL(0, DIGEST, digest);
  CELL(0, MANIFEST_DIGEST, "-");
  CELL(0, PLATFORMS, _i == 0 ? "2" : "1");
  CELL(0, DETAIL,
       _i == 0 ? "no linux/s390x, windows/amd64; it has linux/amd64, linux/arm64"
               : "no linux/s390x, windows/amd64; it has linux/amd64");
}
END_TEST

/* What is not known may be what is wanted. */
START_TEST(a_platform_that_is_not_known_stays) {
  cleanup(store_free) struct store *store = store_new();
  const char *digest = put_image(store, "linux", "amd64");
  static const char *const wanted[] = {"linux/s390x", NULL};
  struct expand_options options = {.configs = false, .platforms = wanted};
  cleanup(cleanup_outcome) struct outcome outcome = {.calls = 0};
  run(store, &options, digest, &outcome);
  CELL(0, STATUS, "ok");
  CELL(0, PLATFORM, "-");
}
END_TEST

START_TEST(a_windows_version_comes_from_the_config) {
  cleanup(store_free) struct store *store = store_new();
  const char *config = put_config(store, "windows", "amd64", ",\"os.version\":\"10.0.20348.1\"");
  const char *image = put_image_of(store, config, "");
  const char *digest = INDEX(store, {image, "{\"os\":\"windows\",\"architecture\":\"amd64\"}"});
  cleanup(cleanup_outcome) struct outcome outcome = {.calls = 0};
  run(store, &all, digest, &outcome);
  CELL(0, PLATFORM, "windows(10.0.20348.1)/amd64");
  CELL(0, DETAIL, "-");
}
END_TEST

START_TEST(bytes_that_are_kept_away_are_no_failure) {
  static const enum status archived = STATUS_ARCHIVED;
  cleanup(store_free) struct store *store = store_new();
  const char *amd64 = put_image(store, "linux", "amd64");
  const char *arm64 = put_image(store, "linux", "arm64");
  stored(store, arm64)->instead = &archived;
  const char *digest = INDEX(store, {amd64, AMD64}, {arm64, ARM64});
  cleanup(cleanup_outcome) struct outcome outcome = {.calls = 0};
  run(store, &all, digest, &outcome);
  CELL(0, STATUS, "ok");
  CELL(1, STATUS, "archived");
  CELL(1, MANIFEST_DIGEST, arm64);
  CELL(1, PLATFORMS, "2");
}
END_TEST

START_TEST(an_image_of_too_many_layers_is_too_large) {
  cleanup(store_free) struct store *store = store_new();
  const char *config = put_config(store, "linux", "amd64", "");
  char *text = xmalloc(1 << 20);
  int length = sprintf(text,
                       "{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_TYPE_OCI_MANIFEST
                       "\",\"config\":{\"mediaType\":\"" OCI_CONFIG
                       "\",\"digest\":\"%s\",\"size\":100},\"layers\":[",
                       config);
  for (int i = 0; i < 5000; i++)
    length +=
        sprintf(text + length, "%s{\"mediaType\":\"" LAYER "\",\"digest\":\"" L1 "\",\"size\":1}",
                i ? "," : "");
  sprintf(text + length, "]}");
  const char *digest = put(store, text);
  cleanup(cleanup_outcome) struct outcome outcome = {.calls = 0};
  run(store, &all, digest, &outcome);
  CELL(0, STATUS, "too_large");
  CELL(0, LAYERS, "-");
  CELL(0, MANIFEST_DIGEST, digest);
}
END_TEST

START_TEST(a_failure_is_a_row) {
  struct record_set rows = RECORD_SET;
  cleanup(cleanup_error) struct error *error = NULL;
  error_set(&error, STATUS_DENIED, "no");
  expand_failure(&rows, NULL, error);
  expand_failure(&rows, L1, &(struct error){.status = STATUS_LOCAL, .message = (char[]){"x"}});
  ck_assert_uint_eq(rows.count, 2);
  ck_assert_str_eq(rows.rows[0].cell[RECORD_STATUS], "denied");
  ck_assert_str_eq(rows.rows[0].cell[RECORD_DETAIL], "no");
  ck_assert_ptr_null(rows.rows[0].cell[RECORD_DIGEST]);
  ck_assert_str_eq(rows.rows[1].cell[RECORD_DIGEST], L1);
  /* No reader knows "local". */
  ck_assert(status_is_failure(record_status(&rows.rows[1])));
  ck_assert_str_ne(rows.rows[1].cell[RECORD_STATUS], "local");
  record_set_free(&rows);
}
END_TEST

UNIT_MAIN("expand", tcase_add_test(tcase, a_single_image_is_one_row);
          tcase_add_test(tcase, without_configs_none_is_asked_for);
          tcase_add_loop_test(tcase, an_index_gives_rows_in_its_order, 0, 2);
          tcase_add_test(tcase, a_child_that_fails_is_a_row);
          tcase_add_test(tcase, a_top_that_fails_names_no_manifest);
          tcase_add_test(tcase, a_config_that_fails_keeps_the_digests);
          tcase_add_test(tcase, a_config_that_is_missing_is_no_missing_image);
          tcase_add_test(tcase, a_config_that_is_none_is_bad);
          tcase_add_test(tcase, a_config_of_too_many_layers_is_too_large);
          tcase_add_test(tcase, a_config_that_is_too_large_is_not_asked_for);
          tcase_add_test(tcase, attestations_and_artifacts_beside_images_give_no_row);
          tcase_add_loop_test(tcase, an_index_without_images_is_an_artifact, 0, 2);
          tcase_add_test(tcase, an_artifact_has_no_settings);
          tcase_add_test(tcase, only_wanted_platforms_are_asked_for);
          tcase_add_loop_test(tcase, no_wanted_platform_is_a_row_that_says_what_there_is, 0, 2);
          tcase_add_test(tcase, a_platform_that_is_not_known_stays);
          tcase_add_test(tcase, a_windows_version_comes_from_the_config);
          tcase_add_test(tcase, bytes_that_are_kept_away_are_no_failure);
          tcase_add_test(tcase, an_image_of_too_many_layers_is_too_large);
          tcase_add_test(tcase, a_failure_is_a_row);)
