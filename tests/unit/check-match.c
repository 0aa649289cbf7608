#include <config.h>

#include "report/match.h"

#include <stdio.h>

#include "match-expect.h"
#include "unit.h"

#define EMPTY_GZIP "sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4"
#define EMPTY_BUILDKIT "sha256:4f4fb700ef54461cfa02571ae0db9a0dc1e0cdb5577484a6d75e68dc38e8acc1"
#define EMPTY_DIFF_ID "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"

/* What INVENTORY, a row of the image e/i:1, proves of the source row SOURCE, of s/i:1. */
static void expect_evidence(const char *source, const char *inventory, enum evidence want) {
  char source_row[1024], inventory_row[1024], line[64];
  snprintf(source_row, sizeof source_row, "image=s/i:1 %s", source);
  snprintf(inventory_row, sizeof inventory_row, "image=e/i:1 %s", inventory);
  const char *name = evidence_name(want);
  if (want == EVIDENCE_NONE)
    snprintf(line, sizeof line, "absent missing");
  else if (want == EVIDENCE_LAYERS_LIKELY)
    snprintf(line, sizeof line, "likely likely; e/i:1 %s 0 likely", name);
  else
    snprintf(line, sizeof line, "present found; e/i:1 %s 0 found", name);
  expect(LIST(source_row), LIST(inventory_row), line);
}

/* ---- the rungs, and what is not one ---- */

START_TEST(names) {
  ck_assert_str_eq(evidence_name(EVIDENCE_INDEX), "index");
  ck_assert_str_eq(evidence_name(EVIDENCE_DIFF_IDS), "diff_ids");
  ck_assert_str_eq(evidence_name(EVIDENCE_LAYERS_LIKELY), "layers?");
  ck_assert_str_eq(evidence_name(EVIDENCE_NONE), "-");
  for (int i = 0; i < VERDICTS; i++) {
    enum verdict verdict = VERDICTS;
    ck_assert(verdict_parse(verdict_name((enum verdict)i), &verdict));
    ck_assert_int_eq(verdict, i);
  }
  enum verdict verdict;
  ck_assert(!verdict_parse("Present", &verdict));
  ck_assert(!verdict_parse("", &verdict));
}
END_TEST

START_TEST(index_is_the_strongest) {
  expect_evidence("digest=I manifest_digest=M config_digest=C",
                  "digest=I manifest_digest=M config_digest=C", EVIDENCE_INDEX);
  /* The index of one image, told by its count or by its digest. */
  expect_evidence("digest=I manifest_digest=M platforms=1",
                  "digest=I manifest_digest=M platforms=1", EVIDENCE_INDEX);
  /* The same digest, and it is no index. */
  expect_evidence("digest=M manifest_digest=M platforms=1",
                  "digest=M manifest_digest=M platforms=1", EVIDENCE_MANIFEST);
}
END_TEST

START_TEST(the_same_index_needs_the_child) {
  /* The other child of the same index is another image. */
  expect_evidence("digest=I manifest_digest=M1", "digest=I manifest_digest=M2", EVIDENCE_NONE);
  /* That a child failed is known by its row; its sibling's row says nothing of it. */
  expect(LIST("image=s/i:1 digest=I platform=linux/amd64 manifest_digest=M1 platforms=2",
              "image=s/i:1 digest=I platform=linux/arm64 manifest_digest=M2 platforms=2"),
         LIST("image=e/i:1 digest=I platform=linux/amd64 manifest_digest=M1 platforms=2",
              "image=e/i:1 digest=I platform=linux/arm64 manifest_digest=M2 platforms=2 "
              "status=not_found"),
         "partial found,missing; e/i:1 index 0 found");
}
END_TEST

