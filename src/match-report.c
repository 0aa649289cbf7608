#include <config.h>

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/cli.h"
#include "base/output.h"
#include "base/progress.h"
#include "base/record.h"
#include "base/xalloc.h"
#include "registry/platform.h"
#include "report/match.h"
#include "report/report.h"
#include "report/within.h"

/* Columns without which the evidence would be weaker, or less absent, than it is. */
#define NEEDED                                                                                     \
  (1u << RECORD_IMAGE | 1u << RECORD_DIGEST | 1u << RECORD_PLATFORM |                              \
   1u << RECORD_MANIFEST_DIGEST | 1u << RECORD_CONFIG_DIGEST | 1u << RECORD_STATUS |               \
   1u << RECORD_SETTINGS | 1u << RECORD_LAYERS | 1u << RECORD_DIFF_IDS)
/* Of sources also what tells a reference from the same one elsewhere in the input. */
#define NEEDED_OF_SOURCES (NEEDED | 1u << RECORD_ORIGIN)
/* For duplicates also whether an image is whole, and how large it is. */
#define NEEDED_WITHIN                                                                              \
  (NEEDED | 1u << RECORD_PLATFORMS | 1u << RECORD_SIZE | 1u << RECORD_LAYER_SIZES)

enum option {
  OPTION_TEXT,
  OPTION_TSV,
  OPTION_JSON,
  OPTION_HTML,
  OPTION_JUNIT,
  OPTION_MISSING,
  OPTION_MAP,
  FORMATS,
  OPTION_PLATFORM,
  OPTION_BASE,
  OPTION_NAMES,
  OPTION_WITHIN,
  OPTION_FAIL_IF,
  OPTION_JOBS
};

/* Threads beyond this number wait for the one that reads. */
#define JOBS_MAX_BY_DEFAULT 4
#define JOBS_MAX 256

static const struct cli_option options[] = {
    {"text", 0, CLI_OPTIONAL, "FILE", "write the report as text (the default)", OPTION_TEXT},
    {"tsv", 0, CLI_OPTIONAL, "FILE",
     "write it as TSV, a row per source, inventory image and platform", OPTION_TSV},
    {"json", 0, CLI_OPTIONAL, "FILE", "write it as JSON", OPTION_JSON},
    {"html", 0, CLI_OPTIONAL, "FILE", "write it as a page for browsers, all in one file",
     OPTION_HTML},
    {"junit", 0, CLI_OPTIONAL, "FILE",
     "write it as JUnit XML, a test case per source; what --fail-if\n"
     "names is a failure there, unknown an error",
     OPTION_JUNIT},
    {"missing", 0, CLI_OPTIONAL, "FILE",
     "write the references that are absent or only partly there, one a\n"
     "line, for a program that copies them",
     OPTION_MISSING},
    {"map", 0, CLI_OPTIONAL, "FILE",
     "write for each reference that is present, as it was typed, where\n"
     "to pull it from instead: REFERENCE, a tab, IMAGE@DIGEST",
     OPTION_MAP},
    {"platform", 0, CLI_REQUIRED, "LIST",
     "ask for these platforms of the sources only: linux/amd64,linux/arm64", OPTION_PLATFORM},
    {"base", 0, CLI_NONE, NULL, "tell the images that are built FROM a source, too", OPTION_BASE},
    {"names", 0, CLI_NONE, NULL,
     "tell the images with the name and tag of a source and other\n"
     "content, too: outdated, or unrelated",
     OPTION_NAMES},
    {"within", 0, CLI_NONE, NULL,
     "find the duplicates inside of the INVENTORY files, without\n"
     "SOURCES; as text, TSV, JSON or HTML",
     OPTION_WITHIN},
    {"fail-if", 0, CLI_REQUIRED, "LIST",
     "end with status 3 when some source has one of these verdicts:\n"
     "present, partial, likely, archived, absent, unknown",
     OPTION_FAIL_IF},
    {"jobs", 'j', CLI_REQUIRED, "N",
     "threads that look at the rows of INVENTORY (as many as there are\n"
     "processors, up to 4)",
     OPTION_JOBS},
    {NULL, 0, CLI_NONE, NULL, NULL, 0},
};

static const struct cli_program program = {
    .name = "match-report",
    .synopsis = "[OPTION]... SOURCES INVENTORY...\n--within [OPTION]... INVENTORY...",
    .description =
        "Say for each image of SOURCES (records, from resolve-digest) where it already is in the\n"
        "INVENTORY files (records, from list-ecr or list-registry), on which platforms, and on "
        "what\n"
        "evidence. '-' is standard input, once. Several formats can be written in one run.",
    .epilog =
        "Exit status: 0 all good; 1 some rows of SOURCES or INVENTORY had failed; 2 usage, or\n"
        "nothing could be done; 3 --fail-if held.\n"
        "\n"
        "Example: list-ecr | match-report --json=report.json --text sources.tsv -",
    .options = options,
};

