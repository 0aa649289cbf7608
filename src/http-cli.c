#include <config.h>

#include "http-cli.h"

#include "base/secret.h"

#include <time.h>

static void say(struct http_cli *http_cli, int verbosity, const char *text) {
  if (http_cli->common->verbosity < verbosity)
    return;
  if (http_cli->progress)
    progress_hide(http_cli->progress);
  cli_note(http_cli->program, "%s", text);
}

void http_cli_note(void *arg, const char *text) {
  say(arg, 1, text);
}

static void trace(void *arg, const char *text) {
  say(arg, 2, text);
}

static void warn(void *arg, const char *text) {
  say(arg, 0, text);
}

static void tick(void *arg, size_t at_a_time, size_t a_second) {
  const struct http_cli *http_cli = arg;
  if (http_cli->progress)
    progress_tick(http_cli->progress, at_a_time, a_second);
}

void http_cli_start(struct http_cli *http_cli, const struct cli_program *program,
                    const struct cli_common *common) {
  secret_guard_process();
  *http_cli = (struct http_cli){.program = program, .common = common, .watch = http_watch_new()};
  cli_redact(http_watch_redactor(http_cli->watch));
}

void http_cli_options(struct http_cli *http_cli, struct http_options *options) {
  options->note = http_cli_note;
  options->trace = http_cli->common->verbosity >= 2 ? trace : NULL;
  options->note_arg = http_cli;
  options->watch = http_cli->watch;
  options->tick = tick;
  options->tick_arg = http_cli;
}

const struct redactor *http_cli_redactor(const struct http_cli *http_cli) {
  return http_watch_redactor(http_cli->watch);
}

void http_cli_report(struct http_cli *http_cli) {
  if (http_cli->watch)
    http_watch_each(http_cli->watch, http_cli_note, http_cli);
  if (http_cli->watch && !http_cli->common->quiet)
    http_watch_spent(http_cli->watch, (int64_t)time(NULL), warn, http_cli);
}

void http_cli_clear(struct http_cli *http_cli) {
  if (!http_cli->watch)
    return;
  cli_redact(NULL);
  http_watch_free(http_cli->watch);
  http_cli->watch = NULL;
}
