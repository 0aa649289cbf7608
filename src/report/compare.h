/* Orders for qsort that do not depend on where rows stood. */
#ifndef OCIDUP_REPORT_COMPARE_H
#define OCIDUP_REPORT_COMPARE_H

#include <stdint.h>
#include <string.h>

/* NULL comes first. */
static inline int compare_strings(const char *a, const char *b) {
  if (a == b)
    return 0;
  if (!a || !b)
    return a ? 1 : -1;
  return strcmp(a, b);
}

static inline int compare_numbers(uint64_t a, uint64_t b) {
  return (a > b) - (a < b);
}

#endif
