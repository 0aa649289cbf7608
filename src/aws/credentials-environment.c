#include <config.h>

#include "aws/credentials-environment.h"

#include <stddef.h>
#include <string.h>

#include "base/timestamp.h"
#include "base/xalloc.h"

struct aws_credentials *aws_credentials_environment(const struct aws_context *context,
                                                    struct error **err) {
  const char *id = aws_context_env(context, "AWS_ACCESS_KEY_ID");
  if (!id)
    return NULL;
  const char *secret = aws_context_env(context, "AWS_SECRET_ACCESS_KEY");
  if (!secret) {
    error_set(err, STATUS_UNAUTHORIZED,
              "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not");
    return NULL;
  }
  /* The old name first: so does the AWS CLI, and keys that work there shall work here. */
  const char *where[3] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SECURITY_TOKEN"};
  const char *token = aws_context_env(context, where[2]);
  if (!token) {
    where[2] = "AWS_SESSION_TOKEN";
    token = aws_context_env(context, where[2]);
  }
  int64_t expiry = 0;
  const char *end = aws_context_env(context, "AWS_CREDENTIAL_EXPIRATION");
  if (end && !timestamp_parse(end, &expiry)) {
    error_set(err, STATUS_UNAUTHORIZED,
              "AWS_CREDENTIAL_EXPIRATION holds no time like 2030-01-02T03:04:05Z");
    return NULL;
  }
  struct aws_credentials *keys = aws_credentials_new(id, secret, token, where, "environment", err);
  if (!keys)
    return NULL;
  keys->expiry = expiry;
  const char *account = aws_context_env(context, "AWS_ACCOUNT_ID");
  if (aws_is_account(account))
    keys->account = xstrdup(account);
  return keys;
}
