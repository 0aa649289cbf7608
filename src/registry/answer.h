/* Reads what registries and their token services answer, beside manifests and configs: errors
   (distribution spec, "Error Codes"), tokens (distribution's token spec), Link headers (RFC 8288)
   and lists of names. Pure: no requests, nothing kept. */
#ifndef OCIDUP_REGISTRY_ANSWER_H
#define OCIDUP_REGISTRY_ANSWER_H

#include <stddef.h>

#include "base/error.h"

/* Larger answers of a token service are refused, bytes. */
#define ANSWER_TOKEN_MAX ((size_t)64 * 1024)

/* Sets *err from an answer with HTTP_STATUS, which is no success: the status from the first error
   code in BODY that we know, else from HTTP_STATUS; the message says who (WHO: "http://host:5000")
   answered what. Always returns -1. */
int answer_error(const char *who, long http_status, const char *body, size_t length,
                 struct error **err);

/* The token in BODY, `token` or `access_token`; caller frees. *LIFETIME is for how many seconds it
   may be used, from now (60 when the answer does not say, as the token spec has it). NULL with *err
   (STATUS_UNAUTHORIZED) when there is none that can stand in a header. */
char *answer_token(const char *body, size_t length, long *lifetime, struct error **err);

/* Path and query of the page that VALUE, of a Link header of the answer to URL, calls `next`: into
   *next (caller frees), NULL when it calls none so. 0, or -1 with *err (STATUS_SERVER_ERROR) when
   it leads to another origin or to URL itself. */
int answer_next(const char *value, const char *url, char **next, struct error **err);

/* Calls EACH for each string in the array MEMBER of the object in BODY; null is an empty array.
   0, or -1 with *err (STATUS_SERVER_ERROR) when it is no such object, EACH said -1, or something in
   the array was no string (which is told when the others were taken). */
int answer_names(const char *body, size_t length, const char *member,
                 int (*each)(void *arg, const char *name, struct error **err), void *arg,
                 struct error **err);

#endif
