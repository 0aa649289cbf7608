#include <config.h>

#include "base/cli-help.h"

#include <stdbool.h>
#include <string.h>

enum {
  WIDTH = 79,
  HELP_COLUMN_MAX = 30 /* an option that is longer has its help on the next line */
};

const struct cli_option cli_common_options[] = {
    {"output", 'o', CLI_REQUIRED, "FILE", "write to FILE, which is whole or left as it was",
     CLI_COMMON_OUTPUT},
    {"verbose", 'v', CLI_NONE, NULL,
     "say more: what is asked of whom, and why; twice (-vv): each\nrequest and answer too, without "
     "secrets",
     CLI_COMMON_VERBOSE},
    {"quiet", 'q', CLI_NONE, NULL, "say errors only", CLI_COMMON_QUIET},
    {"progress", 0, CLI_REQUIRED, "WHEN",
     "show progress on standard error: auto (the default, on a\nterminal), always or never",
     CLI_COMMON_PROGRESS},
    {"help", 0, CLI_NONE, NULL, "print this help and exit", CLI_COMMON_HELP},
    {"version", 0, CLI_NONE, NULL, "print the version and exit", CLI_COMMON_VERSION},
    {NULL, 0, CLI_NONE, NULL, NULL, 0},
};

static void put_spaces(struct strbuf *text, size_t count) {
  while (count--)
    strbuf_putc(text, ' ');
}

/* Appends TEXT filled to WIDTH, each line from INDENT on; the first line already reaches to column
   AT. A line that starts with a blank stays as it is, an empty line parts paragraphs. */
static void put_filled(struct strbuf *out, const char *text, size_t indent, size_t at) {
  bool first = true; /* word of its line */
  while (*text) {
    if (*text == '\n' && (text[1] == '\n' || text[1] == ' ')) {
      strbuf_puts(out, text[1] == '\n' ? "\n\n" : "\n");
      text += text[1] == '\n' ? 2 : 1;
      size_t verbatim = *text == ' ' ? strcspn(text, "\n") : 0;
      strbuf_append(out, text, verbatim);
      text += verbatim;
      at = verbatim;
      first = verbatim == 0;
      continue;
    }
    if (*text == ' ' || *text == '\n') {
      text++;
      continue;
    }
    size_t length = strcspn(text, " \n");
    if (!first && at + 1 + length > WIDTH) {
      strbuf_putc(out, '\n');
      first = true;
      at = 0;
    }
    size_t gap = !first ? 1 : at < indent ? indent - at : 0;
    put_spaces(out, gap);
    strbuf_append(out, text, length);
    at += gap + length;
    text += length;
    first = false;
  }
  strbuf_putc(out, '\n');
}

/* "  -j, --jobs=N". Returns its width. */
static size_t put_option_name(struct strbuf *text, const struct cli_option *option) {
  size_t before = text->length;
  if (option->short_name)
    strbuf_printf(text, "  -%c, --%s", option->short_name, option->long_name);
  else
    strbuf_printf(text, "      --%s", option->long_name);
  if (option->argument == CLI_REQUIRED)
    strbuf_printf(text, "=%s", option->metavar);
  else if (option->argument == CLI_OPTIONAL)
    strbuf_printf(text, "[=%s]", option->metavar);
  return text->length - before;
}

static void put_option(struct strbuf *text, const struct cli_option *option, size_t column) {
  size_t width = put_option_name(text, option);
  if (width + 2 > column) {
    strbuf_putc(text, '\n');
    width = 0;
  }
  put_filled(text, option->help, column, width);
}

static size_t widest(const struct cli_option *options, size_t so_far) {
  for (; options->long_name; options++) {
    struct strbuf name = STRBUF(1024);
    size_t width = put_option_name(&name, options) + 2;
    if (width > so_far && width <= HELP_COLUMN_MAX)
      so_far = width;
    strbuf_free(&name);
  }
  return so_far;
}

static void put_options(struct strbuf *text, const char *title, const struct cli_option *options,
                        size_t column) {
  if (!options->long_name)
    return;
  strbuf_printf(text, "\n%s:\n", title);
  for (; options->long_name; options++)
    put_option(text, options, column);
}

void cli_help_text(const struct cli_program *program, struct strbuf *text) {
  const char *form = program->synopsis;
  for (const char *label = "Usage:";; label = "  or: ") {
    size_t length = strcspn(form, "\n");
    strbuf_printf(text, "%s %s %.*s\n", label, program->name, (int)length, form);
    if (!form[length])
      break;
    form += length + 1;
  }
  if (program->description) {
    strbuf_putc(text, '\n');
    put_filled(text, program->description, 0, 0);
  }
  size_t column = widest(cli_common_options, widest(program->options, 0));
  put_options(text, "Options", program->options, column);
  put_options(text, "Common options", cli_common_options, column);
  if (program->epilog) {
    strbuf_putc(text, '\n');
    put_filled(text, program->epilog, 0, 0);
  }
}

void cli_version_text(const struct cli_program *program, struct strbuf *text) {
  strbuf_printf(text,
                "%s (" PACKAGE_NAME ") " PACKAGE_VERSION "\n"
                "License MIT-0 <https://spdx.org/licenses/MIT-0.html>\n"
                "There is no warranty, to the extent permitted by law.\n",
                program->name);
}
