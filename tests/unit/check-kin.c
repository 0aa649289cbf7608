/* What is no duplicate, and is told when it is asked for: `base` and `name`. */
#include <config.h>

#include "report/match.h"

#include <stdio.h>

#include "match-expect.h"
#include "unit.h"

#define EMPTY_GZIP "sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4"
#define EMPTY_DIFF_ID "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"

static const struct match_options base = {.base = true};
static const struct match_options names = {.names = true};
static const struct match_options both = {.base = true, .names = true};

#define IS_BASE "absent missing; e/app:1 base 0 missing"
#define IS_NAME "absent missing; e/i:1 name 0 missing"
#define IS_NONE "absent missing"

/* What --base says of the source row s/i:1 SOURCE and the inventory row e/app:1 INVENTORY; without
   the option it is never anything but absent. */
static void expect_base(const char *source, const char *inventory, const char *want) {
  char source_row[1024], inventory_row[1024];
  snprintf(source_row, sizeof source_row, "image=s/i:1 %s", source);
  snprintf(inventory_row, sizeof inventory_row, "image=e/app:1 %s", inventory);
  expect_with(&base, LIST(source_row), LIST(inventory_row), want);
  if (strstr(want, " base "))
    expect_with(&names, LIST(source_row), LIST(inventory_row), IS_NONE);
}

static void expect_name(const char *source, const char *inventory, const char *want) {
  expect_with(&names, LIST(source), LIST(inventory), want);
  if (strstr(want, " name "))
    expect_with(&base, LIST(source), LIST(inventory), IS_NONE);
}

/* ---- base ---- */

START_TEST(layers_that_go_on) {
  expect_base("manifest_digest=M layers=A", "manifest_digest=N layers=A,B", IS_BASE);
  expect_base("manifest_digest=M layers=A,B", "manifest_digest=N layers=A,B,C,D", IS_BASE);
  expect_base("manifest_digest=M layers=A,B settings=S",
              "manifest_digest=N layers=A,B,C settings=T", IS_BASE);
  /* It is built from it, whatever it says of itself. */
  expect_base("manifest_digest=M layers=A settings=S", "manifest_digest=N layers=A,B settings=S",
              IS_BASE);
  expect_base("manifest_digest=M diff_ids=a,b settings=S",
              "manifest_digest=N diff_ids=a,b,c settings=T", IS_BASE);
  /* Compressed anew on the way. */
  expect_base("manifest_digest=M layers=A diff_ids=a settings=S",
              "manifest_digest=N layers=X,Y diff_ids=a,b settings=T", IS_BASE);
}
END_TEST

START_TEST(layers_that_do_not) {
  /* The other way round. */
  expect_base("manifest_digest=M layers=A,B", "manifest_digest=N layers=A", IS_NONE);
  expect_base("manifest_digest=M layers=A,B", "manifest_digest=N layers=A,C,B", IS_NONE);
  expect_base("manifest_digest=M layers=A,B", "manifest_digest=N layers=B,A", IS_NONE);
  expect_base("manifest_digest=M layers=B", "manifest_digest=N layers=A,B", IS_NONE);
  /* An item is compared whole. */
  expect_base("manifest_digest=M layers=A", "manifest_digest=N layers=AB,C", IS_NONE);
  expect_base("manifest_digest=M layers=A,B", "manifest_digest=N layers=A,BC,D", IS_NONE);
  /* The two kinds of lists are not mixed up. */
  expect_base("manifest_digest=M layers=A", "manifest_digest=N diff_ids=A,B settings=S", IS_NONE);
  expect_base("manifest_digest=M diff_ids=A settings=S", "manifest_digest=N layers=A,B", IS_NONE);
}
END_TEST

START_TEST(the_same_layers_with_other_settings) {
  expect_base("manifest_digest=M layers=A,B settings=S", "manifest_digest=N layers=A,B settings=T",
              IS_BASE);
  expect_base("manifest_digest=M diff_ids=a settings=S layers=A",
              "manifest_digest=N diff_ids=a settings=T layers=B", IS_BASE);
  /* With the same settings, or with unknown ones, it is more than that. */
  expect_base("manifest_digest=M layers=A settings=S", "manifest_digest=N layers=A settings=S",
              "present found; e/app:1 layers 0 found");
  expect_base("manifest_digest=M layers=A settings=S", "manifest_digest=N layers=A",
              "likely likely; e/app:1 layers? 0 likely");
  /* Unknown settings are not other settings. */
  expect_base("manifest_digest=M diff_ids=a settings=S", "manifest_digest=N diff_ids=a", IS_NONE);
  expect_base("manifest_digest=M diff_ids=a", "manifest_digest=N diff_ids=a settings=S", IS_NONE);
}
END_TEST

