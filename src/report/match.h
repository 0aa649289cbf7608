/* The join: sources against inventories, evidence and verdicts (ocidup(7)). Reads no file and
   writes none: rows go in, a `struct report` comes out. Inventory rows stream through; memory grows
   with the sources and with what matched, not with the inventory. */
#ifndef OCIDUP_REPORT_MATCH_H
#define OCIDUP_REPORT_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/record.h"
#include "base/status.h"

/* Strongest first. EVIDENCE_SELF is no evidence: the same reference on both sides. */
enum evidence {
  EVIDENCE_INDEX,
  EVIDENCE_MANIFEST,
  EVIDENCE_CONFIG,
  EVIDENCE_LAYERS,
  EVIDENCE_DIFF_IDS,
  EVIDENCE_LAYERS_LIKELY, /* "layers?" */
  EVIDENCE_SELF,
  EVIDENCE_NONE
};
/* "index", …, "layers?", "self", "-". */
const char *evidence_name(enum evidence evidence);

enum verdict {
  VERDICT_PRESENT,
  VERDICT_PARTIAL,
  VERDICT_LIKELY,
  VERDICT_ARCHIVED,
  VERDICT_ABSENT,
  VERDICT_UNKNOWN,
  VERDICTS
};
const char *verdict_name(enum verdict verdict);

/* Of a source's platform, over all inventory images. */
enum platform_state {
  STATE_FOUND,
  STATE_LIKELY,
  STATE_ARCHIVED,
  STATE_MISSING,
  STATE_UNKNOWN
};
const char *platform_state_name(enum platform_state state);

struct report_platform {
  struct record record; /* the source's row; owned by the report */
  enum status status;
  enum platform_state state;
};

/* One inventory image that has something of one source. */
struct report_match {
  const char *image;
  enum evidence evidence; /* the weakest of its platforms', which is what holds for all of them */
  enum status status;     /* STATUS_ARCHIVED when it is */
  const char *digest;
  const char *origin;
  struct report_pair *pairs; /* by the source's platform order */
  size_t pair_count;
};

/* A source platform and the inventory row that has it. */
struct report_pair {
  size_t platform; /* index into the source's platforms */
  enum evidence evidence;
  enum status status;
  const char *manifest_digest;
  const char *size;   /* as in the record; NULL: not known, like pushed */
  const char *pushed;
};

struct report_source {
  const char *image;
  const char *ref;    /* NULL: none */
  const char *origin;
  const char *digest; /* NULL: none */
  enum status status; /* of its first failed row, else of its first */
  const char *detail; /* NULL: none */
  enum verdict verdict;
  bool spread; /* partial, but together the matches have all platforms */
  struct report_platform *platforms;
  size_t platform_count;
  struct report_match *matches; /* strongest first: full coverage, evidence, then name */
  size_t match_count;
};

struct report_failure {
  const char *image;
  enum status status;
  const char *origin;
  const char *detail;
};

struct report {
  struct report_source *sources; /* in input order, a repeated reference too */
  size_t source_count;
  size_t inventory_images; /* distinct, whatever the order of rows (counted by 64-bit hash) */
  size_t without_config;   /* distinct images with a row of an image whose config was not read */
  struct report_failure *failures;
  size_t failure_count;
  unsigned compared; /* bit mask of 1u << EVIDENCE_…: what could be compared */
  size_t summary[VERDICTS];
};

struct match;

struct match_options {
  char *const *platforms; /* normalised, ends with NULL: the question is only about these; NULL: all */
};

struct match *match_new(const struct match_options *options);

/* Adds a source row; all of them before the first inventory row. */
void match_source(struct match *match, const struct record *record);

/* Adds an inventory row. */
void match_inventory(struct match *match, const struct record *record);

/* The verdicts; borrowed, lives as long as MATCH. Call once, at the end. */
const struct report *match_finish(struct match *match);

/* NULL is allowed. */
void match_free(struct match *match);

#endif
