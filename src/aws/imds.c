#include <config.h>

#include "aws/imds.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "net/url.h"

#define TOKEN_SECONDS "21600"
#define TOKEN_MAX ((size_t)4096)

/* A machine that has no such service must not be kept waiting. */
enum { TIMEOUT = 1, ATTEMPTS = 1, TIMEOUT_MAX = 3600, ATTEMPTS_MAX = 100 };

/* ---- settings ---- */

struct settings {
  const struct aws_context *context;
  const struct aws_profiles *profiles;
  const char *profile;
};

/* VARIABLE, or KEY of the profile; *NAME is which. NULL: neither. */
static const char *setting(const struct settings *settings, const char *variable, const char *key,
                           const char **name) {
  *name = variable;
  const char *value = aws_context_env(settings->context, variable);
  if (!value && settings->profiles) {
    *name = key;
    value = aws_profiles_get(settings->profiles, settings->profile, key);
  }
  return value;
}

static int read_number(const struct settings *settings, const char *variable, const char *key,
                       long max, long *number, struct error **err) {
  const char *name;
  const char *value = setting(settings, variable, key, &name);
  if (!value)
    return 0;
  char *end;
  long read = strtol(value, &end, 10);
  if (*end || end == value || read < 1 || read > max)
    return error_set(err, STATUS_UNAUTHORIZED, "%s is no number from 1 to %ld", name, max);
  *number = read;
  return 0;
}

static int read_base(const struct settings *settings, char **base, struct error **err) {
  const char *name, *mode_name;
  const char *mode = setting(settings, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                             "ec2_metadata_service_endpoint_mode", &mode_name);
  const char *url = setting(settings, "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                            "ec2_metadata_service_endpoint", &name);
  if (!url && mode && strcasecmp(mode, "ipv6") != 0 && strcasecmp(mode, "ipv4") != 0)
    return error_set(err, STATUS_UNAUTHORIZED, "%s is neither IPv4 nor IPv6", mode_name);
  if (!url)
    url =
        mode && strcasecmp(mode, "ipv6") == 0 ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
  cleanup(cleanup_free) char *origin = url_origin(url, NULL);
  if (!origin || strpbrk(url, "?#"))
    return error_set(err, STATUS_UNAUTHORIZED,
                     "%s is no http or https URL without user info, query and fragment", name);
  *base = xstrdup(url);
  for (size_t length = strlen(url); length > 0 && (*base)[length - 1] == '/';)
    (*base)[--length] = '\0';
  return 0;
}

/* ---- the service ---- */

/* One exchange, PATH below the service. */
static int ask(const struct aws_imds *imds, const char *method, const char *path,
               const char *header, size_t max, struct aws_answer *answer, struct error **err) {
  cleanup(cleanup_free) char *url = xasprintf("%s%s", imds->base, path);
  const char *const headers[] = {header, NULL};
  const struct aws_exchange exchange = {
      .request = {.method = method, .url = url, .headers = headers, .max_body = max},
      .timeout = imds->timeout,
      .retries = imds->attempts - 1,
      .direct = true};
  return imds->context->exchange(imds->context->exchange_arg, &exchange, answer, err);
}

bool aws_imds_is_word(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (text[i] <= ' ' || text[i] >= 0x7f)
      return false;
  return length > 0;
}

static bool is_nobody(const struct error *error) {
  return error->status == STATUS_NETWORK || error->status == STATUS_TIMEOUT ||
         error->status == STATUS_SERVER_ERROR || error->status == STATUS_TOO_LARGE;
}

/* Begins a session: 1; 0 when this is no instance that gives one; -1 with *err. Whatever is at that
   address elsewhere (other clouds have theirs) is no error. */
static int begin(struct aws_imds *imds, struct error **err) {
  cleanup(aws_answer_clear) struct aws_answer answer = AWS_ANSWER;
  struct error *trouble = NULL;
  if (ask(imds, "PUT", "/latest/api/token", "x-aws-ec2-metadata-token-ttl-seconds: " TOKEN_SECONDS,
          TOKEN_MAX, &answer, &trouble) < 0) {
    bool nobody = is_nobody(trouble);
    if (nobody)
      aws_context_note(imds->context, "no instance metadata service: %s", trouble->message);
    else
      (void)error_set(err, STATUS_UNAUTHORIZED, "%s", trouble->message);
    error_free(trouble);
    return nobody ? 0 : -1;
  }
  if (answer.status != 200 || strlen(answer.body) != answer.length ||
      !aws_imds_is_word(answer.body, answer.length)) {
    aws_context_note(imds->context,
                     "the instance metadata service %s gives no token (HTTP status %ld); its "
                     "version 1 is not asked",
                     imds->base, answer.status);
    return 0;
  }
  imds->header = xasprintf("x-aws-ec2-metadata-token: %s", answer.body);
  return 1;
}

int aws_imds_open(const struct aws_context *context, const struct aws_profiles *profiles,
                  const char *profile, struct aws_imds *imds, struct error **err) {
  if (aws_context_flag(context, "AWS_EC2_METADATA_DISABLED"))
    return 0;
  const struct settings settings = {context, profiles, profile};
  long timeout = TIMEOUT, attempts = ATTEMPTS;
  imds->context = context;
  if (read_base(&settings, &imds->base, err) < 0 ||
      read_number(&settings, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout",
                  TIMEOUT_MAX, &timeout, err) < 0 ||
      read_number(&settings, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts",
                  ATTEMPTS_MAX, &attempts, err) < 0)
    return -1;
  imds->timeout = timeout;
  imds->attempts = (unsigned)attempts;
  int result = begin(imds, err);
  return result < 0 ? error_wrap(err, "instance metadata service") : result;
}

int aws_imds_get(const struct aws_imds *imds, const char *path, size_t max,
                 struct aws_answer *answer, struct error **err) {
  return ask(imds, "GET", path, imds->header, max, answer, err);
}

void aws_imds_clear(struct aws_imds *imds) {
  free(imds->base);
  if (imds->header)
    OPENSSL_cleanse(imds->header, strlen(imds->header));
  free(imds->header);
  *imds = (struct aws_imds){.base = NULL};
}
