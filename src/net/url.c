#include <config.h>

#include "net/url.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "net/http.h"

/* Longer than any presigned URL of a blob store; a server could send more for nothing good. */
enum { URL_MAX = 64 * 1024 };

static void cleanup_url(CURLU **url) {
  curl_url_cleanup(*url);
}

static void cleanup_curl(char **text) {
  curl_free(*text);
}

/* A part of URL as libcurl gives it (curl_free), or NULL. */
static char *part(CURLU *url, CURLUPart what, unsigned flags) {
  char *text = NULL;
  return curl_url_get(url, what, &text, flags) == CURLUE_OK ? text : NULL;
}

/* What is wrong with a URL that libcurl refused with CODE, or has another scheme; NULL: nothing. */
static const char *fault(CURLU *url, CURLUcode code) {
  if (code == CURLUE_USER_NOT_ALLOWED)
    return "user info in a URL is not taken";
  if (code == CURLUE_UNSUPPORTED_SCHEME)
    return "not an http or https URL";
  if (code != CURLUE_OK)
    return "not a valid URL";
  cleanup(cleanup_curl) char *scheme = part(url, CURLUPART_SCHEME, 0);
  if (!scheme || (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
    return "not an http or https URL";
  return NULL;
}

/* Where the parts of a URL are that needs no reading by libcurl, as nearly all do not: `host` is
   its offset, `path` that of the '/' behind it, `port` that of the digits, 0 when there are none.
 */
struct plain {
  size_t host;
  size_t port;
  size_t path;
};

/* True when URL is nothing but scheme, host, port and path, as libcurl would write them too. */
static bool is_plain(const char *url, struct plain *plain) {
  plain->host = strncmp(url, "http://", 7) == 0 ? 7 : strncmp(url, "https://", 8) == 0 ? 8 : 0;
  size_t host = strspn(url + plain->host, "abcdefghijklmnopqrstuvwxyz0123456789.-");
  if (plain->host == 0 || host == 0)
    return false;
  plain->path = plain->host + host;
  plain->port = 0;
  if (url[plain->path] == ':') {
    plain->port = plain->path + 1;
    size_t digits = strspn(url + plain->port, "0123456789");
    plain->path = plain->port + digits;
    if (digits == 0 || digits > 5 || url[plain->port] == '0' ||
        (digits == 5 && strncmp(url + plain->port, "65535", 5) > 0))
      return false;
  }
  if (url[plain->path] != '/')
    return false;
  for (const char *c = url + plain->path; *c; c++)
    if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
          *c == '-' || *c == '_' || *c == ':' || *c == '.' || (*c == '/' && c[1] != '.')))
      return false;
  return true;
}

/* Whether libcurl takes the host for a name or a whole IPv4 address; what it can read as a shorter
   or a hexadecimal one it writes anew. */
static bool is_usual_host(const char *host, size_t length) {
  size_t label = length;
  while (label > 0 && host[label - 1] != '.')
    label--;
  if (host[label] >= 'a' && host[label] <= 'z')
    return true;
  cleanup(cleanup_free) char *name = xstrndup(host, length);
  struct in_addr address;
  return inet_pton(AF_INET, name, &address) == 1;
}

/* The origin of a plain URL without asking libcurl, else NULL. */
static char *plain_origin(const char *url) {
  struct plain plain;
  if (!is_plain(url, &plain))
    return NULL;
  size_t host = (plain.port ? plain.port - 1 : plain.path) - plain.host;
  if (!is_usual_host(url + plain.host, host) || strlen(url) > URL_MAX)
    return NULL;
  return plain.port ? xstrndup(url, plain.path)
                    : xasprintf("%.*s:%s", (int)plain.path, url, plain.host == 7 ? "80" : "443");
}