static report_write_fn *const writers[FORMATS] = {
    [OPTION_TEXT] = report_text, [OPTION_TSV] = report_tsv,     [OPTION_JSON] = report_json,
    [OPTION_HTML] = report_html, [OPTION_JUNIT] = report_junit, [OPTION_MISSING] = report_missing,
    [OPTION_MAP] = report_map,
};

/* Of --within; what has none is not for it. */
static within_write_fn *const within_writers[FORMATS] = {
    [OPTION_TEXT] = within_text,
    [OPTION_TSV] = within_tsv,
    [OPTION_JSON] = within_json,
    [OPTION_HTML] = within_html,
};

/* A report that was asked for. */
struct target {
  bool wanted;
  const char *path; /* NULL: where -o says */
  struct output *output;
};

struct arguments {
  struct target targets[FORMATS];
  char **platforms; /* ends with NULL; NULL: all */
  size_t platform_count;
  unsigned fail_if; /* bit mask of verdicts */
  bool base, names, within;
  long jobs; /* 0: not said */
};

static void free_arguments(struct arguments *arguments) {
  for (size_t i = 0; i < arguments->platform_count; i++)
    free(arguments->platforms[i]);
  free(arguments->platforms);
  for (int i = 0; i < FORMATS; i++)
    output_free(arguments->targets[i].output);
}

static int add_platform(void *arg, const char *part, struct error **err) {
  struct arguments *arguments = arg;
  char *platform = platform_parse(part, err);
  if (!platform)
    return -1;
  arguments->platforms = xreallocarray(arguments->platforms, arguments->platform_count + 2,
                                       sizeof *arguments->platforms);
  arguments->platforms[arguments->platform_count++] = platform;
  arguments->platforms[arguments->platform_count] = NULL;
  return 0;
}

static int add_fail_if(void *arg, const char *part, struct error **err) {
  struct arguments *arguments = arg;
  enum verdict verdict;
  if (!verdict_parse(part, &verdict))
    return error_set(err, STATUS_LOCAL,
                     "'%s' is none of present, partial, likely, archived, absent, unknown", part);
  arguments->fail_if |= 1u << verdict;
  return 0;
}

static int take_option(void *arg, int id, const char *value, struct error **err) {
  struct arguments *arguments = arg;
  switch (id) {
  case OPTION_PLATFORM:
    return cli_list("--platform", value, add_platform, arguments, err);
  case OPTION_FAIL_IF:
    return cli_list("--fail-if", value, add_fail_if, arguments, err);
  case OPTION_BASE:
    arguments->base = true;
    return 0;
  case OPTION_NAMES:
    arguments->names = true;
    return 0;
  case OPTION_WITHIN:
    arguments->within = true;
    return 0;
  case OPTION_JOBS:
    return cli_number("--jobs", value, 1, JOBS_MAX, &arguments->jobs, err);
  default:
    if (value && !*value)
      return error_set(err, STATUS_LOCAL, "--%s: the name of the file is empty",
                       options[id].long_name);
    arguments->targets[id].wanted = true;
    arguments->targets[id].path = value;
    return 0;
  }
}

static bool is_standard_output(const char *path) {
  return !path || strcmp(path, "-") == 0;
}

/* Gives each report that is wanted its place: text when no format was asked for; -o is for the one
   that names no file. */
static int settle_targets(struct arguments *arguments, const char *default_path,
                          struct error **err) {
  struct target *targets = arguments->targets;
  size_t wanted = 0, without_file = 0;
  for (int i = 0; i < FORMATS; i++)
    wanted += targets[i].wanted;
  if (!wanted)
    targets[OPTION_TEXT].wanted = true;
  for (int i = 0; i < FORMATS; i++)
    if (targets[i].wanted && !targets[i].path) {
      targets[i].path = default_path;
      without_file++;
    }
  if (default_path && !without_file)
    return error_set(err, STATUS_LOCAL,
                     "--output=%s: every format has its own file; leave one of the two out",
                     default_path);
  for (int i = 0; i < FORMATS; i++)
    for (int j = i + 1; j < FORMATS; j++) {
      if (!targets[i].wanted || !targets[j].wanted)
        continue;
      bool first = is_standard_output(targets[i].path);
      if (first && is_standard_output(targets[j].path))
        return error_set(err, STATUS_LOCAL,
                         "standard output can take one format: give --%s or --%s a file "
                         "(--%s=FILE)",
                         options[i].long_name, options[j].long_name, options[j].long_name);
      if (!first && targets[j].path && strcmp(targets[i].path, targets[j].path) == 0)
        return error_set(err, STATUS_LOCAL, "%s: two formats cannot go to one file",
                         targets[i].path);
    }
  return 0;
}

