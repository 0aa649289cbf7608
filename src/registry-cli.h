/* What resolve-digest and list-registry have in common: the options that say how registries are
   asked, and the life of a run from opening the output to the exit status. For these mains only. */
#ifndef OCIDUP_REGISTRY_CLI_H
#define OCIDUP_REGISTRY_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/context.h"
#include "aws/ecr-login.h"
#include "base/cli.h"
#include "base/output.h"
#include "base/progress.h"
#include "base/record.h"
#include "http-cli.h"
#include "net/http.h"
#include "registry/client.h"
#include "registry/expand.h"
#include "registry/known.h"
#include "registry/login.h"

/* Its entries of a program's option table; ids from 0 to REGISTRY_CLI_OPTIONS. */
enum registry_cli_option {
  REGISTRY_CLI_DRY_RUN,
  REGISTRY_CLI_PLATFORM,
  REGISTRY_CLI_NO_CONFIGS,
  REGISTRY_CLI_REUSE,
  REGISTRY_CLI_JOBS,
  REGISTRY_CLI_MIRROR,
  REGISTRY_CLI_PROFILE,
  REGISTRY_CLI_PLAIN_HTTP,
  REGISTRY_CLI_TLS,
  REGISTRY_CLI_CACERT,
  REGISTRY_CLI_MAX_RETRIES,
  REGISTRY_CLI_TIMEOUT,
  REGISTRY_CLI_OPTIONS
};

/* The first, --dry-run, is for resolve-digest only: list-registry's begin behind it. */
extern const struct cli_option registry_cli_options[];

struct text_list {
  char **items; /* ends with NULL once there is one */
  size_t count;
  size_t capacity;
};

struct registry_cli {
  const struct cli_program *program;
  struct cli_common common;

  /* As the command line says. */
  struct text_list platforms;
  struct text_list reuse;
  struct text_list mirrors;
  struct text_list plain_http;
  struct text_list tls;
  const char *profile;
  const char *cacert;
  bool all_platforms;
  bool no_configs;
  bool dry_run;
  long jobs;
  long max_retries;
  long timeout;

  /* While it runs. */
  struct http_cli tell;
  struct http *http;
  struct registry_client *client;
  struct login *login;
  struct aws_context *aws;
  struct ecr_login *ecr_login;
  struct known *known;
  struct expand_options expand;
  struct output *output;
  struct record_writer *writer;
  struct progress *progress;
  size_t sets;
  size_t failed;       /* rows */
  char *first_failure; /* for people; NULL: none */
  int64_t flushed;
  struct error *error; /* of writing */
};

/* The defaults. */
void registry_cli_init(struct registry_cli *cli, const struct cli_program *program);

/* The cli_option_fn of these options; ARG is the registry_cli. */
int registry_cli_parse(void *arg, int id, const char *value, struct error **err);

/* Gets ready to ask and to write: what is known is read, the output is open. UNIT is what progress
   counts. 0 or -1. */
int registry_cli_start(struct registry_cli *cli, const char *unit, struct error **err);

/* An ordered_emit_fn: writes the rows. ARG is the registry_cli. */
void registry_cli_emit(void *arg, struct record_set *rows);

/* After the work, which gave RESULT and ERROR: completes the output and gives the exit status;
   all errors are printed. Ends the process when a signal stopped it. */
int registry_cli_finish(struct registry_cli *cli, int result, const struct error *error);

/* Ends http, so that nothing is under way: before what waits for it is freed. */
void registry_cli_stop(struct registry_cli *cli);

void registry_cli_clear(struct registry_cli *cli);

#endif
