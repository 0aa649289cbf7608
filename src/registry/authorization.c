#include <config.h>

#include "registry/authorization.h"

#include <string.h>

#include <openssl/evp.h>

#include "base/cleanup.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "registry/answer.h"

static char *basic(const struct credential *credential) {
  char *pair = xasprintf("%s:%s", credential->user, credential->secret);
  size_t length = strlen(pair);
  char *value = xmalloc(sizeof "Basic " + (length + 2) / 3 * 4);
  memcpy(value, "Basic ", sizeof "Basic " - 1);
  EVP_EncodeBlock((unsigned char *)value + sizeof "Basic " - 1, (unsigned char *)pair, (int)length);
  secret_free(pair);
  return value;
}

char *authorization_direct(const struct credential *credential, const char *origin,
                           const char *host, bool exposed, struct error **err) {
  switch (credential->kind) {
  case CREDENTIAL_PASSWORD:
    return basic(credential);
  case CREDENTIAL_BEARER:
    return xasprintf("Bearer %s", credential->secret);
  case CREDENTIAL_IDENTITY:
    error_set(err, STATUS_UNAUTHORIZED,
              "%s asks for a user name and password, and %s has an identity token for it", origin,
              credential->source);
    return NULL;
  case CREDENTIAL_NONE:
    break;
  }
  if (exposed)
    error_set(err, STATUS_UNAUTHORIZED,
              "%s asks for a user name and password, and none is sent over http without "
              "--plain-http=%s",
              origin, host);
  else
    error_set(err, STATUS_UNAUTHORIZED,
              "%s asks for a user name and password, and none are known: docker login %s, or "
              "podman login %s",
              origin, host, host);
  return NULL;
}

void authorization_ask(struct http *http, const struct token_question *question,
                       const struct credential *credential, const char *origin, http_done_fn *done,
                       void *arg) {
  const char *const headers[] = {"Accept: application/json", NULL};
  const char *const form_headers[] = {"Accept: application/json",
                                      "Content-Type: application/x-www-form-urlencoded", NULL};
  if (credential->kind == CREDENTIAL_IDENTITY) {
    char *form = token_question_form(question, credential->secret);
    http_send(http,
              &(struct http_request){.method = "POST",
                                     .url = question->realm,
                                     .from = origin,
                                     .headers = form_headers,
                                     .body = form,
                                     .body_length = strlen(form),
                                     .max_body = ANSWER_TOKEN_MAX},
              done, arg);
    secret_free(form);
    return;
  }
  char *authorization = credential->kind == CREDENTIAL_PASSWORD ? basic(credential) : NULL;
  cleanup(cleanup_free) char *url = token_question_url(question);
  http_send(http,
            &(struct http_request){.method = "GET",
                                   .url = url,
                                   .from = origin,
                                   .headers = headers,
                                   .authorization = authorization,
                                   .max_body = ANSWER_TOKEN_MAX,
                                   .follow = true},
            done, arg);
  secret_free(authorization);
}

char *authorization_got(const struct token_question *question, const struct credential *credential,
                        const struct http_response *response, long *lifetime, struct error **err) {
  if (response->error) {
    error_set(err, response->error->status, "%s", response->error->message);
    return NULL;
  }
  if (response->status != 200) {
    if (credential->kind == CREDENTIAL_IDENTITY &&
        (response->status == 404 || response->status == 405)) {
      error_set(err, STATUS_UNAUTHORIZED, "%s takes no identity token, as %s has one for it",
                question->shown, credential->source);
      return NULL;
    }
    cleanup(cleanup_error) struct error *error = NULL;
    answer_error(question->shown, response->status, response->body, response->length, &error);
    error_set(err, error->status == STATUS_NOT_FOUND ? STATUS_UNAUTHORIZED : error->status, "%s",
              error->message);
    return NULL;
  }
  char *token = answer_token(response->body, response->length, lifetime, err);
  if (!token) {
    error_wrap(err, "%s", question->shown);
    return NULL;
  }
  char *value = xasprintf("Bearer %s", token);
  secret_free(token);
  return value;
}
