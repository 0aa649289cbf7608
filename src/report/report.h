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
report_write_fn report_junit; /* a test case per source */

#endif