START_TEST(a_row_with_only_a_digest_stands_for_all_platforms) {
  expect(LIST("image=s/i:1 digest=I platform=linux/amd64 manifest_digest=M1 platforms=2",
              "image=s/i:1 digest=I platform=linux/arm64 manifest_digest=M2 platforms=2"),
         LIST("image=e/i:1 digest=I"), "present found,found; e/i:1 index 0,1 found");
  /* It names the child. */
  expect(LIST("image=s/i:1 digest=I platform=linux/amd64 manifest_digest=M1 platforms=2",
              "image=s/i:1 digest=I platform=linux/arm64 manifest_digest=M2 platforms=2"),
         LIST("image=e/i:1 digest=M2"), "partial missing,found; e/i:1 manifest 1 found");
  /* The source has only a digest: schema 1, or a listing without manifests. */
  expect_evidence("digest=M status=legacy", "digest=M status=legacy", EVIDENCE_MANIFEST);
  expect_evidence("digest=M status=legacy", "digest=N status=legacy", EVIDENCE_NONE);
  expect_evidence("digest=I", "digest=I manifest_digest=M", EVIDENCE_INDEX);
  expect_evidence("digest=M", "digest=I manifest_digest=M", EVIDENCE_MANIFEST);
}
END_TEST

START_TEST(rows_without_digests_match_nothing) {
  expect_evidence("platform=linux/amd64", "platform=linux/amd64", EVIDENCE_NONE);
  expect_evidence("settings=S", "settings=S", EVIDENCE_NONE);
}
END_TEST

START_TEST(manifest_through_different_names) {
  expect_evidence("digest=I manifest_digest=M", "digest=M manifest_digest=M", EVIDENCE_MANIFEST);
  expect_evidence("digest=I manifest_digest=M", "digest=J manifest_digest=M", EVIDENCE_MANIFEST);
}
END_TEST

START_TEST(config_is_identity) {
  expect_evidence("digest=M manifest_digest=M config_digest=C layers=L1",
                  "digest=N manifest_digest=N config_digest=C layers=L2", EVIDENCE_CONFIG);
  expect_evidence("digest=M manifest_digest=M config_digest=C",
                  "digest=N manifest_digest=N config_digest=D", EVIDENCE_NONE);
  /* The kinds of digest are not mixed up. */
  expect_evidence("digest=M manifest_digest=M config_digest=C",
                  "digest=C manifest_digest=C config_digest=M", EVIDENCE_NONE);
}
END_TEST

START_TEST(the_empty_config_is_none) {
  expect_evidence("digest=M manifest_digest=M config_digest=" EMPTY_CONFIG,
                  "digest=N manifest_digest=N config_digest=" EMPTY_CONFIG, EVIDENCE_NONE);
}
END_TEST

START_TEST(a_config_that_names_no_layers_is_none) {
  expect_evidence("manifest_digest=M config_digest=C settings=S layers=A",
                  "manifest_digest=N config_digest=C settings=S layers=B", EVIDENCE_NONE);
  expect_evidence("manifest_digest=M config_digest=C settings=S layers=A",
                  "manifest_digest=N config_digest=C settings=S layers=A", EVIDENCE_LAYERS);
  expect_evidence("manifest_digest=M config_digest=C settings=S",
                  "manifest_digest=N config_digest=C settings=S", EVIDENCE_CONFIG);
}
END_TEST

START_TEST(layers_need_the_settings) {
  expect_evidence("manifest_digest=M config_digest=C settings=S layers=A,B",
                  "manifest_digest=N config_digest=D settings=S layers=A,B", EVIDENCE_LAYERS);
  expect_evidence("manifest_digest=M config_digest=C settings=S layers=A,B diff_ids=a,b",
                  "manifest_digest=N config_digest=D settings=T layers=A,B diff_ids=a,b",
                  EVIDENCE_NONE);
  expect_evidence("manifest_digest=M settings=S layers=A,B",
                  "manifest_digest=N settings=S layers=A,B,C", EVIDENCE_NONE);
  expect_evidence("manifest_digest=M settings=S layers=A,B",
                  "manifest_digest=N settings=S layers=B,A", EVIDENCE_NONE);
}
END_TEST

START_TEST(diff_ids_need_the_settings) {
  expect_evidence("manifest_digest=M settings=S layers=A,B diff_ids=a,b",
                  "manifest_digest=N settings=S layers=Z,Y diff_ids=a,b", EVIDENCE_DIFF_IDS);
  expect_evidence("manifest_digest=M settings=S layers=A,B diff_ids=a,b",
                  "manifest_digest=N settings=T layers=Z,Y diff_ids=a,b", EVIDENCE_NONE);
  /* Another kind of list. */
  expect_evidence("manifest_digest=M settings=S diff_ids=A,B",
                  "manifest_digest=N settings=S layers=A,B", EVIDENCE_NONE);
}
END_TEST

