#include <config.h>

#include "aws/credentials-imds.h"

#include <string.h>

#include "aws/credentials-json.h"
#include "aws/imds.h"
#include "base/cleanup.h"
#include "base/timestamp.h"
#include "base/xalloc.h"

#define ROLE_MAX ((size_t)4096)
#define ROLES "/latest/meta-data/iam/security-credentials/"

/* How long keys that have run out are used before asking again, seconds: while the service cannot
   renew them, others take them still (SDKs Reference Guide, "static stability"). */
enum { EXTENSION = 15 * 60 };

static const struct aws_credentials_form form = {
    .names = {"AccessKeyId", "SecretAccessKey", "Token"}, .expiration = "Expiration"};

/* The instance's role, caller frees; NULL without *err when it has none. */
static char *find_role(const struct aws_imds *imds, struct error **err) {
  cleanup(aws_answer_clear) struct aws_answer answer = AWS_ANSWER;
  if (aws_imds_get(imds, ROLES, ROLE_MAX, &answer, err) < 0)
    return NULL;
  const char *role = answer.body ? answer.body : "";
  size_t length = strcspn(role, "\r\n");
  if (answer.status == 404 || (answer.status == 200 && answer.length == 0)) {
    aws_context_note(imds->context, "the instance has no role");
    return NULL;
  }
  if (answer.status != 200)
    (void)error_set(err, STATUS_UNAUTHORIZED, "HTTP status %ld for the role's name", answer.status);
  else if (!aws_imds_is_word(role, length) || memchr(role, '/', length) ||
           memchr(role, '?', length) || memchr(role, '#', length) || memchr(role, '%', length))
    (void)error_set(err, STATUS_UNAUTHORIZED, "what it gives as the role's name is none");
  else
    return xstrndup(role, length);
  return NULL;
}

static struct aws_credentials *find_keys(const struct aws_imds *imds, const char *role,
                                         struct error **err) {
  cleanup(aws_answer_clear) struct aws_answer answer = AWS_ANSWER;
  cleanup(cleanup_free) char *path = xasprintf(ROLES "%s", role);
  if (aws_imds_get(imds, path, AWS_CREDENTIALS_JSON_MAX, &answer, err) < 0)
    return NULL;
  if (answer.status != 200) {
    (void)error_set(err, STATUS_UNAUTHORIZED, "role %s: HTTP status %ld", role, answer.status);
    return NULL;
  }
  cleanup(cleanup_free) char *provider = xasprintf("instance role %s", role);
  struct error *trouble = NULL;
  struct aws_credentials *found =
      aws_credentials_parse(answer.body, answer.length, &form, provider, &trouble);
  if (!found)
    (void)error_set(err, STATUS_UNAUTHORIZED, "role %s: %s", role, trouble->message);
  error_free(trouble);
  int64_t now = aws_context_now(imds->context);
  if (found && found->expiry != 0 && found->expiry <= now) {
    cleanup(cleanup_free) char *when = timestamp_format(found->expiry);
    aws_context_note(imds->context,
                     "the keys of role %s ran out at %s and the instance has no newer ones: they "
                     "are used as they are",
                     role, when ? when : "?");
    found->expiry = now + EXTENSION;
  }
  return found;
}

struct aws_credentials *aws_credentials_imds(const struct aws_context *context,
                                             const struct aws_profiles *profiles,
                                             const char *profile, struct error **err) {
  cleanup(aws_imds_clear) struct aws_imds imds = AWS_IMDS;
  if (aws_imds_open(context, profiles, profile, &imds, err) <= 0)
    return NULL;
  cleanup(cleanup_error) struct error *trouble = NULL;
  struct aws_credentials *found = NULL;
  cleanup(cleanup_free) char *role = find_role(&imds, &trouble);
  if (role)
    found = find_keys(&imds, role, &trouble);
  if (trouble)
    (void)error_set(err, STATUS_UNAUTHORIZED, "instance metadata service: %s", trouble->message);
  return found;
}
