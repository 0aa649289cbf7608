#include <config.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aws/credentials.h"
#include "aws/ecr.h"
#include "aws/inventory.h"
#include "aws/region.h"
#include "base/cleanup.h"
#include "base/cli.h"
#include "base/output.h"
#include "base/progress.h"
#include "base/record.h"
#include "base/xalloc.h"
#include "net/http.h"
#include "registry/known.h"

enum { JOBS = 32, RETRIES = 4, TIMEOUT = 30, ACCOUNT_DIGITS = 12 };

/* On standard output, rows are to be seen while the rest is still worked on: milliseconds. */
#define FLUSH_INTERVAL 200

enum option_id {
  OPTION_REGION,
  OPTION_REGISTRY_ID,
  OPTION_ENDPOINT_URL,
  OPTION_NO_CONFIGS,
  OPTION_NO_MANIFESTS,
  OPTION_REUSE,
  OPTION_JOBS,
  OPTION_CACERT,
  OPTION_MAX_RETRIES,
  OPTION_TIMEOUT
};

static const struct cli_option option_table[] = {
    {"region", 0, CLI_REQUIRED, "LIST", "regions to list, separated by commas (AWS_REGION)",
     OPTION_REGION},
    {"registry-id", 0, CLI_REQUIRED, "ID", "list the registry of this account (your own)",
     OPTION_REGISTRY_ID},
    {"endpoint-url", 0, CLI_REQUIRED, "URL",
     "where the ECR API is (AWS_ENDPOINT_URL_ECR, AWS_ENDPOINT_URL)", OPTION_ENDPOINT_URL},
    {"no-configs", 0, CLI_NONE, NULL,
     "do not read configs: fewer requests, weaker evidence (no settings, no diff IDs)",
     OPTION_NO_CONFIGS},
    {"no-manifests", 0, CLI_NONE, NULL,
     "read no manifests, so that nothing counts as pulled: tags and digests only",
     OPTION_NO_MANIFESTS},
    {"reuse", 0, CLI_REQUIRED, "FILE",
     "take from the records in FILE what they know already; repeatable.\n"
     "It may be the output, and may not exist yet",
     OPTION_REUSE},
    {"jobs", 'j', CLI_REQUIRED, "N", "requests under way at once (32)", OPTION_JOBS},
    {"cacert", 0, CLI_REQUIRED, "FILE", "trust the certificates in FILE (PEM) and no others",
     OPTION_CACERT},
    {"max-retries", 0, CLI_REQUIRED, "N", "try again N times what failed in passing (4)",
     OPTION_MAX_RETRIES},
    {"timeout", 0, CLI_REQUIRED, "SECONDS", "without any progress a request fails (30)",
     OPTION_TIMEOUT},
    {.long_name = NULL}};

static const struct cli_program program = {
    .name = "list-ecr",
    .synopsis = "[OPTION]... [REPOSITORY-GLOB]...",
    .description =
        "Write one record for each image and platform in your private Amazon ECR registries, all\n"
        "repositories or those named. Credentials come from AWS_ACCESS_KEY_ID,\n"
        "AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. Reading a manifest counts as a pull in ECR;\n"
        "see --reuse and --no-manifests.",
    .epilog = "Exit status: 0 all good; 1 some rows failed; 2 nothing could be done.\n\n"
              "Example: list-ecr --region=us-east-1,eu-west-1 --reuse=inventory.tsv "
              "-o inventory.tsv",
    .options = option_table};

struct settings {
  char **regions; /* owned array of owned strings */
  size_t region_count, region_capacity;
  const char *endpoint_url;
  const char *ca_file;
  const char **reuse;
  size_t reuse_count, reuse_capacity;
  long jobs, max_retries, timeout;
  struct inventory_options inventory;
};

/* What the rows go through. */
struct sink {
  const struct cli_common *common;
  struct inventory *inventory;
  struct output *output;
  struct record_writer *writer;
  int64_t flushed; /* when, milliseconds */
  struct progress *progress;
  struct error *error; /* writing failed */
  size_t failed;
  size_t untold; /* of them those that got no line */
};

