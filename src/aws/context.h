/* What the providers of AWS credentials may touch of the world: variables, the clock, HTTP, and a
   place for notes. Passed in, so that each provider can be tested alone. (Files they read under the
   paths that the variables give; programs they run by base/process.) */
#ifndef OCIDUP_AWS_CONTEXT_H
#define OCIDUP_AWS_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "net/http.h"

/* How a variable is looked up. NULL: not set. */
typedef const char *aws_getenv_fn(void *arg, const char *name);

/* An HTTP exchange that is waited for. */
struct aws_exchange {
  struct http_request request; /* borrowed; max_body is mandatory there */
  long timeout;                /* seconds; 0: the run's */
  unsigned retries;            /* after the first try */
  bool direct;                 /* never by a proxy: an address of this machine or its host */
};

/* What came of it. Free with aws_answer_clear, which wipes the body. */
struct aws_answer {
  long status;
  char *body; /* NUL-terminated behind its end */
  size_t length;
};

/* For `struct aws_answer a = AWS_ANSWER;` */
#define AWS_ANSWER                                                                                 \
  { .status = 0 }

/* 0 with *ANSWER, whatever its HTTP status; or -1 with *err when there was none. */
typedef int aws_exchange_fn(void *arg, const struct aws_exchange *exchange,
                            struct aws_answer *answer, struct error **err);

struct aws_context {
  aws_getenv_fn *env;
  void *env_arg;
  int64_t (*now)(void *arg); /* Unix time, seconds */
  void *now_arg;
  aws_exchange_fn *exchange;
  void *exchange_arg;
  void (*note)(void *arg, const char *text); /* for -v; NULL: none. TEXT holds no secret */
  void *note_arg;
  int stop_fd;         /* when readable, programs that it waits for are ended; 0 and below: none */
  const struct ca *ca; /* which certificates its exchanges trust, borrowed; NULL: the system's */
};

/* The variable's value; NULL when it is empty too, as all AWS tools see it. */
const char *aws_context_env(const struct aws_context *context, const char *name);

/* True for "true" in any case, as the SDKs read a switch. */
bool aws_context_flag(const struct aws_context *context, const char *name);

int64_t aws_context_now(const struct aws_context *context);

void aws_context_note(const struct aws_context *context, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ~ and ~/… with the home folder (HOME, else the user database); other paths as they are; caller
   frees. NULL when there is no home folder. */
char *aws_context_path(const struct aws_context *context, const char *path);

void aws_answer_clear(struct aws_answer *answer);

/* The real world: getenv(), the clock, and net/http. OPTIONS (copied; jobs, retries, timeout and
   stop_fd of it count) may name certificates and take notes. Free with aws_context_free. */
struct aws_context *aws_context_new(const struct http_options *options);
void aws_context_free(struct aws_context *context);

#endif
