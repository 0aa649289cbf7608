/* A world for the providers of AWS credentials: variables, a clock that stands, and a script of
   exchanges, each checked against what is asked. */
#ifndef OCIDUP_TESTS_FAKE_WORLD_H
#define OCIDUP_TESTS_FAKE_WORLD_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/context.h"
#include "unit.h"

/* 2024-01-02T03:04:05Z */
#define FAKE_NOW INT64_C(1704164645)

/* What must be asked next, and what comes. */
struct fake_exchange {
  const char *method; /* NULL: GET */
  const char *url;
  const char *header;        /* must be among the headers; NULL: none is looked for */
  const char *authorization; /* exactly; NULL: none */
  const char *body;          /* exactly; NULL: none */
  long status;               /* 0: nothing comes but an error */
  const char *answer;        /* NULL: "" */
  enum status error;         /* with status 0 */
  const char *why;           /* its message */
  void (*meanwhile)(void);   /* what others do before it comes; NULL: nothing */
};

struct fake_world {
  struct aws_context context;
  const char *const *env; /* name, value, …, NULL */
  int64_t now;
  const struct fake_exchange *script;
  size_t length, at;
  bool direct;      /* what is asked must not go by a proxy */
  long timeout;     /* that is asked with; 0: any */
  unsigned retries; /* with timeout */
  char notes[4096];
};

static inline const char *fake_env(void *arg, const char *name) {
  const struct fake_world *world = arg;
  for (const char *const *pair = world->env; pair && *pair; pair += 2)
    if (strcmp(pair[0], name) == 0)
      return pair[1];
  return NULL;
}

static inline int64_t fake_now(void *arg) {
  return ((const struct fake_world *)arg)->now;
}

static inline void fake_note(void *arg, const char *text) {
  struct fake_world *world = arg;
  size_t length = strlen(world->notes);
  (void)snprintf(world->notes + length, sizeof world->notes - length, "%s\n", text);
}

static inline bool fake_has(const char *const *headers, const char *wanted) {
  for (; headers && *headers; headers++)
    if (strcmp(*headers, wanted) == 0)
      return true;
  return false;
}

static inline int fake_exchange(void *arg, const struct aws_exchange *asked,
                                struct aws_answer *answer, struct error **err) {
  struct fake_world *world = arg;
  const struct http_request *request = &asked->request;
  ck_assert_msg(world->at < world->length, "one exchange too many: %s", request->url);
  const struct fake_exchange *next = &world->script[world->at++];
  ck_assert_str_eq(request->method, next->method ? next->method : "GET");
  ck_assert_str_eq(request->url, next->url);
  ck_assert_msg(!next->header || fake_has(request->headers, next->header), "%s: no header %s",
                next->url, next->header);
  ck_assert_pstr_eq(request->authorization, next->authorization);
  ck_assert_pstr_eq(request->body, next->body);
  ck_assert_uint_eq(request->body_length, next->body ? strlen(next->body) : 0);
  ck_assert_uint_gt(request->max_body, 0);
  ck_assert_uint_le(request->max_body, 1024 * 1024);
  ck_assert(!request->follow);
  ck_assert_int_eq(asked->direct, world->direct);
  if (world->timeout) {
    ck_assert_int_eq(asked->timeout, world->timeout);
    ck_assert_uint_eq(asked->retries, world->retries);
  }
  if (next->meanwhile)
    next->meanwhile();
  if (!next->status)
    return error_set(err, next->error, "%s", next->why);
  *answer = (struct aws_answer){.status = next->status};
  answer->body = strdup(next->answer ? next->answer : "");
  ck_assert_ptr_nonnull(answer->body);
  answer->length = strlen(answer->body);
  return 0;
}

/* Sets up WORLD (env, script and what is asked of it are its caller's). */
static inline const struct aws_context *fake_context(struct fake_world *world) {
  if (!world->now)
    world->now = FAKE_NOW;
  world->context = (struct aws_context){.env = fake_env,
                                        .env_arg = world,
                                        .now = fake_now,
                                        .now_arg = world,
                                        .exchange = fake_exchange,
                                        .exchange_arg = world,
                                        .note = fake_note,
                                        .note_arg = world};
  return &world->context;
}

#define FAKE_ENV(...) ((const char *const[]){__VA_ARGS__, NULL})
#define FAKE_SCRIPT(...)                                                                           \
  .script = (const struct fake_exchange[]){__VA_ARGS__},                                           \
  .length = sizeof((const struct fake_exchange[]){__VA_ARGS__}) / sizeof(struct fake_exchange)

#endif
