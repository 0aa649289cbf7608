#include <config.h>

#include "aws/credentials-web-identity.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/xalloc.h"

/* STS takes 20,000 characters. */
enum { TOKEN_MAX = 64 * 1024 };

struct setting {
  const char *variable;
  const char *key;
};
static const struct setting token_file = {"AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file"};
static const struct setting role_arn = {"AWS_ROLE_ARN", "role_arn"};
static const struct setting session_name = {"AWS_ROLE_SESSION_NAME", "role_session_name"};

static const char *setting(const struct sts *sts, const char *profile, bool only_profile,
                           const struct setting *setting) {
  const char *value = only_profile ? NULL : aws_context_env(sts->context, setting->variable);
  return value ? value : aws_profiles_get(sts->profiles, profile, setting->key);
}

struct token {
  char *text;
  size_t size; /* of the file */
};

static void token_clear(struct token *token) {
  file_wipe(token->text, token->size);
}

/* The token in PATH: 0 with *TOKEN, or -1 with *err. A file is read anew each time: whoever issues
   tokens replaces them. */
static int read_token(const struct aws_context *context, const char *path, struct token *token,
                      struct error **err) {
  cleanup(cleanup_free) char *file = aws_context_path(context, path);
  cleanup(cleanup_error) struct error *trouble = NULL;
  if (file)
    token->text = file_read(file, TOKEN_MAX, &token->size, &trouble);
  else
    error_set(&trouble, STATUS_LOCAL, "%s: there is no home folder", path);
  if (!token->text)
    return error_set(err, STATUS_UNAUTHORIZED, "web identity token: %s", trouble->message);
  size_t length = token->size;
  while (length > 0 && strchr(" \t\r\n", token->text[length - 1]))
    length--;
  token->text[length] = '\0';
  bool sound = length > 0;
  for (size_t i = 0; i < length; i++)
    sound &= (unsigned char)token->text[i] > ' ' && (unsigned char)token->text[i] < 0x7f;
  if (sound)
    return 0;
  return error_set(err, STATUS_UNAUTHORIZED, "web identity token: %s: the file %s", file,
                   length == 0 ? "is empty" : "holds no token");
}

struct aws_credentials *aws_credentials_web_identity(const struct sts *sts, const char *profile,
                                                     bool only_profile, struct error **err) {
  const char *path = setting(sts, profile, only_profile, &token_file);
  if (!path)
    return NULL;
  const struct sts_role role = {.arn = setting(sts, profile, only_profile, &role_arn),
                                .session_name = setting(sts, profile, only_profile, &session_name)};
  if (!role.arn) {
    if (only_profile)
      error_set(err, STATUS_UNAUTHORIZED,
                "profile %s: it has a web_identity_token_file, but no role_arn", profile);
    else
      error_set(err, STATUS_UNAUTHORIZED,
                "there is a web identity token (%s), but no role: set AWS_ROLE_ARN", path);
    return NULL;
  }
  cleanup(token_clear) struct token token = {.text = NULL};
  if (read_token(sts->context, path, &token, err) < 0)
    return NULL;
  struct aws_credentials *keys = sts_assume_role_with_web_identity(sts, token.text, &role, err);
  if (!keys) {
    error_wrap(err, "web identity: role %s", role.arn);
    return NULL;
  }
  free(keys->provider);
  keys->provider = xasprintf("web identity: role %s", role.arn);
  return keys;
}
