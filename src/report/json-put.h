/* Pieces of JSON, for the reports that are written as streams. They can stand in a <script> of an
   HTML page as they are: what could end one is escaped. */
#ifndef OCIDUP_REPORT_JSON_PUT_H
#define OCIDUP_REPORT_JSON_PUT_H

#include <stdint.h>

#include "base/strbuf.h"
#include "report/match.h"

/* Appends TEXT as a JSON string (RFC 8259, section 7), sanitised; null for NULL. */
void json_put_string(struct strbuf *out, const char *text);

/* Appends `BEFORE"NAME": TEXT`. BEFORE and NAME are put as they are. */
void json_put_member(struct strbuf *out, const char *before, const char *name, const char *text);

void json_put_number(struct strbuf *out, const char *before, const char *name, uint64_t number);

/* The same for bytes: null for REPORT_SIZE_UNKNOWN. */
void json_put_size(struct strbuf *out, const char *before, const char *name, uint64_t size);

/* The object of a row that could not be read, behind BEFORE. */
void json_put_failure(struct strbuf *out, const char *before, const struct report_failure *failure);

#endif
