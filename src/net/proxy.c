#include <config.h>

#include "net/proxy.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <openssl/crypto.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/xalloc.h"

/* No HTTP_PROXY: a web server would let its clients set that one. */
static const char *const for_https[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                                        NULL};
static const char *const for_http[] = {"http_proxy", "all_proxy", "ALL_PROXY", NULL};

static const char *value_of(const char *variable) {
  const char *value = getenv(variable);
  return value && *value ? value : NULL;
}

const char *proxy_variable(const char *scheme) {
  const char *const *name = strcmp(scheme, "https") == 0 ? for_https : for_http;
  while (*name && !value_of(*name))
    name++;
  return *name;
}

/* Behind the scheme of URL, which may have none. */
static const char *authority(const char *url) {
  const char *mark = strstr(url, "://");
  return mark ? mark + 3 : url;
}

/* How long user and password at the begin of AUTHORITY are, without '@'. No URL that can be parsed
   is taken for granted: what is before the last '@' counts. */
static size_t user_length(const char *start) {
  const char *at = strrchr(start, '@');
  return at ? (size_t)(at - start) : 0;
}

char *proxy_display(const char *variable) {
  const char *value = value_of(variable);
  if (!value)
    value = "";
  const char *start = authority(value);
  size_t user = user_length(start);
  const char *host = start + (user > 0 ? user + 1 : 0);
  cleanup(cleanup_free) char *shown =
      xasprintf("%.*s%.*s", (int)(start - value), value, (int)strcspn(host, "/?#"), host);
  cleanup(cleanup_free) char *clean = text_sanitized(shown);
  return xasprintf("the proxy %s (%s)", clean, variable);
}

bool proxy_has_user(const char *variable) {
  const char *value = value_of(variable);
  return value && user_length(authority(value)) > 0;
}

static void teach(struct redactor *redactor, const char *variable) {
  const char *value = value_of(variable);
  if (!value)
    return;
  const char *user = authority(value);
  size_t length = user_length(user);
  const char *colon = memchr(user, ':', length);
  const char *start = colon ? colon + 1 : user;
  /* Not wiped: the environment has it still. */
  cleanup(cleanup_free) char *secret = xstrndup(start, length - (size_t)(start - user));
  int size = 0;
  char *sent = curl_easy_unescape(NULL, secret, 0, &size);
  redactor_add(redactor, secret);
  if (sent) {
    redactor_add(redactor, sent);
    OPENSSL_cleanse(sent, (size_t)size); /* http_new may be still to come */
  }
  curl_free(sent);
}

void proxy_teach(struct redactor *redactor) {
  for (const char *const *name = for_https; *name; name++)
    teach(redactor, *name);
  teach(redactor, for_http[0]);
}
