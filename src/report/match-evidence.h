/* What two rows prove about each other: the rungs of the ladder and their guards, for one source
   row and one inventory row. Pure; match.c brings the rows together. */
#ifndef OCIDUP_REPORT_MATCH_EVIDENCE_H
#define OCIDUP_REPORT_MATCH_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/record.h"
#include "report/match.h"

/* A row, reduced to what may count as evidence: what proves nothing (the config and layers of an
   artifact, the empty config, lists of empty layers) is NULL here. Strings are borrowed. */
struct facts {
  const char *digest;
  const char *manifest_digest; /* `digest` too, when the row has no other: it names that manifest */
  const char *config_digest;
  const char *settings;
  const char *layers;
  const char *diff_ids;
  const char *platform;
  bool digest_only; /* the row has no manifest digest of its own */
  bool index;       /* `digest` is known to be an index's */
};

/* The facts of RECORD, whose status is STATUS. Those of a failed row are all NULL. */
struct facts facts_of(const struct record *record, enum status status);

/* The strongest evidence that SOURCE and INVENTORY are the same; EVIDENCE_NONE when there is none.
   Of the same image only: never what comes behind EVIDENCE_LAYERS_LIKELY. */
enum evidence facts_compare(const struct facts *source, const struct facts *inventory);

/* True when INVENTORY, which facts_compare tells from SOURCE, is built from it: its layers or diff
   IDs go on where SOURCE's end, or are the same with other settings. (In the latter case it may be
   the other way round.) */
bool facts_is_base(const struct facts *source, const struct facts *inventory);

/* True when the two platforms (NULL: not known, could be any) are the same, of Windows whatever
   version. */
bool facts_same_platform(const char *a, const char *b);

/* The last path component and tag of the reference IMAGE, and its *length; NULL when it has no tag.
 */
const char *facts_name(const char *image, size_t *length);

#endif