/* What asks something about sources has no meaning without them. */
static int check_within(const struct arguments *arguments, struct error **err) {
  const char *other = NULL;
  for (int i = 0; i < FORMATS; i++)
    if (arguments->targets[i].wanted && !within_writers[i])
      other = options[i].long_name;
  if (arguments->platforms)
    other = "platform";
  if (arguments->fail_if)
    other = "fail-if";
  if (arguments->base)
    other = "base";
  if (arguments->names)
    other = "names";
  if (arguments->within && other)
    return error_set(err, STATUS_LOCAL, "--%s is about sources, and --within has none", other);
  return 0;
}

static int check_operands(char **operands, int count, bool within, struct error **err) {
  if (count < (within ? 1 : 2))
    return error_set(err, STATUS_LOCAL, "%s is missing; try 'match-report --help'",
                     count || within ? "an INVENTORY" : "SOURCES");
  int standard_input = 0;
  for (int i = 0; i < count; i++)
    standard_input += strcmp(operands[i], "-") == 0;
  if (standard_input > 1)
    return error_set(err, STATUS_LOCAL, "'-': standard input can be read only once");
  return 0;
}

/* A report in the place of the records it is made of would be the end of them. */
static int check_targets(const struct arguments *arguments, char **operands, int count,
                         struct error **err) {
  for (int i = 0; i < FORMATS; i++)
    for (int j = 0; j < count; j++)
      if (arguments->targets[i].wanted && output_replaces(arguments->targets[i].path, operands[j]))
        return error_set(err, STATUS_LOCAL, "%s: the report would replace an input", operands[j]);
  return 0;
}

/* What there is to read of PATH; 0 for what is no file, whose producer may show its own progress.
 */
static size_t megabytes(const char *path) {
  struct stat status;
  if (strcmp(path, "-") == 0 || stat(path, &status) || !S_ISREG(status.st_mode))
    return 0;
  return (size_t)status.st_size / 1000000;
}

/* Not progress_mode: the reports come when all is read. */
static struct progress *new_progress(const struct cli_common *common, char **operands, int count) {
  struct progress *progress =
      progress_new(common->quiet ? CLI_PROGRESS_NEVER : common->progress, "MB");
  for (int i = 0; i < count; i++)
    progress_total(progress, megabytes(operands[i]));
  return progress;
}

/* A file while it is read. */
struct reading {
  struct record_reader *reader;
  struct progress *progress;
  size_t all, told; /* megabytes */
};

static void close_reading(struct reading *reading) {
  record_reader_close(reading->reader);
}

static int open_reading(struct reading *reading, const char *path, uint32_t needed,
                        struct progress *progress, struct error **err) {
  *reading = (struct reading){.progress = progress, .all = megabytes(path)};
  if (!reading->all)
    progress_hide(progress);
  reading->reader = record_reader_open(path, needed, err);
  return reading->reader ? 0 : -1;
}

/* Shows how far it is; false when a signal asks to stop. */
static bool look(void *arg) {
  struct reading *reading = arg;
  if (reading->all) {
    size_t read = (size_t)(record_reader_bytes(reading->reader) / 1000000);
    progress_done(reading->progress, read - reading->told);
    reading->told = read;
  }
  return !cli_stopped();
}

typedef void add_fn(void *to, const struct record *record);

static void add_source(void *to, const struct record *record) {
  match_source(to, record);
}

static void add_within(void *to, const struct record *record) {
  within_add(to, record);
}

/* Rows between two looks. */
#define ROWS_PER_LOOK 1024

/* The rows of PATH, in their order. */
static int read_file(void *to, const char *path, uint32_t needed, add_fn *add,
                     struct progress *progress, struct error **err) {
  cleanup(close_reading) struct reading reading;
  if (open_reading(&reading, path, needed, progress, err))
    return -1;
  struct record record;
  size_t rows = 0;
  int got;
  while ((got = record_reader_next(reading.reader, &record, err)) > 0) {
    add(to, &record);
    if (++rows % ROWS_PER_LOOK == 0 && !look(&reading))
      return error_set(err, STATUS_LOCAL, "stopped");
  }
  return got;
}

static void add_inventory(void *part, const struct record_row *row) {
  match_part_row(part, row);
}

