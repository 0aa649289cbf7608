#include <config.h>

#include "aws/credentials.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/xalloc.h"

enum { ACCOUNT_DIGITS = 12 };

static bool is_signable(const char *text) {
  for (const unsigned char *c = (const unsigned char *)text; *c; c++)
    if (*c <= ' ' || *c >= 0x7f)
      return false;
  return true;
}

struct aws_credentials *aws_credentials_new(const char *access_key_id,
                                            const char *secret_access_key,
                                            const char *session_token, const char *const where[3],
                                            const char *provider, struct error **err) {
  const char *values[3] = {access_key_id, secret_access_key, session_token};
  for (int i = 0; i < 3; i++)
    if (values[i] && !is_signable(values[i])) {
      error_set(err, STATUS_UNAUTHORIZED, "%s holds white space or a character that no key has",
                where[i]);
      return NULL;
    }
  struct aws_credentials *credentials = xcalloc(1, sizeof *credentials);
  credentials->access_key_id = xstrdup(access_key_id);
  credentials->secret_access_key = xstrdup(secret_access_key);
  credentials->session_token = session_token ? xstrdup(session_token) : NULL;
  credentials->provider = xstrdup(provider);
  return credentials;
}

void aws_credentials_free(struct aws_credentials *credentials) {
  if (!credentials)
    return;
  free(credentials->access_key_id); /* a name, which ECR's logs have, too */
  secret_free(credentials->secret_access_key);
  secret_free(credentials->session_token);
  free(credentials->account);
  free(credentials->provider);
  free(credentials);
}

bool aws_is_account(const char *text) {
  return text && strlen(text) == ACCOUNT_DIGITS && strspn(text, "0123456789") == ACCOUNT_DIGITS;
}
