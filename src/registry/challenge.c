#include <config.h>

#include "registry/challenge.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

/* Bytes of a header and of one of its values: many times what registries send. */
#define HEADER_MAX 16384
#define VALUE_MAX 4096

static bool is_space(char c) {
  return c == ' ' || c == '\t';
}

/* RFC 9110, 5.6.2. */
static bool is_token_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

/* RFC 9110, 11.2, without the final '='. */
static bool is_token68_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (c != '\0' && strchr("-._~+/", c));
}

static const char *skip_spaces(const char *text) {
  while (is_space(*text))
    text++;
  return text;
}

/* List elements may be empty: RFC 9110, 5.6.1. */
static const char *skip_commas(const char *text) {
  while (is_space(*text) || *text == ',')
    text++;
  return text;
}

static const char *skip_token(const char *text) {
  while (is_token_char(*text))
    text++;
  return text;
}

/* The end of the token68 at TEXT, when one fills the place between the scheme and the next
   challenge; else NULL. */
static const char *skip_token68(const char *text) {
  const char *end = text;
  while (is_token68_char(*end))
    end++;
  if (end == text)
    return NULL;
  while (*end == '=')
    end++;
  const char *next = skip_spaces(end);
  return *next == '\0' || *next == ',' ? end : NULL;
}

static int unreadable(struct error **err, const char *why) {
  return error_set(err, STATUS_UNAUTHORIZED, "WWW-Authenticate cannot be read: %s", why);
}

/* Reads a value, quoted or not, into VALUE and steps over it. Without quotes anything but a
   separator is taken, since servers write URLs so. */
static int read_value(const char **text, struct strbuf *value, struct error **err) {
  const char *at = *text;
  bool quoted = *at == '"';
  if (quoted)
    at++;
  const char *stop = quoted ? "\"" : " \t,\"";
  for (; *at && !strchr(stop, *at); at++) {
    if (quoted && *at == '\\' && at[1])
      at++;
    if ((unsigned char)*at < 0x20 || *at == 0x7f)
      return unreadable(err, "a control character in a value");
    if (strbuf_putc(value, *at))
      return unreadable(err, "a value is too long");
  }
  if (quoted && *at++ != '"')
    return unreadable(err, "a quoted value does not end");
  if (*at && *at != ',' && !is_space(*at))
    return unreadable(err, "no separator behind a value");
  *text = at;
  return 0;
}

static void set_parameter(struct challenge *challenge, const char *name, size_t length,
                          struct strbuf *value) {
  const struct {
    const char *name;
    char **member;
  } parameters[] = {{"realm", &challenge->realm},
                    {"service", &challenge->service},
                    {"scope", &challenge->scope},
                    {"error", &challenge->error}};
  for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++)
    if (strlen(parameters[i].name) == length &&
        strncasecmp(parameters[i].name, name, length) == 0 && !*parameters[i].member)
      *parameters[i].member = strbuf_take(value);
}

/* Reads the parameters at *TEXT into CHALLENGE, up to the next scheme or the end. */
static int read_parameters(const char **text, struct challenge *challenge, struct error **err) {
  for (;;) {
    const char *name = skip_commas(*text);
    const char *end = skip_token(name);
    const char *at = skip_spaces(end);
    *text = name;
    if (end == name || *at != '=')
      return 0;
    at = skip_spaces(at + 1);
    cleanup(strbuf_free) struct strbuf value = STRBUF(VALUE_MAX);
    if (read_value(&at, &value, err))
      return -1;
    set_parameter(challenge, name, (size_t)(end - name), &value);
    *text = at;
  }
}

static enum challenge_scheme scheme_of(const char *name, size_t length) {
  if (length == 6 && strncasecmp(name, "Bearer", length) == 0)
    return CHALLENGE_BEARER;
  if (length == 5 && strncasecmp(name, "Basic", length) == 0)
    return CHALLENGE_BASIC;
  return CHALLENGE_NONE;
}

static int read_challenge(const char **text, struct challenge *challenge, struct error **err) {
  const char *end = skip_token(*text);
  if (end == *text)
    return unreadable(err, "no scheme where one must stand");
  challenge->scheme = scheme_of(*text, (size_t)(end - *text));
  if (*end && *end != ',' && !is_space(*end))
    return unreadable(err, "no separator behind a scheme");
  *text = end;
  if (is_space(*end)) {
    const char *token68 = skip_token68(skip_spaces(end));
    if (token68) {
      *text = token68;
      return 0;
    }
  }
  return read_parameters(text, challenge, err);
}

/* Keeps the better of both in *BEST: the first Bearer, else the first Basic. */
static void keep_better(struct challenge *best, struct challenge *other) {
  if (other->scheme > best->scheme) {
    struct challenge old = *best;
    *best = *other;
    *other = old;
  }
  challenge_clear(other);
}

static int parse(const char *value, struct challenge *best, struct error **err) {
  if (strlen(value) > HEADER_MAX)
    return unreadable(err, "it is too long");
  for (const char *text = skip_commas(value); *text; text = skip_commas(text)) {
    struct challenge challenge = CHALLENGE;
    if (read_challenge(&text, &challenge, err)) {
      challenge_clear(&challenge);
      return -1;
    }
    keep_better(best, &challenge);
  }
  return 0;
}

int challenge_parse(const char *value, struct challenge *challenge, struct error **err) {
  struct challenge found = CHALLENGE;
  int result = parse(value, &found, err);
  if (result == 0)
    keep_better(challenge, &found);
  else
    challenge_clear(&found);
  return result;
}

void challenge_clear(struct challenge *challenge) {
  free(challenge->realm);
  free(challenge->service);
  free(challenge->scope);
  free(challenge->error);
  *challenge = (struct challenge)CHALLENGE;
}