/* The rows of PATH, which PARTS (as many as there are JOBS) take in any order. */
static int read_inventory(void *const *parts, size_t jobs, const char *path,
                          struct progress *progress, struct error **err) {
  cleanup(close_reading) struct reading reading;
  if (open_reading(&reading, path, NEEDED, progress, err))
    return -1;
  return record_reader_each(reading.reader, jobs, add_inventory, parts, look, &reading, err);
}

/* Those that this process may run on, where that can be told: taskset and cpusets leave some out.
 */
static long count_processors(void) {
#ifdef CPU_COUNT
  cpu_set_t mine;
  if (sched_getaffinity(0, sizeof mine, &mine) == 0)
    return CPU_COUNT(&mine);
#endif
  return sysconf(_SC_NPROCESSORS_ONLN);
}

static size_t default_jobs(void) {
  long processors = count_processors();
  return processors < 1                     ? 1
         : processors < JOBS_MAX_BY_DEFAULT ? (size_t)processors
                                            : JOBS_MAX_BY_DEFAULT;
}

static int read_inventories(struct match *match, const struct arguments *arguments,
                            char *const *paths, size_t count, struct progress *progress,
                            struct error **err) {
  size_t jobs = arguments->jobs ? (size_t)arguments->jobs : default_jobs();
  void *parts[JOBS_MAX];
  for (size_t i = 0; i < jobs; i++)
    parts[i] = match_part_new(match);
  for (size_t i = 0; i < count; i++)
    if (read_inventory(parts, jobs, paths[i], progress, err))
      return -1;
  return 0;
}

/* First of all, so that nobody waits for a listing that has no place to go. */
static int open_targets(struct target *targets, struct error **err) {
  for (int i = 0; i < FORMATS; i++)
    if (targets[i].wanted && !(targets[i].output = output_open(targets[i].path, err)))
      return -1;
  return 0;
}

/* Each report to its place: REPORT, or else DUPLICATES. Standard output goes first, because it
   cannot be taken back; and no file appears before all are written. */
static int write_reports(const struct report *report, const struct duplicates *duplicates,
                         struct target *targets, struct error **err) {
  for (int i = 0; i < FORMATS; i++) {
    struct output *output = targets[i].output;
    if (output &&
        ((report ? writers[i](report, output, err) : within_writers[i](duplicates, output, err)) ||
         output_flush(output, err)))
      return -1;
  }
  for (int files = 0; files < 2; files++)
    for (int i = 0; i < FORMATS; i++)
      if (targets[i].output && is_standard_output(targets[i].path) == !files &&
          output_commit(targets[i].output, err))
        return -1;
  return 0;
}

static size_t failed_sources(const struct report *report) {
  size_t failed = 0;
  for (size_t i = 0; i < report->source_count; i++)
    failed += status_is_failure(report->sources[i].status);
  return failed;
}

/* Why the exit status is not 0, though all was written. */
static void tell_failed_rows(const struct report *report) {
  cli_note(&program, "%zu of %zu sources and %zu %s of the inventory could not be read",
           failed_sources(report), report->source_count, report->failure_count,
           report->failure_count == 1 ? "row" : "rows");
}

/* Not in the text report, whose layout is fixed; and JSON has the number. */
static void tell_what_was_not_compared(const struct report *report) {
  if (report->without_config > 0 && report->summary[VERDICT_ABSENT] > 0)
    cli_note(
        &program,
        "%zu of %zu inventory images had no config read: what a tool rewrote on its way may be "
        "among them, and is called absent",
        report->without_config, report->inventory_images);
}

/* A list that goes to another program says nothing of what is not in it. */
static void tell_what_is_not_listed(const struct report *report, const struct target *targets) {
  size_t doubt[VERDICTS] = {0}, doubts = 0, unmapped = 0;
  for (size_t i = 0; i < report->source_count; i++) {
    const struct report_source *source = &report->sources[i];
    unmapped += !report_best(source);
    if (report_whereabouts(source) == IS_IN_DOUBT) {
      doubt[source->verdict]++;
      doubts++;
    }
  }
  if (targets[OPTION_MISSING].wanted && doubts > 0)
    cli_note(&program,
             "--missing has not the %zu of %zu that may be there: %zu partial, %zu likely, %zu "
             "archived, %zu unknown",
             doubts, report->source_count, doubt[VERDICT_PARTIAL], doubt[VERDICT_LIKELY],
             doubt[VERDICT_ARCHIVED], doubt[VERDICT_UNKNOWN]);
  if (targets[OPTION_MAP].wanted && unmapped > 0)
    cli_note(&program, "--map has not the %zu of %zu that are not present", unmapped,
             report->source_count);
}

