/* Sizes as records have them. */
#ifndef OCIDUP_REPORT_SIZE_H
#define OCIDUP_REPORT_SIZE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "report/match.h"

/* The number that the LENGTH bytes at TEXT are, below 2^63; REPORT_SIZE_UNKNOWN when they are none.
 */
static inline uint64_t size_parse_bytes(const char *text, size_t length) {
  uint64_t size = 0;
  for (size_t i = 0; i < length; i++) {
    if (text[i] < '0' || text[i] > '9' || size > (INT64_MAX - 9) / 10)
      return REPORT_SIZE_UNKNOWN;
    size = size * 10 + (uint64_t)(text[i] - '0');
  }
  return length ? size : REPORT_SIZE_UNKNOWN;
}

/* The same of a cell; NULL is unknown. */
static inline uint64_t size_parse(const char *text) {
  return text ? size_parse_bytes(text, strlen(text)) : REPORT_SIZE_UNKNOWN;
}

#endif
