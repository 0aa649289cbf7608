#include <config.h>

#include "base/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/cli-help.h"
#include "base/output.h"
#include "base/strbuf.h"
#include "base/text.h"
#include "base/xalloc.h"

/* ---- messages ---- */

/* Standard error is the process's, so what may not come there is too: each line passes here. */
static const struct redactor *secrets;

void cli_redact(const struct redactor *redactor) {
  secrets = redactor;
}

/* One line in one piece, so that those of several programs in a pipe do not mix. */
static void print_message(const struct cli_program *program, const char *message) {
  struct strbuf line = STRBUF(SIZE_MAX / 2);
  strbuf_printf(&line, "%s: ", program->name);
  cleanup(cleanup_free) char *seen = redacted(secrets, message);
  text_sanitize(&line, seen, strlen(seen), false);
  strbuf_putc(&line, '\n');
  fputs(strbuf_str(&line), stderr);
  strbuf_free(&line);
}

void cli_error(const struct cli_program *program, const struct error *error) {
  print_message(program, error->message);
}

void cli_note(const struct cli_program *program, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  cleanup(cleanup_free) char *message = NULL;
  if (vasprintf(&message, format, arguments) < 0)
    message = xstrdup(format);
  va_end(arguments);
  print_message(program, message);
}

static int usage_error(const struct cli_program *program, const struct error *error,
                       int *exit_status) {
  print_message(program, error->message);
  fprintf(stderr, "Try '%s --help' for more information.\n", program->name);
  *exit_status = CLI_EXIT_TROUBLE;
  return -1;
}

static int print_and_end(const struct cli_program *program, const struct strbuf *text,
                         int *exit_status) {
  cleanup(cleanup_error) struct error *error = NULL;
  struct output *output = output_open(NULL, &error);
  *exit_status = CLI_EXIT_OK;
  if (!output || output_write(output, strbuf_str(text), text->length, &error) ||
      output_commit(output, &error)) {
    cli_error(program, error);
    *exit_status = CLI_EXIT_TROUBLE;
  }
  output_free(output);
  return -1;
}

/* A standard descriptor that is closed would be given to the next file or pipe that is opened, and
   what is meant for the user would go there: it is held open, in such a way that using it fails. */
static void hold_standard_descriptors(void) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) < 0) {
      int held = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
      (void)held;
    }
}

/* ---- parsing ---- */

/* What getopt_long returns for option I of a table: beyond every character. */
enum { OWN_BASE = 0x1000, COMMON_BASE = 0x2000 };

struct getopt_tables {
  struct option *longs;
  char *shorts;
};

static void add_table(struct getopt_tables *tables, size_t *count, struct strbuf *shorts,
                      const struct cli_option *options, int base) {
  for (int i = 0; options[i].long_name; i++) {
    tables->longs[(*count)++] =
        (struct option){.name = options[i].long_name,
                        .has_arg = options[i].argument == CLI_NONE       ? no_argument
                                   : options[i].argument == CLI_REQUIRED ? required_argument
                                                                         : optional_argument,
                        .val = base + i};
    if (!options[i].short_name)
      continue;
    strbuf_putc(shorts, options[i].short_name);
    strbuf_puts(shorts, options[i].argument == CLI_NONE       ? ""
                        : options[i].argument == CLI_REQUIRED ? ":"
                                                              : "::");
  }
}

static size_t count_options(const struct cli_option *options) {
  size_t count = 0;
  while (options[count].long_name)
    count++;
  return count;
}

static struct getopt_tables make_tables(const struct cli_option *own) {
  struct getopt_tables tables;
  tables.longs =
      xcalloc(count_options(own) + count_options(cli_common_options) + 1, sizeof *tables.longs);
  /* The first colon: a missing argument is told from an unknown option. */
  struct strbuf shorts = STRBUF(1024);
  strbuf_putc(&shorts, ':');
  size_t count = 0;
  add_table(&tables, &count, &shorts, own, OWN_BASE);
  add_table(&tables, &count, &shorts, cli_common_options, COMMON_BASE);
  tables.shorts = strbuf_take(&shorts);
  return tables;
}

static void free_tables(struct getopt_tables *tables) {
  free(tables->longs);
  free(tables->shorts);
}

static const struct cli_option *by_short(const struct cli_option *options, int c) {
  for (; options->long_name; options++)
    if (options->short_name && options->short_name == c)
      return options;
  return NULL;
}

/* The option that getopt_long's VALUE means; *common tells whose it is. */
static const struct cli_option *option_of(const struct cli_option *own, int value, bool *common) {
  *common = false;
  if (value >= COMMON_BASE) {
    *common = true;
    return &cli_common_options[value - COMMON_BASE];
  }
  if (value >= OWN_BASE)
    return &own[value - OWN_BASE];
  const struct cli_option *option = by_short(own, value);
  if (option)
    return option;
  *common = true;
  return by_short(cli_common_options, value);
}

static size_t count_prefix(const struct option *longs, const char *text) {
  size_t length = strcspn(text, "=");
  size_t count = 0;
  for (; longs->name; longs++)
    count += strncmp(longs->name, text, length) == 0;
  return count;
}

/* What is wrong with ARGUMENT, for which getopt_long returned RESULT ('?' or ':'). */
static int explain(const struct cli_program *program, const struct option *longs, int result,
                   const char *argument, struct error **err) {
  bool common;
  bool is_long = strncmp(argument, "--", 2) == 0;
  if (result == '?' && optopt == 0)
    return count_prefix(longs, argument + 2) > 1
               ? error_set(err, STATUS_LOCAL, "option '%s' is ambiguous", argument)
               : error_set(err, STATUS_LOCAL, "unrecognized option '%s'", argument);
  const struct cli_option *option = option_of(program->options, optopt, &common);
  if (!option)
    return error_set(err, STATUS_LOCAL, "invalid option -- '%c'", optopt);
  if (result == ':')
    return is_long ? error_set(err, STATUS_LOCAL, "option '--%s' needs an argument, %s",
                               option->long_name, option->metavar)
                   : error_set(err, STATUS_LOCAL, "option '-%c' needs an argument, %s",
                               option->short_name, option->metavar);
  return error_set(err, STATUS_LOCAL, "option '--%s' takes no argument", option->long_name);
}

