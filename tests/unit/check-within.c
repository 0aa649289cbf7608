#include <config.h>

#include "report/within.h"

#include <inttypes.h>
#include <stdio.h>

#include "unit.h"
#include "within-rows.h"

#define EMPTY_GZIP "sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4"

/* An image with the layers A and B, a base that others have, too, and its config. */
#define APP                                                                                        \
  "manifest_digest=M config_digest=C settings=S layers=A,B diff_ids=a,b"                           \
  " layer_sizes=100,20 size=123 platforms=1"

/* In one line: "EVIDENCE SAVED[+UNCOUNTED]: IMAGE[,IMAGE] keep; IMAGE EVIDENCE SAVED; …", a group
   after another behind " | ", and behind " = " all together when that is more than one group. */
static char *describe(const struct duplicates *duplicates) {
  struct strbuf out = STRBUF(65536);
  for (size_t i = 0; i < duplicates->group_count; i++) {
    const struct duplicate_group *group = &duplicates->groups[i];
    strbuf_printf(&out, "%s%s %" PRIu64, i ? " | " : "", evidence_name(group->evidence),
                  group->saved);
    if (group->uncounted)
      strbuf_printf(&out, "+%zu", group->uncounted);
    size_t going = 0;
    for (size_t j = 0; j < group->copy_count; j++) {
      const struct duplicate_copy *copy = &group->copies[j];
      for (size_t k = 0; k < copy->image_count; k++)
        strbuf_printf(&out, "%s%s", k ? "," : (j ? "; " : ": "), copy->images[k]);
      if (copy->stays)
        strbuf_puts(&out, " keep");
      else
        strbuf_printf(&out, " %s %" PRIu64, evidence_name(copy->evidence), copy->saved);
      going += !copy->stays;
      ck_assert(!copy->stays || !copy->uncounted);
    }
    ck_assert_uint_eq(going, group->duplicates);
    ck_assert(group->copies[0].stays);
    ck_assert_int_eq(group->copies[0].evidence, EVIDENCE_NONE);
  }
  if (duplicates->group_count > 1)
    strbuf_printf(&out, " = %" PRIu64, duplicates->saved);
  else if (duplicates->group_count)
    ck_assert_uint_eq(duplicates->saved, duplicates->groups[0].saved);
  return strbuf_take(&out);
}

static void expect_groups(const char *const *rows, const char *want) {
  struct within *within = within_rows(rows);
  char *got = describe(within_finish(within));
  ck_assert_str_eq(got, want);
  free(got);
  within_free(within);
}

/* ---- what is a duplicate ---- */

START_TEST(the_same_image_in_two_repositories) {
  expect_groups(LIST("image=e/a:1 digest=M " APP, "image=e/b:1 digest=M " APP),
                "manifest 123: e/a:1 keep; e/b:1 manifest 123");
  expect_groups(LIST("image=e/r/a:1 digest=M " APP, "image=f/r/a:1 digest=M " APP,
                     "image=g/r/a:1 digest=M " APP),
                "manifest 246: e/r/a:1 keep; f/r/a:1 manifest 123; g/r/a:1 manifest 123");
  expect_groups(LIST("image=e/a:1 digest=I " APP, "image=e/b:1 digest=I " APP),
                "index 123: e/a:1 keep; e/b:1 index 123");
  /* An index of one image, told by its count alone; and what it holds. */
  expect_groups(LIST("image=e/a:1 digest=I " APP, "image=e/b:1 digest=M " APP),
                "manifest 123: e/a:1 keep; e/b:1 manifest 123");
}
END_TEST

START_TEST(one_repository_has_no_duplicates) {
  expect_groups(LIST("image=e/a:1 digest=M " APP), "");
  expect_groups(LIST("image=e/a:1 digest=M " APP, "image=e/a:1 digest=M " APP), "");
  expect_groups(LIST("image=e/a:1 digest=M " APP, "image=e/a:2 digest=M " APP), "");
  expect_groups(LIST("image=e/a:1 digest=M " APP, "image=e/a@sha256:M digest=M " APP), "");
  expect_groups(LIST("image=e:5000/a:1 digest=M " APP, "image=e:5000/a:2 digest=M " APP), "");
  /* Another digest of the same image, and an index of it: its layers are there once. */
  expect_groups(LIST("image=e/a:1 digest=M " APP, "image=e/a:2 digest=I " APP), "");
  expect_groups(
      LIST("image=e/a:1 digest=M " APP, "image=e/a:2 digest=N manifest_digest=N config_digest=C"),
      "");
}
END_TEST