START_TEST(layers_without_settings_are_likely) {
  static const char *const sides[] = {"manifest_digest=M config_digest=C layers=A,B",
                                      "manifest_digest=N config_digest=D layers=A,B settings=S"};
  for (int i = 0; i < 2; i++)
    expect_evidence(sides[i], sides[!i], EVIDENCE_LAYERS_LIKELY);
  expect_evidence(sides[0], "manifest_digest=N config_digest=D layers=A,B", EVIDENCE_LAYERS_LIKELY);
  expect_evidence("manifest_digest=M layers=A platform=linux/amd64",
                  "manifest_digest=N layers=A platform=linux/amd64", EVIDENCE_LAYERS_LIKELY);
  expect_evidence("manifest_digest=M layers=A platform=linux/amd64", "manifest_digest=N layers=A",
                  EVIDENCE_LAYERS_LIKELY);
  /* Known to be for something else. */
  expect_evidence("manifest_digest=M layers=A platform=linux/arm64",
                  "manifest_digest=N layers=A platform=linux/arm/v7", EVIDENCE_NONE);
}
END_TEST

START_TEST(empty_layers_are_no_evidence) {
  static const char *const lists[] = {EMPTY_GZIP, EMPTY_BUILDKIT, EMPTY_GZIP "," EMPTY_GZIP,
                                      EMPTY_BUILDKIT "," EMPTY_GZIP};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
    char source[600], inventory[600];
    snprintf(source, sizeof source, "manifest_digest=M settings=S layers=%s", lists[i]);
    snprintf(inventory, sizeof inventory, "manifest_digest=N settings=S layers=%s", lists[i]);
    expect_evidence(source, inventory, EVIDENCE_NONE);
    snprintf(inventory, sizeof inventory, "manifest_digest=N layers=%s", lists[i]);
    expect_evidence(source, inventory, EVIDENCE_NONE);
  }
  expect_evidence("manifest_digest=M settings=S diff_ids=" EMPTY_DIFF_ID "," EMPTY_DIFF_ID,
                  "manifest_digest=N settings=S diff_ids=" EMPTY_DIFF_ID "," EMPTY_DIFF_ID,
                  EVIDENCE_NONE);
  /* One layer that is not empty is enough, wherever it stands. */
  expect_evidence("manifest_digest=M settings=S layers=" EMPTY_GZIP ",A",
                  "manifest_digest=N settings=S layers=" EMPTY_GZIP ",A", EVIDENCE_LAYERS);
  expect_evidence("manifest_digest=M settings=S diff_ids=a," EMPTY_DIFF_ID,
                  "manifest_digest=N settings=S diff_ids=a," EMPTY_DIFF_ID, EVIDENCE_DIFF_IDS);
}
END_TEST

START_TEST(artifacts_match_by_digest_only) {
  static const char *const texts[] = {
      "manifest_digest=M config_digest=C settings=S layers=A diff_ids=a",
      "manifest_digest=N config_digest=C settings=S layers=A diff_ids=a"};
  for (int artifact = 0; artifact < 3; artifact++) {
    char rows[2][200];
    for (int i = 0; i < 2; i++)
      snprintf(rows[i], sizeof rows[i], "%s status=%s", texts[i],
               artifact == i || artifact == 2 ? "artifact" : "ok");
    expect_evidence(rows[0], rows[1], EVIDENCE_NONE);
  }
  expect_evidence("digest=M manifest_digest=M status=artifact",
                  "digest=M manifest_digest=M status=artifact", EVIDENCE_MANIFEST);
  expect_evidence("digest=I manifest_digest=M status=artifact",
                  "digest=I manifest_digest=M status=artifact", EVIDENCE_INDEX);
}
END_TEST

START_TEST(an_index_without_images_matches_by_its_digest) {
  expect_evidence("digest=I platforms=0 status=artifact", "digest=I platforms=0 status=artifact",
                  EVIDENCE_INDEX);
  expect_evidence("digest=I platforms=0 status=artifact", "digest=J platforms=0 status=artifact",
                  EVIDENCE_NONE);
}
END_TEST

