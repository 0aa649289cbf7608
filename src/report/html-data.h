/* The data that the script of the HTML report shows. */
#ifndef OCIDUP_REPORT_HTML_DATA_H
#define OCIDUP_REPORT_HTML_DATA_H

#include "base/error.h"
#include "base/output.h"
#include "base/strbuf.h"
#include "report/match.h"

/* Each writes what is in OUT and then its data to OUTPUT. 0 or -1. */

/* The JSON report without its sources. */
int html_put_head(struct strbuf *out, const struct report *report, struct output *output,
                  struct error **err);

/* What the list shows of the sources: a JSON array with a source a line. Names of members would be
   most of it, so each is an array:

     [ref, image, origin, verdict, status, size, note, [[platform, state], …],
      [image, evidence] of the best match or null, number of matches but `self`,
      [registries of these, by number in inventory.registries]] */
int html_put_sources(struct strbuf *out, const struct report *report, struct output *output,
                     struct error **err);

/* What opens below them, in the same order and form. Most of the page, of which the first screen
   needs nothing: it is the last thing in it, and a line is read when it is looked at.

     [digest, detail, [[manifest_digest, config_digest, size], …],
      [[image, evidence, [platforms, by number], status, digest, size, pushed], …]]

   A digest of a match is 0 when it is the source's. */
int html_put_details(struct strbuf *out, const struct report *report, struct output *output,
                     struct error **err);

#endif