START_TEST(repositories_are_told_by_all_of_their_path) {
  expect_groups(LIST("image=e/a/x:1 digest=M " APP, "image=e/b/x:1 digest=M " APP),
                "manifest 123: e/a/x:1 keep; e/b/x:1 manifest 123");
  expect_groups(LIST("image=e:1/a:1 digest=M " APP, "image=e:2/a:1 digest=M " APP),
                "manifest 123: e:1/a:1 keep; e:2/a:1 manifest 123");
}
END_TEST

START_TEST(all_names_of_a_copy_are_told) {
  expect_groups(LIST("image=e/b:2 digest=M " APP, "image=e/a:1 digest=M " APP,
                     "image=e/b:1 digest=M " APP, "image=e/a:2 digest=M " APP),
                "manifest 123: e/a:1,e/a:2 keep; e/b:1,e/b:2 manifest 123");
}
END_TEST

START_TEST(each_kind_of_evidence) {
  expect_groups(LIST("image=e/a:1 digest=M manifest_digest=M config_digest=C layers=A",
                     "image=e/b:1 digest=N manifest_digest=N config_digest=C layers=B"),
                "config 0+1: e/a:1 keep; e/b:1 config 0");
  expect_groups(LIST("image=e/a:1 digest=M manifest_digest=M settings=S layers=A",
                     "image=e/b:1 digest=N manifest_digest=N settings=S layers=A"),
                "layers 0+1: e/a:1 keep; e/b:1 layers 0");
  expect_groups(LIST("image=e/a:1 digest=M manifest_digest=M settings=S diff_ids=a layers=A",
                     "image=e/b:1 digest=N manifest_digest=N settings=S diff_ids=a layers=B"),
                "diff_ids 0+1: e/a:1 keep; e/b:1 diff_ids 0");
  /* The group's evidence is the weakest. */
  expect_groups(LIST("image=e/a:1 digest=M manifest_digest=M settings=S diff_ids=a layers=A",
                     "image=e/b:1 digest=M manifest_digest=M settings=S diff_ids=a layers=A",
                     "image=e/c:1 digest=N manifest_digest=N settings=S diff_ids=a layers=B"),
                "diff_ids 0+2: e/a:1 keep; e/b:1 manifest 0; e/c:1 diff_ids 0");
}
END_TEST

START_TEST(what_is_no_evidence) {
  static const char *const pairs[][2] = {
      {"layers=A", "layers=A"},
      {"layers=A settings=S", "layers=A"},
      {"layers=A settings=S", "layers=A settings=T"},
      {"diff_ids=a settings=S", "diff_ids=a settings=T"},
      {"diff_ids=a settings=S", "layers=a settings=S"},
      {"settings=S", "settings=S"},
      {"config_digest=" EMPTY_CONFIG, "config_digest=" EMPTY_CONFIG},
      {"layers=" EMPTY_GZIP " settings=S", "layers=" EMPTY_GZIP " settings=S"},
      {"config_digest=C layers=A status=artifact", "config_digest=C layers=A status=artifact"},
      /* Names its layers nowhere. */
      {"config_digest=C settings=S layers=A", "config_digest=C settings=S layers=B"},
  };
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    char rows[2][300];
    for (int j = 0; j < 2; j++)
      snprintf(rows[j], sizeof rows[j], "image=e/%c:1 digest=%c manifest_digest=%c %s", 'a' + j,
               'M' + j, 'M' + j, pairs[i][j]);
    expect_groups(LIST(rows[0], rows[1]), "");
  }
}
END_TEST

