/* Points in time as a record holds them: RFC 3339, UTC, whole seconds ("2024-01-02T03:04:05Z"), so
   that text order is time order. Depends on no time zone and no locale. */
#ifndef OCIDUP_BASE_TIMESTAMP_H
#define OCIDUP_BASE_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

/* SECONDS since 1970-01-01T00:00:00Z; caller frees. NULL outside of the years 0000 to 9999. */
char *timestamp_format(int64_t seconds);

/* The same for a time with a fraction, which is cut off (towards the past); NULL for what is no
   finite number too. */
char *timestamp_format_double(double seconds);

/* TEXT, an RFC 3339 date-time of any offset and fraction, brought to that form; caller frees. NULL
   when it is none (a leap second is none: POSIX time has no number for it). */
char *timestamp_normalize(const char *text);

/* The same to SECONDS since 1970-01-01T00:00:00Z; false, and *seconds stays, when it is none. Years
   0000 to 9999, and what their offset makes of them. */
bool timestamp_parse(const char *text, int64_t *seconds);

#endif