START_TEST(what_all_images_have_is_no_base) {
  expect_base("manifest_digest=M settings=S", "manifest_digest=N layers=A settings=T", IS_NONE);
  expect_base("manifest_digest=M settings=S", "manifest_digest=N settings=T", IS_NONE);
  expect_base("manifest_digest=M layers=" EMPTY_GZIP, "manifest_digest=N layers=" EMPTY_GZIP ",A",
              IS_NONE);
  expect_base("manifest_digest=M settings=S diff_ids=" EMPTY_DIFF_ID,
              "manifest_digest=N settings=T diff_ids=" EMPTY_DIFF_ID ",a", IS_NONE);
  expect_base("manifest_digest=M settings=S layers=" EMPTY_GZIP,
              "manifest_digest=N settings=T layers=" EMPTY_GZIP, IS_NONE);
  /* One that is not empty is enough. */
  expect_base("manifest_digest=M layers=" EMPTY_GZIP ",A",
              "manifest_digest=N layers=" EMPTY_GZIP ",A,B", IS_BASE);
}
END_TEST

START_TEST(artifacts_have_no_base) {
  expect_base("manifest_digest=M layers=A status=artifact", "manifest_digest=N layers=A,B",
              IS_NONE);
  expect_base("manifest_digest=M layers=A", "manifest_digest=N layers=A,B status=artifact",
              IS_NONE);
}
END_TEST

START_TEST(a_base_is_of_the_same_platform) {
  expect_base("manifest_digest=M layers=A platform=linux/amd64",
              "manifest_digest=N layers=A,B platform=linux/amd64", IS_BASE);
  expect_base("manifest_digest=M layers=A platform=linux/amd64", "manifest_digest=N layers=A,B",
              IS_BASE);
  expect_base("manifest_digest=M layers=A", "manifest_digest=N layers=A,B platform=linux/amd64",
              IS_BASE);
  expect_base("manifest_digest=M layers=A platform=linux/amd64",
              "manifest_digest=N layers=A,B platform=linux/arm64", IS_NONE);
  expect_base("manifest_digest=M layers=A platform=linux/arm/v7",
              "manifest_digest=N layers=A,B platform=linux/arm", IS_NONE);
  expect_base("manifest_digest=M layers=A platform=linux/amd64",
              "manifest_digest=N layers=A,B platform=linuxx/amd64", IS_NONE);
  expect_base("manifest_digest=M layers=A platform=windows(10.0.1)/amd64",
              "manifest_digest=N layers=A,B platform=windows(10.0.2)/amd64", IS_BASE);
  expect_base("manifest_digest=M layers=A platform=windows/amd64",
              "manifest_digest=N layers=A,B platform=windows(10.0.2)/amd64", IS_BASE);
}
END_TEST

START_TEST(each_platform_of_an_index_has_its_base) {
  expect_with(&base, LIST(AMD64 " layers=A", ARM64 " layers=B"),
              LIST("image=e/app:1 digest=J manifest_digest=N platform=linux/amd64 layers=A,X",
                   "image=e/app:1 digest=J manifest_digest=O platform=linux/arm64 layers=B,Y",
                   "image=e/one:1 digest=P manifest_digest=P platform=linux/arm64 layers=B,Z"),
              "absent missing,missing; e/app:1 base 0,1 missing; e/one:1 base 1 missing");
}
END_TEST

START_TEST(all_of_a_chain_is_told) {
  expect_with(&base,
              LIST("image=s/base:1 manifest_digest=K layers=A settings=S",
                   "image=s/app:1 manifest_digest=L layers=A,B settings=T"),
              LIST("image=e/label:1 manifest_digest=N layers=A,B settings=U",
                   "image=e/other:1 manifest_digest=O layers=A,C settings=U"),
              "absent missing; e/label:1 base 0 missing; e/other:1 base 0 missing | "
              "absent missing; e/label:1 base 0 missing");
}
END_TEST

START_TEST(evidence_of_sameness_comes_first) {
  /* Of one image, and in the order of images. */
  expect_with(&both, LIST("image=s/i:1 manifest_digest=M layers=A settings=S"),
              LIST("image=e/b/i:1 manifest_digest=O layers=X settings=T",
                   "image=e/c/i:1 manifest_digest=P layers=A,B settings=S",
                   "image=s/i:1 manifest_digest=M layers=A settings=S",
                   "image=e/d/i:1 manifest_digest=M layers=A settings=S"),
              "present found; e/d/i:1 manifest 0 found; e/c/i:1 base 0 missing; "
              "e/b/i:1 name 0 missing; s/i:1 self 0 missing");
  /* What is itself is last, though it has more of the platforms. */
  expect_with(&base, LIST(AMD64 " layers=A", ARM64 " layers=B"),
              LIST("image=s/i:1 digest=I", "image=e/i:1 manifest_digest=N layers=A,C"),
              "absent missing,missing; e/i:1 base 0 missing; s/i:1 self 0,1 missing");
}
END_TEST

