#include <config.h>

#include "registry/docker-config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json-tree.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/xalloc.h"

/* The name under which docker keeps Docker Hub, in files and in helpers. */
#define HUB_SERVER "https://index.docker.io/v1/"

/* A name in the file: of a registry, or of repositories in one. */
struct name {
  char *host;         /* lower case; "docker.io" for all names of Docker Hub */
  const char *scheme; /* "http://" or "https://"; NULL: any */
  char *path;         /* of repositories; "": all */
};

struct entry {
  struct name name;
  struct credential credential;
};

struct helper {
  struct name name;
  char *program; /* "": none, for this registry */
};

struct docker_config {
  char *name;
  struct entry *entries;
  size_t entry_count;
  size_t entry_capacity;
  struct helper *helpers;
  size_t helper_count;
  size_t helper_capacity;
  char *store; /* the helper for all others; NULL: none */
};

/* ---- names ---- */

static bool is_hub(const char *host) {
  return strcmp(host, "docker.io") == 0 || strcmp(host, "index.docker.io") == 0 ||
         strcmp(host, "registry-1.docker.io") == 0;
}

static char *lower(const char *text, size_t length) {
  char *copy = xstrndup(text, length);
  for (char *c = copy; *c; c++)
    if (*c >= 'A' && *c <= 'Z')
      *c = (char)(*c - 'A' + 'a');
  return copy;
}

static void name_parse(const char *text, struct name *name) {
  *name = (struct name){.host = NULL};
  const char *host = text;
  if (strncasecmp(text, "https://", 8) == 0)
    name->scheme = "https://";
  else if (strncasecmp(text, "http://", 7) == 0)
    name->scheme = "http://";
  if (name->scheme)
    host += strlen(name->scheme);
  size_t length = strcspn(host, "/");
  name->host = lower(host, length);
  if (is_hub(name->host)) {
    free(name->host);
    name->host = xstrdup("docker.io");
  }
  const char *path = host + length;
  path += strspn(path, "/");
  size_t end = strlen(path);
  while (end > 0 && path[end - 1] == '/')
    end--;
  /* A URL's path is that of the API. Some write that without a scheme, too. */
  bool is_api = end == 2 && (memcmp(path, "v1", 2) == 0 || memcmp(path, "v2", 2) == 0);
  name->path = name->scheme || is_api ? xstrdup("") : xstrndup(path, end);
}

static void name_clear(struct name *name) {
  free(name->host);
  free(name->path);
}

/* How well NAME fits; 0: not at all. A longer path is better, then the very text. */
static size_t name_fit(const struct name *name, const char *origin, const char *host,
                       const char *repository) {
  if (strcasecmp(name->host, host) != 0 ||
      (name->scheme && strncasecmp(origin, name->scheme, strlen(name->scheme)) != 0))
    return 0;
  size_t length = strlen(name->path);
  if (length > 0 && !(repository && strncmp(repository, name->path, length) == 0 &&
                      (repository[length] == '/' || repository[length] == '\0')))
    return 0;
  return 2 * length + (name->scheme ? 1 : 2);
}

/* ---- credentials ---- */

/* The text of a member of OBJECT; NULL when it is empty or not there. 0, or -1 when it is no
   string. */
static int get_string(const struct json_node *object, const char *name, const char **value,
                      struct error **err) {
  *value = json_node_string(object, name);
  if (!*value && json_node_get(object, name))
    return error_set(err, STATUS_LOCAL, "%s is no string", name);
  if (*value && !**value)
    *value = NULL;
  return 0;
}

/* Decodes TEXT, base64 of RFC 4648, with its padding or without, in lines or not. The bytes with a
   NUL behind them, or NULL. */
static char *decode(const char *text) {
  size_t length = strlen(text);
  size_t size = length + 4;
  char *clean = xmalloc(size);
  size_t used = 0;
  for (size_t i = 0; i < length; i++)
    if (text[i] != '\r' && text[i] != '\n')
      clean[used++] = text[i];
  for (int i = 0; i < 2 && used > 0 && clean[used - 1] == '='; i++)
    used--;
  size_t padding = (4 - used % 4) % 4;
  memset(clean + used, '=', padding);
  used += padding;
  char *bytes = xmalloc(used + 1);
  int got = padding == 3
                ? -1
                : EVP_DecodeBlock((unsigned char *)bytes, (unsigned char *)clean, (int)used);
  OPENSSL_cleanse(clean, size);
  free(clean);
  if (got < 0 || (size_t)got < padding) {
    OPENSSL_cleanse(bytes, used + 1);
    free(bytes);
    return NULL;
  }
  memset(bytes + got - padding, 0, padding + 1);
  return bytes;
}

