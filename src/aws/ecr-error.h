/* What an AWS JSON service answers when it does not do what was asked (Smithy's AWS JSON 1.1
   protocol, "Operation error serialization"; ECR API Reference, the operations' and the common
   errors): read, and told in our terms. Sends nothing. */
#ifndef OCIDUP_AWS_ECR_ERROR_H
#define OCIDUP_AWS_ECR_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "net/http.h"

struct ecr_error {
  char *code;    /* without namespace: "ThrottlingException"; NULL when the answer holds none */
  char *message; /* the service's own: its first line without its full stop, at most 512 bytes;
                    NULL: none */
};

/* For `struct ecr_error e = ECR_ERROR;` */
#define ECR_ERROR                                                                                  \
  { .code = NULL }

/* Reads BODY, and TYPE, the value of the header x-amzn-errortype (NULL: none). Never fails: what is
   no error document gives an empty *error. */
void ecr_error_parse(const char *body, size_t length, const char *type, struct ecr_error *error);

/* The same of RESPONSE, which is there. */
void ecr_error_read(const struct http_response *response, struct ecr_error *error);

void ecr_error_clear(struct ecr_error *error);

/* True for a failure that goes away by itself, whatever the HTTP status. */
bool ecr_error_is_transient(const char *code);

/* The same of RESPONSE; an http_request.transient: throttling is an HTTP 400, which net/http
   rightly takes for final. */
bool ecr_error_is_passing(const struct http_response *response);

/* True when CODE says that temporary keys have run out, so that others may help. RequestExpired is
   a clock that is wrong, and UnrecognizedClient a key that never was one: botocore, too, asks
   nobody for other keys then. */
bool ecr_error_is_expiry(const char *code);

/* A row's status for CODE (may be NULL) in an answer with HTTP_STATUS. */
enum status ecr_error_status(const char *code, long http_status);

/* Sets *err: "OPERATION: CODE: MESSAGE; what to do". Always returns -1. */
int ecr_error_set(struct error **err, const char *operation, const struct ecr_error *error,
                  long http_status);

#endif
