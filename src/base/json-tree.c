#include <config.h>

#include "base/json-tree.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/hashmap.h"
#include "base/xalloc.h"

/* Of a text that is longer the values are not guessed from its length. */
#define GUESSED_MAX ((size_t)1024 * 1024)

struct parser {
  struct json_tree *tree;
  char *at; /* ends with NUL */
  const char *end;
  int depth; /* containers that may still be opened */
  size_t containers;
  bool last_counts;     /* of members of one name */
  const char *unusable; /* why what is JSON is refused all the same; NULL: it is not */
};

/* Each of these goes on behind what it takes, and is false where that is not JSON, or no longer
   within the limits. */
static bool take_value(struct parser *parser, const char *name);

static bool refuse(struct parser *parser, const char *why) {
  parser->unusable = why;
  return false;
}

static void skip_space(struct parser *parser) {
  while (*parser->at == ' ' || *parser->at == '\n' || *parser->at == '\t' || *parser->at == '\r')
    parser->at++;
}

/* ---- strings ---- */

static bool is_plain(char c) {
  return (unsigned char)c >= ' ' && (unsigned char)c < 0x80 && c != '"' && c != '\\';
}

/* Moves the bytes at parser->at, before the end, that are neither a quote nor a backslash nor a
   control character nor beyond ASCII to OUT, which is no further on: eight at a time, found by the
   carries of a subtraction. Behind them. */
static char *take_plain(struct parser *parser, char *out) {
  const uint64_t ones = UINT64_C(0x0101010101010101), highs = UINT64_C(0x8080808080808080);
  char *at = parser->at;
  const char *end = parser->end;
  for (uint64_t word; end - at >= (ptrdiff_t)sizeof word; at += sizeof word, out += sizeof word) {
    memcpy(&word, at, sizeof word);
    uint64_t quotes = word ^ ones * '"', slashes = word ^ ones * '\\';
    if ((word | (word - ones * ' ') | (quotes - ones) | (slashes - ones)) & highs)
      break;
    memcpy(out, &word, sizeof word);
  }
  while (at < end && is_plain(*at))
    *out++ = *at++;
  parser->at = at;
  return out;
}

/* The length of the UTF-8 sequence at TEXT beyond ASCII; 0: there is none (Unicode 15, table
   3-7). A NUL behind the text's end ends it, too. */
