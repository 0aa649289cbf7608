#include <config.h>

#include "base/cleanup.h"
#include "registry-cli.h"
#include "registry/listing.h"

static const struct cli_program program = {
    .name = "list-registry",
    .synopsis = "[OPTION]... HOST[/REPOSITORY-GLOB]...",
    .description =
        "Write a record for each tagged image and platform of a registry. '*' in a glob matches\n"
        "'/' too. A literal repository is not looked for in the registry's catalog, which public\n"
        "registries do not give out. Images without a tag cannot be listed this way.",
    .epilog = "Exit status: 0 all good; 1 some images could not be read (their rows say why);\n"
              "2 usage, or nothing could be done.\n"
              "\n"
              "Example: list-registry 'localhost:5000/team/*' quay.io/prometheus/prometheus",
    .options = registry_cli_options + 1,
};

static int work(struct registry_cli *cli, int count, char **scopes, struct listing **listing,
                struct error **err) {
  if (count == 0)
    return error_set(err, STATUS_LOCAL, "no registry given: HOST or HOST/REPOSITORY is needed");
  if (registry_cli_start(cli, "images", err) < 0)
    return -1;
  *listing = listing_new(cli->http, cli->client, &cli->expand, registry_cli_emit, cli);
  for (int i = 0; i < count; i++)
    if (listing_add(*listing, scopes[i], err) < 0)
      return -1;
  if (!cli->common.quiet)
    cli_note(&program, "images without a tag are not seen: registries do not list them");
  return listing_run(*listing, err);
}

int main(int argc, char **argv) {
  struct registry_cli cli;
  registry_cli_init(&cli, &program);
  int status;
  int first = cli_parse(&program, argc, argv, &cli.common, registry_cli_parse, &cli, &status);
  if (first >= 0) {
    cleanup(cleanup_error) struct error *error = NULL;
    struct listing *listing = NULL;
    int result = work(&cli, argc - first, argv + first, &listing, &error);
    status = registry_cli_finish(&cli, result, error);
    registry_cli_stop(&cli);
    listing_free(listing);
  }
  registry_cli_clear(&cli);
  return status;
}
