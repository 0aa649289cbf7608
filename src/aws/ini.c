#include <config.h>

#include "aws/ini.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/hashmap.h"
#include "base/text.h"
#include "base/xalloc.h"

/* Names and values point into the file's text, which is kept and cut up in place. */
struct entry {
  const char *key;
  const char *value;
  bool nested; /* below the last one before it that is not */
};

struct section {
  const char *name;
  struct entry *entries;
  size_t count, capacity;
};

struct ini {
  char *text;
  size_t length;
  struct section **sections;
  size_t count, capacity;
  struct hashmap *by_name; /* of struct section */
};

/* Where the reading of a text stands. */
struct parser {
  struct ini *ini;
  char *next, *end; /* what is not read yet */
  size_t number;    /* of the line being read, from 1 */
  struct section *section;
  size_t indent;     /* of the section's or key's line that a deeper line continues */
  bool has_key;      /* the section's last entry, if any, can be continued */
  bool nesting;      /* its lines are keys of their own */
  char *value_end;   /* where its value ends so far */
  size_t empty_seen; /* empty lines since, which only count when its value goes on behind them */
  struct error **err;
};

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

static char *skip_blanks(char *text) {
  while (is_blank(*text))
    text++;
  return text;
}

/* Ends TEXT, which ends at END, behind its last byte that is not blank; where that is. */
static char *trim_end(const char *text, char *end) {
  while (end > text && is_blank(end[-1]))
    end--;
  *end = '\0';
  return end;
}

static int complain(struct parser *parser, const char *why) {
  return error_set(parser->err, STATUS_LOCAL, "line %zu: %s", parser->number, why);
}

/* The next line, NUL-terminated, or NULL at the end. A line ends with LF, CR or both. */
static char *next_line(struct parser *parser, char **end) {
  char *line = parser->next;
  if (line == parser->end)
    return NULL;
  parser->number++;
  char *stop = line;
  while (stop < parser->end && *stop != '\n' && *stop != '\r')
    stop++;
  parser->next = stop;
  if (stop < parser->end)
    parser->next += *stop == '\r' && stop + 1 < parser->end && stop[1] == '\n' ? 2 : 1;
  *stop = '\0';
  *end = stop;
  return line;
}

static void add_entry(struct parser *parser, const char *key, const char *value, bool nested) {
  struct section *section = parser->section;
  section->entries =
      xgrow(section->entries, section->count, &section->capacity, sizeof *section->entries);
  section->entries[section->count++] = (struct entry){.key = key, .value = value, .nested = nested};
}

static int read_header(struct parser *parser, char *text) {
  char *close = strchr(text, ']');
  if (!close)
    return complain(parser, "a section's name without its ']'");
  char *name = skip_blanks(text + 1);
  if (name >= close)
    return complain(parser, "a section without a name");
  (void)trim_end(name, close);
  struct ini *ini = parser->ini;
  parser->section = hashmap_get(ini->by_name, name);
  parser->has_key = false;
  if (parser->section)
    return 0;
  parser->section = xcalloc(1, sizeof *parser->section);
  parser->section->name = name;
  ini->sections = xgrow(ini->sections, ini->count, &ini->capacity, sizeof(struct section *));
  ini->sections[ini->count++] = parser->section;
  hashmap_put(ini->by_name, name, parser->section);
  return 0;
}

/* "KEY = VALUE" from TEXT to END. Returns where the value ends, or NULL with an error. */
static char *read_pair(struct parser *parser, char *text, char *end, const char *delimiters,
                       bool nested) {
  char *delimiter = strpbrk(text, delimiters);
  if (!delimiter || delimiter == text) {
    complain(parser, delimiter ? "a value without a key"
                     : nested  ? "neither KEY = VALUE nor the value of the key above"
                               : "neither [SECTION] nor KEY = VALUE");
    return NULL;
  }
  char *value = skip_blanks(delimiter + 1);
  (void)trim_end(text, delimiter);
  char *value_end = trim_end(value, end);
  add_entry(parser, text, value, nested);
  return value_end;
}

/* The line from TEXT to END goes on with the last key's value. */
static int read_continuation(struct parser *parser, char *text, char *end) {
  if (parser->nesting)
    return read_pair(parser, text, end, "=", true) ? 0 : -1;
  /* What is joined is never longer than what it was read from. */
  for (parser->empty_seen++; parser->empty_seen; parser->empty_seen--)
    *parser->value_end++ = '\n';
  end = trim_end(text, end);
  size_t length = (size_t)(end - text);
  memmove(parser->value_end, text, length + 1);
  parser->value_end += length;
  return 0;
}

