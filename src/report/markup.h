/* Text in XML and HTML. */
#ifndef OCIDUP_REPORT_MARKUP_H
#define OCIDUP_REPORT_MARKUP_H

#include "base/strbuf.h"

/* Appends TEXT sanitised (base/text.h, tab and line feed too) and escaped for an element or an
   attribute in double quotes. "-" for NULL. On overflow OUT says so. */
void markup_put(struct strbuf *out, const char *text);

#endif
