#include <config.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "registry-cli.h"
#include "registry/resolve.h"

static const struct cli_program program = {
    .name = "resolve-digest",
    .synopsis = "[OPTION]... [FILE]...",
    .description =
        "Read image references, one a line, from FILE (standard input when there is none, or for\n"
        "'-') and write a record for each reference and platform: which digests it has. Asks the\n"
        "registries for manifests and configs only; no layer is pulled. Blank lines and lines "
        "that\n"
        "begin with '#' are passed over.",
    .epilog = "Exit status: 0 all good; 1 some references could not be read (their rows say why);\n"
              "2 usage, or nothing could be done.\n"
              "\n"
              "Example: resolve-digest --reuse=inventory.tsv -o sources.tsv input.txt",
    .options = registry_cli_options,
};

/* Standard input can be read once, whatever for; and the list is not to be lost. */
static int check_input(const struct registry_cli *cli, int count, char **files,
                       struct error **err) {
  size_t times = count == 0;
  for (int i = 0; i < count; i++) {
    times += strcmp(files[i], "-") == 0;
    if (output_replaces(cli->common.output, files[i]))
      return error_set(err, STATUS_LOCAL, "--output=%s: it is the list of references itself",
                       cli->common.output);
  }
  for (size_t i = 0; i < cli->reuse.count; i++)
    times += strcmp(cli->reuse.items[i], "-") == 0;
  if (times > 1)
    return error_set(err, STATUS_LOCAL, "standard input can be read only once");
  return 0;
}

static void put_cost(void *arg, const struct resolve_cost *cost) {
  struct registry_cli *cli = arg;
  cleanup(cleanup_free) char *line =
      xasprintf("%s\t%zu\t%zu\t%zu\t%zu\n", cost->origin, cost->references, cost->heads, cost->gets,
                cost->platform_gets);
  if (!cli->error)
    output_write(cli->output, line, strlen(line), &cli->error);
}

/* --dry-run. */
static void plan(struct registry_cli *cli, struct resolve *resolve) {
  static const char names[] = "registry\treferences\thead\tget\tget_per_platform\n";
  output_write(cli->output, names, strlen(names), &cli->error);
  resolve_plan(resolve, put_cost, cli);
}

static int work(struct registry_cli *cli, int count, char **files, struct resolve **resolve,
                struct error **err) {
  if (check_input(cli, count, files, err) < 0 || registry_cli_start(cli, "references", err) < 0)
    return -1;
  *resolve = resolve_new(cli->http, cli->client, &cli->expand, registry_cli_emit, cli);
  if (count == 0 && resolve_add(*resolve, "-", err) < 0)
    return -1;
  for (int i = 0; i < count; i++) {
    if (strcmp(files[i], "-") != 0 && access(files[i], F_OK) != 0 && errno == ENOENT)
      return error_set(err, STATUS_LOCAL,
                       "%s: No such file or directory; FILE holds references, one a line (for a "
                       "single one: echo "
                       "REFERENCE | resolve-digest)",
                       files[i]);
    if (resolve_add(*resolve, files[i], err) < 0)
      return -1;
  }
  if (resolve_count(*resolve) == 0 && !cli->common.quiet)
    cli_note(&program, "no references in the input: there is nothing to resolve");
  if (cli->dry_run) {
    plan(cli, *resolve);
    return 0;
  }
  progress_total(cli->progress, resolve_count(*resolve));
  return resolve_run(*resolve, err);
}

int main(int argc, char **argv) {
  struct registry_cli cli;
  registry_cli_init(&cli, &program);
  int status;
  int first = cli_parse(&program, argc, argv, &cli.common, registry_cli_parse, &cli, &status);
  if (first >= 0) {
    cleanup(cleanup_error) struct error *error = NULL;
    struct resolve *resolve = NULL;
    int result = work(&cli, argc - first, argv + first, &resolve, &error);
    status = registry_cli_finish(&cli, result, error);
    registry_cli_stop(&cli);
    resolve_free(resolve);
  }
  registry_cli_clear(&cli);
  return status;
}
