/* The rungs of the ladder are in check-match.c. */
#include <config.h>

#include "report/match.h"

#include <stdio.h>

#include "base/strbuf.h"
#include "match-expect.h"
#include "unit.h"

/* ---- verdicts ---- */

START_TEST(present_is_one_image_with_everything) {
  expect(LIST(AMD64, ARM64),
         LIST(HAS_AMD64, HAS_ARM64, "image=e/all:1 digest=J manifest_digest=M1",
              "image=e/all:1 digest=J manifest_digest=M2"),
         "present found,found; e/all:1 manifest 0,1 found; e/amd64:1 manifest 0 found; "
         "e/arm64:1 manifest 1 found");
}
END_TEST

START_TEST(partial_says_what_is_where) {
  expect(LIST(AMD64, ARM64, ARMV7), LIST(HAS_ARM64),
         "partial missing,found,missing; "
         "e/arm64:1 manifest 1 found");
  expect(LIST(AMD64, ARM64), LIST(HAS_AMD64, HAS_ARM64),
         "partial spread found,found; e/amd64:1 manifest 0 found; e/arm64:1 manifest 1 found");
}
END_TEST

START_TEST(coverage_counts_manifests) {
  /* The same platform twice, told apart by what it is. */
  expect(LIST("image=s/i:1 digest=I platform=windows(10.0.1.1)/amd64 manifest_digest=M1",
              "image=s/i:1 digest=I platform=windows(10.0.2.2)/amd64 manifest_digest=M2"),
         LIST("image=e/i:1 digest=J platform=windows(10.0.1.1)/amd64 manifest_digest=M1"),
         "partial found,missing; e/i:1 manifest 0 found");
  expect(LIST("image=s/i:1 digest=I platform=linux/amd64 manifest_digest=M1",
              "image=s/i:1 digest=I platform=linux/amd64 manifest_digest=M2"),
         LIST(HAS_AMD64), "partial found,missing; e/amd64:1 manifest 0 found");
  /* A row that comes twice is one. */
  expect(LIST(AMD64, AMD64), LIST(HAS_AMD64), "present found; e/amd64:1 manifest 0 found");
}
END_TEST

START_TEST(evidence_of_a_match_is_what_holds_for_all) {
  expect(LIST("image=s/i:1 digest=I manifest_digest=M1 config_digest=C1",
              "image=s/i:1 digest=I manifest_digest=M2 config_digest=C2"),
         LIST("image=e/i:1 digest=J manifest_digest=M1 config_digest=C1",
              "image=e/i:1 digest=J manifest_digest=N2 config_digest=C2"),
         "present found,found; e/i:1 config 0,1 found");
  /* What is only likely there does not weaken what is found there, and does not count as it. */
  expect(LIST("image=s/i:1 digest=I manifest_digest=M1 layers=A",
              "image=s/i:1 digest=I manifest_digest=M2 layers=B"),
         LIST("image=e/i:1 digest=J manifest_digest=M1 layers=A",
              "image=e/i:1 digest=J manifest_digest=N2 layers=B"),
         "partial found,likely; e/i:1 manifest 0 found");
}
END_TEST

START_TEST(likely_comes_before_archived) {
  expect(LIST("image=s/i:1 digest=M1 manifest_digest=M1 layers=A"),
         LIST("image=e/old:1 digest=M1 status=archived",
              "image=e/i:1 digest=N manifest_digest=N layers=A"),
         "likely likely; e/i:1 layers? 0 likely; e/old:1 manifest 0 archived");
}
END_TEST

START_TEST(archived_is_not_present) {
  expect(LIST(AMD64, ARM64), LIST("image=e/old:1 digest=I status=archived"),
         "archived archived,archived; e/old:1 index 0,1 archived");
  expect(LIST(AMD64, ARM64), LIST("image=e/old:1 digest=M2 status=archived"),
         "archived missing,archived; e/old:1 manifest 1 archived");
  expect(LIST(AMD64), LIST("image=e/old:1 digest=M1 status=archived", HAS_AMD64),
         "present found; e/amd64:1 manifest 0 found; e/old:1 manifest 0 archived");
  /* Of one image: weaker evidence on what can be read counts more. */
  expect(LIST(AMD64 " config_digest=C1"),
         LIST("image=e/i:1 digest=M1 manifest_digest=M1 status=archived",
              "image=e/i:1 digest=N1 manifest_digest=N1 config_digest=C1"),
         "present found; e/i:1 config 0 found");
  /* What may be the same, in the archive, is not more than likely. */
  expect(LIST("image=s/i:1 digest=M1 manifest_digest=M1 layers=A"),
         LIST("image=e/i:1 digest=N manifest_digest=N layers=A status=archived"),
         "likely likely; e/i:1 layers? 0 likely");
}
END_TEST

