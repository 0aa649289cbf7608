#include <config.h>

#include "registry/reference.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "registry/digest.h"

#define REPOSITORY_MAX 255
#define TAG_MAX 128
#define HOST_MAX 255
#define PORT_MAX 65535

#define DEFAULT_HOST "docker.io"
#define DEFAULT_TAG "latest"

static const char *const default_host_aliases[] = {"index.docker.io", "registry-1.docker.io"};

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

static bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

static bool is_alnum(char c) {
  return is_digit(c) || is_lower(c) || is_upper(c);
}

static bool has_upper(const char *text) {
  for (; *text; text++)
    if (is_upper(*text))
      return true;
  return false;
}

/* ---- the parts ---- */

/* ":port", or nothing. */
static bool port_is_valid(const char *text) {
  if (*text == '\0')
    return true;
  if (*text++ != ':' || *text == '\0')
    return false;
  long port = 0;
  for (; *text; text++) {
    if (!is_digit(*text))
      return false;
    port = port * 10 + (*text - '0');
    if (port > PORT_MAX)
      return false;
  }
  return port > 0;
}

bool reference_host_is_valid(const char *host) {
  if (strlen(host) > HOST_MAX)
    return false;
  if (*host == '[') {
    size_t length = strspn(host + 1, "0123456789abcdefABCDEF:");
    return length > 0 && host[1 + length] == ']' && port_is_valid(host + 2 + length);
  }
  for (;;) {
    if (!is_alnum(*host))
      return false;
    while (is_alnum(*host) || *host == '-')
      host++;
    if (host[-1] == '-')
      return false;
    if (*host != '.')
      return port_is_valid(host);
    host++;
  }
}

/* Steps over one separator inside of a path component: '.', '_', "__" or any number of '-'. */
static const char *skip_separator(const char *text) {
  if (*text == '.')
    return text + 1;
  if (*text == '_')
    return text[1] == '_' ? text + 2 : text + 1;
  return text + strspn(text, "-");
}

bool reference_repository_is_valid(const char *repository) {
  if (strlen(repository) > REPOSITORY_MAX)
    return false;
  for (const char *text = repository;;) {
    if (!is_lower(*text) && !is_digit(*text))
      return false;
    while (is_lower(*text) || is_digit(*text))
      text++;
    if (*text == '\0')
      return true;
    const char *next = *text == '/' ? text + 1 : skip_separator(text);
    if (next == text)
      return false;
    text = next;
  }
}

bool reference_tag_is_valid(const char *tag) {
  if (!is_alnum(*tag) && *tag != '_')
    return false;
  size_t length = 1;
  while (is_alnum(tag[length]) || tag[length] == '_' || tag[length] == '.' || tag[length] == '-')
    length++;
  return length <= TAG_MAX && tag[length] == '\0';
}

/* ---- the whole ---- */

static int invalid(struct error **err, const char *why) {
  return error_set(err, STATUS_INVALID_REFERENCE, "%s", why);
}

/* What people paste that is no reference, told for what it is. */
static int check_shape(const char *text, struct error **err) {
  if (*text == '\0')
    return invalid(err, "empty reference");
  for (const char *c = text; *c; c++)
    if (*c == ' ' || *c == '\t')
      return invalid(err, "a reference holds no white space");
    else if (*c < 0x21 || *c > 0x7e)
      return invalid(err, "a reference holds ASCII letters, digits and punctuation only");
  const char *scheme = strstr(text, "://");
  if (scheme) {
    if (scheme - text <= 16)
      return error_set(err, STATUS_INVALID_REFERENCE, "remove the scheme \"%.*s\"",
                       (int)(scheme - text) + 3, text);
    return invalid(err, "remove the scheme");
  }
  if (strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64)
    return invalid(err, "an image ID alone names no repository");
  if (digest_is_valid(text))
    return invalid(err, "a digest alone names no repository");
  return 0;
}

/* True when the first component of a name, FIRST, is a host and no part of a repository's path. */
static bool is_host(const char *first) {
  return strpbrk(first, ".:") || strcmp(first, "localhost") == 0 || has_upper(first);
}

/* The one spelling of HOST. A name that is taken for a host only because of its upper-case letters
   keeps them: in lower case it would read as a path on Docker Hub. */
