#include <config.h>

#include "net/request.h"

#include <string.h>

#include <openssl/crypto.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "net/url.h"

static char *copy(const char *text) {
  return text ? xstrdup(text) : NULL;
}

static void wipe(char *text) {
  if (text)
    OPENSSL_cleanse(text, strlen(text));
  free(text);
}

/* A line break would let a server's text (a token) add headers. A header without a value means
   "leave it out" to libcurl, and breaks its signature. */
static bool header_is_sound(const char *header) {
  size_t name = strcspn(header, ":");
  if (name == 0 || header[name] != ':' || strpbrk(header, "\r\n"))
    return false;
  const char *value = header + name + 1;
  return value[strspn(value, " \t")] != '\0';
}

static int check(struct request *request) {
  struct error **err = &request->error;
  cleanup(cleanup_free) char *shown = http_url_display(request->url);
  const char *method = request->method;
  if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0 && strcmp(method, "POST") != 0 &&
      strcmp(method, "PUT") != 0)
    return error_set(err, STATUS_UNSUPPORTED, "%s: method not known", shown);
  for (char **header = request->headers; *header; header++)
    if (!header_is_sound(*header))
      return error_set(err, STATUS_UNSUPPORTED, "%s: unsound request header", shown);
  const char *const values[] = {request->authorization, request->session_token};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++)
    if (values[i] && (strpbrk(values[i], "\r\n") || !values[i][strspn(values[i], " \t")]))
      return error_set(err, STATUS_UNSUPPORTED, "%s: unsound credentials", shown);
  request->origin = url_origin(request->target, err);
  return request->origin ? 0 : -1;
}

struct request *request_new(const struct http_request *asked, http_done_fn *done, void *arg) {
  struct request *request = xcalloc(1, sizeof *request);
  request->method = xstrdup(asked->method);
  request->url = xstrdup(asked->url);
  size_t count = 0;
  while (asked->headers && asked->headers[count])
    count++;
  request->headers = xcalloc(count + 1, sizeof *request->headers);
  for (size_t i = 0; i < count; i++)
    request->headers[i] = xstrdup(asked->headers[i]);
  request->authorization = copy(asked->authorization);
  if (asked->body) {
    request->body = xmalloc(asked->body_length + 1);
    memcpy(request->body, asked->body, asked->body_length);
    request->body[asked->body_length] = '\0';
    request->body_length = asked->body_length;
  }
  if (asked->signature) {
    request->is_signed = true;
    request->region = copy(asked->signature->region);
    request->service = copy(asked->signature->service);
    request->access_key_id = copy(asked->signature->access_key_id);
    request->secret_access_key = copy(asked->signature->secret_access_key);
    request->session_token = copy(asked->signature->session_token);
  }
  request->lane = copy(asked->lane);
  request->max_body = asked->max_body;
  request->follow = asked->follow && !asked->signature;
  request->transient = asked->transient;
  request->ca = asked->ca;
  request->done = done;
  request->arg = arg;
  request->target = xstrdup(asked->url);
  check(request);
  return request;
}

void request_restart(struct request *request) {
  if (request->redirects == 0)
    return;
  request->redirects = 0;
  request->foreign = false;
  wipe(request->target);
  free(request->origin);
  request->target = xstrdup(request->url);
  /* It was one before. */
  request->origin = url_origin(request->target, NULL);
}

int request_redirect(struct request *request, char *target, struct error **err) {
  char *origin = url_origin(target, err);
  if (!origin) {
    wipe(target);
    return -1;
  }
  /* For good: who was led away and back must not speak with our credentials. */
  if (strcmp(origin, request->origin) != 0)
    request->foreign = true;
  request->redirects++;
  wipe(request->target);
  free(request->origin);
  request->target = target;
  request->origin = origin;
  return 0;
}

bool request_is_betrayed(const struct request *request, const char *text) {
  const char *credentials = request->authorization ? strchr(request->authorization, ' ') : NULL;
  const char *query = strchr(request->target, '?');
  const char *const secrets[] = {credentials ? credentials + 1 : request->authorization,
                                 request->secret_access_key, request->session_token,
                                 query ? query + 1 : NULL};
  for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
    if (secrets[i] && *secrets[i] && strstr(text, secrets[i]))
      return true;
  return false;
}

void request_free(struct request *request) {
  if (!request)
    return;
  free(request->method);
  wipe(request->url);
  for (char **header = request->headers; *header; header++)
    wipe(*header);
  free(request->headers);
  wipe(request->authorization);
  if (request->body)
    OPENSSL_cleanse(request->body, request->body_length);
  free(request->body);
  free(request->region);
  free(request->service);
  wipe(request->access_key_id);
  wipe(request->secret_access_key);
  wipe(request->session_token);
  free(request->lane);
  wipe(request->target);
  free(request->origin);
  error_free(request->error);
  free(request);
}