START_TEST(the_strongest_row_of_an_image_counts) {
  expect(LIST("image=s/i:1 digest=M manifest_digest=M config_digest=C settings=S layers=A"),
         LIST("image=e/i:1 digest=J manifest_digest=N config_digest=D layers=A",
              "image=e/i:1 digest=J manifest_digest=M config_digest=C layers=A",
              "image=e/i:1 digest=J manifest_digest=O config_digest=C layers=A"),
         "present found; e/i:1 manifest 0 found");
}
END_TEST

START_TEST(the_same_reference_proves_nothing) {
  expect(LIST("image=e/i:1 digest=M manifest_digest=M"),
         LIST("image=e/i:1 digest=M manifest_digest=M"), "absent missing; e/i:1 self 0 missing");
  expect(LIST("image=e/i:1 digest=M manifest_digest=M"),
         LIST("image=e/i:1 digest=M manifest_digest=M", "image=e/i:2 digest=M manifest_digest=M"),
         "present found; e/i:2 manifest 0 found; e/i:1 self 0 missing");
  /* The same name with other content is not even that. */
  expect(LIST("image=e/i:1 digest=M manifest_digest=M"),
         LIST("image=e/i:1 digest=N manifest_digest=N"), "absent missing");
}
END_TEST

START_TEST(registries_are_counted) {
  struct match *match = rows_match(
      NULL, LIST("image=s/i:1 digest=I"),
      LIST("image=b:5000/i:1 digest=X pushed=2024-02-01T00:00:00Z created=2023-01-01T00:00:00Z",
           "image=b:5000/i:1 digest=X platform=linux/arm64 pushed=2024-03-01T00:00:00Z",
           "image=a/r/i:1 digest=X", "image=b:5000/j:1 digest=X pushed=2024-01-01T00:00:00Z",
           /* No time of the record: text order would say nothing. */
           "image=b:5000/k:1 digest=X pushed=tomorrow", "image=a/r/i:1 digest=X",
           "image=b status=denied", "image=b status=denied", "image=b/r status=timeout",
           "status=timeout"));
  const struct report *report = match_finish(match, NULL);
  static const struct {
    const char *name;
    size_t images, failed;
    const char *pushed, *created;
  } want[] = {{"-", 0, 1, "", ""},
              {"a", 1, 0, "", ""},
              {"b", 0, 2, "", ""},
              {"b:5000", 3, 0, "2024-03-01T00:00:00Z", "2023-01-01T00:00:00Z"}};
  ck_assert_uint_eq(report->registry_count, sizeof want / sizeof *want);
  for (size_t i = 0; i < report->registry_count; i++) {
    ck_assert_str_eq(report->registries[i].name, want[i].name);
    ck_assert_uint_eq(report->registries[i].images, want[i].images);
    ck_assert_uint_eq(report->registries[i].failed, want[i].failed);
    ck_assert_str_eq(report->registries[i].pushed, want[i].pushed);
    ck_assert_str_eq(report->registries[i].created, want[i].created);
  }
  match_free(match);
}
END_TEST

UNIT_MAIN("match", tcase_add_test(tcase, registries_are_counted); tcase_add_test(tcase, names);
          tcase_add_test(tcase, index_is_the_strongest);
          tcase_add_test(tcase, the_same_index_needs_the_child);
          tcase_add_test(tcase, a_row_with_only_a_digest_stands_for_all_platforms);
          tcase_add_test(tcase, rows_without_digests_match_nothing);
          tcase_add_test(tcase, manifest_through_different_names);
          tcase_add_test(tcase, config_is_identity);
          tcase_add_test(tcase, the_empty_config_is_none);
          tcase_add_test(tcase, a_config_that_names_no_layers_is_none);
          tcase_add_test(tcase, layers_need_the_settings);
          tcase_add_test(tcase, diff_ids_need_the_settings);
          tcase_add_test(tcase, layers_without_settings_are_likely);
          tcase_add_test(tcase, empty_layers_are_no_evidence);
          tcase_add_test(tcase, artifacts_match_by_digest_only);
          tcase_add_test(tcase, an_index_without_images_matches_by_its_digest);
          tcase_add_test(tcase, the_strongest_row_of_an_image_counts);
          tcase_add_test(tcase, the_same_reference_proves_nothing);)