START_TEST(neither_changes_a_verdict) {
  expect_with(&both, LIST("image=s/i:1 manifest_digest=M layers=A"),
              LIST("image=e/i:1 manifest_digest=N layers=A,B", "image=e/x/i:1 manifest_digest=O",
                   "image=e status=denied"),
              "unknown unknown; e/i:1 base 0 missing; e/x/i:1 name 0 missing");
  expect_with(&both, LIST(AMD64, ARM64),
              LIST(HAS_AMD64 " platform=linux/amd64", "image=e/i:1 digest=Z"),
              "partial found,missing; e/amd64:1 manifest 0 found; e/i:1 name 0,1 missing");
}
END_TEST

START_TEST(archived_rows_are_no_more_than_that) {
  expect_with(&both, LIST("image=s/i:1 manifest_digest=M layers=A"),
              LIST("image=e/i:1 digest=N status=archived",
                   "image=e/app:1 digest=O manifest_digest=O layers=A,B status=archived"),
              "absent missing; e/app:1 base 0 missing; e/i:1 name 0 missing");
}
END_TEST

START_TEST(failed_rows_are_of_unknown_content) {
  expect_with(&both, LIST("image=s/i:1 manifest_digest=M layers=A"),
              LIST("image=e/i:1 digest=N layers=A,B status=not_found"), IS_NONE);
  expect_with(&both, LIST("image=s/i:1 digest=M status=not_found"), LIST("image=e/i:1 digest=N"),
              "unknown unknown");
}
END_TEST

START_TEST(the_same_reference_with_other_content_is_not_told) {
  expect_with(&both, LIST("image=s/i:1 manifest_digest=M layers=A"),
              LIST("image=s/i:1 manifest_digest=N layers=A,B"), IS_NONE);
}
END_TEST

/* ---- name ---- */

START_TEST(the_last_component_and_the_tag) {
  expect_name("image=s/a/b/i:1 digest=M", "image=e/i:1 digest=N", IS_NAME);
  expect_name("image=s:5000/i:1 digest=M", "image=e/i:1 digest=N", IS_NAME);
  expect_name("image=s/i:1 digest=M", "image=e/i:2 digest=N", IS_NONE);
  expect_name("image=s/i:1 digest=M", "image=e/i:11 digest=N", IS_NONE);
  expect_name("image=s/i:11 digest=M", "image=e/i:1 digest=N", IS_NONE);
  expect_name("image=s/ii:1 digest=M", "image=e/i:1 digest=N", IS_NONE);
  expect_name("image=s/i:1 digest=M", "image=e/i@sha256:N digest=N", IS_NONE);
  expect_name("image=s/i@sha256:M digest=M", "image=e/i@sha256:M digest=N", IS_NONE);
  expect_name("image=s/i:1@sha256:M digest=M", "image=e/i:1 digest=N", IS_NAME);
  expect_name("image=s:1 digest=M", "image=e:1 digest=N", IS_NONE);
}
END_TEST

START_TEST(a_name_is_for_the_platforms_that_both_have) {
  expect_with(&names, LIST(AMD64, ARM64, ARMV7),
              LIST("image=e/i:1 digest=J manifest_digest=N1 platform=linux/amd64",
                   "image=e/i:1 digest=J manifest_digest=N2 platform=linux/arm/v7",
                   "image=e/x/i:1 digest=K manifest_digest=K platform=linux/s390x"),
              "absent missing,missing,missing; e/i:1 name 0,2 missing");
  /* Not known: could be any. */
  expect_with(&names, LIST(AMD64, ARM64), LIST("image=e/i:1 digest=J"),
              "absent missing,missing; e/i:1 name 0,1 missing");
}
END_TEST

START_TEST(a_copy_is_no_outdated_one) {
  /* A part of it is, and has the same name: the part that is not there is not of other content. */
  expect_with(&names, LIST(AMD64, ARM64),
              LIST("image=e/i:1 digest=M1 manifest_digest=M1 platform=linux/amd64"),
              "partial found,missing; e/i:1 manifest 0 found");
  /* Not even when its platform would do: these two differ in the version of Windows only. */
  expect_with(&names,
              LIST("image=s/i:1 digest=I platform=windows(1)/amd64 manifest_digest=M1",
                   "image=s/i:1 digest=I platform=windows(2)/amd64 manifest_digest=M2"),
              LIST("image=e/i:1 digest=M2 manifest_digest=M2 platform=windows(2)/amd64"),
              "partial missing,found; e/i:1 manifest 1 found");
  expect_with(&names, LIST("image=s/i:1 digest=I platform=windows(1)/amd64 manifest_digest=M1"),
              LIST("image=e/i:1 digest=N platform=windows(2)/amd64 manifest_digest=N"), IS_NAME);
  /* What is likely the same is not of other content either. */
  expect_with(&names, LIST("image=s/i:1 digest=M layers=A"), LIST("image=e/i:1 digest=N layers=A"),
              "likely likely; e/i:1 layers? 0 likely");
}
END_TEST

