/* Command lines by table: parsing (getopt_long), --help and --version from one list of options,
   so that they cannot disagree, and how a program says errors. For the mains only. */
#ifndef OCIDUP_BASE_CLI_H
#define OCIDUP_BASE_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/redact.h"

enum cli_argument { CLI_NONE, CLI_REQUIRED, CLI_OPTIONAL };

/* Exit status of all programs. */
enum cli_exit {
  CLI_EXIT_OK = 0,
  CLI_EXIT_ROWS_FAILED = 1, /* finished, but some rows failed; the output is whole */
  CLI_EXIT_TROUBLE = 2,     /* usage, or nothing could be done */
  CLI_EXIT_FAIL_IF = 3      /* --fail-if held */
};

/* An option of one program. A table ends with an entry whose long_name is NULL. */
struct cli_option {
  const char *long_name;
  char short_name; /* 0: none */
  enum cli_argument argument;
  const char *metavar; /* of the argument, for --help */
  const char *help;    /* one sentence part, no full stop; may hold '\n' for more lines */
  int id;              /* handed to the callback */
};

enum cli_progress { CLI_PROGRESS_AUTO, CLI_PROGRESS_ALWAYS, CLI_PROGRESS_NEVER };

/* The options every program has: -o, -v, -q, --progress, --help, --version. */
struct cli_common {
  const char *output; /* borrowed from argv; NULL: standard output */
  int verbosity;      /* how many -v */
  bool quiet;
  enum cli_progress progress;
};

/* What a program is. */
struct cli_program {
  const char *name;
  const char *synopsis;    /* after "Usage: NAME ", one line a form, joined by '\n' */
  const char *description; /* paragraph for --help */
  const char *epilog;      /* last paragraph of --help: exit status, example */
  const struct cli_option *options;
};

/* Called for each option of the program's own table. 0, or -1 with *err for a bad argument. */
typedef int cli_option_fn(void *arg, int id, const char *value, struct error **err);

/* Parses argv. Returns the index of the first operand (operands are permuted to the end); or -1
   when the program must end at once with *exit_status: after --help or --version (0, or 2 when
   they could not be written), or after a usage error, which was printed with a pointer to
   --help (2). */
int cli_parse(const struct cli_program *program, int argc, char **argv, struct cli_common *common,
              cli_option_fn *option, void *arg, int *exit_status);

/* From now on no message holds what REDACTOR (borrowed; NULL: none) knows. It is the process's, as
   standard error is. */
void cli_redact(const struct redactor *redactor);

/* Prints "PROGRAM: MESSAGE" to stderr, one line, sanitised. */
void cli_error(const struct cli_program *program, const struct error *error);

/* Prints "PROGRAM: " and the formatted note to stderr. */
void cli_note(const struct cli_program *program, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Parses a whole decimal number in MIN..MAX. 0, or -1 with *err naming OPTION ("--jobs"). */
int cli_number(const char *option, const char *value, long min, long max, long *number,
               struct error **err);

/* Splits "a,b,c" and calls ITEM for each part. An empty part is an error naming OPTION. */
int cli_list(const char *option, const char *value,
             int (*item)(void *arg, const char *part, struct error **err), void *arg,
             struct error **err);

/* SIGINT, SIGTERM and SIGHUP make *the returned descriptor* readable (a pipe's end; for
   http_options.stop_fd; -1 when there is none to be had), and cli_stopped() true; a second SIGINT ends
   the process at once. SIGPIPE and SIGXFSZ are ignored, so that a write to a closed pipe, or beyond the
   size that a file may have, is an error that output reports. Call once, from main. */
int cli_signals(void);
bool cli_stopped(void);
/* Ends the process by the signal that stopped it, so that shells see it. Returns only when none. */
void cli_die_of_signal(void);

#endif
