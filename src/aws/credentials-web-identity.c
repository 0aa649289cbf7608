#include <config.h>

#include "aws/credentials-web-identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/cleanup.h"
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

/* What FD has, at most SIZE bytes; -1 with errno. */
static ssize_t read_all(int fd, char *bytes, size_t size) {
  size_t length = 0;
  while (length < size) {
    ssize_t count = read(fd, bytes + length, size - length);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return -1;
    if (count == 0)
      break;
    length += (size_t)count;
  }
  return (ssize_t)length;
}

static void forget(char **token) {
  if (*token)
    OPENSSL_cleanse(*token, TOKEN_MAX + 1);
  free(*token);
}

/* The token in PATH, in TOKEN_MAX + 1 bytes; NULL with *err. A file is read anew each time: whoever
   issues tokens replaces them. */
static char *read_token(const struct aws_context *context, const char *path, struct error **err) {
  cleanup(cleanup_free) char *file = aws_context_path(context, path);
  cleanup(cleanup_fd) int fd = file ? open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
  cleanup(forget) char *token = xcalloc(1, TOKEN_MAX + 1);
  ssize_t length = fd < 0 ? -1 : read_all(fd, token, TOKEN_MAX + 1);
  if (length < 0) {
    error_set(err, STATUS_UNAUTHORIZED, "web identity token %s: %s", path,
              file ? strerror(errno) : "there is no home folder");
    return NULL;
  }
  const char *why = NULL;
  if (length > TOKEN_MAX)
    why = "too large for a token";
  while (length > 0 && strchr(" \t\r\n", token[length - 1]))
    token[--length] = '\0';
  if (length == 0)
    why = "the file is empty";
  for (ssize_t i = 0; i < length && !why; i++)
    if ((unsigned char)token[i] <= ' ' || (unsigned char)token[i] >= 0x7f)
      why = "the file holds no token";
  if (why) {
    error_set(err, STATUS_UNAUTHORIZED, "web identity token %s: %s", path, why);
    return NULL;
  }
  char *result = token;
  token = NULL;
  return result;
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
                "profile %s has a web_identity_token_file, but no role_arn", profile);
    else
      error_set(err, STATUS_UNAUTHORIZED,
                "there is a web identity token (%s), but no role: set AWS_ROLE_ARN", path);
    return NULL;
  }
  cleanup(forget) char *token = read_token(sts->context, path, err);
  if (!token)
    return NULL;
  struct aws_credentials *keys = sts_assume_role_with_web_identity(sts, token, &role, err);
  if (!keys) {
    error_wrap(err, "web identity: role %s", role.arn);
    return NULL;
  }
  free(keys->provider);
  keys->provider = xasprintf("web identity: role %s", role.arn);
  return keys;
}