static int add_region(void *arg, const char *region, struct error **err) {
  struct settings *settings = arg;
  if (!aws_region_is_valid(region))
    return error_set(err, STATUS_LOCAL, "not a region's name: %s", region);
  for (size_t i = 0; i < settings->region_count; i++)
    if (strcmp(settings->regions[i], region) == 0)
      return 0;
  settings->regions = xgrow(settings->regions, settings->region_count, &settings->region_capacity,
                            sizeof *settings->regions);
  settings->regions[settings->region_count++] = xstrdup(region);
  return 0;
}

static int set_registry_id(struct settings *settings, const char *value, struct error **err) {
  if (strlen(value) != ACCOUNT_DIGITS || strspn(value, "0123456789") != ACCOUNT_DIGITS)
    return error_set(err, STATUS_LOCAL, "--registry-id: an account has %d digits: %s",
                     ACCOUNT_DIGITS, value);
  settings->inventory.registry_id = value;
  return 0;
}

static int set_option(void *arg, int id, const char *value, struct error **err) {
  struct settings *settings = arg;
  switch ((enum option_id)id) {
  case OPTION_REGION:
    return cli_list("--region", value, add_region, settings, err);
  case OPTION_REGISTRY_ID:
    return set_registry_id(settings, value, err);
  case OPTION_ENDPOINT_URL:
    settings->endpoint_url = value;
    return 0;
  case OPTION_NO_CONFIGS:
    settings->inventory.expand.configs = false;
    return 0;
  case OPTION_NO_MANIFESTS:
    settings->inventory.manifests = false;
    return 0;
  case OPTION_REUSE:
    settings->reuse = xgrow(settings->reuse, settings->reuse_count, &settings->reuse_capacity,
                            sizeof *settings->reuse);
    settings->reuse[settings->reuse_count++] = value;
    return 0;
  case OPTION_JOBS:
    return cli_number("--jobs", value, 1, 1024, &settings->jobs, err);
  case OPTION_CACERT:
    settings->ca_file = value;
    return 0;
  case OPTION_MAX_RETRIES:
    return cli_number("--max-retries", value, 0, 100, &settings->max_retries, err);
  case OPTION_TIMEOUT:
    return cli_number("--timeout", value, 1, 86400, &settings->timeout, err);
  }
  return 0;
}

static void note(void *arg, const char *text) {
  const struct sink *sink = arg;
  if (sink->common->verbosity < 1)
    return;
  progress_hide(sink->progress);
  cli_note(&program, "%s", text);
}

static void tick(void *arg, size_t limit) {
  const struct sink *sink = arg;
  progress_tick(sink->progress, limit);
}

static int64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void take_rows(void *arg, struct record_set *rows) {
  struct sink *sink = arg;
  for (size_t i = 0; i < rows->count && !sink->error; i++) {
    const struct record *row = &rows->rows[i];
    if (status_is_failure(record_status(row))) {
      sink->failed++;
      /* One line for what is about a whole registry or repository; the images' are in the rows. */
      if (row->cell[RECORD_DIGEST]) {
        sink->untold++;
      } else if (!sink->common->quiet) {
        progress_hide(sink->progress);
        cli_note(&program, "%s: %s: %s", row->cell[RECORD_IMAGE], row->cell[RECORD_STATUS],
                 row->cell[RECORD_DETAIL] ? row->cell[RECORD_DETAIL] : "-");
      }
    }
    record_writer_put(sink->writer, row, &sink->error);
  }
  if (!sink->error && !sink->common->output && now_ms() - sink->flushed >= FLUSH_INTERVAL) {
    output_flush(sink->output, &sink->error);
    sink->flushed = now_ms();
  }
  if (sink->error)
    inventory_stop(sink->inventory);
}

static void count_images(void *arg, size_t found, size_t done) {
  struct sink *sink = arg;
  if (found > 0)
    progress_total(sink->progress, found);
  if (done > 0)
    progress_done(sink->progress, done);
}

static int read_known(const struct settings *settings, struct known *known, const struct sink *sink,
                      struct error **err) {
  for (size_t i = 0; i < settings->reuse_count; i++) {
    bool absent = false;
    if (known_add(known, settings->reuse[i], &absent, err) < 0)
      return error_wrap(err, "--reuse");
    if (absent && !sink->common->quiet)
      cli_note(&program, "--reuse: %s does not exist (yet): nothing is known from it",
               settings->reuse[i]);
  }
  return 0;
}

