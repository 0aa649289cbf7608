#include <config.h>

#include "base/text.h"

#include <stdint.h>
#include <string.h>

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

/* Length of the valid UTF-8 sequence at P (END behind the text) and its code point; 0 when it is
   none. RFC 3629: no overlong forms, no surrogates, nothing over U+10FFFF. */
static size_t decode(const unsigned char *p, const unsigned char *end, uint32_t *code) {
  size_t length;
  uint32_t least;
  if (p[0] < 0x80) {
    *code = p[0];
    return 1;
  }
  if (p[0] >= 0xC2 && p[0] <= 0xDF) {
    length = 2;
    least = 0x80;
    *code = p[0] & 0x1Fu;
  } else if ((p[0] & 0xF0) == 0xE0) {
    length = 3;
    least = 0x800;
    *code = p[0] & 0x0Fu;
  } else if (p[0] >= 0xF0 && p[0] <= 0xF4) {
    length = 4;
    least = 0x10000;
    *code = p[0] & 0x07u;
  } else {
    return 0;
  }
  if ((size_t)(end - p) < length)
    return 0;
  for (size_t i = 1; i < length; i++) {
    if ((p[i] & 0xC0) != 0x80)
      return 0;
    *code = *code << 6 | (p[i] & 0x3Fu);
  }
  if (*code < least || *code > 0x10FFFF || (*code >= 0xD800 && *code <= 0xDFFF))
    return 0;
  return length;
}

static bool allowed(uint32_t code, bool keep_tab_lf) {
  if (code < 0x20)
    return keep_tab_lf && (code == '\t' || code == '\n');
  if (code < 0x7F)
    return true;
  if (code < 0xA0) /* DEL, C1 */
    return false;
  return code != 0x061C && code != 0x200E && code != 0x200F &&
         !(code >= 0x202A && code <= 0x202E) && !(code >= 0x2066 && code <= 0x2069);
}

/* Length of the part of TEXT, from its start, that may stay; *bad is the length of what follows
   and must be replaced, 0 at the end. */
static size_t clean_length(const char *text, size_t length, bool keep_tab_lf, size_t *bad) {
  const unsigned char *start = (const unsigned char *)text;
  const unsigned char *end = start + length;
  const unsigned char *p = start;
  *bad = 0;
  while (p < end) {
    if (*p >= 0x20 && *p < 0x7F) {
      p++;
      continue;
    }
    uint32_t code = 0;
    size_t n = decode(p, end, &code);
    if (n == 0 || !allowed(code, keep_tab_lf)) {
      *bad = n ? n : 1;
      break;
    }
    p += n;
  }
  return (size_t)(p - start);
}

int text_sanitize(struct strbuf *out, const char *text, size_t length, bool keep_tab_lf) {
  size_t bad;
  do {
    size_t clean = clean_length(text, length, keep_tab_lf, &bad);
    if (clean && strbuf_append(out, text, clean))
      return -1;
    if (bad && strbuf_append(out, replacement, sizeof replacement - 1))
      return -1;
    text += clean + bad;
    length -= clean + bad;
  } while (bad);
  return 0;
}

char *text_sanitized(const char *text) {
  struct strbuf out = STRBUF(SIZE_MAX / 2);
  (void)text_sanitize(&out, text, strlen(text), false);
  return strbuf_take(&out);
}

bool text_is_clean(const char *text, size_t length, bool keep_tab_lf) {
  size_t bad;
  (void)clean_length(text, length, keep_tab_lf, &bad);
  return bad == 0;
}
