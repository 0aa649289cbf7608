#include <config.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aws/account.h"
#include "aws/context.h"
#include "aws/ecr.h"
#include "aws/inventory.h"
#include "aws/profile.h"
#include "aws/region.h"
#include "base/cleanup.h"
#include "base/cli.h"
#include "base/output.h"
#include "base/progress.h"
#include "base/record.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "http-cli.h"
#include "net/http.h"
#include "registry/known.h"

enum { JOBS = 32, RETRIES = 4, TIMEOUT = 30 };

/* On standard output, rows are to be seen while the rest is still worked on: milliseconds. */
#define FLUSH_INTERVAL 200

enum option_id {
  OPTION_PROFILE,
  OPTION_ROLE_ARN,
  OPTION_EXTERNAL_ID,
  OPTION_REGION,
  OPTION_REGISTRY_ID,
  OPTION_ENDPOINT_URL,
  OPTION_NO_CONFIGS,
  OPTION_NO_MANIFESTS,
  OPTION_DRY_RUN,
  OPTION_REUSE,
  OPTION_JOBS,
  OPTION_CACERT,
  OPTION_MAX_RETRIES,
  OPTION_TIMEOUT
};

static const struct cli_option option_table[] = {
    {"profile", 0, CLI_REQUIRED, "NAME",
     "list what this profile of the AWS configuration sees; repeatable (AWS_PROFILE)",
     OPTION_PROFILE},
    {"role-arn", 0, CLI_REQUIRED, "ARN",
     "assume this role and list its account; repeatable.\n"
     "'-' is the account of the keys themselves",
     OPTION_ROLE_ARN},
    {"external-id", 0, CLI_REQUIRED, "ID", "the external ID that the roles want",
     OPTION_EXTERNAL_ID},
    {"region", 0, CLI_REQUIRED, "LIST",
     "regions to list, separated by commas (AWS_REGION, the profile's, or the EC2 instance's)",
     OPTION_REGION},
    {"registry-id", 0, CLI_REQUIRED, "ID", "list the registry of this account (your own)",
     OPTION_REGISTRY_ID},
    {"endpoint-url", 0, CLI_REQUIRED, "URL",
     "where the ECR API is (AWS_ENDPOINT_URL_ECR, AWS_ENDPOINT_URL, or the profile's)",
     OPTION_ENDPOINT_URL},
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
    {"dry-run", 0, CLI_NONE, NULL,
     "list only; say what else would be called, and how many images would count as pulled",
     OPTION_DRY_RUN},
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
        "repositories or those named. Credentials are found as the AWS CLI finds them. Reading a\n"
        "manifest counts as a pull in ECR; see --reuse and --no-manifests.",
    .epilog = "Exit status: 0 all good; 1 some rows failed; 2 nothing could be done.\n\n"
              "Example: list-ecr --region=us-east-1,eu-west-1 --reuse=inventory.tsv "
              "-o inventory.tsv",
    .options = option_table};

/* Values of an option that can be repeated, each once: borrowed from argv. */
struct values {
  const char **items;
  size_t count, capacity;
};

struct settings {
  char **regions; /* owned array of owned strings */
  size_t region_count, region_capacity;
  struct values profiles, roles;
  const char *external_id;
  const char *endpoint_url;
  const char *cacert;
  const char **reuse;
  size_t reuse_count, reuse_capacity;
  long jobs, max_retries, timeout;
  struct inventory_options inventory;
  struct inventory_estimate estimate; /* of --dry-run */
};

/* What the rows go through. */
struct sink {
  const struct cli_common *common;
  struct http_cli tell;
  struct inventory *inventory;
  struct output *output;
  struct record_writer *writer; /* NULL: --dry-run */
  int64_t flushed;              /* when, milliseconds */
  struct progress *progress;
  struct error *error; /* writing failed */
  size_t failed;
  size_t untold; /* of them those that got no line */
};

/* One account in one region. */
struct place {
  const struct aws_account *account;
  const char *region;           /* NULL: there is none */
  struct aws_endpoint endpoint; /* without a URL: there is none */
  const struct error *error;    /* why it cannot be asked; NULL: it can */
  struct error *trouble;        /* owned: with the endpoint */
  struct ecr *ecr;              /* owned; NULL: none */
};