/* `auth`: base64 of USER:PASSWORD. */
static int take_auth(const char *auth, char **user, char **password, struct error **err) {
  cleanup(cleanup_secret) char *pair = decode(auth);
  char *colon = pair ? strchr(pair, ':') : NULL;
  if (!colon)
    return error_set(err, STATUS_LOCAL, "auth is not the base64 of USER:PASSWORD");
  *user = xstrndup(pair, (size_t)(colon - pair));
  *password = xstrdup(colon + 1);
  return 0;
}

static int take_credential(const struct json_node *object, struct credential *credential,
                           struct error **err) {
  const char *auth, *user, *password, *identity, *bearer;
  if (!json_node_is(object, JSON_OBJECT))
    return error_set(err, STATUS_LOCAL, "it is no object");
  if (get_string(object, "auth", &auth, err) < 0 ||
      get_string(object, "username", &user, err) < 0 ||
      get_string(object, "password", &password, err) < 0 ||
      get_string(object, "identitytoken", &identity, err) < 0 ||
      get_string(object, "registrytoken", &bearer, err) < 0)
    return -1;
  cleanup(cleanup_secret) char *auth_user = NULL, *auth_password = NULL;
  if (auth && take_auth(auth, &auth_user, &auth_password, err) < 0)
    return -1;
  if (auth) {
    user = auth_user;
    password = auth_password;
  }
  if (bearer)
    *credential = (struct credential){.kind = CREDENTIAL_BEARER, .secret = xstrdup(bearer)};
  else if (identity)
    *credential = (struct credential){.kind = CREDENTIAL_IDENTITY, .secret = xstrdup(identity)};
  else if (user && *user && password && *password)
    *credential = (struct credential){
        .kind = CREDENTIAL_PASSWORD, .user = xstrdup(user), .secret = xstrdup(password)};
  return 0;
}

/* ---- the file ---- */

static int wrong_entry(const char *member, const char *name, struct error **err) {
  cleanup(cleanup_free) char *start = xstrndup(name, 200);
  cleanup(cleanup_free) char *shown = text_sanitized(start);
  return error_wrap(err, "%s: \"%s\"", member, shown);
}

static int take_auths(struct docker_config *config, const struct json_node *auths,
                      struct error **err) {
  const struct json_node *value = json_node_first(auths);
  for (uint32_t i = 0; i < auths->length; i++, value = json_node_next(value)) {
    if (json_node_is(value, JSON_NULL) || json_node_is(value, JSON_FORGOTTEN))
      continue;
    config->entries = xgrow(config->entries, config->entry_count, &config->entry_capacity,
                            sizeof *config->entries);
    struct entry *entry = &config->entries[config->entry_count++];
    *entry = (struct entry){.credential = CREDENTIAL};
    name_parse(value->name, &entry->name);
    if (take_credential(value, &entry->credential, err) < 0)
      return wrong_entry("auths", value->name, err);
    if (entry->credential.kind != CREDENTIAL_NONE)
      entry->credential.source = xstrdup(config->name);
  }
  return 0;
}

static int take_helpers(struct docker_config *config, const struct json_node *helpers,
                        struct error **err) {
  const struct json_node *value = json_node_first(helpers);
  for (uint32_t i = 0; i < helpers->length; i++, value = json_node_next(value)) {
    if (json_node_is(value, JSON_FORGOTTEN))
      continue;
    if (!json_node_is(value, JSON_STRING)) {
      error_set(err, STATUS_LOCAL, "it is no string");
      return wrong_entry("credHelpers", value->name, err);
    }
    config->helpers = xgrow(config->helpers, config->helper_count, &config->helper_capacity,
                            sizeof *config->helpers);
    struct helper *helper = &config->helpers[config->helper_count++];
    *helper = (struct helper){.program = xstrdup(value->text)};
    name_parse(value->name, &helper->name);
  }
  return 0;
}

