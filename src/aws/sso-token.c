#include <config.h>

#include "aws/sso-token.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "aws/credentials-json.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/json-tree.h"
#include "base/json.h"
#include "base/timestamp.h"
#include "base/xalloc.h"

/* A token that lives no longer than this is renewed already, as the SDKs do; seconds. */
enum { WINDOW = 15 * 60 };

enum { TIMEOUT = 30, RETRIES = 2 };

/* A longer life is a mistake of somebody; seconds. */
enum { LIFE_MAX = 366 * 24 * 3600 };

void sso_token_clear(struct sso_token *token) {
  aws_json_wipe(token->cached);
  *token = (struct sso_token)SSO_TOKEN;
}

char *sso_url(const char *endpoint, const char *path) {
  size_t length = strlen(endpoint);
  while (length > 0 && endpoint[length - 1] == '/')
    length--;
  return xasprintf("%.*s%s", (int)length, endpoint, path);
}

/* A time as the AWS CLI writes it: its first versions wrote UTC for Z. */
static bool read_time(const struct json_object *object, const char *name, int64_t *seconds) {
  const char *text = json_get_string(object, name);
  size_t length = text ? strlen(text) : 0;
  if (length < 3 || strcmp(text + length - 3, "UTC") != 0)
    return text && timestamp_parse(text, seconds);
  cleanup(cleanup_free) char *usual = xasprintf("%.*sZ", (int)(length - 3), text);
  return timestamp_parse(usual, seconds);
}

/* Whether TEXT can go in a header as it is. */
static bool is_token(const char *text) {
  for (const char *c = text; *c; c++)
    if (*c <= ' ' || *c >= 0x7f)
      return false;
  return *text;
}

/* Takes what is in token->cached. */
static int take(struct sso_token *token, struct error **err) {
  const struct json_object *cached = token->cached;
  token->access = json_get_string(cached, "accessToken");
  if (!token->access || !is_token(token->access) || !read_time(cached, "expiresAt", &token->expiry))
    return error_set(err, STATUS_UNAUTHORIZED, "has no \"accessToken\" with its \"expiresAt\"");
  token->refresh = json_get_string(cached, "refreshToken");
  token->client_id = json_get_string(cached, "clientId");
  token->client_secret = json_get_string(cached, "clientSecret");
  if (!token->client_id || !token->client_secret ||
      !read_time(cached, "registrationExpiresAt", &token->registration_expiry))
    token->refresh = NULL;
  return 0;
}

int sso_token_parse(const char *text, size_t length, struct sso_token *token, struct error **err) {
  *token = (struct sso_token)SSO_TOKEN;
  token->cached = json_parse_bounded(text, length, JSON_DEPTH, STATUS_UNAUTHORIZED, err);
  if (token->cached && take(token, err) == 0)
    return 0;
  sso_token_clear(token);
  return -1;
}

/* ---- the cache ---- */

/* Where the token of NAME is, caller frees; NULL with *err. */
static char *cache_path(const struct aws_context *context, const char *name, struct error **err) {
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  if (!EVP_Digest(name, strlen(name), hash, &length, EVP_sha1(), NULL)) {
    (void)error_set(err, STATUS_UNAUTHORIZED,
                    "OpenSSL gives no SHA-1, which names the cached token");
    return NULL;
  }
  char hex[2 * EVP_MAX_MD_SIZE + 1];
  for (unsigned int i = 0; i < length; i++)
    (void)snprintf(hex + 2 * i, 3, "%02x", (unsigned int)hash[i]);
  cleanup(cleanup_free) char *relative = xasprintf("~/.aws/sso/cache/%s.json", hex);
  char *path = aws_context_path(context, relative);
  if (!path)
    (void)error_set(err, STATUS_UNAUTHORIZED, "there is no home folder, where the login is cached");
  return path;
}

static int load(const char *path, struct sso_token *token, struct error **err) {
  *token = (struct sso_token)SSO_TOKEN;
  size_t length;
  struct error *trouble = NULL;
  char *text = file_read(path, SSO_TOKEN_MAX, &length, &trouble);
  if (!text) {
    if (errno == ENOENT || errno == ENOTDIR)
      (void)error_set(err, STATUS_UNAUTHORIZED, "nobody has logged in (there is no %s)", path);
    else
      (void)error_set(err, STATUS_UNAUTHORIZED, "%s", trouble->message);
  } else if (sso_token_parse(text, length, token, &trouble) < 0) {
    (void)error_set(err, STATUS_UNAUTHORIZED, "%s: %s", path, trouble->message);
  }
  file_wipe(text, length);
  error_free(trouble);
  return token->access ? 0 : -1;
}

/* A cache that cannot be written to costs nothing now, but the login then. */
static void save(const struct aws_context *context, const char *path,
                 const struct sso_token *token) {
  struct error *trouble = NULL;
  size_t length;
  const char *text =
      json_object_to_json_string_length(token->cached, JSON_C_TO_STRING_NOSLASHESCAPE, &length);
  if (file_replace_private(path, text, length, &trouble) < 0)
    aws_context_note(context, "the renewed SSO login is not kept: %s", trouble->message);
  error_free(trouble);
  /* The text is the object's own, and dies with it. */
  union {
    const char *in;
    char *out;
  } written = {.in = text};
  OPENSSL_cleanse(written.out, length);
}

