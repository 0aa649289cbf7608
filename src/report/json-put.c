#include <config.h>

#include "report/json-put.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

/* Appends the character at TEXT, which is not plain. Returns its length in bytes. */
static size_t put_escape(struct strbuf *out, const char *text) {
  switch (*text) {
  case '\t':
    strbuf_puts(out, "\\t");
    return 1;
  case '\n':
    strbuf_puts(out, "\\n");
    return 1;
  case '<':
  case '>':
  case '&':
    strbuf_printf(out, "\\u%04x", *text);
    return 1;
  case '\xE2': /* may begin a separator of lines or paragraphs, U+2028 or U+2029 */
    if (text[1] == '\x80' && (text[2] == '\xA8' || text[2] == '\xA9')) {
      strbuf_puts(out, text[2] == '\xA8' ? "\\u2028" : "\\u2029");
      return 3;
    }
    size_t length = 1;
    while ((text[length] & 0xC0) == 0x80)
      length++;
    text_sanitize(out, text, length, true);
    return length;
  default:
    strbuf_putc(out, '\\');
    strbuf_putc(out, *text);
    return 1;
  }
}

void json_put_string(struct strbuf *out, const char *text) {
  if (!text) {
    strbuf_puts(out, "null");
    return;
  }
  strbuf_putc(out, '"');
  while (*text) {
    /* What is sanitised holds no other control character, and is UTF-8. */
    size_t plain = strcspn(text, "\"\\\t\n<>&\xE2");
    text_sanitize(out, text, plain, true);
    text += plain;
    if (!*text)
      break;
    text += put_escape(out, text);
  }
  strbuf_putc(out, '"');
}

void json_put_member(struct strbuf *out, const char *before, const char *name, const char *text) {
  strbuf_printf(out, "%s\"%s\": ", before, name);
  json_put_string(out, text);
}

void json_put_number(struct strbuf *out, const char *before, const char *name, uint64_t number) {
  strbuf_printf(out, "%s\"%s\": %" PRIu64, before, name, number);
}

void json_put_size(struct strbuf *out, const char *before, const char *name, uint64_t size) {
  if (size == REPORT_SIZE_UNKNOWN)
    json_put_member(out, before, name, NULL);
  else
    json_put_number(out, before, name, size);
}

void json_put_failure(struct strbuf *out, const char *before,
                      const struct report_failure *failure) {
  strbuf_puts(out, before);
  json_put_member(out, "{", "image", failure->image);
  json_put_member(out, ", ", "status", status_name(failure->status));
  json_put_member(out, ", ", "origin", failure->origin);
  json_put_member(out, ", ", "detail", failure->detail);
  strbuf_putc(out, '}');
}