START_TEST(a_match_is_archived_when_a_part_of_it_is) {
  struct match *match =
      rows_match(NULL, LIST(AMD64 " layers=A", ARM64 " layers=B"),
                 LIST("image=e/i:1 digest=J manifest_digest=N1 layers=A",
                      "image=e/i:1 digest=J manifest_digest=N2 layers=B status=archived"));
  const struct report *report = match_finish(match, NULL);
  ck_assert_int_eq(report->sources[0].matches[0].state, STATE_LIKELY);
  ck_assert_int_eq(report->sources[0].matches[0].status, STATUS_ARCHIVED);
  match_free(match);
}
END_TEST

START_TEST(a_failed_inventory_row_hides) {
  static const char *const hides[] = {
      "image=e.example/repo status=denied",
      "image=e.example/repo status=not_found",
      "image=e.example status=network",
      "image=e.example:5000 status=not_found",
      "image=e.example/repo:1 status=timeout",
      "image=e.example/repo@sha256:0 status=too_large",
      "image=e.example/repo:1 status=something_new",
      "status=invalid_reference origin=f:1",
  };
  for (size_t i = 0; i < sizeof hides / sizeof *hides; i++) {
    expect(LIST(AMD64), LIST(hides[i]), "unknown unknown");
    expect(LIST(AMD64), LIST(hides[i], HAS_AMD64), "present found; e/amd64:1 manifest 0 found");
    expect(LIST(AMD64, ARM64), LIST(HAS_AMD64, hides[i]),
           "partial found,unknown; e/amd64:1 manifest 0 found");
    expect(LIST("image=e/i:1 manifest_digest=M1"), LIST("image=e/i:1 manifest_digest=M1", hides[i]),
           "unknown unknown; e/i:1 self 0 missing");
    expect(LIST(AMD64), LIST("image=e/old:1 digest=M1 status=archived", hides[i]),
           "archived archived; e/old:1 manifest 0 archived");
  }
}
END_TEST

START_TEST(an_image_that_vanished_hides_nothing) {
  expect(LIST(AMD64), LIST("image=e.example/repo:1 status=not_found"), "absent missing");
  expect(LIST(AMD64), LIST("image=e.example:5000/repo@sha256:0 status=not_found"),
         "absent missing");
}
END_TEST

START_TEST(failed_rows_match_nothing) {
  expect(LIST(AMD64), LIST(HAS_AMD64 " status=bad_manifest"), "unknown unknown");
  expect(LIST(AMD64 " status=timeout"), LIST(HAS_AMD64), "unknown unknown");
  expect(LIST(AMD64 " status=from_the_future"), LIST(HAS_AMD64), "unknown unknown");
}
END_TEST

START_TEST(a_source_that_failed_in_part) {
  expect(LIST(AMD64, ARM64 " status=timeout"), LIST(HAS_AMD64),
         "partial found,unknown; e/amd64:1 manifest 0 found");
  expect(LIST(AMD64, ARM64 " status=timeout"), LIST("image=e/x:1 digest=X"),
         "unknown missing,unknown");
  expect(LIST(AMD64, ARM64 " status=timeout"), LIST("image=e/old:1 digest=M1 status=archived"),
         "archived archived,unknown; e/old:1 manifest 0 archived");
  expect(LIST(AMD64 " status=denied", ARM64 " status=timeout"), LIST(HAS_AMD64, HAS_ARM64),
         "unknown unknown,unknown");
}
END_TEST

