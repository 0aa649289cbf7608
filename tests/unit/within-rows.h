/* For tests of report/within: rows, as match-rows.h has them, and images that several tests use. */
#ifndef OCIDUP_TESTS_WITHIN_ROWS_H
#define OCIDUP_TESTS_WITHIN_ROWS_H

#include "match-expect.h"
#include "report/within.h"

/* An index of two platforms, and one of them alone. */
#define TWO "digest=I platforms=2"
#define AMD64_OF                                                                                   \
  TWO " manifest_digest=M1 platform=linux/amd64 layers=A,B layer_sizes=100,20 size=121"
#define ARM64_OF                                                                                   \
  TWO " manifest_digest=M2 platform=linux/arm64 layers=A,C layer_sizes=100,30 size=131"
#define AMD64_ALONE                                                                                \
  "digest=M1 platforms=1 manifest_digest=M1 platform=linux/amd64 layers=A,B layer_sizes=100,20 "   \
  "size=121"

/* Adds a row and then spoils its memory: within must have copied what it needs. */
static inline void within_add_text(struct within *within, const char *text) {
  struct row row = row_parse(text);
  within_add(within, &row.record);
  memset(row.text, '#', strlen(text));
  free(row.text);
}

static inline struct within *within_rows(const char *const *rows) {
  struct within *within = within_new();
  for (; *rows; rows++)
    within_add_text(within, *rows);
  return within;
}

#endif
