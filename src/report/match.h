/* The join: sources against inventories, evidence and verdicts (ocidup(7)). Reads no file and
   writes none: rows go in, a `struct report` comes out. Inventory rows stream through, from several
   threads when there are; memory grows with the sources and with what matched, not with the
   inventory (what must be kept of an image, to count it once, goes to a scratch file when it is
   much). The answer does not depend on the order of inventory rows, on how they are spread over
   files and threads, or on rows that come twice. */
#ifndef OCIDUP_REPORT_MATCH_H
#define OCIDUP_REPORT_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/record.h"
#include "base/status.h"

/* Strongest first. The last ones are no evidence of sameness, and leave a platform `missing`: BASE
   and NAME are told when they are asked for, SELF is the same reference on both sides. */
enum evidence {
  EVIDENCE_INDEX,
  EVIDENCE_MANIFEST,
  EVIDENCE_CONFIG,
  EVIDENCE_LAYERS,
  EVIDENCE_DIFF_IDS,
  EVIDENCE_LAYERS_LIKELY, /* "layers?" */
  EVIDENCE_BASE,          /* the inventory's image is built from the source */
  EVIDENCE_NAME,          /* the same name and tag, other content */
  EVIDENCE_SELF,
  EVIDENCE_NONE
};
/* "index", …, "layers?", "base", "name", "self", "-". */
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
/* Sets *verdict from its name. False if it is none. */
bool verdict_parse(const char *name, enum verdict *verdict);

/* Of a source's platform, for one inventory image or over all of them. Best first. */
enum platform_state {
  STATE_FOUND,
  STATE_LIKELY,
  STATE_ARCHIVED,
  STATE_MISSING, /* also what `base`, `name` and `self` leave it */
  STATE_UNKNOWN
};
/* "found", "likely", "archived", "missing", "unknown". */
const char *platform_state_name(enum platform_state state);

#define REPORT_SIZE_UNKNOWN UINT64_MAX

/* A row of a source. */
struct report_platform {
  const char *platform; /* NULL: not known, as all of these */
  const char *manifest_digest;
  const char *config_digest;
  const char *detail;
  uint64_t size; /* bytes, or REPORT_SIZE_UNKNOWN */
  enum status status;
  enum platform_state state; /* over all inventory images */
};

/* A source platform and the inventory row that has it: of several rows of one inventory image
   the one with the best state and evidence. */
struct report_pair {
  const char *image;           /* of the inventory row */
  const char *digest;          /* what that image names; NULL: not known */
  const char *manifest_digest; /* NULL: not known */
  const char *pushed;          /* NULL: not known */
  uint64_t size;               /* bytes, or REPORT_SIZE_UNKNOWN */
  uint32_t platform;           /* index into the source's platforms */
  enum evidence evidence : 8;
  enum status status : 8;
  enum platform_state state : 8; /* FOUND, LIKELY or ARCHIVED; MISSING for `base`, `name`, `self` */
};

/* One inventory image that has something of one source. Its `state` is the best of its pairs';
   what it says (evidence, status, digest) is about the pairs in that state. */
struct report_match {
  const char *image;
  const char *digest;              /* NULL: not known */
  const struct report_pair *pairs; /* by the source's platform order */
  uint32_t pair_count;
  uint32_t state_count; /* how many of the pairs are in `state` */
  enum platform_state state : 8;
  enum evidence evidence : 8; /* the weakest of those pairs', which is what holds for all of them */
  enum status status : 8;     /* STATUS_ARCHIVED when one of those is */
};

struct report_source {
  const char *image;  /* NULL: the line was no reference */
  const char *ref;    /* NULL: none */
  const char *origin; /* NULL: none */
  const char *digest; /* NULL: none */
  enum status status; /* of its first failed row, else of its first */
  const char *detail; /* of the same row; NULL: none */
  enum verdict verdict;
  bool spread; /* partial, but together the matches have all platforms */
  struct report_platform *platforms;
  struct report_match *matches; /* by state, `self` last, then most platforms, evidence, name */
  uint32_t platform_count;      /* 0 when --platform left none; `detail` says so */
  uint32_t match_count;
};

struct report_failure {
  const char *image;  /* NULL: none */
  const char *origin; /* NULL: none */
  const char *detail; /* NULL: none */
  enum status status;
  bool hides; /* it can hide an image: what was not found is unknown */
};

/* Bytes of a time as a record has it ("2024-01-02T03:04:05Z"), with its NUL. */
#define REPORT_TIME_SIZE 21

/* A registry that inventory rows are of. */
struct report_registry {
  const char *name; /* its host; "-" when the rows have no image */
  size_t images;    /* distinct ones that could be read (counted as inventory_images) */
  size_t failed;    /* distinct failed rows */
  /* The newest that its rows have, in the record's form; "" when not known. */
  char pushed[REPORT_TIME_SIZE];
  char created[REPORT_TIME_SIZE];
};

struct report {
  struct report_source *sources; /* in input order, a repeated reference too */
  size_t source_count;
  size_t inventory_images;         /* distinct ones that could be read (counted by 64-bit hash) */
  int scratch_refused;             /* errno of the scratch file to count them, which memory had to
                                      stand in for; 0: none */
  size_t without_config;           /* those of them with an `ok` row whose config was not read */
  struct report_failure *failures; /* failed inventory rows, each once, sorted by image */
  size_t failure_count;
  struct report_registry *registries; /* sorted by name */
  size_t registry_count;
  unsigned compared; /* bit mask of 1u << EVIDENCE_…: what both sides had data for */
  unsigned fail_if;  /* as match_options has it */
  size_t summary[VERDICTS];
};

struct match;

struct match_options {
  const char *const *platforms; /* normalised, ends with NULL: the question is only about these;
                                   NULL: all; borrowed */
  unsigned fail_if; /* bit mask of 1u << VERDICT_…: the reader does not want these; changes no
                       verdict */
  bool base;        /* tell what is built from a source, too */
  bool names;       /* and what has its name and other content */
};

struct match *match_new(const struct match_options *options);

/* Adds a source row; all of them before the first inventory row. Rows with the same image,
   origin and ref are one source. Copies what it needs. */
void match_source(struct match *match, const struct record *record);

/* What one thread adds inventory rows to. */
struct match_part;

/* A new part, borrowed from MATCH; not before the last source row. */
struct match_part *match_part_new(struct match *match);

/* Adds an inventory row; parts can do so at the same time. Copies what it needs. */
void match_part_row(struct match_part *part, const struct record_row *row);

/* The same for those who have one thread, and a record of which nothing is known. */
void match_inventory(struct match *match, const struct record *record);

/* The verdicts; borrowed, lives as long as MATCH. Call once, at the end. NULL with *err when images
   could not be counted. */
const struct report *match_finish(struct match *match, struct error **err);

/* NULL is allowed. */
void match_free(struct match *match);

#endif