START_TEST(a_chain_of_evidence) {
  /* By its config the first is the second, by its layers the second is the third. */
  expect_groups(
      LIST("image=e/a:1 digest=M manifest_digest=M config_digest=C layers=A",
           "image=e/b:1 digest=N manifest_digest=N config_digest=C settings=S layers=B diff_ids=b",
           "image=e/c:1 digest=O manifest_digest=O config_digest=D settings=S layers=B diff_ids=b"),
      "layers 0+2: e/a:1 keep; e/b:1 config 0; e/c:1 layers 0");
}
END_TEST

START_TEST(what_one_row_knows_is_known_of_all) {
  /* One listing did not read the configs. */
  expect_groups(
      LIST("image=e/a:1 digest=M manifest_digest=M layers=A layer_sizes=5",
           "image=e/c:1 digest=N manifest_digest=N layers=A settings=S layer_sizes=5 diff_ids=a",
           "image=f/x:1 digest=M manifest_digest=M layers=A settings=S diff_ids=a"),
      "layers 10: e/a:1 keep; e/c:1 layers 5; f/x:1 manifest 5");
}
END_TEST

/* ---- indexes ---- */

START_TEST(an_index_is_one_image) {
  expect_groups(LIST("image=e/a:1 " AMD64_OF, "image=e/a:1 " ARM64_OF, "image=e/b:1 " AMD64_OF,
                     "image=e/b:1 " ARM64_OF),
                "index 150: e/a:1 keep; e/b:1 index 150");
}
END_TEST

START_TEST(a_platform_of_it_is_a_duplicate) {
  /* The larger one is kept, and not what was pushed first. */
  expect_groups(LIST("image=e/a:1 " AMD64_ALONE " pushed=2020-01-01T00:00:00Z",
                     "image=e/b:1 " AMD64_OF " pushed=2024-01-01T00:00:00Z",
                     "image=e/b:1 " ARM64_OF " pushed=2024-01-01T00:00:00Z"),
                "manifest 120: e/b:1 keep; e/a:1 manifest 120");
}
END_TEST

START_TEST(a_part_in_common_is_not_enough) {
  expect_groups(LIST("image=e/a:1 " AMD64_OF, "image=e/a:1 " ARM64_OF,
                     "image=e/b:1 digest=J platforms=2 manifest_digest=M1",
                     "image=e/b:1 digest=J platforms=2 manifest_digest=M3"),
                "");
}
END_TEST

START_TEST(what_is_not_known_whole_is_no_duplicate) {
  /* It says that it has two platforms, and one is known. */
  expect_groups(LIST("image=e/a:1 " AMD64_ALONE, "image=e/b:1 " AMD64_OF),
                "manifest 120: e/b:1 keep; e/a:1 manifest 120");
  expect_groups(LIST("image=e/a:1 digest=J platforms=1 manifest_digest=M1",
                     "image=e/b:1 digest=K platforms=2 manifest_digest=M1",
                     "image=e/c:1 digest=L platforms=2 manifest_digest=M1"),
                "manifest 0+1: e/b:1 keep; e/a:1 manifest 0");
  expect_groups(LIST("image=e/b:1 digest=K platforms=2 manifest_digest=M1",
                     "image=e/c:1 digest=L platforms=2 manifest_digest=M1"),
                "");
  /* A row of it failed, and it does not say how many there are. */
  expect_groups(
      LIST("image=e/a:1 digest=J manifest_digest=M1", "image=e/a:1 digest=J status=not_found",
           "image=e/b:1 digest=K manifest_digest=M1", "image=e/b:1 digest=K status=timeout"),
      "");
  /* With the same digest it is the same all the same. */
  expect_groups(LIST("image=e/a:1 " AMD64_OF, "image=e/b:1 " AMD64_OF),
                "index 120: e/a:1 keep; e/b:1 index 120");
}
END_TEST