START_TEST(status_and_detail_are_of_the_first_failure) {
  struct match *match = rows_match(
      NULL,
      LIST(AMD64 " detail=a~note", ARM64 " status=timeout detail=first", ARMV7 " status=denied"),
      LIST(HAS_AMD64));
  const struct report *report = match_finish(match, NULL);
  ck_assert_int_eq(report->sources[0].status, STATUS_TIMEOUT);
  ck_assert_str_eq(report->sources[0].detail, "first");
  ck_assert_str_eq(report->sources[0].digest, "I");
  match_free(match);
}
END_TEST

START_TEST(matches_are_sorted_best_first) {
  expect(LIST(AMD64 " config_digest=C1", ARM64 " config_digest=C2"),
         LIST("image=e/z:1 digest=J manifest_digest=M1", "image=e/b:1 digest=M1 manifest_digest=M1",
              "image=e/a:1 digest=N manifest_digest=N config_digest=C1",
              "image=e/old:1 digest=I status=archived",
              "image=e/y:1 digest=K manifest_digest=N1 config_digest=C1",
              "image=e/y:1 digest=K manifest_digest=N2 config_digest=C2"),
         "present found,found; e/y:1 config 0,1 found; e/b:1 manifest 0 found; "
         "e/z:1 manifest 0 found; e/a:1 config 0 found; e/old:1 index 0,1 archived");
}
END_TEST

START_TEST(platforms_restrict_the_question) {
  expect_for(LIST("linux/amd64"), LIST(AMD64, ARM64), LIST(HAS_AMD64),
             "present found; e/amd64:1 manifest 0 found");
  expect_for(LIST("linux/amd64", "linux/arm/v7"), LIST(AMD64, ARM64, ARMV7),
             LIST(HAS_AMD64, HAS_ARM64), "partial found,missing; e/amd64:1 manifest 0 found");
  /* What is not known may be it. */
  expect_for(LIST("linux/amd64"), LIST("image=s/i:1 status=timeout"), LIST(HAS_AMD64),
             "unknown unknown");
  /* What was not asked for may fail. */
  expect_for(LIST("linux/amd64"), LIST(AMD64, ARM64 " status=timeout"), LIST(HAS_AMD64),
             "present found; e/amd64:1 manifest 0 found");
}
END_TEST

START_TEST(nothing_left_of_a_source_is_unknown) {
  struct match *match = rows_match(LIST("windows/amd64"), LIST(AMD64, ARM64),
                                   LIST(HAS_AMD64, HAS_ARM64, "image=e/all:1 digest=I"));
  const struct report *report = match_finish(match, NULL);
  ck_assert_int_eq(report->source_count, 1);
  ck_assert_int_eq(report->sources[0].verdict, VERDICT_UNKNOWN);
  ck_assert_int_eq(report->sources[0].match_count, 0);
  ck_assert_str_eq(report->sources[0].detail,
                   "none of its platforms is in --platform: has linux/amd64, linux/arm64");
  match_free(match);
}
END_TEST

/* ---- which rows belong together ---- */

START_TEST(sources_are_told_apart_by_image_origin_and_ref) {
  expect(LIST("image=s/i:1 origin=f:1 ref=i:1 manifest_digest=M1",
              "image=s/i:1 origin=f:2 ref=i:1 manifest_digest=M1",
              "image=s/i:1 origin=f:1 ref=i:1 manifest_digest=M2",
              "image=s/i:1 origin=f:1 ref=s/i:1 manifest_digest=M1",
              "origin=f:3 ref=? status=invalid_reference"),
         LIST(HAS_AMD64),
         "partial found,missing; e/amd64:1 manifest 0 found | "
         "present found; e/amd64:1 manifest 0 found | "
         "present found; e/amd64:1 manifest 0 found | unknown unknown");
  /* Where one cell ends and the next starts makes a difference. */
  expect(LIST("image=ab origin=c manifest_digest=M1", "image=a origin=bc manifest_digest=M2"),
         LIST("image=x manifest_digest=X"), "absent missing | absent missing");
}
END_TEST