/* What everything below is done with. */
struct world {
  struct settings *settings;
  struct sink *sink;
  struct http_options http; /* what all requests have in common */
  struct aws_profiles *profiles;
  struct aws_account **accounts; /* owned */
  size_t account_count;
  struct place *places; /* owned */
  size_t place_count, place_capacity;
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

static void add_value(struct values *values, const char *value) {
  for (size_t i = 0; i < values->count; i++)
    if (strcmp(values->items[i], value) == 0)
      return;
  values->items = xgrow(values->items, values->count, &values->capacity, sizeof *values->items);
  values->items[values->count++] = value;
}

static int add_role(struct settings *settings, const char *arn, struct error **err) {
  cleanup(cleanup_free) char *account = aws_role_account(arn);
  if (!account && strcmp(arn, "-") != 0)
    return error_set(err, STATUS_LOCAL,
                     "--role-arn: not the ARN of a role (arn:aws:iam::123456789012:role/NAME): %s",
                     arn);
  add_value(&settings->roles, arn);
  return 0;
}

static int add_profile(struct settings *settings, const char *name, struct error **err) {
  if (!*name)
    return error_set(err, STATUS_LOCAL, "--profile: a name is needed");
  add_value(&settings->profiles, name);
  return 0;
}

static int set_registry_id(struct settings *settings, const char *value, struct error **err) {
  if (!aws_is_account(value))
    return error_set(err, STATUS_LOCAL, "--registry-id: an account has 12 digits: %s", value);
  settings->inventory.registry_id = value;
  return 0;
}

static int set_option(void *arg, int id, const char *value, struct error **err) {
  struct settings *settings = arg;
  switch ((enum option_id)id) {
  case OPTION_PROFILE:
    return add_profile(settings, value, err);
  case OPTION_ROLE_ARN:
    return add_role(settings, value, err);
  case OPTION_EXTERNAL_ID:
    settings->external_id = value;
    return 0;
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
  case OPTION_DRY_RUN:
    settings->inventory.estimate = &settings->estimate;
    return 0;
  case OPTION_REUSE:
    settings->reuse = xgrow(settings->reuse, settings->reuse_count, &settings->reuse_capacity,
                            sizeof *settings->reuse);
    settings->reuse[settings->reuse_count++] = value;
    return 0;
  case OPTION_JOBS:
    return cli_number("--jobs", value, 1, 1024, &settings->jobs, err);
  case OPTION_CACERT:
    settings->cacert = value;
    return 0;
  case OPTION_MAX_RETRIES:
    return cli_number("--max-retries", value, 0, 100, &settings->max_retries, err);
  case OPTION_TIMEOUT:
    return cli_number("--timeout", value, 1, 86400, &settings->timeout, err);
  }
  return 0;
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
        const char *image = row->cell[RECORD_IMAGE], *detail = row->cell[RECORD_DETAIL];
        bool named = strcmp(image, "-") != 0;
        cli_note(&program, "%s%s%s: %s", named ? image : "", named ? ": " : "",
                 row->cell[RECORD_STATUS], detail ? detail : "-");
      }
    }
    if (sink->writer)
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

/* ---- accounts ---- */

static int check_settings(const struct settings *settings, struct error **err) {
  if (settings->profiles.count > 1 && settings->roles.count > 0)
    return error_set(err, STATUS_LOCAL,
                     "--role-arn: whose keys? give one --profile, or give the profiles themselves "
                     "a role_arn");
  bool assumes = false;
  for (size_t i = 0; i < settings->roles.count; i++)
    assumes = assumes || strcmp(settings->roles.items[i], "-") != 0;
  if (settings->external_id && !assumes)
    return error_set(err, STATUS_LOCAL, "--external-id: goes with --role-arn=ARN");
  return 0;
}

/* How many accounts are meant, which is one at least. */
static size_t count_accounts(const struct settings *settings) {
  if (settings->roles.count > 0)
    return settings->roles.count;
  return settings->profiles.count > 0 ? settings->profiles.count : 1;
}

/* The account at INDEX. */
static struct aws_account *new_account(const struct world *world, size_t index,
                                       const struct aws_context *context) {
  const struct settings *settings = world->settings;
  const char *role = settings->roles.count > 0 ? settings->roles.items[index] : "-";
  struct aws_account_options options = {.external_id = settings->external_id,
                                        .regions = (const char *const *)settings->regions,
                                        .region_count = settings->region_count,
                                        .cacert = settings->cacert,
                                        .http = &world->http};
  if (settings->profiles.count > 0)
    options.profile = settings->profiles.items[settings->roles.count > 0 ? 0 : index];
  if (strcmp(role, "-") != 0)
    options.role_arn = role;
  return aws_account_new(context, world->profiles, &options);
}