static size_t sequence_length(const unsigned char *text) {
  static const struct {
    unsigned char first, last, low, high; /* lead bytes, and what may follow them */
    size_t length;
  } forms[] = {{0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
               {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3},
               {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
               {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4}};
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    if (text[0] < forms[i].first || text[0] > forms[i].last)
      continue;
    if (text[1] < forms[i].low || text[1] > forms[i].high)
      return 0;
    for (size_t j = 2; j < forms[i].length; j++)
      if ((text[j] & 0xC0) != 0x80)
        return 0;
    return forms[i].length;
  }
  return 0;
}

/* The four hexadecimal digits at TEXT; -1: they are none. */
static int hex4(const char *text) {
  int value = 0;
  for (int i = 0; i < 4; i++) {
    char c = text[i];
    int digit = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
    if (digit < 0)
      return -1;
    value = value * 16 + digit;
  }
  return value;
}

static char *put_utf8(char *out, unsigned long code) {
  if (code < 0x80) {
    *out++ = (char)code;
  } else if (code < 0x800) {
    *out++ = (char)(0xC0 | code >> 6);
    *out++ = (char)(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    *out++ = (char)(0xE0 | code >> 12);
    *out++ = (char)(0x80 | (code >> 6 & 0x3F));
    *out++ = (char)(0x80 | (code & 0x3F));
  } else {
    *out++ = (char)(0xF0 | code >> 18);
    *out++ = (char)(0x80 | (code >> 12 & 0x3F));
    *out++ = (char)(0x80 | (code >> 6 & 0x3F));
    *out++ = (char)(0x80 | (code & 0x3F));
  }
  return out;
}

/* \uXXXX, its digits at parser->at; half of a pair alone is U+FFFD, as with json-c. */
static char *take_code(struct parser *parser, char *out) {
  int code = hex4(parser->at);
  if (code == 0)
    (void)refuse(parser, "a NUL in a string");
  if (code <= 0)
    return NULL;
  parser->at += 4;
  if (code < 0xD800 || code > 0xDFFF)
    return put_utf8(out, (unsigned long)code);
  int low =
      code < 0xDC00 && parser->at[0] == '\\' && parser->at[1] == 'u' ? hex4(parser->at + 2) : -1;
  if (low < 0xDC00 || low > 0xDFFF)
    return put_utf8(out, 0xFFFD);
  parser->at += 6;
  return put_utf8(out, 0x10000UL + ((unsigned long)(code - 0xD800) << 10) +
                           (unsigned long)(low - 0xDC00));
}

/* What follows a backslash, to OUT; NULL: nothing that may. */
static char *take_escape(struct parser *parser, char *out) {
  static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
  char c = *parser->at;
  if (c == 'u') {
    parser->at++;
    return take_code(parser, out);
  }
  const char *found = c == '"' ? names : c ? strchr(names, c) : NULL;
  if (!found)
    return NULL;
  parser->at++;
  *out++ = values[found - names];
  return out;
}

/* A string, unescaped where it stands: no escape is shorter than what it stands for. */
static bool take_string(struct parser *parser, const char **text, uint32_t *length) {
  if (*parser->at != '"')
    return false;
  char *out = ++parser->at;
  *text = out;
  for (;;) {
    out = take_plain(parser, out);
    if (*parser->at == '"')
      break;
    if (*parser->at == '\\') {
      parser->at++;
      out = take_escape(parser, out);
      if (!out)
        return false;
    } else {
      size_t more = sequence_length((const unsigned char *)parser->at);
      if (more == 0)
        return false; /* a control character, or the end, or no UTF-8 */
      memmove(out, parser->at, more);
      out += more;
      parser->at += more;
    }
  }
  parser->at++;
  *out = '\0';
  *length = (uint32_t)(out - *text);
  return true;
}

/* ---- other values ---- */

static bool take_digits(struct parser *parser) {
  size_t count = strspn(parser->at, "0123456789");
  parser->at += count;
  return count > 0;
}

static bool take_number(struct parser *parser) {
  if (*parser->at == '-')
    parser->at++;
  if (*parser->at == '0')
    parser->at++;
  else if (!take_digits(parser))
    return false;
  if (*parser->at == '.') {
    parser->at++;
    if (!take_digits(parser))
      return false;
  }
  if (*parser->at == 'e' || *parser->at == 'E') {
    parser->at++;
    if (*parser->at == '+' || *parser->at == '-')
      parser->at++;
    return take_digits(parser);
  }
  return true;
}

static bool take_word(struct parser *parser, const char *word) {
  size_t length = strlen(word);
  if (strncmp(parser->at, word, length) != 0)
    return false;
  parser->at += length;
  return true;
}

/* Sets a bit of *SEEN for the name; *AGAIN when it was set: two names may be the same. */
static bool take_member(struct parser *parser, uint64_t *seen, bool *again) {
  const char *name;
  uint32_t length;
  if (!take_string(parser, &name, &length))
    return false;
  unsigned char last = (unsigned char)name[length > 0 ? length - 1 : 0];
  uint64_t bit = UINT64_C(1) << ((5 * length + (unsigned char)name[0] + 3U * last) & 63);
  *again = *again || (*seen & bit);
  *seen |= bit;
  skip_space(parser);
  if (*parser->at != ':')
    return false;
  parser->at++;
  skip_space(parser);
  return take_value(parser, name);
}

/* Whether two members of OBJECT have the same name. With FORGET the earlier ones are no members any
   more, and all are looked at. */
static bool has_twice(struct json_node *object, bool forget) {
  enum { FEW = 32 };
  struct hashmap *names = object->length > FEW ? hashmap_new() : NULL;
  bool twice = false;
  struct json_node *first = object + 1, *member = first;
  for (uint32_t i = 0; i < object->length && (forget || !twice); i++, member += member->size) {
    struct json_node *before = first;
    if (names)
      before = hashmap_put(names, member->name, member);
    else
      while (before != member && strcmp(before->name, member->name) != 0)
        before += before->size;
    if (!before || before == member)
      continue;
    twice = true;
    if (forget)
      *before = (struct json_node){.name = "", .kind = JSON_FORGOTTEN, .size = before->size};
  }
  hashmap_free(names);
  return twice;
}

/* What is in the array or object of node PLACE, up to its CLOSE. */
static bool take_items(struct parser *parser, size_t place, char close) {
  bool object = close == '}';
  if (++parser->containers > JSON_CONTAINERS_MAX)
    return refuse(parser, "too many objects and arrays");
  if (parser->depth-- <= 0)
    return refuse(parser, "too deep");
  parser->at++;
  skip_space(parser);
  uint32_t count = 0;
  uint64_t seen = 0;
  bool again = false;
  if (*parser->at != close) {
    for (;;) {
      if (!(object ? take_member(parser, &seen, &again) : take_value(parser, NULL)))
        return false;
      count++;
      skip_space(parser);
      if (*parser->at != ',')
        break;
      parser->at++;
      skip_space(parser);
    }
    if (*parser->at != close)
      return false;
  }
  parser->at++;
  parser->depth++;
  parser->tree->nodes[place].length = count;
  return !again || !has_twice(&parser->tree->nodes[place], parser->last_counts) ||
         parser->last_counts || refuse(parser, "an object has two members of one name");
}

static bool take_value(struct parser *parser, const char *name) {
  struct json_tree *tree = parser->tree;
  size_t place = tree->count;
  if (place == JSON_VALUES_MAX)
    return refuse(parser, "too many values");
  tree->nodes = xgrow(tree->nodes, tree->count, &tree->capacity, sizeof *tree->nodes);
  tree->nodes[tree->count++] = (struct json_node){.name = name, .text = parser->at};
  enum json_kind kind;
  bool taken;
  switch (*parser->at) {
  case '"': {
    const char *text = NULL;
    uint32_t length = 0;
    taken = take_string(parser, &text, &length);
    tree->nodes[place].text = text;
    tree->nodes[place].length = length;
    kind = JSON_STRING;
    break;
  }
  case '{':
    taken = take_items(parser, place, '}');
    kind = JSON_OBJECT;
    break;
  case '[':
    taken = take_items(parser, place, ']');
    kind = JSON_ARRAY;
    break;
  case 'n':
    taken = take_word(parser, "null");
    kind = JSON_NULL;
    break;
  case 't':
  case 'f':
    taken = take_word(parser, *parser->at == 't' ? "true" : "false");
    kind = JSON_BOOLEAN;
    break;
  default:
    taken = take_number(parser);
    kind = JSON_NUMBER;
    break;
  }
  tree->nodes[place].kind = kind;
  tree->nodes[place].size = (uint32_t)(tree->count - place);
  return taken;
}

/* ---- documents ---- */

/* Says what is wrong, and where in DATA: by line or, without LINES, by byte. */
static int tell(const struct parser *parser, const char *data, bool lines, enum status status,
                struct error **err) {
  if (parser->unusable)
    return error_set(err, status, "JSON that cannot be used: %s", parser->unusable);
  size_t offset = (size_t)(parser->at - parser->tree->text);
  bool ended = parser->at == parser->end;
  const char *what = ended ? "unexpected end of data" : "unexpected character";
  if (!lines)
    return ended ? error_set(err, status, "not JSON: %s", what)
                 : error_set(err, status, "not JSON: %s at byte %zu", what, offset + 1);
  size_t line = 1, start = 0;
  for (size_t i = 0; i < offset; i++)
    if (data[i] == '\n') {
      line++;
      start = i + 1;
    }
  return error_set(err, status, "line %zu, column %zu: not JSON: %s", line, offset - start + 1,
                   what);
}

static int parse(struct json_tree *tree, const char *data, size_t length, int depth, bool lines,
                 enum status status, struct error **err) {
  *tree = (struct json_tree)JSON_TREE;
  if (length > INT_MAX)
    return error_set(err, status, "JSON of more than %d bytes", INT_MAX);
  tree->text = xmalloc(length + 1);
  tree->length = length;
  if (length > 0)
    memcpy(tree->text, data, length);
  tree->text[length] = '\0';
  /* Some 40 bytes a value is what manifests have; it grows where they are shorter. */
  tree->capacity = (length < GUESSED_MAX ? length : GUESSED_MAX) / 32 + 8;
  tree->nodes = xreallocarray(NULL, tree->capacity, sizeof *tree->nodes);
  /* json-c counts a level for what is in the innermost one. */
  struct parser parser = {.tree = tree,
                          .at = tree->text,
                          .end = tree->text + length,
                          .depth = depth - 1,
                          .last_counts = lines};
  skip_space(&parser);
  bool taken = take_value(&parser, NULL);
  if (taken)
    skip_space(&parser);
  if (taken && parser.at == parser.end && tree->nodes->kind == JSON_NULL)
    taken = refuse(&parser, "it says nothing but null");
  if (taken && parser.at == parser.end)
    return 0;
  (void)tell(&parser, data, lines, status, err);
  json_tree_wipe(tree);
  return -1;
}

int json_tree_parse(struct json_tree *tree, const char *data, size_t length, int depth,
                    enum status status, struct error **err) {
  return parse(tree, data, length, depth, false, status, err);
}

int json_tree_parse_lines(struct json_tree *tree, const char *data, size_t length, int depth,
                          enum status status, struct error **err) {
  return parse(tree, data, length, depth, true, status, err);
}

void json_tree_clear(struct json_tree *tree) {
  free(tree->text);
  free(tree->nodes);
  *tree = (struct json_tree)JSON_TREE;
}

void json_tree_wipe(struct json_tree *tree) {
  if (tree->text)
    OPENSSL_cleanse(tree->text, tree->length);
  json_tree_clear(tree);
}

const struct json_node *json_node_get(const struct json_node *node, const char *name) {
  if (!json_node_is(node, JSON_OBJECT))
    return NULL;
  const struct json_node *member = json_node_first(node);
  for (uint32_t i = 0; i < node->length; i++, member = json_node_next(member))
    if (strcmp(member->name, name) == 0)
      return member->kind == JSON_NULL ? NULL : member;
  return NULL;
}

static const struct json_node *get_of_kind(const struct json_node *node, const char *name,
                                           enum json_kind kind) {
  const struct json_node *member = json_node_get(node, name);
  return json_node_is(member, kind) ? member : NULL;
}

const char *json_node_string(const struct json_node *node, const char *name) {
  const struct json_node *member = get_of_kind(node, name, JSON_STRING);
  return member ? member->text : NULL;
}

const struct json_node *json_node_array(const struct json_node *node, const char *name) {
  return get_of_kind(node, name, JSON_ARRAY);
}

const struct json_node *json_node_object(const struct json_node *node, const char *name) {
  return get_of_kind(node, name, JSON_OBJECT);
}

/* A number's text ends where no number goes on. */
bool json_node_int64(const struct json_node *node, const char *name, int64_t *value) {
  const struct json_node *member = get_of_kind(node, name, JSON_NUMBER);
  if (!member)
    return false;
  char *end;
  errno = 0;
  long long number = strtoll(member->text, &end, 10);
  if (errno != 0 || *end == '.' || *end == 'e' || *end == 'E')
    return false;
  *value = number;
  return true;
}

bool json_node_double(const struct json_node *node, const char *name, double *value) {
  const struct json_node *member = get_of_kind(node, name, JSON_NUMBER);
  if (!member)
    return false;
  double number = strtod(member->text, NULL);
  if (!isfinite(number))
    return false;
  *value = number;
  return true;
}
