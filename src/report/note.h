/* What there is to say about a verdict in one line, for the formats that people read. */
#ifndef OCIDUP_REPORT_NOTE_H
#define OCIDUP_REPORT_NOTE_H

#include "base/strbuf.h"
#include "report/match.h"

/* Longest note, bytes: it is a cell of each of a source's rows. What is longer is cut. */
#define NOTE_MAX ((size_t)64 * 1024)

/* Appends the note to OUT: "partial: 2 of 3 platforms; missing linux/arm64". Nothing when SOURCE is
   present. Not sanitised. OUT may overflow (see NOTE_MAX): what fitted is a note, too. */
void note_put(const struct report *report, const struct report_source *source, struct strbuf *out);

#endif
