/* The outcomes a record's `status` column can hold, see ocidup-tsv(5). Owns their names;
   what they mean for a verdict is report/match's business. */
#ifndef OCIDUP_BASE_STATUS_H
#define OCIDUP_BASE_STATUS_H

#include <stdbool.h>

enum status {
  STATUS_OK,
  STATUS_ARTIFACT,
  STATUS_ARCHIVED,
  STATUS_LEGACY,
  /* Failures: the first one is STATUS_INVALID_REFERENCE. */
  STATUS_INVALID_REFERENCE,
  STATUS_NOT_FOUND,
  STATUS_UNAUTHORIZED,
  STATUS_DENIED,
  STATUS_RATE_LIMITED,
  STATUS_TIMEOUT,
  STATUS_NETWORK,
  STATUS_TLS,
  STATUS_BAD_MANIFEST,
  STATUS_DIGEST_MISMATCH,
  STATUS_UNSUPPORTED,
  STATUS_TOO_LARGE,
  STATUS_SERVER_ERROR,
  /* Not a row's outcome: this process's own trouble (usage, files, input streams). */
  STATUS_LOCAL
};

/* The name as it stands in a record, for example "not_found"; "local" for STATUS_LOCAL. */
const char *status_name(enum status status);

/* Sets *status from a record's cell. False if the name is none of a record's outcomes. */
bool status_parse(const char *name, enum status *status);

/* True for STATUS_INVALID_REFERENCE and all after it. */
bool status_is_failure(enum status status);

#endif
