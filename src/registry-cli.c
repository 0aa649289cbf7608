#include <config.h>

#include "registry-cli.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "net/ca.h"
#include "registry/platform.h"

/* On standard output, rows are to be seen while the rest is still worked on: milliseconds. */
#define FLUSH_INTERVAL 200

const struct cli_option registry_cli_options[] = {
    {"dry-run", 0, CLI_NONE, NULL, "ask nothing; say what would be asked of each registry, at most",
     REGISTRY_CLI_DRY_RUN},
    {"platform", 0, CLI_REQUIRED, "LIST|all",
     "only these platforms of an image: linux/amd64,linux/arm64 (all)", REGISTRY_CLI_PLATFORM},
    {"no-configs", 0, CLI_NONE, NULL,
     "do not read configs: fewer requests, weaker evidence (no settings, no diff IDs)",
     REGISTRY_CLI_NO_CONFIGS},
    {"reuse", 0, CLI_REQUIRED, "FILE",
     "take from the records in FILE what they know already; repeatable.\n"
     "One that does not exist yet is passed over",
     REGISTRY_CLI_REUSE},
    {"jobs", 'j', CLI_REQUIRED, "N", "requests under way at once (32)", REGISTRY_CLI_JOBS},
    {"mirror", 0, CLI_REQUIRED, "HOST=URL[/PREFIX]",
     "ask URL for what is on HOST, its repositories below PREFIX; repeatable", REGISTRY_CLI_MIRROR},
    {"profile", 0, CLI_REQUIRED, "NAME",
     "the AWS profile with whose keys private ECR is read (AWS_PROFILE)", REGISTRY_CLI_PROFILE},
    {"plain-http", 0, CLI_REQUIRED, "HOST",
     "speak plain http to HOST, as to this machine itself; repeatable", REGISTRY_CLI_PLAIN_HTTP},
    {"tls", 0, CLI_REQUIRED, "HOST", "speak https to HOST though it is this machine; repeatable",
     REGISTRY_CLI_TLS},
    {"cacert", 0, CLI_REQUIRED, "FILE", "trust the certificates in FILE (PEM) and no others",
     REGISTRY_CLI_CACERT},
    {"max-retries", 0, CLI_REQUIRED, "N", "try again N times what failed in passing (4)",
     REGISTRY_CLI_MAX_RETRIES},
    {"timeout", 0, CLI_REQUIRED, "SECONDS", "without any progress a request fails (30)",
     REGISTRY_CLI_TIMEOUT},
    {NULL, 0, CLI_NONE, NULL, NULL, 0},
};

void registry_cli_init(struct registry_cli *cli, const struct cli_program *program) {
  *cli = (struct registry_cli){.program = program, .jobs = 32, .max_retries = 4, .timeout = 30};
}

static void list_add(struct text_list *list, char *item) {
  if (list->count + 1 >= list->capacity) {
    list->capacity = list->capacity ? 2 * list->capacity : 8;
    list->items = xreallocarray(list->items, list->capacity, sizeof *list->items);
  }
  list->items[list->count++] = item;
  list->items[list->count] = NULL;
}

static void list_clear(struct text_list *list) {
  for (size_t i = 0; i < list->count; i++)
    free(list->items[i]);
  free(list->items);
}

static int add_platform(void *arg, const char *part, struct error **err) {
  struct registry_cli *cli = arg;
  if (strcmp(part, "all") == 0) {
    cli->all_platforms = true;
    return 0;
  }
  char *platform = platform_parse(part, err);
  if (!platform)
    return -1;
  list_add(&cli->platforms, platform);
  return 0;
}