static int read_line(struct parser *parser, char *line, char *end) {
  if (memchr(line, '\0', (size_t)(end - line)))
    return complain(parser, "a NUL byte: is this file in UTF-16?");
  char *text = skip_blanks(line);
  if (!*text) {
    parser->empty_seen++;
    return 0;
  }
  if (*text == '#' || *text == ';')
    return 0;
  size_t indent = (size_t)(text - line);
  if (parser->has_key && indent > parser->indent)
    return read_continuation(parser, text, end);
  parser->indent = indent;
  if (*text == '[')
    return read_header(parser, text);
  if (!parser->section)
    return complain(parser, "this is outside any section: [default] or such is missing above");
  parser->value_end = read_pair(parser, text, end, "=:", false);
  if (!parser->value_end)
    return -1;
  parser->has_key = true;
  parser->nesting = !*parser->section->entries[parser->section->count - 1].value;
  parser->empty_seen = 0;
  return 0;
}

/* TEXT: owned, with a byte behind its end to write to. */
static struct ini *parse(char *text, size_t length, struct error **err) {
  struct ini *ini = xcalloc(1, sizeof *ini);
  ini->text = text;
  ini->length = length;
  ini->by_name = hashmap_new();
  text[length] = '\0';
  struct parser parser = {.ini = ini, .next = text, .end = text + length, .err = err};
  if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
    parser.next += 3;
  char *end;
  for (char *line; (line = next_line(&parser, &end));)
    if (read_line(&parser, line, end) < 0) {
      ini_free(ini);
      return NULL;
    }
  return ini;
}

struct ini *ini_parse(const char *text, size_t length, struct error **err) {
  if (length > INI_MAX) {
    error_set(err, STATUS_LOCAL, "larger than %zu MiB", INI_MAX / 1024 / 1024);
    return NULL;
  }
  char *copy = xmalloc(length + 1);
  if (length)
    memcpy(copy, text, length);
  return parse(copy, length, err);
}

struct ini *ini_read(const char *path, bool *denied, struct error **err) {
  if (denied)
    *denied = false;
  struct error *trouble = NULL;
  size_t length;
  char *text = file_read(path, INI_MAX, &length, &trouble);
  struct ini *ini = NULL;
  if (text) {
    ini = parse(text, length, &trouble);
    if (trouble) {
      cleanup(cleanup_free) char *shown = text_sanitized(path);
      error_wrap(&trouble, "%s", shown);
    }
  } else if (errno == ENOENT || errno == ENOTDIR || errno == EISDIR) {
    error_free(trouble);
    return NULL;
  } else if (denied && (errno == EACCES || errno == EPERM)) {
    *denied = true;
    error_free(trouble);
    return NULL;
  }
  if (trouble)
    error_set(err, trouble->status, "%s", trouble->message);
  error_free(trouble);
  return ini;
}

/* The last entry of SECTION with KEY that is not nested. */
static const struct entry *find(const struct section *section, const char *key) {
  for (size_t i = section->count; i-- > 0;)
    if (!section->entries[i].nested && strcasecmp(section->entries[i].key, key) == 0)
      return &section->entries[i];
  return NULL;
}

bool ini_has(const struct ini *ini, const char *section) {
  return hashmap_get(ini->by_name, section) != NULL;
}

const char *ini_get(const struct ini *ini, const char *section, const char *key) {
  const struct section *found = hashmap_get(ini->by_name, section);
  const struct entry *entry = found ? find(found, key) : NULL;
  return entry ? entry->value : NULL;
}

const char *ini_get_nested(const struct ini *ini, const char *section, const char *parent,
                           const char *key) {
  const struct section *found = hashmap_get(ini->by_name, section);
  const struct entry *entry = found ? find(found, parent) : NULL;
  if (!entry)
    return NULL;
  const char *value = NULL;
  for (const struct entry *end = found->entries + found->count; ++entry < end && entry->nested;)
    if (strcasecmp(entry->key, key) == 0)
      value = entry->value;
  return value;
}

const char *ini_section(const struct ini *ini, size_t i) {
  return i < ini->count ? ini->sections[i]->name : NULL;
}

void ini_free(struct ini *ini) {
  if (!ini)
    return;
  file_wipe(ini->text, ini->length);
  for (size_t i = 0; i < ini->count; i++) {
    free(ini->sections[i]->entries);
    free(ini->sections[i]);
  }
  free(ini->sections);
  hashmap_free(ini->by_name);
  free(ini);
}
