#include <config.h>

#include "aws/ecr-error.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

enum { CODE_MAX = 128, MESSAGE_MAX = 512 };

/* "com.amazonaws.ecr#ThrottlingException:http://…" is "ThrottlingException". */
static char *code_of(const char *type) {
  if (!type)
    return NULL;
  size_t length = strcspn(type, ":");
  for (size_t i = length; i > 0; i--)
    if (type[i - 1] == '#') {
      type += i;
      length -= i;
      break;
    }
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";
  if (length == 0 || length > CODE_MAX || strspn(type, letters) < length)
    return NULL;
  return xstrndup(type, length);
}

static char *message_of(const char *text) {
  if (!text)
    return NULL;
  size_t length = strcspn(text, "\r\n");
  if (length > MESSAGE_MAX) {
    length = MESSAGE_MAX;
    while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
      length--; /* not into the middle of a character */
  }
  while (length > 0 && strchr(" .", text[length - 1]))
    length--; /* more follows in ours */
  return length > 0 ? xstrndup(text, length) : NULL;
}

void ecr_error_parse(const char *body, size_t length, const char *type, struct ecr_error *error) {
  *error = (struct ecr_error)ECR_ERROR;
  struct error *ignored = NULL;
  cleanup(cleanup_json) struct json_object *document =
      json_parse_bounded(body, length, JSON_DEPTH, STATUS_SERVER_ERROR, &ignored);
  error_free(ignored);
  error->code = code_of(json_get_string(document, "__type"));
  if (!error->code)
    error->code = code_of(type);
  if (!error->code)
    error->code = code_of(json_get_string(document, "code"));
  error->message = message_of(json_get_string(document, "message"));
  if (!error->message)
    error->message = message_of(json_get_string(document, "Message"));
}

void ecr_error_read(const struct http_response *response, struct ecr_error *error) {
  ecr_error_parse(response->body, response->length, http_header(response, "x-amzn-errortype"),
                  error);
}

void ecr_error_clear(struct ecr_error *error) {
  free(error->code);
  free(error->message);
  *error = (struct ecr_error)ECR_ERROR;
}

/* Codes come with and without "Exception" at their end. */
static bool is(const char *code, const char *name) {
  size_t length = strlen(name);
  return strncmp(code, name, length) == 0 &&
         (code[length] == '\0' || strcmp(code + length, "Exception") == 0);
}

static bool is_any(const char *code, const char *const *names) {
  for (; code && *names; names++)
    if (is(code, *names))
      return true;
  return false;
}

static const char *const throttled[] = {
    "Throttling",           "Throttled",        "TooManyRequests", "LimitExceeded",
    "RequestLimitExceeded", "RequestThrottled", "SlowDown",        NULL};
static const char *const timed_out[] = {"RequestTimeout", "RequestTimedOut", NULL};
static const char *const broken[] = {"Server",          "InternalFailure",    "InternalServerError",
                                     "InternalService", "ServiceUnavailable", NULL};
static const char *const not_there[] = {"RepositoryNotFound",
                                        "ImageNotFound",
                                        "LayersNotFound",
                                        "LayerInaccessible",
                                        "RegistryPolicyNotFound",
                                        "RepositoryPolicyNotFound",
                                        "LifecyclePolicyNotFound",
                                        "ReferencedImagesNotFound",
                                        NULL};
static const char *const not_allowed[] = {"AccessDenied", "AuthorizationError",
                                          "UnauthorizedOperation", "OptInRequired", NULL};
static const char *const expired[] = {"ExpiredToken", "RequestExpired", NULL};
static const char *const unknown_key[] = {"UnrecognizedClient", "InvalidClientTokenId",
                                          "InvalidAccessKeyId", NULL};
static const char *const wrong_signature[] = {"InvalidSignature", "SignatureDoesNotMatch",
                                              "IncompleteSignature", NULL};
static const char *const unsigned_call[] = {"MissingAuthenticationToken", NULL};
static const char *const unsupported[] = {"UnsupportedImageType", "UnsupportedOperation",
                                          "UnknownOperation", NULL};

bool ecr_error_is_transient(const char *code) {
  return is_any(code, throttled) || is_any(code, timed_out) || is_any(code, broken);
}

bool ecr_error_is_passing(const struct http_response *response) {
  if (response->error || response->status < 400)
    return false;
  cleanup(ecr_error_clear) struct ecr_error error;
  ecr_error_read(response, &error);
  return ecr_error_is_transient(error.code);
}

bool ecr_error_is_expiry(const char *code) {
  return code && is(code, "ExpiredToken");
}

enum status ecr_error_status(const char *code, long http_status) {
  if (is_any(code, throttled))
    return STATUS_RATE_LIMITED;
  if (is_any(code, timed_out))
    return STATUS_TIMEOUT;
  if (is_any(code, not_there))
    return STATUS_NOT_FOUND;
  if (is_any(code, not_allowed))
    return STATUS_DENIED;
  if (is_any(code, expired) || is_any(code, unknown_key) || is_any(code, wrong_signature) ||
      is_any(code, unsigned_call))
    return STATUS_UNAUTHORIZED;
  if (is_any(code, unsupported))
    return STATUS_UNSUPPORTED;
  /* An unknown code says no more than the HTTP status, whose 404 is no answer of this API: it is
     the sign of another server, and must not pass for an image that is not there. */
  if (http_status == 404)
    return STATUS_SERVER_ERROR;
  return http_status_failure(http_status);
}

static char *hint(const char *code, const char *operation, long http_status) {
  if (is_any(code, expired))
    return xstrdup("get new credentials, and check this machine's clock");
  if (is_any(code, unknown_key))
    return xstrdup(
        "check the access key and the session token (of the variables or of the profile; -v "
        "tells which), and that the account has this "
        "region enabled");
  if (is_any(code, wrong_signature))
    return xstrdup(
        "check the secret of the access key (of the variables or of the profile; -v tells "
        "which), and this machine's clock");
  if (is_any(code, not_allowed))
    return xasprintf("allow ecr:%s", operation);
  if (is_any(code, throttled))
    return xstrdup("try fewer --jobs, or a larger --max-retries");
  if (!code && http_status == 404)
    return xstrdup("is the endpoint ECR's?");
  return NULL;
}

int ecr_error_set(struct error **err, const char *operation, const struct ecr_error *error,
                  long http_status) {
  struct strbuf text = STRBUF(2048);
  strbuf_puts(&text, operation);
  if (error->code)
    strbuf_printf(&text, ": %s", error->code);
  else
    strbuf_printf(&text, ": HTTP status %ld", http_status);
  if (error->message)
    strbuf_printf(&text, ": %s", error->message);
  cleanup(cleanup_free) char *next = hint(error->code, operation, http_status);
  if (next)
    strbuf_printf(&text, "; %s", next);
  error_set(err, ecr_error_status(error->code, http_status), "%s", strbuf_str(&text));
  strbuf_free(&text);
  return -1;
}