START_TEST(many_sources_of_the_same_image) {
  struct match *match = match_new(&(struct match_options){.platforms = NULL});
  for (int i = 0; i < 800; i++) {
    char text[200];
    snprintf(text, sizeof text, "image=s/i:%d origin=f:%d manifest_digest=M%d config_digest=C", i,
             i, i);
    row_add(match, match_source, text);
  }
  row_add(match, match_inventory, "image=e/i:1 manifest_digest=M417 config_digest=C");
  row_add(match, match_inventory, "image=e/i:2 manifest_digest=N config_digest=D");
  const struct report *report = match_finish(match, NULL);
  ck_assert_uint_eq(report->source_count, 800);
  ck_assert_uint_eq(report->summary[VERDICT_PRESENT], 800);
  for (int i = 0; i < 800; i++) {
    ck_assert_uint_eq(report->sources[i].match_count, 1);
    ck_assert_int_eq(report->sources[i].matches[0].evidence,
                     i == 417 ? EVIDENCE_MANIFEST : EVIDENCE_CONFIG);
  }
  match_free(match);
}
END_TEST

START_TEST(many_images_of_one_source) {
  struct match *match = match_new(&(struct match_options){.platforms = NULL});
  row_add(match, match_source, AMD64);
  /* Three times, so that rows that come again must not show. */
  for (int i = 0; i < 3000; i++) {
    char text[200];
    snprintf(text, sizeof text, "image=e/i:%d digest=M1 manifest_digest=M1 size=%d", i % 1000,
             i % 1000);
    row_add(match, match_inventory, text);
    snprintf(text, sizeof text, "image=e/other:%d digest=X%d manifest_digest=X%d", i, i, i);
    row_add(match, match_inventory, text);
  }
  const struct report *report = match_finish(match, NULL);
  ck_assert_uint_eq(report->inventory_images, 4000);
  ck_assert_uint_eq(report->sources[0].match_count, 1000);
  for (size_t i = 0; i < 1000; i++) {
    ck_assert_uint_eq(report->sources[0].matches[i].pair_count, 1);
    if (i)
      ck_assert_str_gt(report->sources[0].matches[i].image,
                       report->sources[0].matches[i - 1].image);
  }
  match_free(match);
}
END_TEST

static unsigned next_random(unsigned *state) {
  *state = *state * 1103515245u + 12345u;
  return *state >> 16;
}

/* All that a report says of the inventory. */
static char *describe_all(const struct report *report) {
  struct strbuf out = STRBUF(65536);
  char *sources = rows_describe(report);
  strbuf_printf(&out, "%s\nimages %zu, without %zu, compared %x\n", sources,
                report->inventory_images, report->without_config, report->compared);
  free(sources);
  for (size_t i = 0; i < report->failure_count; i++)
    strbuf_printf(&out, "%s %s %s %d\n", report->failures[i].image,
                  status_name(report->failures[i].status), report->failures[i].detail,
                  report->failures[i].hides);
  for (size_t i = 0; i < report->source_count; i++)
    for (size_t j = 0; j < report->sources[i].match_count; j++) {
      const struct report_match *match = &report->sources[i].matches[j];
      strbuf_printf(&out, "%s %s %s", match->image, match->digest, status_name(match->status));
      for (size_t k = 0; k < match->pair_count; k++)
        strbuf_printf(&out, " %s/%s/%llu/%s", match->pairs[k].manifest_digest,
                      match->pairs[k].pushed, (unsigned long long)match->pairs[k].size,
                      status_name(match->pairs[k].status));
      strbuf_puts(&out, "\n");
    }
  return strbuf_take(&out);
}

