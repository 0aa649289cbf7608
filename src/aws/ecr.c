#include <config.h>

#include "aws/ecr.h"

#include <stdlib.h>
#include <string.h>

#include "aws/ecr-error.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "base/xalloc.h"

struct ecr {
  struct http *http;
  struct aws_source *source;
  char *region;
  char *endpoint;
};

struct call {
  char *operation;
  ecr_done_fn *done;
  void *arg;
};

struct ecr *ecr_new(struct http *http, struct aws_source *source, const char *region,
                    const char *endpoint_url) {
  struct ecr *ecr = xcalloc(1, sizeof *ecr);
  ecr->http = http;
  ecr->source = source;
  ecr->region = xstrdup(region);
  ecr->endpoint = xstrdup(endpoint_url);
  return ecr;
}

const char *ecr_region(const struct ecr *ecr) {
  return ecr->region;
}

const char *ecr_endpoint(const struct ecr *ecr) {
  return ecr->endpoint;
}

static void read_error(const struct http_response *response, struct ecr_error *error) {
  ecr_error_parse(response->body, response->length, http_header(response, "x-amzn-errortype"),
                  error);
}

/* Throttling is an HTTP 400, which net/http rightly takes for final. */
static bool is_transient(const struct http_response *response) {
  if (response->error || response->status < 400)
    return false;
  struct ecr_error error;
  read_error(response, &error);
  bool transient = ecr_error_is_transient(error.code);
  ecr_error_clear(&error);
  return transient;
}

static void fail(const struct call *call, const struct error *error, const char *code) {
  call->done(call->arg, NULL, error, code);
}

static void answer(const struct call *call, const struct http_response *response) {
  cleanup(cleanup_error) struct error *error = NULL;
  if (response->error) {
    error = error_copy(response->error);
    error_wrap(&error, "%s", call->operation);
    fail(call, error, NULL);
    return;
  }
  if (response->status != 200) {
    struct ecr_error said;
    read_error(response, &said);
    ecr_error_set(&error, call->operation, &said, response->status);
    fail(call, error, said.code);
    ecr_error_clear(&said);
    return;
  }
  cleanup(cleanup_json) struct json_object *reply =
      json_parse_bounded(response->body, response->length, JSON_DEPTH, STATUS_SERVER_ERROR, &error);
  if (reply && !json_object_is_type(reply, json_type_object))
    error_set(&error, STATUS_SERVER_ERROR, "the answer is no JSON object");
  if (error) {
    error_wrap(&error, "%s", call->operation);
    fail(call, error, NULL);
    return;
  }
  call->done(call->arg, reply, NULL, NULL);
}

static void answered(void *arg, const struct http_response *response) {
  struct call *call = arg;
  answer(call, response);
  free(call->operation);
  free(call);
}

void ecr_call(struct ecr *ecr, const char *operation, struct json_object *body, ecr_done_fn *done,
              void *arg) {
  struct call *call = xmalloc(sizeof *call);
  *call = (struct call){.operation = xstrdup(operation), .done = done, .arg = arg};
  cleanup(cleanup_free) char *target =
      xasprintf("x-amz-target: AmazonEC2ContainerRegistry_V20150921.%s", operation);
  const char *const headers[] = {"content-type: application/x-amz-json-1.1", target, NULL};
  cleanup(cleanup_error) struct error *error = NULL;
  const struct aws_credentials *keys = aws_source_get(ecr->source, &error);
  if (!keys) {
    http_send_error(ecr->http, error, answered, call);
    return;
  }
  const struct http_signature signature = {.region = ecr->region,
                                           .service = "ecr",
                                           .access_key_id = keys->access_key_id,
                                           .secret_access_key = keys->secret_access_key,
                                           .session_token = keys->session_token};
  size_t length;
  const char *text = json_object_to_json_string_length(body, JSON_C_TO_STRING_PLAIN, &length);
  const struct http_request request = {.method = "POST",
                                       .url = ecr->endpoint,
                                       .headers = headers,
                                       .body = text,
                                       .body_length = length,
                                       .signature = &signature,
                                       .max_body = ECR_ANSWER_MAX,
                                       .transient = is_transient};
  http_send(ecr->http, &request, answered, call);
}

void ecr_free(struct ecr *ecr) {
  if (!ecr)
    return;
  free(ecr->region);
  free(ecr->endpoint);
  free(ecr);
}
