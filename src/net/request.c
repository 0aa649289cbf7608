#include <config.h>

#include "net/request.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/cleanup.h"
#include "base/json-tree.h"
#include "base/xalloc.h"
#include "net/trace.h"
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

static int refuse(struct request *request, const char *why) {
  cleanup(cleanup_free) char *shown = http_url_display(request->url);
  return error_set(&request->error, STATUS_UNSUPPORTED, "%s: %s", shown, why);
}

static int check(struct request *request) {
  const char *method = request->method;
  if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0 && strcmp(method, "POST") != 0 &&
      strcmp(method, "PUT") != 0)
    return refuse(request, "method not known");
  for (char **header = request->headers; *header; header++)
    if (!header_is_sound(*header))
      return refuse(request, "unsound request header");
  const char *const values[] = {request->authorization, request->session_token};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++)
    if (values[i] && (strpbrk(values[i], "\r\n") || !values[i][strspn(values[i], " \t")]))
      return refuse(request, "unsound credentials");
  request->origin = url_origin(request->target, &request->error);
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
  request->operation = copy(asked->operation);
  request->max_body = asked->max_body;
  request->metered = asked->metered;
  request->follow = asked->follow && !asked->signature;
  request->named = asked->from && !url_same_host(asked->from, asked->url);
  request->transient = asked->transient;
  request->tried = asked->tried;
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

/* ---- what must not be shown ---- */

/* Shorter values of headers are settings, not keys. */
enum { HEADER_SECRET_MIN = 8 };

/* True when NAME sounds like that of a secret. */
static bool sounds_secret(const char *name, size_t length) {
  static const char *const words[] = {"auth",     "code",   "cred",   "hmac", "jwt",   "key",
                                      "password", "policy", "secret", "sig",  "token", "verify"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    size_t word = strlen(words[i]);
    for (size_t at = 0; at + word <= length; at++)
      if (strncasecmp(name + at, words[i], word) == 0)
        return true;
  }
  return false;
}

static void teach(struct redactor *redactor, char *secret) {
  redactor_add(redactor, secret);
  wipe(secret);
}

/* The value of Authorization: what is behind the scheme, and the password that Basic encodes. */
static void teach_authorization(struct redactor *redactor, const char *value) {
  const char *credentials = strchr(value, ' ');
  if (!credentials) {
    redactor_add(redactor, value);
    return;
  }
  credentials += strspn(credentials, " ");
  redactor_add(redactor, credentials);
  size_t length = strlen(credentials);
  if (strncasecmp(value, "basic ", 6) != 0 || length % 4 != 0 || length > INT_MAX)
    return;
  char *pair = xcalloc(length / 4 * 3 + 1, 1);
  char *password = NULL;
  if (EVP_DecodeBlock((unsigned char *)pair, (const unsigned char *)credentials, (int)length) > 0)
    password = strchr(pair, ':');
  if (password)
    redactor_add(redactor, password + 1);
  OPENSSL_cleanse(pair, length / 4 * 3);
  free(pair);
}

/* A header line as sent. */
static void teach_header(struct redactor *redactor, const char *line) {
  size_t name = strcspn(line, ":");
  if (!line[name] || trace_header_is_shown(line, name))
    return;
  const char *value = line + name + 1;
  value += strspn(value, " \t");
  if (name == strlen("authorization") && strncasecmp(line, "authorization", name) == 0)
    teach_authorization(redactor, value);
  else if (strlen(value) >= HEADER_SECRET_MIN)
    redactor_add(redactor, value);
}

/* Of "name=value&…": values whose names sound like it, as they stand and without escapes. */
static void teach_form(struct redactor *redactor, const char *form, size_t length) {
  const char *end = form + length;
  for (const char *start = form; start < end;) {
    const char *stop = memchr(start, '&', (size_t)(end - start));
    if (!stop)
      stop = end;
    const char *equals = memchr(start, '=', (size_t)(stop - start));
    if (equals && stop - equals > HEADER_SECRET_MIN && stop - equals < INT_MAX &&
        sounds_secret(start, (size_t)(equals - start))) {
      char *value = xstrndup(equals + 1, (size_t)(stop - equals) - 1);
      int size = 0;
      char *decoded = curl_easy_unescape(NULL, value, (int)strlen(value), &size);
      if (decoded && strcmp(decoded, value) != 0)
        redactor_add(redactor, decoded);
      curl_free(decoded); /* which wipes it (http_new) */
      teach(redactor, value);
    }
    start = stop + 1;
  }
}

/* Of a JSON object: members that are text, likewise. */
static void teach_json(struct redactor *redactor, const char *body, size_t length) {
  cleanup(json_tree_wipe) struct json_tree tree = JSON_TREE;
  (void)json_tree_parse(&tree, body, length, JSON_DEPTH, STATUS_LOCAL, NULL);
  if (!json_node_is(tree.nodes, JSON_OBJECT))
    return;
  const struct json_node *value = json_node_first(tree.nodes);
  for (uint32_t i = 0; i < tree.nodes->length; i++, value = json_node_next(value))
    if (json_node_is(value, JSON_STRING) && sounds_secret(value->name, strlen(value->name)))
      redactor_add(redactor, value->text);
}

/* By its type: what AWS's JSON services are sent holds no secret, but does hold nextToken. */
static void teach_body(const struct request *request, struct redactor *redactor) {
  for (char **header = request->headers; *header; header++) {
    const char *value = strncasecmp(*header, "content-type:", 13) == 0 ? *header + 13 : "";
    value += strspn(value, " \t");
    if (strncasecmp(value, "application/x-www-form-urlencoded", 33) == 0)
      teach_form(redactor, request->body, request->body_length);
    else if (strncasecmp(value, "application/json", 16) == 0)
      teach_json(redactor, request->body, request->body_length);
  }
}

void request_teach(const struct request *request, struct redactor *redactor) {
  if (request->authorization)
    teach_authorization(redactor, request->authorization);
  const char *const keys[] = {request->access_key_id, request->secret_access_key,
                              request->session_token};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (keys[i])
      redactor_add(redactor, keys[i]);
  for (char **header = request->headers; *header; header++)
    teach_header(redactor, *header);
  const char *query = strchr(request->target, '?');
  if (query)
    teach_form(redactor, query + 1, strcspn(query + 1, "#"));
  if (request->body)
    teach_body(request, redactor);
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
  free(request->operation);
  wipe(request->target);
  free(request->origin);
  error_free(request->error);
  free(request);
}
