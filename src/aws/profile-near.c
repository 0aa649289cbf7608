#include <config.h>

#include "aws/profile-near.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/strbuf.h"
#include "base/xalloc.h"

/* Names that are told, and how long a name is compared. */
enum { SHOWN_MAX = 5, NAME_MAX_COMPARED = 64, TEXT_MAX = 4096 };

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

/* Characters to insert, remove or replace to make B of A (Levenshtein); both cut off. */
static size_t distance(const char *a, const char *b) {
  size_t length_a = strnlen(a, NAME_MAX_COMPARED), length_b = strnlen(b, NAME_MAX_COMPARED);
  size_t row[NAME_MAX_COMPARED + 1];
  for (size_t j = 0; j <= length_b; j++)
    row[j] = j;
  for (size_t i = 1; i <= length_a; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= length_b; j++) {
      size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = least(replaced, least(row[j], row[j - 1]) + 1);
    }
  }
  return row[length_b];
}

/* One letter in three is wrong, or one of them starts with the other. */
static bool is_near(const char *a, const char *b) {
  size_t length = least(strlen(a), strlen(b));
  return strncasecmp(a, b, length) == 0 || distance(a, b) <= (strlen(a) + 2) / 3;
}

/* Appends names, all or those near NAME; returns how many there are. */
static size_t append(struct strbuf *text, const struct aws_profiles *profiles, const char *name) {
  size_t count = 0;
  const char *other;
  for (size_t i = 0; (other = aws_profiles_name(profiles, i)); i++) {
    if (name && !is_near(name, other))
      continue;
    if (count < SHOWN_MAX)
      strbuf_printf(text, "%s%s", count > 0 ? ", " : "", other);
    count++;
  }
  if (count > SHOWN_MAX)
    strbuf_printf(text, " and %zu more", count - SHOWN_MAX);
  return count;
}

char *aws_profile_near(const struct aws_profiles *profiles, const char *name) {
  struct strbuf names = STRBUF(TEXT_MAX);
  char *result;
  if (append(&names, profiles, name) > 0)
    result = xasprintf("; did you mean %s?", strbuf_str(&names));
  else if (append(&names, profiles, NULL) > 0)
    result = xasprintf("; there are: %s", strbuf_str(&names));
  else
    result = xstrdup("; there are no profiles");
  strbuf_free(&names);
  return result;
}
