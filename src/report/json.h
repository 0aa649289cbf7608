/* What the data of the HTML report has in common with the JSON report. */
#ifndef OCIDUP_REPORT_JSON_H
#define OCIDUP_REPORT_JSON_H

#include "base/error.h"
#include "base/output.h"
#include "base/strbuf.h"
#include "report/match.h"

/* Writes the JSON report up to the `[` behind "sources"; the end of it stays in OUT. 0 or -1. */
int json_put_head(struct strbuf *out, const struct report *report, struct output *output,
                  struct error **err);

/* Of the pairs of MATCH that are in its state: their sizes together, or REPORT_SIZE_UNKNOWN, and
   the first time of a push, or NULL. */
uint64_t json_match_size(const struct report_match *match, const char **pushed);

#endif