START_TEST(nor_is_it_in_the_rows) {
  struct match *match =
      rows_match_with(&names,
                      LIST("image=s/i:1 digest=I platform=windows(1)/amd64 manifest_digest=M1",
                           "image=s/i:1 digest=I platform=windows(2)/amd64 manifest_digest=M2"),
                      LIST("image=e/i:1 digest=M2 manifest_digest=M2 platform=windows(2)/amd64"));
  const struct report *report = match_finish(match, NULL);
  ck_assert_uint_eq(report->sources[0].match_count, 1);
  ck_assert_uint_eq(report->sources[0].matches[0].pair_count, 1);
  match_free(match);
}
END_TEST

START_TEST(artifacts_have_names) {
  expect_name("image=s/i:1 digest=M status=artifact", "image=e/i:1 digest=N status=artifact",
              IS_NAME);
}
END_TEST

START_TEST(names_of_many_sources) {
  expect_with(&names, LIST("image=s/i:1 digest=M", "image=t/i:1 digest=N", "image=t/j:1 digest=N"),
              LIST("image=e/i:1 digest=M", "image=e/j:1 digest=Z"),
              "present found; e/i:1 manifest 0 found | absent missing; e/i:1 name 0 missing | "
              "absent missing; e/j:1 name 0 missing");
}
END_TEST

/* ---- what is said of them ---- */

START_TEST(compared) {
  static const struct {
    struct match_options options;
    const char *source, *inventory;
    unsigned want;
  } cases[] = {
      {{.base = true}, "image=s/i:1 layers=A", "image=e/i:1 layers=B", 1u << EVIDENCE_BASE},
      {{.base = true}, "image=s/i:1 diff_ids=A", "image=e/i:1 diff_ids=B", 1u << EVIDENCE_BASE},
      {{.base = true}, "image=s/i:1 diff_ids=A", "image=e/i:1 layers=B", 0},
      {{.names = true}, "image=s/i:1", "image=e/j:1", 1u << EVIDENCE_NAME},
      {{.names = true}, "image=s/i:1", "image=e/j@x", 0},
      {{.names = true}, "image=s/i@x", "image=e/j:1", 0},
      {{.names = false}, "image=s/i:1 layers=A", "image=e/i:1 layers=A", 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct match *match =
        rows_match_with(&cases[i].options, LIST(cases[i].source), LIST(cases[i].inventory));
    unsigned got = match_finish(match, NULL)->compared;
    ck_assert_uint_eq(got & (1u << EVIDENCE_BASE | 1u << EVIDENCE_NAME), cases[i].want);
    match_free(match);
  }
  ck_assert_str_eq(evidence_name(EVIDENCE_BASE), "base");
  ck_assert_str_eq(evidence_name(EVIDENCE_NAME), "name");
}
END_TEST

UNIT_MAIN("kin", tcase_add_test(tcase, layers_that_go_on);
          tcase_add_test(tcase, layers_that_do_not);
          tcase_add_test(tcase, the_same_layers_with_other_settings);
          tcase_add_test(tcase, what_all_images_have_is_no_base);
          tcase_add_test(tcase, artifacts_have_no_base);
          tcase_add_test(tcase, a_base_is_of_the_same_platform);
          tcase_add_test(tcase, each_platform_of_an_index_has_its_base);
          tcase_add_test(tcase, all_of_a_chain_is_told);
          tcase_add_test(tcase, evidence_of_sameness_comes_first);
          tcase_add_test(tcase, neither_changes_a_verdict);
          tcase_add_test(tcase, archived_rows_are_no_more_than_that);
          tcase_add_test(tcase, failed_rows_are_of_unknown_content);
          tcase_add_test(tcase, the_same_reference_with_other_content_is_not_told);
          tcase_add_test(tcase, the_last_component_and_the_tag);
          tcase_add_test(tcase, a_name_is_for_the_platforms_that_both_have);
          tcase_add_test(tcase, a_copy_is_no_outdated_one);
          tcase_add_test(tcase, nor_is_it_in_the_rows); tcase_add_test(tcase, artifacts_have_names);
          tcase_add_test(tcase, names_of_many_sources); tcase_add_test(tcase, compared);)