START_TEST(the_order_of_inventory_rows_does_not_matter) {
  static const char *rows[] = {
      "image=e/a:1 digest=I manifest_digest=M1 pushed=2020 size=1",
      "image=e/a:1 digest=I manifest_digest=M2 pushed=2020 size=2",
      "image=e/a:1 digest=J manifest_digest=M2 pushed=2021 size=3",
      "image=e/a:1 digest=K manifest_digest=M2 pushed=2022 size=3",
      "image=e/a:1 digest=K manifest_digest=M2 pushed=2023 size=3",
      "image=e/b:1 digest=I status=archived",
      "image=e/b:1 digest=M1 manifest_digest=M1",
      "image=e/c:1 digest=N manifest_digest=N layers=A settings=S",
      "image=e/c:1 digest=N manifest_digest=N layers=A",
      "image=e/d:1 digest=N manifest_digest=N1 config_digest=C1",
      "image=e/d:1 digest=N manifest_digest=N2 config_digest=C1",
      /* The same evidence several times. */
      "image=e/f:1 digest=J manifest_digest=M1 size=2 pushed=2022",
      "image=e/f:1 digest=J manifest_digest=M1 size=1 pushed=2020",
      "image=e/f:1 digest=J manifest_digest=M1 size=1 pushed=2021",
      "image=e/f:1 digest=J manifest_digest=M1 size=1",
      "image=e/f:1 digest=K manifest_digest=M1 size=0",
      "image=e/repo status=denied detail=x",
      "image=e/repo status=denied detail=y",
      "image=e/repo status=denied detail=x",
      "image=e/e:1 status=not_found detail=z",
  };
  enum { COUNT = sizeof rows / sizeof *rows };
  char *first = NULL;
  unsigned state = 1;
  for (int round = 0; round < 200; round++) {
    struct match *match = match_new(&(struct match_options){.platforms = NULL});
    row_add(match, match_source, AMD64 " config_digest=C1 layers=A settings=S");
    row_add(match, match_source, ARM64);
    for (int i = 0; i < COUNT; i++)
      row_add(match, match_inventory, rows[i]);
    /* Some of them once more. */
    for (int i = 0; i < COUNT; i += 1 + (int)(next_random(&state) % 5))
      row_add(match, match_inventory, rows[i]);
    char *text = describe_all(match_finish(match, NULL));
    match_free(match);
    if (first) {
      ck_assert_str_eq(text, first);
      free(text);
    } else {
      first = text;
    }
    for (unsigned i = COUNT - 1; i > 0; i--) {
      unsigned j = next_random(&state) % (i + 1);
      const char *row = rows[i];
      rows[i] = rows[j];
      rows[j] = row;
    }
  }
  ck_assert_ptr_nonnull(strstr(first, "images 5, without 5, "));
  ck_assert_ptr_nonnull(strstr(first, "e/f:1 J ok M1/2021/1/ok\n"));
  ck_assert_ptr_nonnull(strstr(first, "e/a:1 I ok M1/2020/1/ok M2/2020/2/ok\n"));
  free(first);
}
END_TEST

/* ---- what the report says of the inventory ---- */

START_TEST(failures_are_listed_once) {
  struct match *match =
      rows_match(NULL, LIST(AMD64),
                 LIST("image=e/r status=denied origin=o detail=why", "image=e/b:1 status=not_found",
                      "image=e/r status=denied origin=o detail=why",
                      "image=e/r status=timeout origin=o detail=why"));
  const struct report *report = match_finish(match, NULL);
  ck_assert_uint_eq(report->failure_count, 3);
  ck_assert_str_eq(report->failures[0].image, "e/b:1");
  ck_assert(!report->failures[0].hides);
  ck_assert_str_eq(report->failures[1].detail, "why");
  ck_assert_int_eq(report->failures[1].status, STATUS_DENIED);
  ck_assert(report->failures[1].hides);
  ck_assert_int_eq(report->failures[2].status, STATUS_TIMEOUT);
  ck_assert_uint_eq(report->inventory_images, 0);
  match_free(match);
}
END_TEST

START_TEST(images_are_counted_once) {
  struct match *match = rows_match(
      NULL, LIST(AMD64),
      LIST("image=e/a:1 digest=A settings=S", "image=e/b:1 digest=B", "image=e/a:1 digest=A",
           "image=e/b:1 digest=B", "image=e/c:1 digest=C status=archived",
           "image=e/d:1 digest=D status=artifact", "image=e/a:1 digest=A settings=S"));
  const struct report *report = match_finish(match, NULL);
  ck_assert_uint_eq(report->inventory_images, 4);
  ck_assert_uint_eq(report->without_config, 2);
  match_free(match);
}
END_TEST

static unsigned compared(const char *source, const char *inventory) {
  struct match *match = rows_match(NULL, LIST(source), LIST(inventory));
  unsigned result = match_finish(match, NULL)->compared;
  match_free(match);
  return result;
}

