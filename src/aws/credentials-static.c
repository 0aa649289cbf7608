#include <config.h>

#include "aws/credentials-static.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/xalloc.h"

struct aws_credentials *aws_credentials_static(const struct aws_profiles *profiles,
                                               const char *profile, bool config,
                                               struct error **err) {
  const char *(*get)(const struct aws_profiles *, const char *, const char *) =
      config ? aws_profiles_get_config : aws_profiles_get_credentials;
  const char *id = get(profiles, profile, "aws_access_key_id");
  if (!id)
    return NULL;
  cleanup(cleanup_free) char *shown = text_sanitized(profile);
  cleanup(cleanup_free) char *from = xasprintf("profile %s in %s", shown,
                                               config ? aws_profiles_config_name(profiles)
                                                      : aws_profiles_credentials_name(profiles));
  const char *secret = get(profiles, profile, "aws_secret_access_key");
  if (!secret) {
    error_set(err, STATUS_UNAUTHORIZED, "%s has aws_access_key_id, but no aws_secret_access_key",
              from);
    return NULL;
  }
  const char *token_key = "aws_security_token";
  const char *token = get(profiles, profile, token_key);
  if (!token) {
    token_key = "aws_session_token";
    token = get(profiles, profile, token_key);
  }
  cleanup(cleanup_free) char *id_where = xasprintf("aws_access_key_id of %s", from);
  cleanup(cleanup_free) char *secret_where = xasprintf("aws_secret_access_key of %s", from);
  cleanup(cleanup_free) char *token_where = xasprintf("%s of %s", token_key, from);
  const char *const where[3] = {id_where, secret_where, token_where};
  struct aws_credentials *credentials = aws_credentials_new(id, secret, token, where, from, err);
  const char *account = get(profiles, profile, "aws_account_id");
  if (credentials && aws_is_account(account))
    credentials->account = xstrdup(account);
  return credentials;
}