START_TEST(the_largest_one_has_all) {
  /* M1 is in both; the three are one group with the one that has most, in any order. */
  expect_groups(LIST("image=e/a:1 digest=M1 manifest_digest=M1 platforms=1",
                     "image=e/b:1 digest=J manifest_digest=M1 platforms=2",
                     "image=e/b:1 digest=J manifest_digest=M2 platforms=2",
                     "image=e/c:1 digest=K manifest_digest=M1 platforms=3",
                     "image=e/c:1 digest=K manifest_digest=M2 platforms=3",
                     "image=e/c:1 digest=K manifest_digest=M3 platforms=3",
                     "image=e/d:1 digest=L manifest_digest=M1 platforms=2",
                     "image=e/d:1 digest=L manifest_digest=M9 platforms=2"),
                "manifest 0+2: e/c:1 keep; e/a:1 manifest 0; e/b:1 manifest 0");
  /* Of two that have as much, the one with the smaller digest. */
  expect_groups(LIST("image=e/a:1 digest=M1 manifest_digest=M1 platforms=1",
                     "image=e/d:1 digest=L manifest_digest=M1 platforms=2",
                     "image=e/d:1 digest=L manifest_digest=M9 platforms=2",
                     "image=e/b:1 digest=J manifest_digest=M1 platforms=2",
                     "image=e/b:1 digest=J manifest_digest=M2 platforms=2"),
                "manifest 0+1: e/b:1 keep; e/a:1 manifest 0");
}
END_TEST

START_TEST(what_is_listed_beside_its_index_stays) {
  /* Both in both repositories: nothing in the one that stays is too much. */
  expect_groups(LIST("image=e/a:1 " AMD64_OF, "image=e/a:1 " ARM64_OF, "image=e/a:x " AMD64_ALONE,
                     "image=e/b:1 " AMD64_OF, "image=e/b:1 " ARM64_OF, "image=e/b:x " AMD64_ALONE),
                "manifest 150: e/a:1 keep; e/a:x keep; e/b:1 index 150; e/b:x manifest 0");
}
END_TEST

START_TEST(a_digest_alone_is_known_elsewhere) {
  expect_groups(LIST("image=e/a:1 digest=I status=archived", "image=e/b:1 " AMD64_OF,
                     "image=e/b:1 " ARM64_OF),
                "index 150: e/b:1 keep; e/a:1 index 150");
  expect_groups(LIST("image=e/a:1 digest=M1 status=archived", "image=e/b:1 " AMD64_OF,
                     "image=e/b:1 " ARM64_OF),
                "manifest 120: e/b:1 keep; e/a:1 manifest 120");
  /* Or is not: the same, of unknown size. */
  expect_groups(LIST("image=e/a:1 digest=Z size=77", "image=e/b:1 digest=Z size=77"),
                "manifest 0+1: e/a:1 keep; e/b:1 manifest 0");
  expect_groups(LIST("image=e/a:1 digest=Z status=legacy", "image=e/b:1 digest=Y status=legacy"),
                "");
}
END_TEST

START_TEST(a_part_in_common_with_each_of_several) {
  /* Each of its platforms is in some larger one, and no larger one has both. */
  expect_groups(LIST("image=e/a:1 digest=J manifest_digest=M1 platforms=2",
                     "image=e/a:1 digest=J manifest_digest=M2 platforms=2",
                     "image=e/b:1 digest=K manifest_digest=M1 platforms=3",
                     "image=e/b:1 digest=K manifest_digest=M3 platforms=3",
                     "image=e/b:1 digest=K manifest_digest=M4 platforms=3",
                     "image=e/c:1 digest=L manifest_digest=M2 platforms=3",
                     "image=e/c:1 digest=L manifest_digest=M5 platforms=3",
                     "image=e/c:1 digest=L manifest_digest=M6 platforms=3"),
                "");
}
END_TEST

/* ---- which one is kept ---- */

START_TEST(contents_that_are_the_same_are_equals) {
  /* Two digests of one image, and another image's digest between them: none has more than the
     other, and the one that was pushed first is kept. */
  expect_groups(LIST("image=e/a:1 digest=A manifest_digest=A config_digest=C layers=X "
                     "pushed=2024-01-02T00:00:00Z",
                     "image=e/b:1 digest=B manifest_digest=B config_digest=D layers=Y",
                     "image=e/c:1 digest=C manifest_digest=C config_digest=C layers=Z "
                     "pushed=2024-01-01T00:00:00Z"),
                "config 0+1: e/c:1 keep; e/a:1 config 0");
}
END_TEST