/* The report is the same; only the memory is not what the manual says. */
static void tell_what_memory_has(const struct report *report) {
  if (report->scratch_refused)
    cli_note(
        &program,
        "a temporary file to count images in: %s: they were counted in memory; set TMPDIR to a "
        "folder with room",
        strerror(report->scratch_refused));
}

static void free_progress(struct progress **progress) {
  progress_free(*progress);
}

static void free_match(struct match **match) {
  match_free(*match);
}

static int make_report(struct arguments *arguments, const struct cli_common *common,
                       char **operands, int count, int *exit_status, struct error **err) {
  if (open_targets(arguments->targets, err))
    return -1;
  const struct match_options match_options = {.platforms =
                                                  (const char *const *)arguments->platforms,
                                              .fail_if = arguments->fail_if,
                                              .base = arguments->base,
                                              .names = arguments->names};
  cleanup(free_match) struct match *match = match_new(&match_options);
  cleanup(free_progress) struct progress *progress = new_progress(common, operands, count);
  if (read_file(match, operands[0], NEEDED_OF_SOURCES, add_source, progress, err) ||
      read_inventories(match, arguments, operands + 1, (size_t)count - 1, progress, err))
    return -1;
  const struct report *report = match_finish(match, err);
  progress_hide(progress);
  if (!report)
    return -1;
  if (write_reports(report, NULL, arguments->targets, err))
    return -1;
  if (!common->quiet) {
    tell_what_is_not_listed(report, arguments->targets);
    tell_what_was_not_compared(report);
    if (common->verbosity)
      tell_what_memory_has(report);
  }
  if (failed_sources(report) + report->failure_count > 0) {
    if (!common->quiet)
      tell_failed_rows(report);
    *exit_status = CLI_EXIT_ROWS_FAILED;
  } else {
    *exit_status = CLI_EXIT_OK;
  }
  for (int i = 0; i < VERDICTS; i++)
    if (report->fail_if & 1u << i && report->summary[i])
      *exit_status = CLI_EXIT_FAIL_IF;
  return 0;
}

static void free_within(struct within **within) {
  within_free(*within);
}

static int make_within(struct arguments *arguments, const struct cli_common *common,
                       char **operands, int count, int *exit_status, struct error **err) {
  if (open_targets(arguments->targets, err))
    return -1;
  cleanup(free_within) struct within *within = within_new();
  cleanup(free_progress) struct progress *progress = new_progress(common, operands, count);
  for (int i = 0; i < count; i++)
    if (read_file(within, operands[i], NEEDED_WITHIN, add_within, progress, err))
      return -1;
  const struct duplicates *duplicates = within_finish(within);
  progress_hide(progress);
  if (write_reports(NULL, duplicates, arguments->targets, err))
    return -1;
  if (!common->quiet && duplicates->without_config)
    cli_note(&program,
             "%zu of %zu inventory images had no config read: duplicates that a tool rewrote on "
             "their way may be missing here",
             duplicates->without_config, duplicates->images);
  if (!common->quiet && duplicates->failure_count)
    cli_note(&program, "%zu %s of the inventory could not be read", duplicates->failure_count,
             duplicates->failure_count == 1 ? "row" : "rows");
  *exit_status = duplicates->failure_count ? CLI_EXIT_ROWS_FAILED : CLI_EXIT_OK;
  return 0;
}

/* All that must be undone before a signal ends the process is undone when this returns. */
static int run(int argc, char **argv) {
  cleanup(free_arguments) struct arguments arguments = {.platforms = NULL};
  struct cli_common common;
  int exit_status = CLI_EXIT_TROUBLE;
  int first = cli_parse(&program, argc, argv, &common, take_option, &arguments, &exit_status);
  if (first < 0)
    return exit_status;
  cleanup(cleanup_error) struct error *err = NULL;
  char **operands = argv + first;
  int count = argc - first;
  if (check_within(&arguments, &err) || check_operands(operands, count, arguments.within, &err) ||
      settle_targets(&arguments, common.output, &err) ||
      check_targets(&arguments, operands, count, &err) ||
      (arguments.within ? make_within : make_report)(&arguments, &common, operands, count,
                                                     &exit_status, &err)) {
    if (!cli_stopped())
      cli_error(&program, err);
    return CLI_EXIT_TROUBLE;
  }
  return exit_status;
}

int main(int argc, char **argv) {
  /* Its descriptor is for those who wait for a network. */
  if (cli_signals() < 0)
    cli_note(&program, "a signal may leave a temporary file behind");
  int exit_status = run(argc, argv);
  cli_die_of_signal();
  return exit_status;
}
