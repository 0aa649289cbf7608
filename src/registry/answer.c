#include <config.h>

#include "registry/answer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/json-tree.h"
#include "base/json.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "net/http.h"
#include "net/url.h"
#include "registry/endpoint.h"

/* Bytes of a server's message that are told on. */
#define MESSAGE_MAX ((size_t)300)

/* For a token whose service does not say: the token spec's default. */
#define LIFETIME_DEFAULT 60

/* No token is kept longer than a day, whatever its service says. */
#define LIFETIME_MAX 86400

static bool code_status(const char *code, enum status *status) {
  static const struct {
    const char *code;
    enum status status;
  } codes[] = {
      {"BLOB_UNKNOWN", STATUS_NOT_FOUND},     {"DENIED", STATUS_DENIED},
      {"MANIFEST_UNKNOWN", STATUS_NOT_FOUND}, {"NAME_INVALID", STATUS_INVALID_REFERENCE},
      {"NAME_UNKNOWN", STATUS_NOT_FOUND},     {"TOOMANYREQUESTS", STATUS_RATE_LIMITED},
      {"UNAUTHORIZED", STATUS_UNAUTHORIZED},  {"UNSUPPORTED", STATUS_UNSUPPORTED},
  };
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
    if (strcmp(code, codes[i].code) == 0) {
      *status = codes[i].status;
      return true;
    }
  return false;
}

int answer_error(const char *who, long http_status, const char *body, size_t length,
                 struct error **err) {
  enum status status = http_status_failure(http_status);
  cleanup(cleanup_json) struct json_object *object =
      json_parse_bounded(body, length, JSON_DEPTH, STATUS_SERVER_ERROR, NULL);
  const char *message = NULL;
  struct json_object *errors = json_get_array(object, "errors");
  bool found = false;
  for (size_t i = 0; errors && i < json_object_array_length(errors) && !found; i++) {
    struct json_object *error = json_object_array_get_idx(errors, i);
    const char *code = json_get_string(error, "code");
    found = code && code_status(code, &status);
    if (!message || found) {
      message = json_get_string(error, "message");
      if (!message || !*message)
        message = code;
    }
  }
  /* Not the registry's own form, but what token services and proxies use. */
  if (!message)
    message = json_get_string(object, "message");
  if (!message)
    message = json_get_string(object, "details");
  if (!message)
    return error_set(err, status, "%s answered with HTTP status %ld", who, http_status);
  cleanup(cleanup_free) char *start = xstrndup(message, MESSAGE_MAX);
  cleanup(cleanup_free) char *clean = text_sanitized(start);
  return error_set(err, status, "%s answered: %s", who, clean);
}

char *answer_token(const char *body, size_t length, long *lifetime, struct error **err) {
  cleanup(json_tree_wipe) struct json_tree tree = JSON_TREE;
  if (json_tree_parse(&tree, body, length, JSON_DEPTH, STATUS_UNAUTHORIZED, err) < 0)
    return NULL;
  const char *token = json_node_string(tree.nodes, "token");
  if (!token || !*token)
    token = json_node_string(tree.nodes, "access_token");
  if (!token || !*token) {
    error_set(err, STATUS_UNAUTHORIZED, "its answer holds no token");
    return NULL;
  }
  for (const char *c = token; *c; c++)
    if (*c <= ' ' || *c >= 0x7f) {
      error_set(err, STATUS_UNAUTHORIZED, "its token holds bytes that no token may hold");
      return NULL;
    }
  *lifetime = LIFETIME_DEFAULT;
  double seconds;
  if (json_node_double(tree.nodes, "expires_in", &seconds) && seconds >= 1)
    *lifetime = seconds > LIFETIME_MAX ? LIFETIME_MAX : (long)seconds;
  return xstrdup(token);
}

/* ---- Link ---- */

static const char *skip_space(const char *c) {
  return c + strspn(c, " \t");
}

/* Reads the parameters of one link from C up to the ',' or the end. Sets *is_next when one is a
   `rel` with `next` among its relations. */
static const char *read_parameters(const char *c, bool *is_next) {
  for (;;) {
    c = skip_space(c);
    if (*c != ';')
      break;
    c = skip_space(c + 1);
    const char *name = c;
    c += strcspn(c, " \t=;,");
    bool is_rel = c - name == 3 && strncasecmp(name, "rel", 3) == 0;
    c = skip_space(c);
    if (*c != '=')
      continue;
    c = skip_space(c + 1);
    const char *value = c;
    size_t length;
    if (*c == '"') {
      value = ++c;
      while (*c && *c != '"')
        c += c[0] == '\\' && c[1] ? 2 : 1;
      length = (size_t)(c - value);
      if (*c)
        c++;
    } else {
      length = strcspn(c, " \t;,");
      c += length;
    }
    for (size_t i = 0; is_rel && i < length;) {
      size_t word = strcspn(value + i, " ");
      if (word > length - i)
        word = length - i;
      if (word == 4 && strncasecmp(value + i, "next", 4) == 0)
        *is_next = true;
      i += word + 1;
    }
  }
  return c + strcspn(c, ",");
}

/* What is behind the origin of URL. */
static const char *path_of(const char *url) {
  const char *host = strstr(url, "://");
  host = host ? host + 3 : url;
  return host + strcspn(host, "/?#");
}

int answer_next(const char *value, const char *url, char **next, struct error **err) {
  *next = NULL;
  for (const char *c = value; *c;) {
    c += strspn(c, " \t,");
    if (*c != '<')
      break;
    const char *target = ++c;
    c += strcspn(c, ">");
    if (*c != '>')
      break;
    cleanup(cleanup_free) char *text = xstrndup(target, (size_t)(c - target));
    bool is_next = false;
    c = read_parameters(c + 1, &is_next);
    if (!is_next)
      continue;
    cleanup(cleanup_free) char *found = url_redirect(url, text, err);
    if (!found)
      return error_wrap(err, "the Link to the next page");
    if (!endpoint_same_origin(found, url)) {
      cleanup(cleanup_free) char *shown = http_url_display(found);
      return error_set(err, STATUS_SERVER_ERROR, "the next page would be at another host, %s",
                       shown);
    }
    if (strcmp(path_of(found), path_of(url)) == 0)
      return error_set(err, STATUS_SERVER_ERROR, "a page of a list leads to itself");
    *next = xstrdup(path_of(found));
    return 0;
  }
  return 0;
}

int answer_names(const char *body, size_t length, const char *member,
                 int (*each)(void *arg, const char *name, struct error **err), void *arg,
                 struct error **err) {
  cleanup(cleanup_json) struct json_object *object =
      json_parse_bounded(body, length, JSON_DEPTH, STATUS_SERVER_ERROR, err);
  if (!object)
    return error_wrap(err, "the list of %s", member);
  struct json_object *names = NULL;
  if (!json_object_object_get_ex(object, member, &names) ||
      (names && !json_object_is_type(names, json_type_array)))
    return error_set(err, STATUS_SERVER_ERROR, "the answer is no list of %s", member);
  size_t wrong = 0;
  for (size_t i = 0; names && i < json_object_array_length(names); i++) {
    struct json_object *name = json_object_array_get_idx(names, i);
    if (!json_object_is_type(name, json_type_string))
      wrong++;
    else if (each(arg, json_object_get_string(name), err) < 0)
      return -1;
  }
  if (wrong > 0)
    return error_set(err, STATUS_SERVER_ERROR, "%zu in the list of %s are no names: left out",
                     wrong, member);
  return 0;
}