static void add_place(struct world *world, const struct aws_account *account, const char *region) {
  world->places =
      xgrow(world->places, world->place_count, &world->place_capacity, sizeof *world->places);
  struct place *place = &world->places[world->place_count++];
  *place = (struct place){.account = account, .region = region, .error = account->error};
  if (!region)
    return;
  /* Of one that cannot be asked, too: its row tells where. */
  if (aws_endpoint_find(account->context, world->profiles, account->profile, AWS_ECR, region,
                        world->settings->endpoint_url, &place->endpoint, &place->trouble) < 0 &&
      !place->error)
    place->error = place->trouble;
  if (place->endpoint.url && world->sink->common->verbosity > 0)
    cli_note(&program, "%s%s%s: %s (%s)", account->label ? account->label : "",
             account->label ? ", " : "", region, place->endpoint.url, place->endpoint.why);
}

/* Looks for the keys of all accounts, and for their endpoints. */
static void find_places(struct world *world) {
  for (size_t i = 0; i < world->account_count; i++) {
    struct aws_account *account = world->accounts[i];
    (void)aws_account_has_keys(account);
    for (size_t j = 0; j < account->region_count; j++)
      add_place(world, account, account->regions[j]);
    if (account->region_count == 0)
      add_place(world, account, NULL);
  }
}

static size_t count_usable(const struct world *world) {
  size_t count = 0;
  for (size_t i = 0; i < world->place_count; i++)
    count += world->places[i].error ? 0 : 1;
  return count;
}

/* 0 when there is something to ask; or -1 with *err. What else is wrong then is said before, each
   thing once. */
static int check_places(const struct world *world, struct error **err) {
  if (count_usable(world) > 0)
    return 0;
  for (size_t i = 0; i < world->place_count; i++) {
    const struct place *place = &world->places[i];
    struct error *next = error_copy(place->error);
    if (place->account->label)
      error_wrap_once(&next, place->account->label);
    if (*err && strcmp((*err)->message, next->message) != 0)
      cli_error(&program, *err);
    error_free(*err);
    *err = next;
  }
  return -1;
}

static void add_to_inventory(const struct world *world, struct place *place, struct http *http) {
  const struct aws_account *account = place->account;
  if (place->endpoint.url) {
    place->ecr = ecr_new(http, account->source, place->region, place->endpoint.url);
    ecr_trust(place->ecr, &account->ca);
  }
  const struct inventory_scope scope = {.ecr = place->ecr,
                                        .own = place->endpoint.own,
                                        .region = place->region,
                                        .label = account->label,
                                        .account = account->id,
                                        .error = place->error};
  inventory_add(world->sink->inventory, &scope);
}

/* How many of the requests may be to one account and region: those that give no answers leave each
   other one a place, and a quarter of all. */
static size_t jobs_per_scope(const struct world *world) {
  size_t jobs = (size_t)world->settings->jobs, scopes = count_usable(world);
  if (scopes < 2)
    return jobs;
  size_t share = (jobs + scopes - 1) / scopes;
  size_t left = scopes - 1 > jobs / 4 ? scopes - 1 : jobs / 4;
  return jobs > left + share ? jobs - left : share;
}

/* ---- */

/* --dry-run. */
static void put_estimate(struct output *output, const struct inventory_estimate *estimate,
                         struct error **err) {
  const struct {
    const char *operation;
    size_t calls, pulls;
  } lines[] = {{"DescribeRepositories", estimate->repository_calls, 0},
               {"DescribeImages", estimate->image_calls, 0},
               {"BatchGetImage", estimate->batches, estimate->pulls},
               {"GetDownloadUrlForLayer", estimate->configs, 0},
               {"download", estimate->configs, 0}};
  cleanup(strbuf_free) struct strbuf text = STRBUF(4096);
  strbuf_puts(&text, "operation\tcalls\tpulls\n");
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    strbuf_printf(&text, "%s\t%zu\t%zu\n", lines[i].operation, lines[i].calls, lines[i].pulls);
  output_write(output, strbuf_str(&text), text.length, err);
}

