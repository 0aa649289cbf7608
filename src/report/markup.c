#include <config.h>

#include "report/markup.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

void markup_put(struct strbuf *out, const char *text) {
  if (!text)
    text = "-";
  cleanup(strbuf_free) struct strbuf clean = STRBUF(out->max);
  if (text_sanitize(&clean, text, strlen(text), false))
    out->overflow = true;
  /* What is sanitised holds no other character that XML 1.0 (section 2.2) has not but U+FFFE and
     U+FFFF. */
  for (const char *rest = strbuf_str(&clean); *rest;) {
    size_t plain = strcspn(rest, "&<>\"\xEF");
    strbuf_append(out, rest, plain);
    rest += plain;
    switch (*rest) {
    case '\0':
      return;
    case '&':
      strbuf_puts(out, "&amp;");
      break;
    case '<':
      strbuf_puts(out, "&lt;");
      break;
    case '>':
      strbuf_puts(out, "&gt;");
      break;
    case '"':
      strbuf_puts(out, "&quot;");
      break;
    default: /* of three bytes, since it is valid UTF-8 */
      if (rest[1] == '\xBF' && (rest[2] == '\xBE' || rest[2] == '\xBF'))
        strbuf_puts(out, "\xEF\xBF\xBD");
      else
        strbuf_append(out, rest, 3);
      rest += 2;
    }
    rest++;
  }
}
