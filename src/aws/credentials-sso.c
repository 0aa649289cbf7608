#include <config.h>

#include "aws/credentials-sso.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <openssl/crypto.h>

#include "aws/credentials-json.h"
#include "aws/region.h"
#include "aws/sso-token.h"
#include "base/cleanup.h"
#include "base/json-tree.h"
#include "base/xalloc.h"

enum { TIMEOUT = 30, RETRIES = 2 };

static const struct aws_credentials_form form = {
    .inside = "roleCredentials",
    .names = {"accessKeyId", "secretAccessKey", "sessionToken"},
    .expiration = "expiration"};

/* What the profile says; borrowed from it. */
struct settings {
  const char *profile;
  const char *session; /* NULL: the older form */
  const char *start_url;
  const char *region;
  const char *account;
  const char *role;
};

/* ---- settings ---- */

/* KEY of the session and of the profile, which must not contradict each other. */
static int read_shared(const struct aws_profiles *profiles, struct settings *settings,
                       const char *key, const char **value, struct error **err) {
  *value = aws_profiles_get(profiles, settings->profile, key);
  if (settings->session) {
    const char *of_session = aws_profiles_sso_session(profiles, settings->session, key);
    if (of_session && *value && strcmp(of_session, *value) != 0)
      return error_set(err, STATUS_UNAUTHORIZED, "%s is another one in [sso-session %s]", key,
                       settings->session);
    if (of_session)
      *value = of_session;
    if (!*value)
      return error_set(err, STATUS_UNAUTHORIZED, "there is no [sso-session %s] with %s in %s",
                       settings->session, key, aws_profiles_config_name(profiles));
  }
  return *value ? 0 : error_set(err, STATUS_UNAUTHORIZED, "%s is not set", key);
}

static int read_settings(const struct aws_profiles *profiles, struct settings *settings,
                         struct error **err) {
  settings->session = aws_profiles_get(profiles, settings->profile, "sso_session");
  if (read_shared(profiles, settings, "sso_start_url", &settings->start_url, err) < 0 ||
      read_shared(profiles, settings, "sso_region", &settings->region, err) < 0)
    return -1;
  if (settings->account && settings->role)
    return 0;
  (void)error_set(err, STATUS_UNAUTHORIZED, "%s is not set",
                  settings->account ? "sso_role_name" : "sso_account_id");
  return -1;
}

/* ---- the portal ---- */

/* VALUE for a query; caller frees. */
static char *encode(const char *value) {
  char *escaped = curl_easy_escape(NULL, value, (int)strlen(value));
  char *result = xstrdup(escaped ? escaped : "");
  curl_free(escaped);
  return result;
}

static int refused(const struct settings *settings, const struct aws_answer *answer,
                   const char *token, struct error **err) {
  cleanup(json_tree_wipe) struct json_tree body = JSON_TREE;
  (void)json_tree_parse(&body, answer->body, answer->length, JSON_DEPTH, STATUS_UNAUTHORIZED, NULL);
  cleanup(cleanup_free) char *message =
      aws_credentials_said(json_node_string(body.nodes, "message"), token);
  const char *colon = *message ? ": " : "";
  if (answer->status == 401)
    return error_set(err, STATUS_UNAUTHORIZED,
                     "the login is not taken any more%s%s; run: aws sso login --profile %s", colon,
                     message, settings->profile);
  return error_set(err, STATUS_UNAUTHORIZED, "role %s of account %s: HTTP status %ld%s%s",
                   settings->role, settings->account, answer->status, colon, message);
}

/* GetRoleCredentials (IAM Identity Center Portal API Reference). */
static struct aws_credentials *get_role(const struct aws_context *context,
                                        const struct settings *settings, const char *endpoint,
                                        const char *token, struct error **err) {
  cleanup(cleanup_free) char *role = encode(settings->role);
  cleanup(cleanup_free) char *account = encode(settings->account);
  cleanup(cleanup_free) char *path =
      xasprintf("/federation/credentials?role_name=%s&account_id=%s", role, account);
  cleanup(cleanup_free) char *url = sso_url(endpoint, path);
  char *bearer = xasprintf("x-amz-sso_bearer_token: %s", token);
  const char *const headers[] = {bearer, "Accept: application/json", NULL};
  /* No redirect is followed: the token is for this portal. */
  const struct aws_exchange exchange = {.request = {.method = "GET",
                                                    .url = url,
                                                    .headers = headers,
                                                    .max_body = AWS_CREDENTIALS_JSON_MAX},
                                        .timeout = TIMEOUT,
                                        .retries = RETRIES};
  cleanup(aws_answer_clear) struct aws_answer answer = AWS_ANSWER;
  int result = context->exchange(context->exchange_arg, &exchange, &answer, err);
  OPENSSL_cleanse(bearer, strlen(bearer));
  free(bearer);
  if (result < 0)
    return NULL;
  if (answer.status != 200) {
    (void)refused(settings, &answer, token, err);
    return NULL;
  }
  cleanup(cleanup_free) char *provider = xasprintf("SSO of profile %s", settings->profile);
  struct aws_credentials *found =
      aws_credentials_parse(answer.body, answer.length, &form, provider, err);
  found = aws_credentials_current(found, aws_context_now(context), err);
  if (found && !found->account) {
    found->account = xstrdup(settings->account);
    found->confirmed = true; /* the portal gave keys for it */
  }
  return found;
}

static struct aws_credentials *ask(const struct aws_context *context,
                                   const struct aws_profiles *profiles,
                                   const struct settings *settings, struct error **err) {
  cleanup(aws_endpoint_clear) struct aws_endpoint portal = {.url = NULL};
  cleanup(aws_endpoint_clear) struct aws_endpoint oidc = {.url = NULL};
  if (!aws_region_is_valid(settings->region)) {
    (void)error_set(err, STATUS_UNAUTHORIZED, "sso_region is no region");
    return NULL;
  }
  if (aws_endpoint_find(context, profiles, settings->profile, AWS_SSO, settings->region, NULL,
                        &portal, err) < 0 ||
      aws_endpoint_find(context, profiles, settings->profile, AWS_SSO_OIDC, settings->region, NULL,
                        &oidc, err) < 0)
    return NULL;
  cleanup(sso_token_clear) struct sso_token token = SSO_TOKEN;
  struct error *trouble = NULL;
  if (sso_token_get(context, settings->session ? settings->session : settings->start_url, oidc.url,
                    &token, &trouble) < 0) {
    (void)error_set(err, STATUS_UNAUTHORIZED, "%s; run: aws sso login --profile %s",
                    trouble->message, settings->profile);
    error_free(trouble);
    return NULL;
  }
  return get_role(context, settings, portal.url, token.access, err);
}

struct aws_credentials *aws_credentials_sso(const struct aws_context *context,
                                            const struct aws_profiles *profiles,
                                            const char *profile, struct error **err) {
  struct settings settings = {.profile = profile,
                              .account = aws_profiles_get(profiles, profile, "sso_account_id"),
                              .role = aws_profiles_get(profiles, profile, "sso_role_name")};
  if (!settings.account && !settings.role)
    return NULL;
  cleanup(cleanup_error) struct error *trouble = NULL;
  struct aws_credentials *found = NULL;
  if (read_settings(profiles, &settings, &trouble) == 0)
    found = ask(context, profiles, &settings, &trouble);
  if (!found)
    (void)error_set(err, STATUS_UNAUTHORIZED, "profile %s: SSO: %s", profile, trouble->message);
  return found;
}
