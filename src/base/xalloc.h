/* Allocation that does not fail: when memory is out there is no row left to write and no
   message worth composing, so these write one fixed line to stderr and end the process with
   status 2. It is the one place below the mains that may do so; what was written until then has
   no end mark, so no reader takes it for whole. */
#ifndef OCIDUP_BASE_XALLOC_H
#define OCIDUP_BASE_XALLOC_H

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
/* count * size bytes, checked for overflow. */
void *xreallocarray(void *old, size_t count, size_t size);
char *xstrdup(const char *string);
char *xstrndup(const char *string, size_t length);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Makes room for one more element: grows *capacity (elements) by doubling when count reached it.
   Returns the array, moved or not. */
void *xgrow(void *array, size_t count, size_t *capacity, size_t element_size);

#endif
