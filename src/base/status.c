#include <config.h>

#include "base/status.h"

#include <string.h>

static const char *const names[] = {
    [STATUS_OK] = "ok",
    [STATUS_ARTIFACT] = "artifact",
    [STATUS_ARCHIVED] = "archived",
    [STATUS_LEGACY] = "legacy",
    [STATUS_INVALID_REFERENCE] = "invalid_reference",
    [STATUS_NOT_FOUND] = "not_found",
    [STATUS_UNAUTHORIZED] = "unauthorized",
    [STATUS_DENIED] = "denied",
    [STATUS_RATE_LIMITED] = "rate_limited",
    [STATUS_TIMEOUT] = "timeout",
    [STATUS_NETWORK] = "network",
    [STATUS_TLS] = "tls",
    [STATUS_BAD_MANIFEST] = "bad_manifest",
    [STATUS_DIGEST_MISMATCH] = "digest_mismatch",
    [STATUS_UNSUPPORTED] = "unsupported",
    [STATUS_TOO_LARGE] = "too_large",
    [STATUS_SERVER_ERROR] = "server_error",
    [STATUS_LOCAL] = "local",
};

const char *status_name(enum status status) {
  return names[status];
}

bool status_parse(const char *name, enum status *status) {
  for (int i = STATUS_OK; i < STATUS_LOCAL; i++)
    if (strcmp(name, names[i]) == 0) {
      *status = (enum status)i;
      return true;
    }
  return false;
}

bool status_is_failure(enum status status) {
  return status >= STATUS_INVALID_REFERENCE;
}
