#include <config.h>

#include "net/trace.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "net/http.h"

enum {
  NAME_MAX_SHOWN = 64, /* bytes of a header's name */
  LINE_MAX_SHOWN = 8 * 1024
};

/* Headers whose values are public by what they mean. */
static const char *const shown_headers[] = {
    "accept",
    "accept-encoding",
    "cache-control",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "docker-content-digest",
    "docker-distribution-api-version",
    "docker-ratelimit-source",
    "etag",
    "host",
    "oci-subject",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "retry-after",
    "server",
    "transfer-encoding",
    "user-agent",
    "vary",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-id-2",
    "x-amz-request-id",
    "x-amz-target",
    "x-amzn-errortype",
    "x-amzn-requestid",
    "x-aws-ec2-metadata-token-ttl-seconds",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
};

/* Parameters of queries likewise. */
static const char *const shown_parameters[] = {"account", "account_id", "artifactType", "last",
                                               "n",       "role_name",  "scope",        "service"};

/* Parameters of a challenge likewise; `realm` is a URL. */
static const char *const shown_of_challenge[] = {"charset", "error", "realm", "scope", "service"};

static bool is_among(const char *const *names, size_t count, const char *name, size_t length) {
  for (size_t i = 0; i < count; i++)
    if (strlen(names[i]) == length && strncasecmp(names[i], name, length) == 0)
      return true;
  return false;
}

#define IS_AMONG(names, name, length) is_among(names, sizeof(names) / sizeof *(names), name, length)

bool trace_header_is_shown(const char *name, size_t length) {
  return IS_AMONG(shown_headers, name, length);
}

/* ---- parts ---- */

static void put_query(struct strbuf *out, const char *query) {
  char before = '?';
  bool hiding = false;
  for (size_t length; *query && *query != '#'; query += length + (query[length] == '&')) {
    length = strcspn(query, "&#");
    size_t name = strcspn(query, "=&#");
    bool shown = query[name] == '=' && IS_AMONG(shown_parameters, query, name);
    if (shown || !hiding)
      strbuf_putc(out, before);
    if (shown)
      strbuf_append(out, query, length);
    else if (!hiding)
      strbuf_puts(out, REDACTED);
    hiding = !shown;
    before = '&';
  }
}

void trace_put_url(struct strbuf *out, const char *url) {
  cleanup(cleanup_free) char *shown = http_url_display(url);
  strbuf_puts(out, shown);
  const char *query = url + strcspn(url, "?#");
  if (*query == '?')
    put_query(out, query + 1);
}

/* A value that may be in quotes: where it ends. */
static const char *value_end(const char *value) {
  if (*value != '"')
    return value + strcspn(value, " \t,");
  for (value++; *value && *value != '"'; value++)
    if (*value == '\\' && value[1])
      value++;
  return *value ? value + 1 : value;
}

/* RFC 9110, 11.6.1: schemes, and their parameters or one opaque token. */
static void put_challenge(struct strbuf *out, const char *value) {
  const char *gap = "";
  for (const char *c = value;;) {
    c += strspn(c, " \t,");
    if (!*c)
      return;
    size_t word = strcspn(c, " \t,=\"");
    strbuf_puts(out, gap);
    gap = " ";
    if (c[word] == '=' && IS_AMONG(shown_of_challenge, c, word)) {
      const char *start = c + word + 1;
      const char *end = value_end(start);
      cleanup(cleanup_free) char *text = *start == '"' && end - start > 1
                                             ? xstrndup(start + 1, (size_t)(end - start) - 2)
                                             : xstrndup(start, (size_t)(end - start));
      strbuf_append(out, c, word + 1);
      strbuf_putc(out, '"');
      if (strncasecmp(c, "realm", word) == 0)
        trace_put_url(out, text);
      else
        strbuf_puts(out, text);
      strbuf_putc(out, '"');
      c = end;
    } else if (c[word] != '=' && c[word] != '"' &&
               (strncasecmp(c, "bearer", word) == 0 || strncasecmp(c, "basic", word) == 0)) {
      strbuf_append(out, c, word);
      c += word;
    } else {
      strbuf_puts(out, REDACTED);
      c = c[word] == '='   ? value_end(c + word + 1)
          : c[word] == '"' ? value_end(c + word)
                           : c + word;
      /* The padding of an opaque token. */
      c += strspn(c, "=");
    }
  }
}

