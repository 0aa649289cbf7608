/* What --help and --version print. Part of cli: mains use cli.h only. */
#ifndef OCIDUP_BASE_CLI_HELP_H
#define OCIDUP_BASE_CLI_HELP_H

#include "base/cli.h"
#include "base/strbuf.h"

enum cli_common_id {
  CLI_COMMON_OUTPUT,
  CLI_COMMON_VERBOSE,
  CLI_COMMON_QUIET,
  CLI_COMMON_PROGRESS,
  CLI_COMMON_HELP,
  CLI_COMMON_VERSION
};

/* The options of every program; ends with a NULL name, its ids are enum cli_common_id. */
extern const struct cli_option cli_common_options[];

/* Appends the text to TEXT. */
void cli_help_text(const struct cli_program *program, struct strbuf *text);
void cli_version_text(const struct cli_program *program, struct strbuf *text);

#endif
