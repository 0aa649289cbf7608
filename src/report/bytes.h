/* Numbers of bytes, for people. */
#ifndef OCIDUP_REPORT_BYTES_H
#define OCIDUP_REPORT_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

/* Appends "31.4 MB": with one digit behind the point, cut off and not rounded. "-" for
   REPORT_SIZE_UNKNOWN. */
void bytes_put(struct strbuf *out, uint64_t bytes);

/* Appends "1 duplicate, 3.1 MB", and of how many the size is not known. */
void bytes_put_sum(struct strbuf *out, size_t duplicates, uint64_t saved, size_t uncounted);

#endif
