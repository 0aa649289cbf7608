/* For tests of report/match: what a report says, in a line, and that it is what it should be. */
#ifndef OCIDUP_TESTS_MATCH_EXPECT_H
#define OCIDUP_TESTS_MATCH_EXPECT_H

#include "base/strbuf.h"
#include "match-rows.h"

/* For lists of rows. */
#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

/* A source of three platforms, and an image of each. */
#define AMD64 "image=s/i:1 digest=I platform=linux/amd64 manifest_digest=M1 platforms=3"
#define ARM64 "image=s/i:1 digest=I platform=linux/arm64 manifest_digest=M2 platforms=3"
#define ARMV7 "image=s/i:1 digest=I platform=linux/arm/v7 manifest_digest=M3 platforms=3"
#define HAS_AMD64 "image=e/amd64:1 digest=M1 manifest_digest=M1"
#define HAS_ARM64 "image=e/arm64:1 digest=M2 manifest_digest=M2"
#define HAS_ARMV7 "image=e/armv7:1 digest=M3 manifest_digest=M3"

/* As config_digest: it is no evidence. */
#define EMPTY_CONFIG "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

/* The report in one line: "VERDICT state,state; IMAGE EVIDENCE 0,1 STATE; …", a source after
   another behind " | ". */
static inline char *rows_describe(const struct report *report) {
  struct strbuf out = STRBUF(65536);
  for (size_t i = 0; i < report->source_count; i++) {
    const struct report_source *source = &report->sources[i];
    strbuf_printf(&out, "%s%s%s", i ? " | " : "", verdict_name(source->verdict),
                  source->spread ? " spread" : "");
    for (size_t j = 0; j < source->platform_count; j++)
      strbuf_printf(&out, "%s%s", j ? "," : " ", platform_state_name(source->platforms[j].state));
    for (size_t j = 0; j < source->match_count; j++) {
      const struct report_match *match = &source->matches[j];
      strbuf_printf(&out, "; %s %s ", match->image, evidence_name(match->evidence));
      const char *before = "";
      for (size_t k = 0; k < match->pair_count; k++)
        if (match->pairs[k].state == match->state) {
          strbuf_printf(&out, "%s%u", before, (unsigned)match->pairs[k].platform);
          before = ",";
        }
      strbuf_printf(&out, " %s", platform_state_name(match->state));
    }
  }
  return strbuf_take(&out);
}

static inline void expect_with(const struct match_options *options, const char *const *sources,
                               const char *const *inventory, const char *want) {
  struct match *match = rows_match_with(options, sources, inventory);
  char *got = rows_describe(match_finish(match, NULL));
  ck_assert_str_eq(got, want);
  free(got);
  match_free(match);
}

static inline void expect_for(const char *const *platforms, const char *const *sources,
                              const char *const *inventory, const char *want) {
  expect_with(&(struct match_options){.platforms = platforms}, sources, inventory, want);
}

static inline void expect(const char *const *sources, const char *const *inventory,
                          const char *want) {
  expect_for(NULL, sources, inventory, want);
}

#endif