/* Lists and writes everything. 0; or -1 with *err when nothing usable came out. */
static int list(struct settings *settings, struct sink *sink, int stop_fd, struct error **err) {
  int result = -1;
  struct ecr **clients = xcalloc(settings->region_count + 1, sizeof(struct ecr *));
  struct http *http = NULL;
  struct known *known = settings->reuse_count > 0 ? known_new() : NULL;
  struct aws_credentials *credentials = aws_credentials_find(aws_getenv, NULL, err);
  if (!credentials || read_known(settings, known, sink, err) < 0)
    goto end;
  if (sink->common->verbosity > 0)
    cli_note(&program, "credentials: from the %s", credentials->provider);
  const struct http_options options = {.jobs = (size_t)settings->jobs,
                                       .max_retries = (unsigned)settings->max_retries,
                                       .timeout = settings->timeout,
                                       .ca_file = settings->ca_file,
                                       .stop_fd = stop_fd,
                                       .note = note,
                                       .note_arg = sink,
                                       .tick = tick,
                                       .tick_arg = sink};
  http = http_new(&options, err);
  if (!http)
    goto end;
  settings->inventory.expand.known = known;
  settings->inventory.progress = count_images;
  settings->inventory.progress_arg = sink;
  sink->inventory = inventory_new(http, &settings->inventory, take_rows, sink);
  for (size_t i = 0; i < settings->region_count; i++) {
    cleanup(cleanup_free) char *endpoint =
        aws_ecr_endpoint(settings->regions[i], settings->endpoint_url, aws_getenv, NULL, err);
    if (!endpoint)
      goto end;
    clients[i] = ecr_new(http, credentials, settings->regions[i], endpoint);
    inventory_add(sink->inventory, clients[i]);
  }
  sink->output = output_open(sink->common->output, err);
  if (!sink->output)
    goto end;
  sink->writer = record_writer_new(sink->output);
  if (inventory_run(sink->inventory, err) < 0)
    goto end;
  if (sink->error) {
    error_set(err, sink->error->status, "%s", sink->error->message);
    goto end;
  }
  /* Who reads it may write to the same terminal at once. */
  progress_hide(sink->progress);
  if (record_writer_finish(sink->writer, err) == 0)
    result = output_commit(sink->output, err);
end:
  http_free(http); /* first: it ends the calls that the others wait for */
  inventory_free(sink->inventory);
  record_writer_free(sink->writer);
  output_free(sink->output);
  for (size_t i = 0; i < settings->region_count; i++)
    ecr_free(clients[i]);
  free(clients);
  known_free(known);
  aws_credentials_free(credentials);
  return result;
}

/* The exit status. */
static int run(struct settings *settings, const struct cli_common *common) {
  cleanup(cleanup_error) struct error *error = NULL;
  if (settings->region_count == 0) {
    const char *region = aws_region_default(aws_getenv, NULL, &error);
    if (region)
      (void)add_region(settings, region, &error);
  }
  struct sink sink = {.common = common, .progress = progress_new(progress_mode(common), "images")};
  /* Repositories are looked into while others are already done. */
  progress_grows(sink.progress, true);
  int result = -1;
  if (!error)
    result = list(settings, &sink, cli_signals(), &error);
  progress_free(sink.progress);
  error_free(sink.error);
  if (result < 0) {
    cli_die_of_signal();
    cli_error(&program, error);
    return CLI_EXIT_TROUBLE;
  }
  if (sink.untold > 0 && !common->quiet)
    cli_note(&program, "%zu row%s could not be read: see the columns status and detail",
             sink.untold, sink.untold == 1 ? "" : "s");
  return sink.failed > 0 ? CLI_EXIT_ROWS_FAILED : CLI_EXIT_OK;
}

int main(int argc, char **argv) {
  struct settings settings = {.jobs = JOBS,
                              .max_retries = RETRIES,
                              .timeout = TIMEOUT,
                              .inventory = {.manifests = true, .expand = {.configs = true}}};
  struct cli_common common = {.output = NULL};
  int status = CLI_EXIT_OK;
  int first = cli_parse(&program, argc, argv, &common, set_option, &settings, &status);
  if (first >= 0) {
    settings.inventory.repositories = (const char *const *)argv + first;
    status = run(&settings, &common);
  }
  for (size_t i = 0; i < settings.region_count; i++)
    free(settings.regions[i]);
  free(settings.regions);
  free(settings.reuse);
  return status;
}