START_TEST(not_one_that_must_be_restored) {
  expect_groups(LIST("image=e/a:1 status=archived pushed=2020-01-01T00:00:00Z digest=M " APP,
                     "image=e/b:1 pushed=2024-01-01T00:00:00Z digest=M " APP),
                "manifest 123: e/b:1 keep; e/a:1 manifest 123");
  /* Archived in one listing, restored in the next. */
  expect_groups(LIST("image=e/a:1 status=archived digest=M " APP, "image=e/a:1 digest=M " APP,
                     "image=e/b:1 digest=M " APP),
                "manifest 123: e/a:1 keep; e/b:1 manifest 123");
}
END_TEST

START_TEST(the_one_that_was_pushed_first) {
  expect_groups(LIST("image=e/a:1 digest=M " APP,
                     "image=e/b:1 pushed=2024-01-02T00:00:00Z digest=M " APP,
                     "image=e/c:1 pushed=2024-01-01T00:00:00Z digest=M " APP,
                     "image=e/c:1 pushed=2025-01-01T00:00:00Z digest=M " APP),
                "manifest 246: e/c:1 keep; e/a:1 manifest 123; e/b:1 manifest 123");
}
END_TEST

/* ---- what is saved ---- */

START_TEST(what_others_use_is_not_saved) {
  /* e/b has another image with the layer A, e/c one with the same config. */
  expect_groups(LIST("image=e/a:1 digest=M " APP, "image=e/b:1 digest=M " APP,
                     "image=e/b:x digest=X manifest_digest=X layers=A,X layer_sizes=100,1",
                     "image=e/c:1 digest=M " APP,
                     "image=e/c:x digest=Y manifest_digest=Y config_digest=C status=artifact"),
                "manifest 143: e/a:1 keep; e/b:1 manifest 23; e/c:1 manifest 120");
  /* The same layer in another repository is another one. */
  expect_groups(LIST("image=e/a:1 digest=M " APP, "image=e/b:1 digest=M " APP,
                     "image=e/z:x digest=X manifest_digest=X layers=A,X layer_sizes=100,1"),
                "manifest 123: e/a:1 keep; e/b:1 manifest 123");
}
END_TEST

START_TEST(a_layer_is_counted_once) {
  expect_groups(LIST("image=e/a:1 digest=M manifest_digest=M layers=A,A,B layer_sizes=9,9,1",
                     "image=e/b:1 digest=M manifest_digest=M"),
                "manifest 10: e/a:1 keep; e/b:1 manifest 10");
  /* Two digests of one image in a repository: they share their layers. */
  expect_groups(
      LIST("image=e/a:1 digest=M " APP, "image=e/b:1 digest=M " APP,
           "image=e/b:2 digest=N manifest_digest=N config_digest=C layers=A,Z layer_sizes=100,7"),
      "config 130: e/a:1 keep; e/b:1 manifest 130; e/b:2 config 0");
}
END_TEST

START_TEST(what_groups_share_goes_with_all_of_them) {
  /* e/b has a copy of each, and their common layer A goes when both go. */
  expect_groups(LIST("image=e/a:1 digest=M manifest_digest=M layers=A,B layer_sizes=100,20",
                     "image=e/a:2 digest=N manifest_digest=N layers=A,C layer_sizes=100,3",
                     "image=e/b:1 digest=M manifest_digest=M layers=A,B layer_sizes=100,20",
                     "image=e/b:2 digest=N manifest_digest=N layers=A,C layer_sizes=100,3"),
                "manifest 20: e/a:1 keep; e/b:1 manifest 20 | manifest 3: e/a:2 keep; e/b:2 "
                "manifest 3 = 123");
}
END_TEST

