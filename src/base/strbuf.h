/* A string that grows up to a maximum that its owner must name. */
#ifndef OCIDUP_BASE_STRBUF_H
#define OCIDUP_BASE_STRBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf {
  char *data; /* NUL-terminated once anything was appended; NULL before */
  size_t length;
  size_t capacity;
  size_t max;    /* bytes, without the NUL */
  bool overflow; /* sticky: something did not fit and was left out */
};

/* For `struct strbuf b = STRBUF (4096);` */
#define STRBUF(maximum)                                                                            \
  { .data = NULL, .length = 0, .capacity = 0, .max = (maximum), .overflow = false }

/* Each returns 0, or -1 when the maximum would be passed; then nothing is appended, `overflow`
   is set, and every later append fails too. */
int strbuf_append(struct strbuf *buf, const char *data, size_t length);
int strbuf_puts(struct strbuf *buf, const char *string);
int strbuf_putc(struct strbuf *buf, char c);
int strbuf_put_number(struct strbuf *buf, uint64_t number); /* decimal */
int strbuf_printf(struct strbuf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The content as a C string, "" when empty; borrowed until the next change. */
const char *strbuf_str(const struct strbuf *buf);

/* Hands the content over (never NULL; caller frees) and leaves buf empty with the same maximum. */
char *strbuf_take(struct strbuf *buf);

/* Empties it and forgets `overflow`, but keeps the memory. */
void strbuf_clear(struct strbuf *buf);

void strbuf_free(struct strbuf *buf);

#endif
