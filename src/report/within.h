/* Duplicates inside an inventory: groups of the same image in several repositories, and what would
   be saved if each stayed in one of them. Reads no file and writes none: rows go in, a `struct
   duplicates` comes out. Memory grows with the inventory. The answer does not depend on the order
   of rows, on how they are spread over files, or on rows that come twice.

   What a digest names is a content: the set of its platforms' manifests. Two manifests are the same
   by the evidence of match-evidence.h, index to diff_ids, or when a chain of such evidence joins
   them. A content is a duplicate of another when that has all of its manifests, and it is known
   whole. A copy is a content in a repository, whatever tags it has there. */
#ifndef OCIDUP_REPORT_WITHIN_H
#define OCIDUP_REPORT_WITHIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/output.h"
#include "report/match.h"

struct duplicate_copy {
  const char *repository;    /* registry and path */
  const char *digest;        /* what the names name */
  const char *const *images; /* its names in this repository, sorted */
  size_t image_count;
  const char *const *platforms; /* sorted; of a platform that is not known there is none */
  size_t platform_count;
  enum status status;     /* the best of its rows: ok before archived */
  const char *pushed;     /* the oldest; NULL: not known */
  uint64_t size;          /* bytes, each layer once, or REPORT_SIZE_UNKNOWN */
  bool stays;             /* it is in the repository that the group stays in */
  bool uncounted;         /* it goes, and not all of its layers' sizes are known */
  enum evidence evidence; /* that it is the same as the first copy, which has EVIDENCE_NONE */
  /* Bytes of this repository that go with the group's copies in it; they stand at the first of
     these copies, and the others have 0. */
  uint64_t saved;
};

struct duplicate_group {
  const struct duplicate_copy *copies; /* first the one to keep, then others that stay, then by
                                          repository and digest */
  size_t copy_count;
  size_t duplicates;      /* copies that do not stay */
  size_t uncounted;       /* those of them whose bytes are not all in `saved` */
  enum evidence evidence; /* the weakest of the duplicates', which is what holds for all */
  uint64_t saved;         /* bytes, when only this group is reduced */
};

struct duplicates {
  const struct duplicate_group *groups; /* most saved first, then by name */
  size_t group_count;
  size_t images;         /* distinct references of rows that could be read */
  size_t repositories;   /* distinct ones of these */
  size_t without_config; /* images with an `ok` row whose config was not read */
  size_t duplicates;     /* over all groups */
  size_t uncounted;
  uint64_t saved; /* bytes, when all groups are reduced: at least the sum of theirs */
  const struct report_failure *failures; /* each once, sorted by image */
  size_t failure_count;
};

struct within;

struct within *within_new(void);

/* Adds an inventory row. Copies what it needs. */
void within_add(struct within *within, const struct record *record);

/* The groups; borrowed, they live as long as WITHIN. Call once, at the end. */
const struct duplicates *within_finish(struct within *within);

/* NULL is allowed. */
void within_free(struct within *within);

/* Each writes the whole of DUPLICATES to OUTPUT (not committed). 0 or -1. */
typedef int within_write_fn(const struct duplicates *duplicates, struct output *output,
                            struct error **err);

within_write_fn within_text;
within_write_fn within_tsv; /* a row per name of a copy */
within_write_fn within_json;
within_write_fn within_html; /* a page to look at; needs no script */

#endif