/* Lists and writes everything. 0; or -1 with *err when nothing usable came out. */
static int list(struct world *world, struct error **err) {
  int result = -1;
  struct settings *settings = world->settings;
  struct sink *sink = world->sink;
  struct http *http = NULL;
  struct known *known = settings->reuse_count > 0 ? known_new() : NULL;
  find_places(world);
  if (check_places(world, err) < 0 || read_known(settings, known, sink, err) < 0)
    goto end;
  struct http_options options = world->http;
  options.ca = &world->accounts[0]->ca;
  options.jobs = (size_t)settings->jobs;
  options.jobs_per_host = jobs_per_scope(world);
  options.max_retries = (unsigned)settings->max_retries;
  options.timeout = settings->timeout;
  http = http_new(&options, err);
  if (!http)
    goto end;
  settings->inventory.jobs = (size_t)settings->jobs;
  settings->inventory.expand.known = known;
  settings->inventory.progress = count_images;
  settings->inventory.progress_arg = sink;
  settings->inventory.note = options.note;
  settings->inventory.note_arg = options.note_arg;
  sink->inventory = inventory_new(http, &settings->inventory, take_rows, sink);
  for (size_t i = 0; i < world->place_count; i++)
    add_to_inventory(world, &world->places[i], http);
  bool dry = settings->inventory.estimate;
  /* The records of an earlier run stay. */
  sink->output = output_open(dry ? NULL : sink->common->output, err);
  if (!sink->output)
    goto end;
  if (!dry) {
    sink->writer = record_writer_new(sink->output);
    record_writer_redact(sink->writer, http_cli_redactor(&sink->tell));
  }
  if (inventory_run(sink->inventory, err) < 0)
    goto end;
  if (dry)
    put_estimate(sink->output, &settings->estimate, &sink->error);
  if (sink->error) {
    error_set(err, sink->error->status, "%s", sink->error->message);
    goto end;
  }
  /* Who reads it may write to the same terminal at once. */
  progress_hide(sink->progress);
  if (dry || record_writer_finish(sink->writer, err) == 0)
    result = output_commit(sink->output, err);
end:
  http_free(http); /* first: it ends the calls that the others wait for */
  inventory_free(sink->inventory);
  record_writer_free(sink->writer);
  output_free(sink->output);
  known_free(known);
  return result;
}

/* The same, from the settings on. */
static int find_and_list(struct world *world, struct error **err) {
  if (check_settings(world->settings, err) < 0)
    return -1;
  struct aws_context *context = aws_context_new(&world->http);
  size_t count = count_accounts(world->settings);
  world->accounts = xcalloc(count, sizeof(struct aws_account *));
  world->profiles = aws_profiles_read(context, err);
  for (size_t i = 0; world->profiles && i < count; i++)
    world->accounts[world->account_count++] = new_account(world, i, context);
  aws_context_free(context);
  return world->profiles ? list(world, err) : -1;
}

/* The exit status. */
static int run(struct settings *settings, const struct cli_common *common) {
  cleanup(cleanup_error) struct error *error = NULL;
  struct sink sink = {.common = common};
  http_cli_start(&sink.tell, &program, common);
  struct world world = {.settings = settings,
                        .sink = &sink,
                        .http = {.timeout = settings->timeout, .stop_fd = cli_signals()}};
  http_cli_options(&sink.tell, &world.http);
  sink.progress = sink.tell.progress = progress_new(progress_mode(common), "images");
  /* Repositories are looked into while others are already done. */
  progress_grows(sink.progress, true);
  int result = find_and_list(&world, &error);
  for (size_t i = 0; i < world.place_count; i++) {
    ecr_free(world.places[i].ecr);
    aws_endpoint_clear(&world.places[i].endpoint);
    error_free(world.places[i].trouble);
  }
  free(world.places);
  for (size_t i = 0; i < world.account_count; i++)
    aws_account_free(world.accounts[i]);
  free(world.accounts);
  aws_profiles_free(world.profiles);
  progress_free(sink.progress);
  sink.tell.progress = NULL;
  error_free(sink.error);
  http_cli_report(&sink.tell);
  if (result < 0) {
    cli_die_of_signal();
    cli_error(&program, error);
    http_cli_clear(&sink.tell);
    return CLI_EXIT_TROUBLE;
  }
  http_cli_clear(&sink.tell);
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
  free(settings.profiles.items);
  free(settings.roles.items);
  free(settings.reuse);
  return status;
}
