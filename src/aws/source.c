#include <config.h>

#include "aws/source.h"

#include <stdlib.h>

#include "aws/credentials-environment.h"
#include "base/xalloc.h"

struct aws_source {
  const struct aws_context *context;
  struct aws_credentials *credentials;
};

struct aws_source *aws_source_new(const struct aws_context *context,
                                  const struct aws_profiles *profiles,
                                  const struct aws_source_options *options) {
  (void)profiles;
  (void)options;
  struct aws_source *source = xcalloc(1, sizeof *source);
  source->context = context;
  return source;
}

const struct aws_credentials *aws_source_get(struct aws_source *source, struct error **err) {
  if (source->credentials)
    return source->credentials;
  struct error *trouble = NULL;
  source->credentials = aws_credentials_environment(source->context, &trouble);
  if (trouble)
    error_set(err, trouble->status, "AWS credentials: %s", trouble->message);
  else if (!source->credentials)
    error_set(err, STATUS_UNAUTHORIZED,
              "no AWS credentials: %s; 'aws configure export-credentials --format env' prints them",
              AWS_CREDENTIALS_ENVIRONMENT_NEEDS);
  error_free(trouble);
  return source->credentials;
}

void aws_source_expired(struct aws_source *source, const char *access_key_id) {
  (void)source;
  (void)access_key_id;
}

void aws_source_free(struct aws_source *source) {
  if (!source)
    return;
  aws_credentials_free(source->credentials);
  free(source);
}
