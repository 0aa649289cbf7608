/* The access token that `aws sso login` left in ~/.aws/sso/cache, and its renewal by the OIDC
   service of IAM Identity Center (IAM Identity Center OIDC API Reference, CreateToken). What is
   renewed goes back to the cache, so that the AWS CLI and the SDKs go on with it: a refresh token
   may be good only once. */
#ifndef OCIDUP_AWS_SSO_TOKEN_H
#define OCIDUP_AWS_SSO_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

#include "aws/context.h"
#include "base/error.h"

/* Of a cached token's file, bytes. */
#define SSO_TOKEN_MAX ((size_t)256 * 1024)

struct sso_token {
  struct json_object *cached; /* the whole object; the strings below are in it */
  const char *access;
  int64_t expiry; /* Unix time, seconds */
  /* For a renewal; NULL: it cannot be had. */
  const char *refresh;
  const char *client_id;
  const char *client_secret;
  int64_t registration_expiry; /* of the client */
};

/* For `struct sso_token t = SSO_TOKEN;` */
#define SSO_TOKEN                                                                                  \
  { .cached = NULL }

/* The LENGTH bytes of TEXT, a cached token's file. 0, or -1 with *err (STATUS_UNAUTHORIZED). */
int sso_token_parse(const char *text, size_t length, struct sso_token *token, struct error **err);

/* A token for the session NAME (or the start URL, when there is no session) that is good now: 0
   with *TOKEN. -1 with *err when nobody has logged in, or the login has run out and cannot be
   renewed at ENDPOINT. */
int sso_token_get(const struct aws_context *context, const char *name, const char *endpoint,
                  struct sso_token *token, struct error **err);

/* Wipes. */
void sso_token_clear(struct sso_token *token);

/* PATH below ENDPOINT, which may end with a slash; caller frees. */
char *sso_url(const char *endpoint, const char *path);

#endif
