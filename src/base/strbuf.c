#include <config.h>

#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* Makes room for LENGTH more bytes and the NUL, or marks the overflow. */
static int reserve(struct strbuf *buf, size_t length) {
  if (buf->overflow || length > buf->max - buf->length) {
    buf->overflow = true;
    return -1;
  }
  size_t wanted = buf->length + length;
  if (wanted == SIZE_MAX) {
    buf->overflow = true;
    return -1;
  }
  wanted++;
  if (wanted <= buf->capacity)
    return 0;
  size_t capacity = buf->capacity ? buf->capacity : 64;
  while (capacity < wanted)
    capacity = capacity > SIZE_MAX / 2 ? wanted : capacity * 2;
  if (buf->max < capacity - 1)
    capacity = buf->max + 1;
  buf->data = xreallocarray(buf->data, capacity, 1);
  buf->capacity = capacity;
  return 0;
}

int strbuf_append(struct strbuf *buf, const char *data, size_t length) {
  if (reserve(buf, length))
    return -1;
  if (length)
    memcpy(buf->data + buf->length, data, length);
  buf->length += length;
  buf->data[buf->length] = '\0';
  return 0;
}

int strbuf_puts(struct strbuf *buf, const char *string) {
  return strbuf_append(buf, string, strlen(string));
}

int strbuf_putc(struct strbuf *buf, char c) {
  return strbuf_append(buf, &c, 1);
}

int strbuf_put_number(struct strbuf *buf, uint64_t number) {
  char digits[20];
  size_t first = sizeof digits;
  do {
    digits[--first] = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  return strbuf_append(buf, digits + first, sizeof digits - first);
}

int strbuf_printf(struct strbuf *buf, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  if (length < 0) {
    buf->overflow = true;
    return -1;
  }
  if (reserve(buf, (size_t)length))
    return -1;
  va_start(arguments, format);
  (void)vsnprintf(buf->data + buf->length, (size_t)length + 1, format, arguments);
  va_end(arguments);
  buf->length += (size_t)length;
  return 0;
}

const char *strbuf_str(const struct strbuf *buf) {
  return buf->data ? buf->data : "";
}

char *strbuf_take(struct strbuf *buf) {
  char *data = buf->data ? buf->data : xstrdup("");
  buf->data = NULL;
  buf->length = 0;
  buf->capacity = 0;
  buf->overflow = false;
  return data;
}

void strbuf_clear(struct strbuf *buf) {
  buf->length = 0;
  buf->overflow = false;
  if (buf->data)
    buf->data[0] = '\0';
}

void strbuf_free(struct strbuf *buf) {
  free(buf->data);
  buf->data = NULL;
  buf->length = 0;
  buf->capacity = 0;
  buf->overflow = false;
}