static int take_document(struct docker_config *config, const struct json_node *document,
                         struct error **err) {
  if (!json_node_is(document, JSON_OBJECT))
    return error_set(err, STATUS_LOCAL, "line 1, column 1: it is no JSON object");
  const struct json_node *auths = json_node_get(document, "auths");
  const struct json_node *helpers = json_node_get(document, "credHelpers");
  if (auths && !json_node_is(auths, JSON_OBJECT))
    return error_set(err, STATUS_LOCAL, "auths is no object");
  if (helpers && !json_node_is(helpers, JSON_OBJECT))
    return error_set(err, STATUS_LOCAL, "credHelpers is no object");
  if (auths && take_auths(config, auths, err) < 0)
    return -1;
  if (helpers && take_helpers(config, helpers, err) < 0)
    return -1;
  const char *store;
  if (get_string(document, "credsStore", &store, err) < 0)
    return -1;
  config->store = store ? xstrdup(store) : NULL;
  return 0;
}

struct docker_config *docker_config_parse(const char *name, const char *text, size_t length,
                                          struct error **err) {
  struct docker_config *config = xcalloc(1, sizeof *config);
  config->name = xstrdup(name);
  bool empty = true;
  for (size_t i = 0; i < length && empty; i++)
    empty = text[i] && strchr(" \t\r\n", text[i]);
  if (empty)
    return config;
  cleanup(json_tree_wipe) struct json_tree tree = JSON_TREE;
  if (json_tree_parse_lines(&tree, text, length, JSON_DEPTH, STATUS_LOCAL, err) == 0 &&
      take_document(config, tree.nodes, err) == 0)
    return config;
  error_wrap(err, "%s", name);
  docker_config_free(config);
  return NULL;
}

struct docker_config *docker_config_read(const char *path, bool *forbidden, struct error **err) {
  struct error *error = NULL;
  size_t length;
  char *text = file_read(path, DOCKER_CONFIG_MAX, &length, &error);
  *forbidden = !text && (errno == EACCES || errno == EPERM);
  if (!text && (errno == ENOENT || errno == ENOTDIR)) {
    error_free(error);
    return NULL;
  }
  struct docker_config *config = NULL;
  if (text)
    config = docker_config_parse(path, text, length, err);
  else
    error_set(err, STATUS_LOCAL, "%s", error->message);
  error_free(error);
  file_wipe(text, length);
  return config;
}

const char *docker_config_name(const struct docker_config *config) {
  return config->name;
}

void docker_config_find(const struct docker_config *config, const char *origin, const char *host,
                        const char *repository, struct docker_login *login) {
  *login = (struct docker_login){.helper = config->store, .server = host};
  size_t best = 0;
  for (size_t i = 0; i < config->helper_count; i++) {
    const struct helper *helper = &config->helpers[i];
    size_t fit = *helper->name.path ? 0 : name_fit(&helper->name, origin, host, NULL);
    if (fit <= best)
      continue;
    best = fit;
    bool named = *helper->program;
    login->helper = named ? helper->program : NULL;
    login->only_helper = named;
  }
  if (strcmp(host, "docker.io") == 0)
    login->server = HUB_SERVER;
  best = 0;
  for (size_t i = 0; i < config->entry_count; i++) {
    const struct entry *entry = &config->entries[i];
    size_t fit = name_fit(&entry->name, origin, host, repository);
    if (entry->credential.kind != CREDENTIAL_NONE && fit > best) {
      best = fit;
      login->credential = &entry->credential;
    }
  }
  if (login->only_helper)
    login->credential = NULL;
}

void docker_config_free(struct docker_config *config) {
  if (!config)
    return;
  for (size_t i = 0; i < config->entry_count; i++) {
    name_clear(&config->entries[i].name);
    credential_clear(&config->entries[i].credential);
  }
  for (size_t i = 0; i < config->helper_count; i++) {
    name_clear(&config->helpers[i].name);
    free(config->helpers[i].program);
  }
  free(config->entries);
  free(config->helpers);
  free(config->store);
  free(config->name);
  free(config);
}
