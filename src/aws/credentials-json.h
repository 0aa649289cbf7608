/* Credentials in a JSON object, as programs, containers, instances and IAM Identity Center give
   them: the same four values under other names. Reads and checks; asks nobody. */
#ifndef OCIDUP_AWS_CREDENTIALS_JSON_H
#define OCIDUP_AWS_CREDENTIALS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

#include "aws/credentials.h"
#include "base/error.h"

/* What such an answer may have, bytes: the largest session tokens are some KiB. */
#define AWS_CREDENTIALS_JSON_MAX ((size_t)256 * 1024)

struct aws_credentials_form {
  const char *inside; /* the member that holds the others; NULL: they are at the top */
  const char
      *names[3]; /* of access key ID, secret access key, session token (which may be absent) */
  const char *expiration; /* RFC 3339, or milliseconds as a number; may be absent */
  bool versioned;         /* "Version" must be there, and 1 */
};

/* The keys in the LENGTH bytes of TEXT; caller frees. NULL with *err (STATUS_UNAUTHORIZED) when it
   is not such an object; when it says that there are none ("Code" and "Message", as containers and
   instances do); when a value cannot be one. Values are in no error. EXPIRY is as given, so perhaps
   in the past; ACCOUNT is "AccountId". */
struct aws_credentials *aws_credentials_parse(const char *text, size_t length,
                                              const struct aws_credentials_form *form,
                                              const char *provider, struct error **err);

/* TEXT that a service or a program said, fit to be shown: sanitised, the first 200 bytes, and ""
   when it holds SECRET (NULL: none) or is NULL itself. Caller frees. */
char *aws_credentials_said(const char *text, const char *secret);

/* Fails when CREDENTIALS had run out by NOW: frees them and returns NULL with *err. NULL is passed
   through. */
struct aws_credentials *aws_credentials_current(struct aws_credentials *credentials, int64_t now,
                                                struct error **err);

/* Overwrites all strings in OBJECT, then releases it. NULL is allowed. */
void aws_json_wipe(struct json_object *object);

static inline void cleanup_secret_json(struct json_object **object) {
  aws_json_wipe(*object);
}

#endif
