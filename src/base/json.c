#include <config.h>

#include "base/json.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/xalloc.h"

/* UTF-8 forms that json-c lets pass: overlong ones, surrogates, code points over U+10FFFF. */
static bool is_wrong_utf8(unsigned char lead, unsigned char next) {
  return lead == 0xC0 || lead == 0xC1 || (lead == 0xE0 && next < 0xA0) ||
         (lead == 0xED && next >= 0xA0) || (lead == 0xF0 && next < 0x90) ||
         (lead == 0xF4 && next >= 0x90) || lead > 0xF4;
}

struct input {
  const char *data;
  size_t length;
  enum status status;
  /* Once it was scanned: */
  size_t members; /* of all objects in the text */
  bool misread;   /* it has such pairs */
};

/* Something at OFFSET is wrong. */
static int wrong_at(const struct input *input, size_t offset, const char *what,
                    struct error **err) {
  return error_set(err, input->status, "not JSON: %s at byte %zu", what, offset + 1);
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* Whether the 0 at data[i] begins a number of more digits, which JSON has not: 007, -01. */
static bool is_leading_zero(const char *data, size_t length, size_t i) {
  if (i + 1 >= length || !is_digit(data[i + 1]))
    return false;
  char before = i > 0 ? data[i - 1] : ' ';
  if (before == '-')
    before = i > 1 ? data[i - 2] : ' ';
  return !is_digit(before) && !strchr(".eE+", before);
}

/* Whether json-c makes two U+FFFD of the pair of escapes at TEXT, which is one character: so it
   does when the character's last 16 bits are those of half a pair, too (U+1D800, U+2DFFF). */
static bool is_misread(const char *text, size_t length) {
  static const char hex[] = "0123456789abcdefABCDEF";
  static const char *const digits[] = {"\\", "u", "dD", "89abAB",   "37bBfF", "67",
                                       "\\", "u", "dD", "cdefCDEF", hex,      hex};
  enum { COUNT = sizeof digits / sizeof *digits };
  if (length < COUNT)
    return false;
  for (size_t i = 0; i < COUNT; i++)
    if (!text[i] || !strchr(digits[i], text[i]))
      return false;
  return true;
}

static unsigned long half_of(const char *escape) {
  char digits[5] = "";
  memcpy(digits, escape + 2, 4);
  return strtoul(digits, NULL, 16) & 0x3FF;
}

/* A copy of INPUT's text in which these characters stand as UTF-8; caller frees. */
static char *spell_out(const struct input *input, size_t *length) {
  const char *in = input->data, *end = in + input->length;
  char *copy = xmalloc(input->length), *out = copy;
  while (in < end) {
    if (is_misread(in, (size_t)(end - in))) {
      unsigned long code = 0x10000 + (half_of(in) << 10) + half_of(in + 6);
      *out++ = (char)(0xF0 | code >> 18);
      *out++ = (char)(0x80 | (code >> 12 & 0x3F));
      *out++ = (char)(0x80 | (code >> 6 & 0x3F));
      *out++ = (char)(0x80 | (code & 0x3F));
      in += 12;
      continue;
    }
    if (*in == '\\' && end - in > 1)
      *out++ = *in++; /* what follows is no escape */
    *out++ = *in++;
  }
  *length = (size_t)(out - copy);
  return copy;
}

/* Looks for what json-c does not bound or takes without its being JSON, before json-c sees it. In
   JSON a quote or a backslash stands around or in strings only, so "in a string" is all the state
   that this needs. */
static int scan(struct input *input, struct error **err) {
  const char *data = input->data;
  size_t length = input->length;
  size_t containers = 0;
  bool in_string = false;
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)data[i];
    if (c == '"') {
      in_string = !in_string;
    } else if (c == '\\') {
      if (length - i > 5 && memcmp(data + i, "\\u0000", 6) == 0)
        return error_set(err, input->status, "JSON that cannot be used: a NUL in a string");
      input->misread = input->misread || is_misread(data + i, length - i);
      i++; /* json-c looks at what follows */
      if (i < length && data[i] == '\0')
        return wrong_at(input, i, "NUL", err);
    } else if (c == '0' && !in_string && is_leading_zero(data, length, i)) {
      return wrong_at(input, i, "a number that begins with 0", err);
    } else if (c == '.' && !in_string &&
               !(i > 0 && is_digit(data[i - 1]) && i + 1 < length && is_digit(data[i + 1]))) {
      return wrong_at(input, i, "a point without digits around it", err);
    } else if (c == ':' && !in_string) {
      input->members++;
    } else if (c < 0x20 && (in_string || c == '\0')) {
      return wrong_at(input, i, "control character", err);
    } else if (c >= 0x80 && i + 1 < length && is_wrong_utf8(c, (unsigned char)data[i + 1])) {
      return wrong_at(input, i, "invalid UTF-8", err);
    } else if (!in_string && (c == '{' || c == '[')) {
      if (++containers > JSON_CONTAINERS_MAX)
        return error_set(err, input->status, "JSON of more than %d objects and arrays",
                         JSON_CONTAINERS_MAX);
    } else if (!in_string && (c == '\'' || c == 'N' || c == 'I')) {
      /* Member names in single quotes, NaN, Infinity: taken in json-c's strict mode too. */
      return wrong_at(input, i, "unexpected character", err);
    }
  }
  return 0;
}

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Members in VALUE and all below; of equal names json-c has kept one. */
static size_t count_members(struct json_object *value) {
  size_t count = 0;
  if (json_object_is_type(value, json_type_array)) {
    for (size_t i = 0; i < json_object_array_length(value); i++)
      count += count_members(json_object_array_get_idx(value, i));
  } else if (json_object_is_type(value, json_type_object)) {
    json_object_object_foreach(value, name, member) {
      (void)name;
      count += 1 + count_members(member);
    }
  }
  return count;
}