int registry_cli_parse(void *arg, int id, const char *value, struct error **err) {
  struct registry_cli *cli = arg;
  switch ((enum registry_cli_option)id) {
  case REGISTRY_CLI_DRY_RUN:
    cli->dry_run = true;
    return 0;
  case REGISTRY_CLI_PLATFORM:
    return cli_list("--platform", value, add_platform, cli, err);
  case REGISTRY_CLI_NO_CONFIGS:
    cli->no_configs = true;
    return 0;
  case REGISTRY_CLI_REUSE:
    list_add(&cli->reuse, xstrdup(value));
    return 0;
  case REGISTRY_CLI_JOBS:
    return cli_number("--jobs", value, 1, 1024, &cli->jobs, err);
  case REGISTRY_CLI_MIRROR:
    list_add(&cli->mirrors, xstrdup(value));
    return 0;
  case REGISTRY_CLI_PROFILE:
    if (cli->profile)
      return error_set(err, STATUS_LOCAL, "--profile: there can be only one");
    cli->profile = value;
    return 0;
  case REGISTRY_CLI_PLAIN_HTTP:
    list_add(&cli->plain_http, xstrdup(value));
    return 0;
  case REGISTRY_CLI_TLS:
    list_add(&cli->tls, xstrdup(value));
    return 0;
  case REGISTRY_CLI_CACERT:
    cli->cacert = value;
    return 0;
  case REGISTRY_CLI_MAX_RETRIES:
    return cli_number("--max-retries", value, 0, 100, &cli->max_retries, err);
  case REGISTRY_CLI_TIMEOUT:
    return cli_number("--timeout", value, 1, 86400, &cli->timeout, err);
  case REGISTRY_CLI_OPTIONS:
    break;
  }
  return error_set(err, STATUS_LOCAL, "an option without a meaning");
}

static int apply(struct registry_cli *cli, const struct text_list *list,
                 int (*rule)(struct registry_client *client, const char *text, struct error **err),
                 struct error **err) {
  for (size_t i = 0; i < list->count; i++)
    if (rule(cli->client, list->items[i], err) < 0)
      return -1;
  return 0;
}

static int read_known(struct registry_cli *cli, struct error **err) {
  for (size_t i = 0; i < cli->reuse.count; i++) {
    bool absent;
    if (known_add(cli->known, cli->reuse.items[i], &absent, err) < 0)
      return error_wrap(err, "--reuse");
    if (absent && !cli->common.quiet)
      cli_note(cli->program, "--reuse: %s does not exist (yet): nothing is known from it",
               cli->reuse.items[i]);
  }
  return 0;
}

/* Who knows credentials: what docker and podman were told comes first, as it does for them; private
   ECR lets in with AWS's keys, too. */
static int start_logins(struct registry_cli *cli, int stop_fd, struct error **err) {
  cli->login = login_new(
      &(struct login_options){.note = http_cli_note, .note_arg = &cli->tell, .stop_fd = stop_fd},
      err);
  if (!cli->login)
    return -1;
  const struct registry_auth told = login_auth(cli->login);
  registry_client_auth(cli->client, &told);
  const struct ecr_login_options options = {.profile = cli->profile,
                                            .cacert = cli->cacert,
                                            .max_retries = (unsigned)cli->max_retries,
                                            .timeout = cli->timeout};
  cli->ecr_login = ecr_login_new(cli->aws, &options);
  registry_client_auth(cli->client, &(struct registry_auth){.credential = ecr_login_credential,
                                                            .arg = cli->ecr_login});
  registry_client_ca(cli->client, ecr_login_ca, cli->ecr_login);
  return 0;
}

int registry_cli_start(struct registry_cli *cli, const char *unit, struct error **err) {
  cleanup(ca_clear) struct ca ca = CA;
  struct http_options options = {.jobs = (size_t)cli->jobs,
                                 .max_retries = (unsigned)cli->max_retries,
                                 .timeout = cli->timeout,
                                 .stop_fd = cli_signals()};
  http_cli_start(&cli->tell, cli->program, &cli->common);
  http_cli_options(&cli->tell, &options);
  cli->aws = aws_context_new(&options);
  if (ca_find(cli->cacert, cli->aws->env, cli->aws->env_arg, &ca, err) < 0)
    return -1;
  options.ca = &ca;
  cli->http = http_new(&options, err);
  if (!cli->http)
    return -1;
  cli->client = registry_client_new(cli->http, http_cli_note, &cli->tell);
  if (start_logins(cli, options.stop_fd, err) < 0)
    return -1;
  cli->known = known_new();
  if (apply(cli, &cli->mirrors, registry_client_mirror, err) < 0 ||
      apply(cli, &cli->plain_http, registry_client_plain_http, err) < 0 ||
      apply(cli, &cli->tls, registry_client_tls, err) < 0 || read_known(cli, err) < 0)
    return -1;
  cli->expand = (struct expand_options){
      .configs = !cli->no_configs,
      .platforms = cli->all_platforms ? NULL : (const char *const *)cli->platforms.items,
      .known = cli->known};
  /* The records of an earlier run stay. */
  cli->output = output_open(cli->dry_run ? NULL : cli->common.output, err);
  if (!cli->output)
    return -1;
  if (cli->dry_run)
    return 0;
  cli->writer = record_writer_new(cli->output);
  record_writer_redact(cli->writer, http_cli_redactor(&cli->tell));
  cli->progress = progress_new(progress_mode(&cli->common), unit);
  cli->tell.progress = cli->progress;
  return 0;
}

