/* Finds the bytes of a text that may end a cell, end a row, or be wrong in one: a step of many
   bytes at a time, which is what makes reading records fast. What they mean is the record reader's
   business. */
#ifndef OCIDUP_BASE_SCAN_H
#define OCIDUP_BASE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that must be readable behind the end of a text (their values do not matter), and the most
   that one call looks at. */
#define SCAN_PADDING 64
#define SCAN_MAX ((size_t)16 * 1024)

/* Writes to MARKS, in order, the offset (plus BASE) of each byte of TEXT that is a backslash or
   not above CR: tabs, LFs, CRs and NULs are among them. MARKS has room for LENGTH (at most
   SCAN_MAX) and SCAN_PADDING more. Returns how many there are. */
size_t scan_marks(const char *text, size_t length, uint32_t base, uint32_t *marks);

/* Whether the SCAN_HEX bytes at TEXT are hexadecimal digits, letters in lower case. */
#define SCAN_HEX 64
bool scan_is_hex(const char *text);

/* The same by words of the machine, as it is done where there is no better way; for tests. */
size_t scan_marks_portable(const char *text, size_t length, uint32_t base, uint32_t *marks);
bool scan_is_hex_portable(const char *text);

#endif