struct json_object *json_parse_bounded(const char *data, size_t length, int depth,
                                       enum status status, struct error **err) {
  struct input input = {.data = data, .length = length, .status = status};
  if (length > INT_MAX) {
    error_set(err, status, "JSON of more than %d bytes", INT_MAX);
    return NULL;
  }
  if (scan(&input, err))
    return NULL;
  cleanup(cleanup_free) char *spelled = input.misread ? spell_out(&input, &length) : NULL;
  if (spelled)
    data = spelled;
  /* A number at the very end is not complete for json-c, which cannot know that no digit follows;
     and trailing white space is not always taken for part of the document. */
  while (length > 0 && is_space(data[length - 1]))
    length--;

  struct json_tokener *tokener = json_tokener_new_ex(depth);
  if (!tokener) {
    error_set(err, status, "out of memory");
    return NULL;
  }
  json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
  struct json_object *object = json_tokener_parse_ex(tokener, data, (int)length);
  enum json_tokener_error problem = json_tokener_get_error(tokener);
  size_t end = json_tokener_get_parse_end(tokener);
  if (problem == json_tokener_continue && length > 0) {
    object = json_tokener_parse_ex(tokener, "", 1);
    problem = json_tokener_get_error(tokener);
    end = length;
  }
  json_tokener_free(tokener);

  if (problem == json_tokener_continue || problem == json_tokener_error_parse_eof) {
    error_set(err, status, "not JSON: unexpected end of data");
  } else if (problem != json_tokener_success) {
    wrong_at(&input, end, json_tokener_error_desc(problem), err);
  } else if (end != length) {
    wrong_at(&input, end, "something follows it", err);
  } else if (!object) {
    error_set(err, status, "JSON that says nothing: null");
  } else if (count_members(object) != input.members) {
    error_set(err, status, "JSON that cannot be used: an object has two members of one name");
  } else {
    return object;
  }
  json_object_put(object);
  return NULL;
}

struct json_object *json_get(const struct json_object *object, const char *name) {
  struct json_object *member;
  if (!json_object_is_type(object, json_type_object) ||
      !json_object_object_get_ex(object, name, &member))
    return NULL;
  return member;
}

static struct json_object *get_of_type(const struct json_object *object, const char *name,
                                       enum json_type type) {
  struct json_object *member = json_get(object, name);
  return json_object_is_type(member, type) ? member : NULL;
}

const char *json_get_string(const struct json_object *object, const char *name) {
  struct json_object *member = get_of_type(object, name, json_type_string);
  return member ? json_object_get_string(member) : NULL;
}

struct json_object *json_get_array(const struct json_object *object, const char *name) {
  return get_of_type(object, name, json_type_array);
}

struct json_object *json_get_object(const struct json_object *object, const char *name) {
  return get_of_type(object, name, json_type_object);
}
