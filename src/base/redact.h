/* The one filter for text that leaves the process: it knows the secrets of the run and takes them
   out, whoever wrote them there: raw (in any case of letters), in part, with escapes (percent,
   JSON, XML), in base64 (both alphabets, whatever stands before it) or hex, and in these nested up
   to three deep. Knows neither HTTP nor AWS: who comes to know a secret adds it. */
#ifndef OCIDUP_BASE_REDACT_H
#define OCIDUP_BASE_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"

/* What stands in a secret's place. */
#define REDACTED "(hidden)"

/* Shorter than this nothing is taken for a secret: too many words would be. */
#define REDACT_MIN 4

struct redactor;

struct redactor *redactor_new(void);

/* From now on SECRET (copied, and wiped in the end) is taken out. A run may have thousands of
   tokens: when many others were added since, one that is not added again may be forgotten, never
   before 2000 others were. */
void redactor_add(struct redactor *redactor, const char *secret);

/* Appends TEXT to OUT without secrets. Meant for people's text: whole secrets (those below 8 bytes
   only as words of their own), and at least 12 bytes in a row of those of 16 and more. OUT must
   have room. What would take too long to search is hidden whole. */
void redact(const struct redactor *redactor, struct strbuf *out, const char *text, size_t length);

/* The same into a new string; caller frees. NULL for NULL. */
char *redacted(const struct redactor *redactor, const char *text);

/* For names and other data, which a chance likeness must not change: takes out only secrets of 20
   bytes and more, whole or at least 32 bytes in a row. NULL when TEXT holds none (or is NULL): the
   usual case; else a new string; caller frees. */
char *redacted_data(const struct redactor *redactor, const char *text);

/* Takes secrets out of ERROR's message; NULL is allowed. */
void redact_error(const struct redactor *redactor, struct error *error);

/* NULL is allowed. */
void redactor_free(struct redactor *redactor);

#endif
