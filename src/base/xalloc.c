#include <config.h>

#include "base/xalloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No stdio: it may want memory. And no exit handlers: they might flush what is half done. */
static _Noreturn void out_of_memory(void) {
  static const char text[] = "ocidup: out of memory\n";
  ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
  (void)written;
  _exit(2);
}

static void *checked(void *memory) {
  if (!memory)
    out_of_memory();
  return memory;
}

void *xmalloc(size_t size) {
  return checked(malloc(size ? size : 1));
}

void *xcalloc(size_t count, size_t size) {
  return checked(count && size ? calloc(count, size) : calloc(1, 1));
}

void *xreallocarray(void *old, size_t count, size_t size) {
  if (size && count > SIZE_MAX / size)
    out_of_memory();
  size_t bytes = count * size;
  return checked(realloc(old, bytes ? bytes : 1));
}

char *xstrdup(const char *string) {
  return checked(strdup(string));
}

char *xstrndup(const char *string, size_t length) {
  return checked(strndup(string, length));
}

char *xasprintf(const char *format, ...) {
  /* Not vasprintf(), which leaves a copy of what may be a secret in memory that it frees. */
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  int length = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  if (length < 0)
    out_of_memory();
  char *string = xmalloc((size_t)length + 1);
  (void)vsnprintf(string, (size_t)length + 1, format, again);
  va_end(again);
  return string;
}

void *xgrow(void *array, size_t count, size_t *capacity, size_t element_size) {
  if (array && count < *capacity)
    return array;
  size_t wanted = *capacity ? *capacity : 4;
  while (wanted <= count) {
    if (wanted > SIZE_MAX / 2)
      out_of_memory();
    wanted *= 2;
  }
  if (array && *capacity && wanted == *capacity)
    return array;
  array = xreallocarray(array, wanted, element_size);
  *capacity = wanted;
  return array;
}