/* ---- renewal ---- */

static void put(struct json_object *object, const char *name, const char *value) {
  json_object_object_add(object, name, json_object_new_string(value));
}

/* CreateToken's answer into TOKEN. */
static int take_renewed(struct sso_token *token, const struct aws_answer *answer, int64_t now,
                        struct error **err) {
  cleanup(json_tree_wipe) struct json_tree body = JSON_TREE;
  if (json_tree_parse(&body, answer->body, answer->length, JSON_DEPTH, STATUS_UNAUTHORIZED, err) <
      0)
    return -1;
  if (answer->status != 200) {
    const char *code = json_node_string(body.nodes, "error");
    cleanup(cleanup_free) char *shown = aws_credentials_said(code, token->refresh);
    return error_set(err, STATUS_UNAUTHORIZED, "HTTP status %ld%s%s", answer->status,
                     *shown ? ": " : "", shown);
  }
  const char *access = json_node_string(body.nodes, "accessToken");
  const char *refresh = json_node_string(body.nodes, "refreshToken");
  int64_t life = 0;
  if (!access || !is_token(access) || !json_node_int64(body.nodes, "expiresIn", &life) ||
      life <= 0 || life > LIFE_MAX)
    return error_set(err, STATUS_UNAUTHORIZED, "no access token came");
  cleanup(cleanup_free) char *expiry = timestamp_format(now + life);
  if (!expiry)
    return error_set(err, STATUS_UNAUTHORIZED, "the clock is wrong");
  put(token->cached, "accessToken", access);
  put(token->cached, "expiresAt", expiry);
  if (refresh && *refresh)
    put(token->cached, "refreshToken", refresh);
  return take(token, err);
}

static int renew(const struct aws_context *context, const char *endpoint, struct sso_token *token,
                 struct error **err) {
  int64_t now = aws_context_now(context);
  if (!token->refresh)
    return error_set(err, STATUS_UNAUTHORIZED, "there is no refresh token with it");
  if (token->registration_expiry <= now)
    return error_set(err, STATUS_UNAUTHORIZED, "its client registration has run out too");
  cleanup(cleanup_secret_json) struct json_object *asked = json_object_new_object();
  put(asked, "grantType", "refresh_token");
  put(asked, "clientId", token->client_id);
  put(asked, "clientSecret", token->client_secret);
  put(asked, "refreshToken", token->refresh);
  const char *const headers[] = {"Content-Type: application/json", "Accept: application/json",
                                 NULL};
  cleanup(cleanup_free) char *url = sso_url(endpoint, "/token");
  size_t length;
  const char *body =
      json_object_to_json_string_length(asked, JSON_C_TO_STRING_NOSLASHESCAPE, &length);
  const struct aws_exchange exchange = {.request = {.method = "POST",
                                                    .url = url,
                                                    .headers = headers,
                                                    .body = body,
                                                    .body_length = length,
                                                    .max_body = SSO_TOKEN_MAX},
                                        .timeout = TIMEOUT,
                                        .retries = RETRIES};
  cleanup(aws_answer_clear) struct aws_answer answer = AWS_ANSWER;
  int result = context->exchange(context->exchange_arg, &exchange, &answer, err);
  union {
    const char *in;
    char *out;
  } sent = {.in = body};
  OPENSSL_cleanse(sent.out, length);
  return result < 0 ? -1 : take_renewed(token, &answer, now, err);
}

int sso_token_get(const struct aws_context *context, const char *name, const char *endpoint,
                  struct sso_token *token, struct error **err) {
  *token = (struct sso_token)SSO_TOKEN;
  cleanup(cleanup_free) char *path = cache_path(context, name, err);
  if (!path || load(path, token, err) < 0)
    return -1;
  int64_t now = aws_context_now(context);
  if (token->expiry - now >= WINDOW)
    return 0;
  cleanup(cleanup_error) struct error *trouble = NULL;
  if (renew(context, endpoint, token, &trouble) == 0) {
    aws_context_note(context, "the SSO login is renewed");
    save(context, path, token);
    return 0;
  }
  /* Another program may have been first, and its refresh token was good only once. */
  struct sso_token other;
  if (load(path, &other, NULL) == 0) {
    sso_token_clear(token);
    *token = other;
  }
  if (token->expiry - now >= WINDOW) {
    aws_context_note(context, "the SSO login was renewed by another program");
    return 0;
  }
  if (token->expiry > now) {
    aws_context_note(context, "the SSO login runs out soon and is not renewed: %s",
                     trouble->message);
    return 0;
  }
  cleanup(cleanup_free) char *when = timestamp_format(token->expiry);
  sso_token_clear(token);
  return error_set(err, STATUS_UNAUTHORIZED, "the login ran out at %s and is not renewed: %s",
                   when ? when : "?", trouble->message);
}
