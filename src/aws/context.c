#include <config.h>

#include "aws/context.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "net/ca.h"

const char *aws_context_env(const struct aws_context *context, const char *name) {
  const char *value = context->env(context->env_arg, name);
  return value && *value ? value : NULL;
}

bool aws_context_flag(const struct aws_context *context, const char *name) {
  const char *value = aws_context_env(context, name);
  return value && strcasecmp(value, "true") == 0;
}

int64_t aws_context_now(const struct aws_context *context) {
  return context->now(context->now_arg);
}

void aws_context_note(const struct aws_context *context, const char *format, ...) {
  if (!context->note)
    return;
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  context->note(context->note_arg, text);
}

char *aws_context_path(const struct aws_context *context, const char *path) {
  if (path[0] != '~' || (path[1] && path[1] != '/'))
    return xstrdup(path);
  const char *home = aws_context_env(context, "HOME");
  if (!home) {
    const struct passwd *user = getpwuid(getuid());
    home = user ? user->pw_dir : NULL;
  }
  return home ? xasprintf("%s%s", home, path + 1) : NULL;
}

void aws_answer_clear(struct aws_answer *answer) {
  if (answer->body)
    OPENSSL_cleanse(answer->body, answer->length);
  free(answer->body);
  *answer = (struct aws_answer)AWS_ANSWER;
}

/* ---- the real world ---- */

struct world {
  struct aws_context context; /* first: what callers hold */
  struct http_options options;
  struct ca ca;
};

static const char *get_variable(void *arg, const char *name) {
  (void)arg;
  return getenv(name);
}

static int64_t get_time(void *arg) {
  (void)arg;
  return (int64_t)time(NULL);
}

struct wait {
  struct aws_answer *answer;
  struct error *error;
};

static void came(void *arg, const struct http_response *response) {
  struct wait *wait = arg;
  if (response->error) {
    wait->error = error_copy(response->error);
    return;
  }
  wait->answer->status = response->status;
  wait->answer->length = response->length;
  wait->answer->body = xmalloc(response->length + 1);
  memcpy(wait->answer->body, response->body, response->length);
  wait->answer->body[response->length] = '\0';
}

static int exchange(void *arg, const struct aws_exchange *asked, struct aws_answer *answer,
                    struct error **err) {
  const struct world *world = arg;
  *answer = (struct aws_answer)AWS_ANSWER;
  struct http_options options = world->options;
  options.jobs = 1;
  options.jobs_per_host = 0;
  options.max_retries = asked->retries;
  if (asked->timeout > 0)
    options.timeout = asked->timeout;
  options.direct = asked->direct;
  options.ca = world->context.ca;
  /* A loop of its own: this may be called from inside a callback of the run's. */
  struct http *http = http_new(&options, err);
  if (!http)
    return -1;
  struct wait wait = {.answer = answer};
  http_send(http, &asked->request, came, &wait);
  int result = http_run(http, err);
  http_free(http);
  if (result == 0 && wait.error)
    result = error_set(err, wait.error->status, "%s", wait.error->message);
  error_free(wait.error);
  if (result < 0)
    aws_answer_clear(answer);
  return result;
}

struct aws_context *aws_context_new(const struct http_options *options) {
  struct world *world = xcalloc(1, sizeof *world);
  world->options = *options;
  if (options->ca)
    ca_copy(&world->ca, options->ca);
  world->context = (struct aws_context){.env = get_variable,
                                        .now = get_time,
                                        .exchange = exchange,
                                        .exchange_arg = world,
                                        .note = options->note,
                                        .note_arg = options->note_arg,
                                        .stop_fd = options->stop_fd,
                                        .ca = options->ca ? &world->ca : NULL};
  return &world->context;
}

void aws_context_free(struct aws_context *context) {
  if (!context)
    return;
  struct world *world = context->exchange_arg;
  ca_clear(&world->ca);
  free(world);
}
