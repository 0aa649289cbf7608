/* The report in its formats, one source file each. They write, they decide nothing. */
#ifndef OCIDUP_REPORT_REPORT_H
#define OCIDUP_REPORT_REPORT_H

#include "base/error.h"
#include "base/output.h"
#include "report/match.h"

/* Each writes the whole of REPORT to OUTPUT (not committed). 0 or -1. */
typedef int report_write_fn(const struct report *report, struct output *output, struct error **err);

report_write_fn report_text; /* for people, match-report(1) */
report_write_fn report_tsv;  /* a row per source, inventory image and platform */
report_write_fn report_json;
report_write_fn report_html;    /* one file, for browsers */
report_write_fn report_junit;   /* a test case per source */
report_write_fn report_missing; /* a reference a line: those that IS_MISSING, each once */
report_write_fn report_map;     /* `ref TAB image@digest` for each that report_best finds, once */

enum whereabouts {
  IS_THERE,   /* present; or the source is itself an image of the inventory */
  IS_MISSING, /* absent; partial with a platform that is missing, or in pieces only */
  IS_IN_DOUBT /* likely, archived or unknown, all of it or all that is not found */
};
enum whereabouts report_whereabouts(const struct report_source *source);

/* The first match that has all of SOURCE, and a digest; NULL: none, or SOURCE is not present. */
const struct report_match *report_best(const struct report_source *source);

#endif
