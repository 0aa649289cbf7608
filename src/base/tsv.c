#include <config.h>

#include "base/tsv.h"

#include <string.h>

#include "base/text.h"

size_t tsv_split(char *line, size_t length, char **cells, size_t max) {
  char *end = line + length;
  char *cell = line;
  for (size_t count = 0;;) {
    if (count < max)
      cells[count] = cell;
    count++;
    char *tab = memchr(cell, '\t', (size_t)(end - cell));
    if (!tab)
      return count;
    *tab = '\0';
    cell = tab + 1;
  }
}

int tsv_unescape(char *cell, size_t *offset) {
  char *in = strchr(cell, '\\');
  if (!in)
    return 0;
  for (char *out = in;; in++) {
    if (*in != '\\') {
      *out++ = *in;
      if (*in == '\0')
        return 0;
      continue;
    }
    switch (in[1]) {
    case 't':
      *out++ = '\t';
      break;
    case 'n':
      *out++ = '\n';
      break;
    case 'r':
      *out++ = '\r';
      break;
    case '\\':
      *out++ = '\\';
      break;
    default:
      *offset = (size_t)(in - cell);
      return -1;
    }
    in++;
  }
}

int tsv_put_cell(struct strbuf *out, const char *text) {
  if (!text || !*text)
    return strbuf_putc(out, '-');
  for (;;) {
    size_t plain = strcspn(text, "\t\n\r\\");
    if (plain && text_sanitize(out, text, plain, false))
      return -1;
    text += plain;
    const char *escape;
    switch (*text) {
    case '\0':
      return 0;
    case '\t':
      escape = "\\t";
      break;
    case '\n':
      escape = "\\n";
      break;
    case '\r':
      escape = "\\r";
      break;
    default:
      escape = "\\\\";
      break;
    }
    if (strbuf_append(out, escape, 2))
      return -1;
    text++;
  }
}
