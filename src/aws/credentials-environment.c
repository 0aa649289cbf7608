#include <config.h>

#include "aws/credentials-environment.h"

#include <stddef.h>

struct aws_credentials *aws_credentials_environment(const struct aws_context *context,
                                                    struct error **err) {
  const char *id = aws_context_env(context, "AWS_ACCESS_KEY_ID");
  const char *secret = aws_context_env(context, "AWS_SECRET_ACCESS_KEY");
  if (!id && !secret)
    return NULL;
  if (!id || !secret) {
    error_set(err, STATUS_UNAUTHORIZED, "%s is set, but %s is not",
              id ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
              id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
    return NULL;
  }
  const char *where[3] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"};
  const char *token = aws_context_env(context, where[2]);
  if (!token) {
    where[2] = "AWS_SECURITY_TOKEN";
    token = aws_context_env(context, where[2]);
  }
  return aws_credentials_new(id, secret, token, where, "environment", err);
}