static int take_progress(struct cli_common *common, const char *value, struct error **err) {
  if (strcmp(value, "auto") == 0)
    common->progress = CLI_PROGRESS_AUTO;
  else if (strcmp(value, "always") == 0)
    common->progress = CLI_PROGRESS_ALWAYS;
  else if (strcmp(value, "never") == 0)
    common->progress = CLI_PROGRESS_NEVER;
  else
    return error_set(err, STATUS_LOCAL, "--progress: '%s' is none of auto, always, never", value);
  return 0;
}

/* 0; -1 with *err; 1 when the program has said what was asked for and ends. */
static int take_common(const struct cli_program *program, struct cli_common *common, int id,
                       const char *value, int *exit_status, struct error **err) {
  struct strbuf text = STRBUF(SIZE_MAX / 2);
  switch ((enum cli_common_id)id) {
  case CLI_COMMON_OUTPUT:
    if (!*value)
      return error_set(err, STATUS_LOCAL, "--output: the name of the file is empty");
    common->output = value;
    return 0;
  case CLI_COMMON_VERBOSE:
    common->verbosity++;
    return 0;
  case CLI_COMMON_QUIET:
    common->quiet = true;
    return 0;
  case CLI_COMMON_PROGRESS:
    return take_progress(common, value, err);
  case CLI_COMMON_HELP:
    cli_help_text(program, &text);
    break;
  case CLI_COMMON_VERSION:
    cli_version_text(program, &text);
    break;
  }
  print_and_end(program, &text, exit_status);
  strbuf_free(&text);
  return 1;
}

int cli_parse(const struct cli_program *program, int argc, char **argv, struct cli_common *common,
              cli_option_fn *option, void *arg, int *exit_status) {
  hold_standard_descriptors();
  *common = (struct cli_common){.output = NULL, .progress = CLI_PROGRESS_AUTO};
  cleanup(cleanup_error) struct error *error = NULL;
  cleanup(free_tables) struct getopt_tables tables = make_tables(program->options);
  opterr = 0;
  optind = 0; /* forgets an earlier parse */
  for (;;) {
    optopt = 0;
    int result = getopt_long(argc, argv, tables.shorts, tables.longs, NULL);
    if (result == -1)
      return optind;
    bool is_common;
    const struct cli_option *found = option_of(program->options, result, &is_common);
    if (result == '?' || result == ':' || !found) {
      explain(program, tables.longs, result, argv[optind - 1], &error);
      return usage_error(program, error, exit_status);
    }
    int taken = is_common ? take_common(program, common, found->id, optarg, exit_status, &error)
                          : option(arg, found->id, optarg, &error);
    if (taken < 0)
      return usage_error(program, error, exit_status);
    if (taken > 0)
      return -1;
  }
}

/* ---- arguments ---- */

int cli_number(const char *option, const char *value, long min, long max, long *number,
               struct error **err) {
  const char *digits = *value == '-' ? value + 1 : value;
  char *end;
  errno = 0;
  long parsed = strtol(value, &end, 10);
  if (!*digits || strspn(digits, "0123456789") != strlen(digits) || errno || *end || parsed < min ||
      parsed > max)
    return error_set(err, STATUS_LOCAL, "%s: '%s' is not a number from %ld to %ld", option, value,
                     min, max);
  *number = parsed;
  return 0;
}

int cli_list(const char *option, const char *value,
             int (*item)(void *arg, const char *part, struct error **err), void *arg,
             struct error **err) {
  for (const char *part = value;;) {
    size_t length = strcspn(part, ",");
    if (length == 0)
      return error_set(err, STATUS_LOCAL, "%s: '%s' has an empty part", option, value);
    cleanup(cleanup_free) char *copy = xstrndup(part, length);
    if (item(arg, copy, err))
      return error_wrap(err, "%s", option);
    if (!part[length])
      return 0;
    part += length + 1;
  }
}

/* ---- signals ---- */

/* The one thing a handler can reach is static. */
static volatile sig_atomic_t stop_signal;
static volatile sig_atomic_t stop_write_fd = -1;

static void on_stop(int number) {
  int saved = errno;
  stop_signal = number;
  ssize_t written = write(stop_write_fd, "", 1);
  (void)written;
  errno = saved;
}

int cli_signals(void) {
  hold_standard_descriptors();
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
    return -1;
  stop_write_fd = ends[1];

  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  static const int stops[] = {SIGINT, SIGTERM, SIGHUP};
  for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
    struct sigaction old;
    /* nohup and shells' background jobs have some ignored: they stay so. */
    if (sigaction(stops[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN)
      continue;
    /* A second Control-C ends the process at once. The others come twice of themselves: to all of a
       group, and once more from the shell or the make in it, which hand them on. */
    struct sigaction action = {.sa_handler = on_stop,
                               .sa_flags = stops[i] == SIGINT ? (int)SA_RESETHAND : 0};
    sigemptyset(&action.sa_mask);
    sigaction(stops[i], &action, NULL);
  }
  return ends[0];
}

bool cli_stopped(void) {
  return stop_signal != 0;
}

void cli_die_of_signal(void) {
  int number = stop_signal;
  if (!number)
    return;
  signal(number, SIG_DFL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  raise(number);
}