START_TEST(compared_is_what_both_sides_have) {
  const unsigned digests = 1u << EVIDENCE_INDEX | 1u << EVIDENCE_MANIFEST;
  ck_assert_uint_eq(compared("digest=D", "digest=E"), digests);
  ck_assert_uint_eq(compared("digest=D", "digest=E status=denied"), 0);
  ck_assert_uint_eq(compared("digest=D config_digest=C", "digest=E config_digest=F"),
                    digests | 1u << EVIDENCE_CONFIG);
  ck_assert_uint_eq(compared("digest=D config_digest=C", "digest=E config_digest=" EMPTY_CONFIG),
                    digests);
  ck_assert_uint_eq(compared("digest=D layers=A settings=S", "digest=E layers=B settings=T"),
                    digests | 1u << EVIDENCE_LAYERS);
  ck_assert_uint_eq(compared("digest=D layers=A settings=S", "digest=E layers=B"),
                    digests | 1u << EVIDENCE_LAYERS_LIKELY);
  ck_assert_uint_eq(compared("digest=D diff_ids=A settings=S", "digest=E diff_ids=B settings=T"),
                    digests | 1u << EVIDENCE_DIFF_IDS);
}
END_TEST

START_TEST(sizes_are_numbers_or_unknown) {
  static const struct {
    const char *cell;
    uint64_t size;
  } cases[] = {{"0", 0},
               {"123456789012", 123456789012},
               {"12x", REPORT_SIZE_UNKNOWN},
               {"-1", REPORT_SIZE_UNKNOWN},
               {"99999999999999999999", REPORT_SIZE_UNKNOWN}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char row[100];
    snprintf(row, sizeof row, "image=e/i:1 digest=M1 manifest_digest=M1 size=%s", cases[i].cell);
    struct match *match = rows_match(NULL, LIST(AMD64), LIST(row));
    ck_assert(match_finish(match, NULL)->sources[0].matches[0].pairs[0].size == cases[i].size);
    match_free(match);
  }
}
END_TEST

START_TEST(nothing_at_all) {
  struct match *match = match_new(&(struct match_options){.platforms = NULL});
  row_add(match, match_inventory, HAS_AMD64);
  const struct report *report = match_finish(match, NULL);
  ck_assert_uint_eq(report->source_count, 0);
  ck_assert_uint_eq(report->inventory_images, 1);
  match_free(match);
  match_free(NULL);
}
END_TEST

UNIT_MAIN("verdict", tcase_add_test(tcase, present_is_one_image_with_everything);
          tcase_add_test(tcase, partial_says_what_is_where);
          tcase_add_test(tcase, coverage_counts_manifests);
          tcase_add_test(tcase, evidence_of_a_match_is_what_holds_for_all);
          tcase_add_test(tcase, likely_comes_before_archived);
          tcase_add_test(tcase, archived_is_not_present);
          tcase_add_test(tcase, a_match_is_archived_when_a_part_of_it_is);
          tcase_add_test(tcase, a_failed_inventory_row_hides);
          tcase_add_test(tcase, an_image_that_vanished_hides_nothing);
          tcase_add_test(tcase, failed_rows_match_nothing);
          tcase_add_test(tcase, a_source_that_failed_in_part);
          tcase_add_test(tcase, status_and_detail_are_of_the_first_failure);
          tcase_add_test(tcase, matches_are_sorted_best_first);
          tcase_add_test(tcase, platforms_restrict_the_question);
          tcase_add_test(tcase, nothing_left_of_a_source_is_unknown);
          tcase_add_test(tcase, sources_are_told_apart_by_image_origin_and_ref);
          tcase_add_test(tcase, many_sources_of_the_same_image);
          tcase_add_test(tcase, many_images_of_one_source);
          tcase_add_test(tcase, the_order_of_inventory_rows_does_not_matter);
          tcase_add_test(tcase, failures_are_listed_once);
          tcase_add_test(tcase, images_are_counted_once);
          tcase_add_test(tcase, compared_is_what_both_sides_have);
          tcase_add_test(tcase, sizes_are_numbers_or_unknown);
          tcase_add_test(tcase, nothing_at_all);)