/* `<URL>; rel=next`: where to, and nothing else. */
static void put_link(struct strbuf *out, const char *value) {
  const char *start = strchr(value, '<');
  const char *end = start ? strchr(start, '>') : NULL;
  if (!end) {
    strbuf_puts(out, REDACTED);
    return;
  }
  cleanup(cleanup_free) char *url = xstrndup(start + 1, (size_t)(end - start) - 1);
  strbuf_putc(out, '<');
  trace_put_url(out, url);
  strbuf_putc(out, '>');
}

void trace_put_header(struct strbuf *out, const char *name, const char *value) {
  for (const char *c = name; *c && c - name < NAME_MAX_SHOWN; c++)
    strbuf_putc(out, *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c);
  strbuf_puts(out, ": ");
  if (strcasecmp(name, "location") == 0)
    trace_put_url(out, value);
  else if (strcasecmp(name, "link") == 0)
    put_link(out, value);
  else if (strcasecmp(name, "www-authenticate") == 0)
    put_challenge(out, value);
  else if (trace_header_is_shown(name, strlen(name)))
    strbuf_puts(out, value);
  else
    strbuf_puts(out, REDACTED);
}

/* ---- lines ---- */

static void put_line(const struct trace *trace, const struct strbuf *line) {
  struct strbuf seen = STRBUF(SIZE_MAX / 2);
  struct strbuf clean = STRBUF(SIZE_MAX / 2);
  redact(trace->redactor, &seen, strbuf_str(line), line->length);
  /* Cut only now: a part of a secret might be too short to be known. */
  bool cut = seen.length > LINE_MAX_SHOWN;
  text_sanitize(&clean, strbuf_str(&seen), cut ? LINE_MAX_SHOWN : seen.length, false);
  if (cut)
    strbuf_puts(&clean, "...");
  trace->line(trace->arg, strbuf_str(&clean));
  strbuf_free(&seen);
  strbuf_free(&clean);
}

void trace_begin(const struct trace *trace, unsigned long number, const char *method,
                 const char *url, size_t body_length) {
  struct strbuf line = STRBUF(SIZE_MAX / 2);
  strbuf_printf(&line, "[%lu] > %s ", number, method);
  trace_put_url(&line, url);
  if (body_length > 0)
    strbuf_printf(&line, ", %zu bytes", body_length);
  put_line(trace, &line);
  strbuf_free(&line);
}

static void add_header(struct strbuf *line, bool *first, const char *name, const char *value) {
  strbuf_puts(line, *first ? "" : "; ");
  trace_put_header(line, name, value);
  *first = false;
}

void trace_head(const struct trace *trace, unsigned long number, const char *head, size_t length) {
  struct strbuf line = STRBUF(SIZE_MAX / 2);
  strbuf_printf(&line, "[%lu] > ", number);
  bool first = true;
  const char *end = head + length;
  for (const char *start = head; start < end;) {
    const char *stop = memchr(start, '\n', (size_t)(end - start));
    size_t size = (size_t)((stop ? stop : end) - start);
    cleanup(cleanup_free) char *text = xstrndup(start, size);
    text[strcspn(text, "\r\n")] = '\0';
    char *colon = strchr(text, ':');
    if (start == head) {
      /* That to a proxy is one that nobody announced. */
      if (strncmp(text, "CONNECT ", 8) == 0)
        strbuf_printf(&line, "%.*s (to a proxy) ", (int)strcspn(text + 8, " ") + 8, text);
    } else if (colon) {
      *colon = '\0';
      add_header(&line, &first, text, colon + 1 + strspn(colon + 1, " \t"));
    }
    OPENSSL_cleanse(text, size);
    start += size + 1;
  }
  put_line(trace, &line);
  strbuf_free(&line);
}

void trace_end(const struct trace *trace, unsigned long number, CURL *easy, const char *failure) {
  long status = 0, connections = 0;
  curl_off_t size = 0, time = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connections);
  curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &size);
  curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &time);
  struct strbuf line = STRBUF(SIZE_MAX / 2);
  strbuf_printf(&line, "[%lu] < ", number);
  if (failure)
    strbuf_printf(&line, "%s", failure);
  else
    strbuf_printf(&line, "%ld, %lld bytes", status, (long long)size);
  strbuf_printf(&line, ", %lld ms", (long long)(time / 1000));
  if (connections > 0)
    strbuf_puts(&line, ", new connection");
  put_line(trace, &line);
  strbuf_clear(&line);
  strbuf_printf(&line, "[%lu] < ", number);
  bool first = true;
  for (struct curl_header *header = NULL;
       !failure && (header = curl_easy_nextheader(easy, CURLH_HEADER, -1, header));)
    add_header(&line, &first, header->name, header->value);
  if (!first)
    put_line(trace, &line);
  strbuf_free(&line);
}
