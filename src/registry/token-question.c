#include <config.h>

#include "registry/token-question.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "net/http.h"
#include "net/url.h"

/* Longest URL of a token service that we ask, with its arguments. */
#define URL_MAX ((size_t)16 * 1024)

/* Its arguments in a form: secrets are of 64 KiB at most, and each byte may become three. */
#define FORM_MAX ((size_t)512 * 1024)

void token_question_clear(struct token_question *question) {
  free(question->realm);
  free(question->service);
  free(question->scope);
  free(question->shown);
  *question = (struct token_question)TOKEN_QUESTION;
}

static void put_encoded(struct strbuf *out, const char *value, size_t length) {
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)value[i];
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 (c && strchr("-._~:/", c));
    if (plain)
      strbuf_putc(out, (char)c);
    else
      strbuf_printf(out, "%%%02X", c);
  }
}

/* The token spec names scopes one by one. */
static void put_url(struct strbuf *url, const struct token_question *question) {
  strbuf_puts(url, question->realm);
  char separator = strchr(question->realm, '?') ? '&' : '?';
  if (question->service) {
    strbuf_printf(url, "%cservice=", separator);
    put_encoded(url, question->service, strlen(question->service));
    separator = '&';
  }
  for (const char *scope = question->scope; *scope;) {
    size_t length = strcspn(scope, " ");
    if (length > 0) {
      strbuf_printf(url, "%cscope=", separator);
      put_encoded(url, scope, length);
      separator = '&';
    }
    scope += length;
    scope += strspn(scope, " ");
  }
}

char *token_question_url(const struct token_question *question) {
  struct strbuf url = STRBUF(URL_MAX);
  put_url(&url, question);
  return strbuf_take(&url);
}

char *token_question_form(const struct token_question *question, const char *refresh_token) {
  struct strbuf form = STRBUF(FORM_MAX);
  strbuf_puts(&form, "grant_type=refresh_token&client_id=ocidup&service=");
  if (question->service)
    put_encoded(&form, question->service, strlen(question->service));
  strbuf_puts(&form, "&scope=");
  put_encoded(&form, question->scope, strlen(question->scope));
  strbuf_puts(&form, "&refresh_token=");
  /* A buffer that grows leaves copies behind: it is made large enough before. */
  size_t length = strlen(refresh_token);
  char *text = xmalloc(form.length + 3 * length + 1);
  memcpy(text, form.data, form.length);
  struct strbuf secret = {.data = text,
                          .length = form.length,
                          .capacity = form.length + 3 * length + 1,
                          .max = form.length + 3 * length};
  put_encoded(&secret, refresh_token, length);
  text = secret.data;
  strbuf_free(&form);
  return text;
}

static size_t scheme_length(const char *url) {
  if (strncasecmp(url, "https://", 8) == 0)
    return 8;
  return strncasecmp(url, "http://", 7) == 0 ? 7 : 0;
}

bool token_question_is_exposed(const struct token_question *question) {
  if (scheme_length(question->realm) == 8)
    return false;
  const char *authority = question->realm + scheme_length(question->realm);
  cleanup(cleanup_free) char *host = xstrndup(authority, strcspn(authority, "/?#"));
  return !url_host_is_loopback(host);
}

int token_question_set(struct token_question *question, const char *origin, bool plain,
                       const struct challenge *challenge, const char *scope, struct error **err) {
  const char *realm = challenge->realm;
  if (!realm)
    return error_set(err, STATUS_UNAUTHORIZED,
                     "%s asks for a token and does not say where to get one", origin);
  size_t scheme = scheme_length(realm);
  cleanup(cleanup_free) char *shown = http_url_display(realm);
  if (scheme != 8 && !(scheme == 7 && plain))
    return error_set(err, STATUS_UNAUTHORIZED,
                     "%s names %s as its token service, which is not https: refused", origin,
                     shown);
  if (url_leads_to_link(realm) && !url_leads_to_link(origin))
    return error_set(err, STATUS_UNAUTHORIZED, "%s names %s as its token service, %s: refused",
                     origin, shown, URL_OF_LINK);
  const char *authority = realm + scheme;
  bool clean = strcspn(authority, "@") >= strcspn(authority, "/?") && !strchr(realm, '#');
  for (const char *c = realm; *c; c++)
    clean = clean && *c > ' ' && *c < 0x7f;
  bool has_scope = challenge->scope && *challenge->scope;
  struct token_question made = {.realm = xstrdup(realm),
                                .service = challenge->service ? xstrdup(challenge->service) : NULL,
                                .scope = xstrdup(has_scope ? challenge->scope : scope),
                                .shown = xstrdup(shown)};
  cleanup(strbuf_free) struct strbuf url = STRBUF(URL_MAX);
  put_url(&url, &made);
  if (!clean || url.overflow) {
    token_question_clear(&made);
    return error_set(err, STATUS_UNAUTHORIZED, "%s names a token service whose URL cannot be used",
                     origin);
  }
  token_question_clear(question);
  *question = made;
  return 0;
}
