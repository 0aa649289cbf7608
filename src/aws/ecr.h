/* The ECR JSON API (Amazon ECR API Reference, version 2015-09-21): signed calls with ECR's rules
   for what is transient, and its errors as ours. Knows operations, not what an inventory is. */
#ifndef OCIDUP_AWS_ECR_H
#define OCIDUP_AWS_ECR_H

#include <json-c/json.h>

#include "aws/source.h"
#include "base/error.h"
#include "base/json-tree.h"
#include "net/http.h"

struct ecr;

/* A client for one region at one endpoint. Borrows HTTP and SOURCE; copies the others. */
struct ecr *ecr_new(struct http *http, struct aws_source *source, const char *region,
                    const char *endpoint_url);

/* Certificates to trust instead of HTTP's; borrowed. */
void ecr_trust(struct ecr *ecr, const struct ca *ca);

const char *ecr_region(const struct ecr *ecr);
const char *ecr_endpoint(const struct ecr *ecr);
const struct ca *ecr_ca(const struct ecr *ecr); /* NULL: HTTP's */

/* The largest answer that is taken, bytes: a hundred usual manifests are some hundred KB, and two
   of the largest that there can be still fit with their quotes escaped. More is
   STATUS_TOO_LARGE; a caller of BatchGetImage then asks for fewer. */
#define ECR_ANSWER_MAX ((size_t)16 * 1024 * 1024)

/* REPLY is the answer's object, borrowed, or NULL with ERROR: its status is a row's, its message
   starts with the operation and holds AWS's own code and message, or is the source's when there
   were no keys. CODE is AWS's error code without
   its namespace ("RepositoryNotFoundException"), or NULL. */
typedef void ecr_done_fn(void *arg, const struct json_node *reply, const struct error *error,
                         const char *code);

/* Calls OPERATION ("DescribeImages") with BODY (borrowed). When ECR says that the keys have expired
   it is sent again with those that the source has then. */
void ecr_call(struct ecr *ecr, const char *operation, struct json_object *body, ecr_done_fn *done,
              void *arg);

/* NULL is allowed. */
void ecr_free(struct ecr *ecr);

#endif