static int64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* What a person needs to know of a row that failed; caller frees. */
static char *failure_text(const struct record *row) {
  const char *name = row->cell[RECORD_REF] ? row->cell[RECORD_REF] : row->cell[RECORD_IMAGE];
  const char *detail = row->cell[RECORD_DETAIL];
  return xasprintf("%.300s: %s%s%s", name, row->cell[RECORD_STATUS], detail ? ": " : "",
                   detail ? detail : "");
}

void registry_cli_emit(void *arg, struct record_set *rows) {
  struct registry_cli *cli = arg;
  if (cli->error)
    return;
  cli->sets++;
  for (size_t i = 0; i < rows->count && !cli->error; i++) {
    if (status_is_failure(record_status(&rows->rows[i])) && cli->failed++ == 0)
      cli->first_failure = failure_text(&rows->rows[i]);
    record_writer_put(cli->writer, &rows->rows[i], &cli->error);
  }
  if (!cli->error && !cli->common.output && now_ms() - cli->flushed >= FLUSH_INTERVAL) {
    output_flush(cli->output, &cli->error);
    cli->flushed = now_ms();
  }
  /* Nobody will read the rest: nothing new is asked. */
  if (cli->error)
    http_feed(cli->http, NULL, NULL);
  progress_done(cli->progress, 1);
}

void registry_cli_stop(struct registry_cli *cli) {
  http_free(cli->http);
  cli->http = NULL;
}

int registry_cli_finish(struct registry_cli *cli, int result, const struct error *error) {
  progress_free(cli->progress);
  cli->progress = cli->tell.progress = NULL;
  http_cli_report(&cli->tell);
  if (result == 0 && !cli->error &&
      (cli->dry_run || record_writer_finish(cli->writer, &cli->error) == 0))
    output_commit(cli->output, &cli->error);
  if (result == 0 && !cli->error) {
    if (cli->failed > 0 && !cli->common.quiet)
      cli_note(cli->program,
               "%zu row%s could not be read: see the columns status and detail; the first: %s",
               cli->failed, cli->failed == 1 ? "" : "s", cli->first_failure);
    return cli->failed > 0 ? CLI_EXIT_ROWS_FAILED : CLI_EXIT_OK;
  }
  /* A file that is not whole goes before the process does. */
  output_free(cli->output);
  cli->output = NULL;
  if (cli_stopped())
    cli_die_of_signal();
  cli_error(cli->program, cli->error ? cli->error : error);
  return CLI_EXIT_TROUBLE;
}

void registry_cli_clear(struct registry_cli *cli) {
  registry_cli_stop(cli);
  registry_client_free(cli->client);
  login_free(cli->login);
  ecr_login_free(cli->ecr_login);
  aws_context_free(cli->aws);
  known_free(cli->known);
  record_writer_free(cli->writer);
  output_free(cli->output);
  progress_free(cli->progress);
  http_cli_clear(&cli->tell);
  error_free(cli->error);
  free(cli->first_failure);
  list_clear(&cli->platforms);
  list_clear(&cli->reuse);
  list_clear(&cli->mirrors);
  list_clear(&cli->plain_http);
  list_clear(&cli->tls);
}
