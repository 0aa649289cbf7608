/* A world for the providers of AWS credentials: variables, a clock that stands, a server that is a
   function, and what was asked and noted. */
#ifndef OCIDUP_TESTS_AWS_WORLD_H
#define OCIDUP_TESTS_AWS_WORLD_H

#include <stdlib.h>
#include <string.h>

#include "aws/context.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "unit.h"

enum { WORLD_VARIABLES = 64 };

struct world {
  struct aws_context context;
  char *names[WORLD_VARIABLES], *values[WORLD_VARIABLES]; /* owned */
  int count;
  int64_t now;
  /* Answers a request, or says why there is none. */
  aws_exchange_fn *server;
  int asked;            /* how often */
  struct strbuf traced; /* of each: "METHOD URL KEY BODY\n" */
  struct strbuf notes;  /* each with its line feed */
};

static const char *world_get(void *arg, const char *name) {
  const struct world *world = arg;
  for (int i = 0; i < world->count; i++)
    if (strcmp(world->names[i], name) == 0)
      return world->values[i];
  return NULL;
}

static int64_t world_now(void *arg) {
  return ((const struct world *)arg)->now;
}

static int world_exchange(void *arg, const struct aws_exchange *exchange, struct aws_answer *answer,
                          struct error **err) {
  struct world *world = arg;
  const struct http_request *request = &exchange->request;
  world->asked++;
  ck_assert_uint_gt(request->max_body, 0);
  ck_assert_int_eq(strbuf_printf(&world->traced, "%s %s %s %.*s\n", request->method, request->url,
                                 request->signature ? request->signature->access_key_id : "-",
                                 (int)request->body_length, request->body ? request->body : ""),
                   0);
  *answer = (struct aws_answer)AWS_ANSWER;
  if (!world->server)
    return error_set(err, STATUS_NETWORK, "%s: nobody is there", request->url);
  return world->server(arg, exchange, answer, err);
}

static inline void world_answer(struct aws_answer *answer, long status, const char *body) {
  *answer = (struct aws_answer){.status = status, .body = xstrdup(body), .length = strlen(body)};
}

static void world_note(void *arg, const char *text) {
  struct world *world = arg;
  ck_assert_int_eq(strbuf_printf(&world->notes, "%s\n", text), 0);
}

static inline void world_init(struct world *world) {
  *world = (struct world){
      .now = 1000000000, .traced = STRBUF(1024 * 1024), .notes = STRBUF(1024 * 1024)};
  world->context = (struct aws_context){.env = world_get,
                                        .env_arg = world,
                                        .now = world_now,
                                        .now_arg = world,
                                        .exchange = world_exchange,
                                        .exchange_arg = world,
                                        .note = world_note,
                                        .note_arg = world};
}

static inline void world_set(struct world *world, const char *name, const char *value) {
  for (int i = 0; i < world->count; i++)
    if (strcmp(world->names[i], name) == 0) {
      free(world->values[i]);
      world->values[i] = xstrdup(value);
      return;
    }
  ck_assert_int_lt(world->count, WORLD_VARIABLES);
  world->names[world->count] = xstrdup(name);
  world->values[world->count++] = xstrdup(value);
}

static inline void world_clear(struct world *world) {
  for (int i = 0; i < world->count; i++) {
    free(world->names[i]);
    free(world->values[i]);
  }
  strbuf_free(&world->traced);
  strbuf_free(&world->notes);
}

#endif