static char *canonical_host(const char *host) {
  char *canonical = xstrdup(host);
  for (char *c = canonical; *c; c++)
    if (is_upper(*c))
      *c = (char)(*c - 'A' + 'a');
  if (!is_host(canonical)) {
    free(canonical);
    return xstrdup(host);
  }
  for (size_t i = 0; i < sizeof(default_host_aliases) / sizeof(default_host_aliases[0]); i++)
    if (strcmp(canonical, default_host_aliases[i]) == 0) {
      free(canonical);
      return xstrdup(DEFAULT_HOST);
    }
  return canonical;
}

static int check_repository(const char *repository, struct error **err) {
  if (*repository == '\0')
    return invalid(err, "repository name is missing");
  if (has_upper(repository))
    return invalid(err, "repository name must be lower case");
  if (strlen(repository) > REPOSITORY_MAX)
    return error_set(err, STATUS_INVALID_REFERENCE, "repository name is longer than %d characters",
                     REPOSITORY_MAX);
  if (!reference_repository_is_valid(repository))
    return invalid(err, "invalid repository name: it is made of lower-case letters and digits, "
                        "between them '/', '.', '_', '__' or '-'");
  return 0;
}

static int check_tag(const char *tag, struct error **err) {
  if (*tag == '\0')
    return invalid(err, "tag is missing after ':'");
  if (strlen(tag) > TAG_MAX)
    return error_set(err, STATUS_INVALID_REFERENCE, "tag is longer than %d characters", TAG_MAX);
  if (!reference_tag_is_valid(tag))
    return invalid(err, "invalid tag: it is made of letters, digits, '_', '.' and '-', and does "
                        "not start with '.' or '-'");
  return 0;
}

static int check_digest(const char *digest, struct error **err) {
  if (*digest == '\0')
    return invalid(err, "digest is missing after '@'");
  if (digest_is_valid(digest))
    return 0;
  const char *colon = strchr(digest, ':');
  if (!colon)
    return invalid(err, "invalid digest: an algorithm's name is missing, as in sha256:…");
  if (strncmp(digest, "sha256:", 7) != 0 && strncmp(digest, "sha512:", 7) != 0)
    return invalid(err, "unsupported digest algorithm: sha256 and sha512 are known");
  return invalid(err, digest[3] == '2' ? "invalid digest: sha256 has 64 lower-case hex digits"
                                       : "invalid digest: sha512 has 128 lower-case hex digits");
}

/* Splits NAME, "host/path" or "path", into *host and *repository, with Docker's defaults. */
static void split_name(const char *name, char **host, char **repository) {
  const char *slash = strchr(name, '/');
  cleanup(cleanup_free) char *first = slash ? xstrndup(name, (size_t)(slash - name)) : NULL;
  if (first && is_host(first)) {
    *host = canonical_host(first);
    name = slash + 1;
  } else {
    *host = xstrdup(DEFAULT_HOST);
  }
  if (strcmp(*host, DEFAULT_HOST) == 0 && *name && !strchr(name, '/'))
    *repository = xasprintf("library/%s", name);
  else
    *repository = xstrdup(name);
}

static int parse(const char *text, struct reference *reference, struct error **err) {
  if (check_shape(text, err))
    return -1;
  const char *at = strchr(text, '@');
  size_t length = at ? (size_t)(at - text) : strlen(text);
  cleanup(cleanup_free) char *name = xstrndup(text, length);

  /* A ':' before the last '/' is a port's. */
  char *slash = strrchr(name, '/');
  char *tag = strchr(slash ? slash : name, ':');
  if (tag)
    *tag++ = '\0';

  split_name(name, &reference->host, &reference->repository);
  if (!reference_host_is_valid(reference->host))
    return invalid(err, "invalid host name");
  if (check_repository(reference->repository, err) || (tag && check_tag(tag, err)) ||
      (at && check_digest(at + 1, err)))
    return -1;
  if (at)
    reference->digest = xstrdup(at + 1);
  else
    reference->tag = xstrdup(tag ? tag : DEFAULT_TAG);
  return 0;
}

int reference_parse(const char *text, struct reference *reference, struct error **err) {
  *reference = (struct reference)REFERENCE;
  if (strncmp(text, "docker://", 9) == 0)
    text += 9;
  if (parse(text, reference, err) == 0)
    return 0;
  reference_clear(reference);
  return -1;
}

char *reference_format(const struct reference *reference) {
  if (reference->digest)
    return xasprintf("%s/%s@%s", reference->host, reference->repository, reference->digest);
  return xasprintf("%s/%s:%s", reference->host, reference->repository, reference->tag);
}

void reference_clear(struct reference *reference) {
  free(reference->host);
  free(reference->repository);
  free(reference->tag);
  free(reference->digest);
  *reference = (struct reference)REFERENCE;
}