START_TEST(sizes_that_cannot_be) {
  /* Fewer sizes than layers, none, no number, none that fits. */
  static const char *const sizes[] = {"5", "5,x", "5,", "5,99999999999999999999", "5,-1"};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    char rows[2][200];
    for (int j = 0; j < 2; j++)
      snprintf(rows[j], sizeof rows[j],
               "image=e/%c:1 digest=M manifest_digest=M layers=A,B layer_sizes=%s", 'a' + j,
               sizes[i]);
    expect_groups(LIST(rows[0], rows[1]), "manifest 5+1: e/a:1 keep; e/b:1 manifest 5");
  }
  /* No config is that large, and none is smaller than nothing. */
  expect_groups(LIST("image=e/a:1 digest=M manifest_digest=M config_digest=C layers=A "
                     "layer_sizes=5 size=900000000",
                     "image=e/b:1 digest=M manifest_digest=M"),
                "manifest 5: e/a:1 keep; e/b:1 manifest 5");
  expect_groups(LIST("image=e/a:1 digest=M manifest_digest=M config_digest=C layers=A "
                     "layer_sizes=5 size=4",
                     "image=e/b:1 digest=M manifest_digest=M"),
                "manifest 5: e/a:1 keep; e/b:1 manifest 5");
  /* Sums do not wrap. */
  expect_groups(LIST("image=e/a:1 digest=M manifest_digest=M layers=A,B,C "
                     "layer_sizes=9000000000000000000,9000000000000000000,9000000000000000000",
                     "image=e/b:1 digest=M manifest_digest=M", "image=e/c:1 digest=M"),
                "manifest 9223372036854775807: e/a:1 keep; e/b:1 manifest 9223372036854775807; "
                "e/c:1 manifest 9223372036854775807");
}
END_TEST

START_TEST(servers_that_disagree) {
  /* The smaller one counts, whoever comes first. */
  for (int i = 0; i < 2; i++)
    expect_groups(LIST("image=e/a:1 digest=M manifest_digest=M layers=A,B layer_sizes=7,1",
                       "image=e/b:1 digest=M manifest_digest=M",
                       i ? "image=e/b:x digest=X manifest_digest=X layers=A layer_sizes=9"
                         : "image=e/b:x digest=X manifest_digest=X layers=C layer_sizes=9"),
                  i ? "manifest 1: e/a:1 keep; e/b:1 manifest 1"
                    : "manifest 8: e/a:1 keep; e/b:1 manifest 8");
}
END_TEST

START_TEST(rows_that_disagree) {
  static const char *const rows[] = {
      "image=e/a:1 digest=M manifest_digest=M layers=A layer_sizes=7",
      "image=e/b:1 digest=M manifest_digest=M layers=A layer_sizes=8"};
  for (int i = 0; i < 2; i++)
    expect_groups(LIST(rows[i], rows[!i]), "manifest 7: e/a:1 keep; e/b:1 manifest 7");
  /* Two that go agree on a layer, but not on its size. */
  expect_groups(
      LIST("image=e/a:1 digest=M manifest_digest=M config_digest=C layers=A layer_sizes=7",
           "image=e/b:1 digest=M manifest_digest=M",
           "image=e/b:2 digest=N manifest_digest=N config_digest=C layers=A layer_sizes=9"),
      "config 7: e/a:1 keep; e/b:1 manifest 7; e/b:2 config 0");
}
END_TEST

START_TEST(what_stays_need_not_be_counted) {
  /* e/b has the copy of one image to keep, of unknown size, and one of another that goes. */
  expect_groups(LIST("image=e/a:1 digest=M " APP, "image=e/b:1 digest=M " APP,
                     "image=e/b:x digest=X manifest_digest=X",
                     "image=e/c:x digest=X manifest_digest=X"),
                "manifest 123: e/a:1 keep; e/b:1 manifest 123 | "
                "manifest 0+1: e/b:x keep; e/c:x manifest 0 = 123");
}
END_TEST

/* ---- the inventory ---- */

START_TEST(numbers_of_the_inventory) {
  struct within *within = within_rows(
      LIST("image=e/a:1 digest=I manifest_digest=M1", "image=e/a:1 digest=I manifest_digest=M2",
           "image=e/a:2 digest=I manifest_digest=M1 settings=S", "image=e/b:1 digest=X settings=S",
           "image=e/c:1 digest=Y status=archived", "image=e/d:1 digest=Z status=denied",
           "image=e/d:1 digest=Z status=denied", "image=e status=timeout detail=too~slow",
           /* The same reference on another day. */
           "image=e/b:1 digest=W settings=S"));
  const struct duplicates *duplicates = within_finish(within);
  ck_assert_uint_eq(duplicates->images, 4);
  ck_assert_uint_eq(duplicates->repositories, 3);
  ck_assert_uint_eq(duplicates->without_config, 1);
  ck_assert_uint_eq(duplicates->failure_count, 2);
  ck_assert_str_eq(duplicates->failures[0].image, "e");
  ck_assert_str_eq(duplicates->failures[0].detail, "too slow");
  ck_assert_str_eq(duplicates->failures[1].image, "e/d:1");
  ck_assert_uint_eq(duplicates->group_count, 0);
  within_free(within);
}
END_TEST

