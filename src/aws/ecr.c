#include <config.h>

#include "aws/ecr.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "aws/ecr-error.h"
#include "base/cleanup.h"
#include "base/json-tree.h"
#include "base/xalloc.h"

/* Times that one call is sent again with other keys. */
enum { RENEWALS_MAX = 8 };

/* A URL, of which there is one for each config, and many at once. */
#define URL_ANSWER_MAX ((size_t)256 * 1024)

struct ecr {
  struct http *http;
  struct aws_source *source;
  char *region;
  char *endpoint;
  const struct ca *ca;
  char *lane;
};

struct call {
  struct ecr *ecr;
  char *operation;
  char *body;
  size_t length;
  char *key_id; /* that signed it */
  unsigned renewals;
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
  /* ECR throttles by account and region, each operation apart. */
  ecr->lane = xasprintf("%p %s", (void *)source, region);
  return ecr;
}

void ecr_trust(struct ecr *ecr, const struct ca *ca) {
  ecr->ca = ca;
}

const char *ecr_region(const struct ecr *ecr) {
  return ecr->region;
}

const struct ca *ecr_ca(const struct ecr *ecr) {
  return ecr->ca;
}

const char *ecr_endpoint(const struct ecr *ecr) {
  return ecr->endpoint;
}

/* The call is over. */
static void end(struct call *call, const struct json_node *reply, const struct error *error,
                const char *code) {
  ecr_done_fn *done = call->done;
  void *arg = call->arg;
  free(call->operation);
  free(call->body);
  free(call->key_id);
  free(call);
  done(arg, reply, error, code);
}

static void send_call(struct call *call, const struct aws_credentials *keys);

/* Sends a call again whose keys have expired, when there are others. False when there are none:
 *err is set when it is known why. */
static bool renew(struct call *call, struct error **err) {
  struct ecr *ecr = call->ecr;
  if (call->renewals == RENEWALS_MAX)
    return false;
  aws_source_expired(ecr->source, call->key_id);
  const struct aws_credentials *keys = aws_source_get(ecr->source, err);
  if (!keys || strcmp(keys->access_key_id, call->key_id) == 0)
    return false;
  call->renewals++;
  send_call(call, keys);
  return true;
}

/* An answer that is no success. */
static void refused(struct call *call, const struct http_response *response) {
  cleanup(cleanup_error) struct error *error = NULL;
  cleanup(ecr_error_clear) struct ecr_error said;
  ecr_error_read(response, &said);
  if (ecr_error_is_expiry(said.code) && renew(call, &error))
    return;
  ecr_error_set(&error, call->operation, &said, response->status);
  end(call, NULL, error, said.code);
}

static void answered(void *arg, const struct http_response *response) {
  struct call *call = arg;
  cleanup(cleanup_error) struct error *error = NULL;
  cleanup(json_tree_clear) struct json_tree reply = JSON_TREE;
  if (response->error) {
    error = error_copy(response->error);
  } else if (response->status != 200) {
    refused(call, response);
    return;
  } else {
    if (json_tree_parse(&reply, response->body, response->length, JSON_DEPTH, STATUS_SERVER_ERROR,
                        &error) == 0 &&
        reply.nodes->kind != JSON_OBJECT)
      error_set(&error, STATUS_SERVER_ERROR, "the answer is no JSON object");
  }
  error_wrap(&error, "%s", call->operation);
  end(call, error ? NULL : reply.nodes, error, NULL);
}

/* There were no keys to sign with: the call was not made, so nothing is said of it. */
static void unsigned_call(void *arg, const struct http_response *response) {
  end(arg, NULL, response->error, NULL);
}

static void send_call(struct call *call, const struct aws_credentials *keys) {
  struct ecr *ecr = call->ecr;
  free(call->key_id);
  call->key_id = xstrdup(keys->access_key_id);
  cleanup(cleanup_free) char *target =
      xasprintf("x-amz-target: AmazonEC2ContainerRegistry_V20150921.%s", call->operation);
  const char *const headers[] = {"content-type: application/x-amz-json-1.1", target, NULL};
  const struct http_signature signature = {.region = ecr->region,
                                           .service = "ecr",
                                           .access_key_id = keys->access_key_id,
                                           .secret_access_key = keys->secret_access_key,
                                           .session_token = keys->session_token};
  bool url = strcmp(call->operation, "GetDownloadUrlForLayer") == 0;
  const struct http_request request = {.method = "POST",
                                       .url = ecr->endpoint,
                                       .headers = headers,
                                       .body = call->body,
                                       .body_length = call->length,
                                       .signature = &signature,
                                       .lane = ecr->lane,
                                       .operation = call->operation,
                                       .max_body = url ? URL_ANSWER_MAX : ECR_ANSWER_MAX,
                                       .transient = ecr_error_is_passing,
                                       .ca = ecr->ca};
  http_send(ecr->http, &request, answered, call);
}

void ecr_call(struct ecr *ecr, const char *operation, struct json_object *body, ecr_done_fn *done,
              void *arg) {
  struct call *call = xcalloc(1, sizeof *call);
  call->ecr = ecr;
  call->operation = xstrdup(operation);
  call->done = done;
  call->arg = arg;
  const char *text = json_object_to_json_string_length(body, JSON_C_TO_STRING_PLAIN, &call->length);
  call->body = xstrndup(text, call->length);
  cleanup(cleanup_error) struct error *error = NULL;
  const struct aws_credentials *keys = aws_source_get(ecr->source, &error);
  if (keys)
    send_call(call, keys);
  else
    http_send_error(ecr->http, error, unsigned_call, call);
}

void ecr_free(struct ecr *ecr) {
  if (!ecr)
    return;
  free(ecr->region);
  free(ecr->endpoint);
  free(ecr->lane);
  free(ecr);
}
