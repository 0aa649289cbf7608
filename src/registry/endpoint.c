#include <config.h>

#include "registry/endpoint.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/hashmap.h"
#include "base/xalloc.h"
#include "net/url.h"
#include "registry/reference.h"

/* What the user said of one host. */
struct rule {
  struct rule *next;
  char *host;
  char *origin; /* of its mirror; NULL: none */
  char *prefix;
  bool plain;
  bool tls;
};

struct endpoints {
  struct rule *rules;
  struct hashmap *hosts; /* host -> struct rule */
};

struct endpoints *endpoints_new(void) {
  struct endpoints *endpoints = xcalloc(1, sizeof *endpoints);
  endpoints->hosts = hashmap_new();
  return endpoints;
}

void endpoints_free(struct endpoints *endpoints) {
  if (!endpoints)
    return;
  while (endpoints->rules) {
    struct rule *rule = endpoints->rules;
    endpoints->rules = rule->next;
    free(rule->host);
    free(rule->origin);
    free(rule->prefix);
    free(rule);
  }
  hashmap_free(endpoints->hosts);
  free(endpoints);
}

void endpoint_clear(struct endpoint *endpoint) {
  free(endpoint->origin);
  free(endpoint->prefix);
  *endpoint = (struct endpoint){.origin = NULL};
}

static char *lower(const char *text, size_t length) {
  char *copy = xstrndup(text, length);
  for (char *c = copy; *c; c++)
    *c = (char)tolower((unsigned char)*c);
  return copy;
}

/* The rule for HOST, made when there is none; NULL with *err when it is no host. */
static struct rule *rule_for(struct endpoints *endpoints, const char *option, const char *text,
                             size_t length, struct error **err) {
  cleanup(cleanup_free) char *host = lower(text, length);
  if (!reference_host_is_valid(host)) {
    error_set(err, STATUS_LOCAL, "%s: '%s' is no host (NAME or NAME:PORT)", option, host);
    return NULL;
  }
  /* The names that references to Docker Hub come in. */
  const char *name = host;
  if (strcmp(host, "index.docker.io") == 0 || strcmp(host, "registry-1.docker.io") == 0)
    name = "docker.io";
  struct rule *rule = hashmap_get(endpoints->hosts, name);
  if (rule)
    return rule;
  rule = xcalloc(1, sizeof *rule);
  rule->host = xstrdup(name);
  rule->next = endpoints->rules;
  endpoints->rules = rule;
  hashmap_put(endpoints->hosts, rule->host, rule);
  return rule;
}

/* The length of URL's "http://" or "https://"; 0 for another scheme. */
static size_t scheme_length(const char *url) {
  if (strncasecmp(url, "https://", 8) == 0)
    return 8;
  return strncasecmp(url, "http://", 7) == 0 ? 7 : 0;
}

int endpoints_mirror(struct endpoints *endpoints, const char *text, struct error **err) {
  const char *equals = strchr(text, '=');
  if (!equals)
    return error_set(err, STATUS_LOCAL, "--mirror: '%s' is not HOST=URL", text);
  struct rule *rule = rule_for(endpoints, "--mirror", text, (size_t)(equals - text), err);
  if (!rule)
    return -1;
  if (rule->origin)
    return error_set(err, STATUS_LOCAL, "--mirror: %s has two mirrors", rule->host);
  const char *url = equals + 1;
  size_t scheme = scheme_length(url);
  if (scheme == 0)
    return error_set(err, STATUS_LOCAL, "--mirror: '%s' is no http or https URL", url);
  if (strpbrk(url, "?#"))
    return error_set(err, STATUS_LOCAL, "--mirror: a URL with a query or fragment is of no use");
  size_t host_length = strcspn(url + scheme, "/");
  if (memchr(url + scheme, '@', host_length))
    return error_set(err, STATUS_LOCAL, "--mirror: a URL with a user name is refused");
  cleanup(cleanup_free) char *host = lower(url + scheme, host_length);
  if (!reference_host_is_valid(host))
    return error_set(err, STATUS_LOCAL, "--mirror: '%s' is no host (NAME or NAME:PORT)", host);
  const char *path = url + scheme + host_length;
  path += strspn(path, "/");
  size_t length = strlen(path);
  while (length > 0 && path[length - 1] == '/')
    length--;
  cleanup(cleanup_free) char *prefix = xstrndup(path, length);
  if (length > 0 && !reference_repository_is_valid(prefix))
    return error_set(err, STATUS_LOCAL, "--mirror: '%s' cannot begin a repository name", prefix);
  rule->origin = xasprintf("%s%s", scheme == 8 ? "https://" : "http://", host);
  rule->prefix = xasprintf("%s%s", prefix, length > 0 ? "/" : "");
  return 0;
}

static int set_scheme(struct endpoints *endpoints, const char *option, const char *host, bool tls,
                      struct error **err) {
  struct rule *rule = rule_for(endpoints, option, host, strlen(host), err);
  if (!rule)
    return -1;
  if (tls ? rule->plain : rule->tls)
    return error_set(err, STATUS_LOCAL, "%s has both --plain-http and --tls", rule->host);
  *(tls ? &rule->tls : &rule->plain) = true;
  return 0;
}

int endpoints_plain_http(struct endpoints *endpoints, const char *host, struct error **err) {
  return set_scheme(endpoints, "--plain-http", host, false, err);
}

int endpoints_tls(struct endpoints *endpoints, const char *host, struct error **err) {
  return set_scheme(endpoints, "--tls", host, true, err);
}

void endpoints_find(const struct endpoints *endpoints, const char *host,
                    struct endpoint *endpoint) {
  cleanup(cleanup_free) char *name = lower(host, strlen(host));
  const struct rule *rule = hashmap_get(endpoints->hosts, name);
  if (rule && rule->origin) {
    bool http = scheme_length(rule->origin) == 7;
    const char *server = strstr(rule->origin, "://") + 3;
    const struct rule *of_server = hashmap_get(endpoints->hosts, server);
    *endpoint = (struct endpoint){.origin = xstrdup(rule->origin),
                                  .prefix = xstrdup(rule->prefix),
                                  .plain = http,
                                  .wanted = http && of_server && of_server->plain,
                                  .exposed = http && !url_host_is_loopback(server) &&
                                             !(of_server && of_server->plain)};
    return;
  }
  bool plain = rule && (rule->plain || rule->tls) ? rule->plain : url_host_is_loopback(name);
  /* docker.io itself is a web site; its registry has another name. */
  const char *server = strcmp(name, "docker.io") == 0 ? "registry-1.docker.io" : name;
  endpoint->origin = xasprintf("%s%s", plain ? "http://" : "https://", server);
  endpoint->prefix = xstrdup("");
  endpoint->plain = plain;
  endpoint->wanted = rule && rule->plain;
  endpoint->exposed = false;
}

bool endpoint_same_origin(const char *a, const char *b) {
  cleanup(cleanup_free) char *origin_a = url_origin(a, NULL);
  cleanup(cleanup_free) char *origin_b = url_origin(b, NULL);
  return origin_a && origin_b && strcmp(origin_a, origin_b) == 0;
}
