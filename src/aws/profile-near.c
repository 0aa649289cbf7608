#include <config.h>

#include "aws/profile-near.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/strbuf.h"
#include "base/xalloc.h"

/* Names that are told, and how long a name is compared. */
enum { SHOWN_MAX = 5, COMPARED_MAX = 64, TEXT_MAX = 4096 };

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

/* Characters to insert, remove, replace or swap with the next one to make B of A (Damerau and
   Levenshtein); both cut off. */
static size_t distance(const char *a, const char *b) {
  size_t length_a = strnlen(a, COMPARED_MAX), length_b = strnlen(b, COMPARED_MAX);
  size_t of[COMPARED_MAX + 1][COMPARED_MAX + 1]; /* the first I of A and the first J of B */
  for (size_t i = 0; i <= length_a; i++)
    for (size_t j = 0; j <= length_b; j++) {
      if (i == 0 || j == 0) {
        of[i][j] = i + j;
        continue;
      }
      of[i][j] =
          least(of[i - 1][j - 1] + (a[i - 1] != b[j - 1]), least(of[i - 1][j], of[i][j - 1]) + 1);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        of[i][j] = least(of[i][j], of[i - 2][j - 2] + 1);
    }
  return of[length_a][length_b];
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
  if (aws_profiles_lacks_prefix(profiles, name))
    return xasprintf("; [%s] in %s is none: it must be [profile %s]", name,
                     aws_profiles_config_name(profiles), name);
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