char *url_origin(const char *url, struct error **err) {
  char *quick = plain_origin(url);
  if (quick)
    return quick;
  cleanup(cleanup_url) CURLU *parsed = curl_url();
  const char *wrong = "not a valid URL";
  if (parsed && strlen(url) <= URL_MAX)
    wrong = fault(parsed, curl_url_set(parsed, CURLUPART_URL, url, CURLU_DISALLOW_USER));
  if (wrong) {
    cleanup(cleanup_free) char *shown = http_url_display(url);
    error_set(err, STATUS_UNSUPPORTED, "%s: %s", shown, wrong);
    return NULL;
  }
  cleanup(cleanup_curl) char *scheme = part(parsed, CURLUPART_SCHEME, 0);
  cleanup(cleanup_curl) char *host = part(parsed, CURLUPART_HOST, 0);
  cleanup(cleanup_curl) char *port = part(parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  char *origin = xasprintf("%s://%s:%s", scheme ? scheme : "", host ? host : "", port ? port : "");
  for (char *c = origin; *c; c++)
    if (*c >= 'A' && *c <= 'Z')
      *c = (char)(*c - 'A' + 'a');
  return origin;
}

char *url_redirect(const char *from, const char *location, struct error **err) {
  cleanup(cleanup_free) char *shown = http_url_display(from);
  cleanup(cleanup_url) CURLU *url = curl_url();
  if (!url || curl_url_set(url, CURLUPART_URL, from, CURLU_DISALLOW_USER) != CURLUE_OK) {
    error_set(err, STATUS_SERVER_ERROR, "%s: cannot be redirected", shown);
    return NULL;
  }
  cleanup(cleanup_curl) char *before = part(url, CURLUPART_SCHEME, 0);
  /* As libcurl itself takes a Location: servers do send spaces and bytes of UTF-8 there. */
  const char *wrong = "not a valid URL";
  if (*location && strlen(location) <= URL_MAX)
    wrong = fault(url, curl_url_set(url, CURLUPART_URL, location,
                                    CURLU_DISALLOW_USER | CURLU_URLENCODE | CURLU_ALLOW_SPACE));
  if (!wrong) {
    cleanup(cleanup_curl) char *after = part(url, CURLUPART_SCHEME, 0);
    if (before && after && strcmp(before, "https") == 0 && strcmp(after, "https") != 0)
      wrong = "from https to http";
  }
  cleanup(cleanup_curl) char *reached = wrong ? NULL : part(url, CURLUPART_URL, 0);
  if (reached && url_leads_to_link(reached) && !url_leads_to_link(from))
    wrong = URL_OF_LINK;
  if (wrong) {
    cleanup(cleanup_free) char *target = http_url_display(location);
    error_set(err, STATUS_SERVER_ERROR, "%s: redirect to %s refused: %s", shown, target, wrong);
    return NULL;
  }
  curl_url_set(url, CURLUPART_FRAGMENT, NULL, 0);
  cleanup(cleanup_curl) char *target = part(url, CURLUPART_URL, 0);
  if (!target) {
    error_set(err, STATUS_SERVER_ERROR, "%s: redirect refused: not a valid URL", shown);
    return NULL;
  }
  return xstrdup(target);
}

bool url_host_is_loopback(const char *host) {
  if (*host == '[')
    return strncmp(host, "[::1]", 5) == 0 && (host[5] == '\0' || host[5] == ':');
  cleanup(cleanup_free) char *name = xstrndup(host, strcspn(host, ":"));
  struct in_addr address;
  if (inet_pton(AF_INET, name, &address) == 1)
    return (ntohl(address.s_addr) >> 24) == 127;
  size_t length = strlen(name);
  return strcasecmp(name, "localhost") == 0 ||
         (length > 10 && strcasecmp(name + length - 10, ".localhost") == 0);
}

/* HOST's address when it is one of IPv6 in brackets. */
static bool read_v6(const char *host, struct in6_addr *address) {
  if (*host != '[')
    return false;
  cleanup(cleanup_free) char *name = xstrndup(host + 1, strcspn(host + 1, "]%"));
  return inet_pton(AF_INET6, name, address) == 1;
}

static bool v4_is_of_link(const struct in_addr *address) {
  return (ntohl(address->s_addr) >> 16) == 0xa9fe;
}

static bool v6_is_of_link(const struct in6_addr *address) {
  static const unsigned char aws[4] = {0xfd, 0x00, 0x0e, 0xc2};
  return IN6_IS_ADDR_LINKLOCAL(address) || memcmp(address->s6_addr, aws, sizeof aws) == 0 ||
         (IN6_IS_ADDR_V4MAPPED(address) && address->s6_addr[12] == 0xa9 &&
          address->s6_addr[13] == 0xfe);
}

/* Whether HOST is an address that this machine's link has, and no other network. */
static bool is_of_link(const char *host) {
  struct in6_addr v6;
  if (read_v6(host, &v6))
    return v6_is_of_link(&v6);
  cleanup(cleanup_free) char *name = xstrndup(host, strcspn(host, ":"));
  struct in_addr v4;
  return inet_pton(AF_INET, name, &v4) == 1 && v4_is_of_link(&v4);
}

bool url_address_is_of_link(const struct sockaddr *address) {
  if (address->sa_family == AF_INET6) {
    struct sockaddr_in6 v6;
    memcpy(&v6, address, sizeof v6);
    return v6_is_of_link(&v6.sin6_addr);
  }
  struct sockaddr_in v4;
  memcpy(&v4, address, sizeof v4);
  return address->sa_family == AF_INET && v4_is_of_link(&v4.sin_addr);
}

bool url_host_is_near(const char *host) {
  struct in6_addr v6;
  return is_of_link(host) || (read_v6(host, &v6) && IN6_IS_ADDR_LOOPBACK(&v6)) ||
         (*host != '[' && url_host_is_loopback(host));
}

bool url_leads_to_link(const char *url) {
  cleanup(cleanup_url) CURLU *parsed = curl_url();
  if (!parsed || curl_url_set(parsed, CURLUPART_URL, url, 0) != CURLUE_OK)
    return false;
  /* libcurl makes four numbers of an IPv4 address, however it is written. */
  cleanup(cleanup_curl) char *host = part(parsed, CURLUPART_HOST, 0);
  return host && is_of_link(host);
}

bool url_same_host(const char *a, const char *b) {
  cleanup(cleanup_free) char *first = url_origin(a, NULL);
  cleanup(cleanup_free) char *second = url_origin(b, NULL);
  if (!first || !second)
    return false;
  const char *one = strstr(first, "://"), *other = strstr(second, "://");
  size_t length = (size_t)(strrchr(one, ':') - one);
  return length == (size_t)(strrchr(other, ':') - other) && strncmp(one, other, length) == 0;
}

/* For text that libcurl takes for no URL: everything that could be a secret goes. */
static char *display_broken(const char *text) {
  size_t length = strcspn(text, "?#");
  size_t start = 0;
  for (size_t i = 0; i < length; i++)
    if (text[i] == '@')
      start = i + 1;
  cleanup(cleanup_free) char *rest = xstrndup(text + start, length - start);
  return text_sanitized(rest);
}

char *http_url_display(const char *url) {
  struct plain plain;
  if (is_plain(url, &plain))
    return xstrdup(url);
  cleanup(cleanup_url) CURLU *parsed = curl_url();
  if (!parsed || curl_url_set(parsed, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    return display_broken(url);
  static const CURLUPart secret[] = {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS,
                                     CURLUPART_QUERY, CURLUPART_FRAGMENT};
  for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
    curl_url_set(parsed, secret[i], NULL, 0);
  cleanup(cleanup_curl) char *shown = part(parsed, CURLUPART_URL, 0);
  return shown ? text_sanitized(shown) : display_broken(url);
}
