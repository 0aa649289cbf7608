/* What may stand in text that is shown to people or written to a record. Nothing that came from
   a server or a file may drive a terminal or break a line. */
#ifndef OCIDUP_BASE_TEXT_H
#define OCIDUP_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

/* Appends TEXT to OUT with U+FFFD in place of each invalid UTF-8 byte, each C0 or C1 control
   character (tab and line feed too, unless keep_tab_lf) and each bidirectional control
   (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069). 0, or -1 when OUT is full. */
int text_sanitize(struct strbuf *out, const char *text, size_t length, bool keep_tab_lf);

/* The same into a new string; caller frees. */
char *text_sanitized(const char *text);

/* True when text_sanitize would change nothing. */
bool text_is_clean(const char *text, size_t length, bool keep_tab_lf);

#endif