START_TEST(sizes_of_copies) {
  struct within *within =
      within_rows(LIST("image=e/a:1 " AMD64_OF, "image=e/a:1 " ARM64_OF, "image=e/b:1 " AMD64_OF,
                       "image=e/c:1 digest=Z size=77 platform=-", "image=e/d:1 digest=Z",
                       "image=e/f:1 digest=Y", "image=e/g:1 digest=Y"));
  const struct duplicates *duplicates = within_finish(within);
  ck_assert_uint_eq(duplicates->group_count, 3);
  const struct duplicate_copy *copy = &duplicates->groups[0].copies[0];
  ck_assert_uint_eq(copy->size, 150);
  ck_assert_uint_eq(copy->platform_count, 2);
  ck_assert_str_eq(copy->platforms[0], "linux/amd64");
  ck_assert_str_eq(copy->platforms[1], "linux/arm64");
  ck_assert_str_eq(copy->repository, "e/a");
  /* Read with its digest only. */
  ck_assert_str_eq(duplicates->groups[1].copies[0].repository, "e/c");
  ck_assert(duplicates->groups[2].copies[0].size == REPORT_SIZE_UNKNOWN);
  ck_assert_uint_eq(duplicates->groups[2].copies[0].platform_count, 0);
  ck_assert_uint_eq(duplicates->uncounted, 2);
  within_free(within);
}
END_TEST

START_TEST(rows_of_nothing) {
  /* Rows of no image, or of no content. */
  expect_groups(LIST("digest=M", "image=e/a:1", "image=e/b:1", "digest=M"), "");
}
END_TEST

UNIT_MAIN("within", tcase_add_test(tcase, the_same_image_in_two_repositories);
          tcase_add_test(tcase, one_repository_has_no_duplicates);
          tcase_add_test(tcase, repositories_are_told_by_all_of_their_path);
          tcase_add_test(tcase, all_names_of_a_copy_are_told);
          tcase_add_test(tcase, each_kind_of_evidence); tcase_add_test(tcase, what_is_no_evidence);
          tcase_add_test(tcase, a_chain_of_evidence);
          tcase_add_test(tcase, what_one_row_knows_is_known_of_all);
          tcase_add_test(tcase, an_index_is_one_image);
          tcase_add_test(tcase, a_platform_of_it_is_a_duplicate);
          tcase_add_test(tcase, a_part_in_common_is_not_enough);
          tcase_add_test(tcase, what_is_not_known_whole_is_no_duplicate);
          tcase_add_test(tcase, the_largest_one_has_all);
          tcase_add_test(tcase, what_is_listed_beside_its_index_stays);
          tcase_add_test(tcase, a_digest_alone_is_known_elsewhere);
          tcase_add_test(tcase, not_one_that_must_be_restored);
          tcase_add_test(tcase, the_one_that_was_pushed_first);
          tcase_add_test(tcase, what_others_use_is_not_saved);
          tcase_add_test(tcase, a_layer_is_counted_once);
          tcase_add_test(tcase, what_groups_share_goes_with_all_of_them);
          tcase_add_test(tcase, sizes_that_cannot_be); tcase_add_test(tcase, servers_that_disagree);
          tcase_add_test(tcase, rows_that_disagree);
          tcase_add_test(tcase, what_stays_need_not_be_counted);
          tcase_add_test(tcase, a_part_in_common_with_each_of_several);
          tcase_add_test(tcase, contents_that_are_the_same_are_equals);
          tcase_add_test(tcase, numbers_of_the_inventory); tcase_add_test(tcase, sizes_of_copies);
          tcase_add_test(tcase, rows_of_nothing);)
