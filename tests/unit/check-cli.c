#include <config.h>

#include "base/cli.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/cli-help.h"
#include "base/strbuf.h"
#include "files.h"

enum { JOBS, TEXT, TABLE, HOST };

static const struct cli_option options[] = {
    {"jobs", 'j', CLI_REQUIRED, "N", "how many at once", JOBS},
    {"text", 't', CLI_OPTIONAL, "FILE",
     "help that is filled from its column on, wherever\nits own lines end", TEXT},
    {"table", 0, CLI_NONE, NULL, "a table", TABLE},
    {"a-long-name-for-an-option", 0, CLI_REQUIRED, "HOST", "below", HOST},
    {NULL, 0, CLI_NONE, NULL, NULL, 0},
};

static const struct cli_program program = {
    .name = "check-cli",
    .synopsis = "[OPTION]... FILE\n--table",
    .description = "Does much for those who read a description that is so long that it must be "
                   "filled over several lines.",
    .epilog = "Example:\n  check-cli --jobs=2",
    .options = options,
};

/* ---- a parse in a process of its own ---- */

struct run {
  int status;    /* exit status; 100 and more: parsed, 100 + number of operands */
  char *output;  /* standard output, with a line for each option */
  char *message; /* standard error */
};

static void cleanup_run(struct run *run) {
  free(run->output);
  free(run->message);
}

static int take(void *arg, int id, const char *value, struct error **err) {
  (void)arg;
  printf("%d:%s\n", id, value ? value : "(none)");
  long number;
  return id == JOBS ? cli_number("--jobs", value, 1, 99, &number, err) : 0;
}

static int parse_and_tell(char **argv) {
  int argc = 0;
  while (argv[argc])
    argc++;
  struct cli_common common;
  int status = 50;
  int first = cli_parse(&program, argc, argv, &common, take, NULL, &status);
  if (first < 0)
    return status;
  printf("output=%s verbosity=%d quiet=%d progress=%d\n", common.output ? common.output : "-",
         common.verbosity, common.quiet, (int)common.progress);
  for (int i = first; i < argc; i++)
    printf("operand %s\n", argv[i]);
  return 100 + argc - first;
}

/* LINE: the arguments, between single blanks. */
static struct run run(const char *line) {
  cleanup(cleanup_free) char *out = files_path("out");
  cleanup(cleanup_free) char *err = files_path("err");
  fflush(stdout);
  pid_t child = fork();
  ck_assert_int_ge(child, 0);
  if (child == 0) {
    char *argv[20] = {NULL};
    char name[] = "/some/path/to-it";
    char *words = strdup(line);
    int count = 0;
    argv[count++] = name;
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
      argv[count++] = word;
    dup2(open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
    dup2(open(err, O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
    int status = parse_and_tell(argv);
    fflush(stdout);
    free(words);
    free(out);
    free(err);
    _exit(status);
  }
  int status;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert(WIFEXITED(status));
  size_t length;
  return (struct run){.status = WEXITSTATUS(status),
                      .output = files_read(out, &length),
                      .message = files_read(err, &length)};
}

START_TEST(options_and_operands_mix) {
  cleanup(cleanup_run) struct run r =
      run("one -j3 --text=f two -vv -q --jobs 4 -t --text -ox --progress=never -- -j");
  ck_assert_str_eq(r.message, "");
  ck_assert_str_eq(r.output, "0:3\n1:f\n0:4\n1:(none)\n1:(none)\n"
                             "output=x verbosity=2 quiet=1 progress=2\n"
                             "operand one\noperand two\noperand -j\n");
  ck_assert_int_eq(r.status, 103);
}
END_TEST

START_TEST(defaults) {
  cleanup(cleanup_run) struct run r = run("");
  ck_assert_str_eq(r.output, "output=- verbosity=0 quiet=0 progress=0\n");
  ck_assert_int_eq(r.status, 100);
}
END_TEST

START_TEST(long_names_may_be_shortened) {
  cleanup(cleanup_run) struct run r = run("--jo=2 --tab --prog=always");
  ck_assert_str_eq(r.output, "0:2\n2:(none)\noutput=- verbosity=0 quiet=0 progress=1\n");
  cleanup(cleanup_run) struct run back = run("--prog=always --prog=auto");
  ck_assert_str_eq(back.output, "output=- verbosity=0 quiet=0 progress=0\n");
}
END_TEST

static void expect_usage_error(const char *line, const char *message) {
  cleanup(cleanup_run) struct run r = run(line);
  cleanup(cleanup_free) char *expected = NULL;
  ck_assert_int_gt(asprintf(&expected,
                            "check-cli: %s\nTry 'check-cli --help' for more "
                            "information.\n",
                            message),
                   0);
  ck_assert_str_eq(r.message, expected);
  ck_assert_int_eq(r.status, CLI_EXIT_TROUBLE);
}

START_TEST(wrong_usage_is_explained) {
  expect_usage_error("--nothing", "unrecognized option '--nothing'");
  expect_usage_error("x --nothing=3 y", "unrecognized option '--nothing=3'");
  expect_usage_error("--t", "option '--t' is ambiguous");
  expect_usage_error("-x", "invalid option -- 'x'");
  expect_usage_error("-vx", "invalid option -- 'x'");
  expect_usage_error("--jobs", "option '--jobs' needs an argument, N");
  expect_usage_error("-j", "option '-j' needs an argument, N");
  expect_usage_error("-vo", "option '-o' needs an argument, FILE");
  expect_usage_error("--table=1", "option '--table' takes no argument");
  expect_usage_error("--quiet=1", "option '--quiet' takes no argument");
  expect_usage_error("--jobs=0", "--jobs: '0' is not a number from 1 to 99");
  expect_usage_error("--output=", "--output: the name of the file is empty");
  expect_usage_error("--progress=yes", "--progress: 'yes' is none of auto, always, never");
  expect_usage_error("--\033[1m", "unrecognized option '--\xEF\xBF\xBD[1m'");
}
END_TEST

START_TEST(help_is_made_of_the_table) {
  cleanup(cleanup_run) struct run r = run("--help --nothing");
  ck_assert_int_eq(r.status, CLI_EXIT_OK);
  ck_assert_str_eq(r.message, "");
  static const char start[] =
      "Usage: check-cli [OPTION]... FILE\n"
      "  or:  check-cli --table\n"
      "\n"
      "Does much for those who read a description that is so long that it must be\n"
      "filled over several lines.\n"
      "\n"
      "Options:\n"
      "  -j, --jobs=N         how many at once\n"
      "  -t, --text[=FILE]    help that is filled from its column on, wherever its own\n"
      "                       lines end\n"
      "      --table          a table\n"
      "      --a-long-name-for-an-option=HOST\n"
      "                       below\n"
      "\n"
      "Common options:\n"
      "  -o, --output=FILE    ";
  ck_assert_uint_gt(strlen(r.output), strlen(start));
  r.output[strlen(start)] = '\0';
  ck_assert_str_eq(r.output, start);
}
END_TEST

START_TEST(help_stands_beside_what_is_not_too_long) {
  static const struct cli_option edges[] = {
      {"twenty-two-and-eight", 0, CLI_NONE, NULL, "beside", 0},
      {"twenty-one-and-eight-", 0, CLI_NONE, NULL, "below", 0},
      {NULL, 0, CLI_NONE, NULL, NULL, 0},
  };
  struct cli_program other = program;
  other.options = edges;
  cleanup(strbuf_free) struct strbuf text = STRBUF(65536);
  cli_help_text(&other, &text);
  ck_assert_ptr_nonnull(strstr(text.data, "\n      --twenty-two-and-eight  beside\n"
                                          "      --twenty-one-and-eight-\n"
                                          "                              below\n"));
}
END_TEST

START_TEST(help_names_every_common_option) {
  cleanup(cleanup_run) struct run r = run("--help");
  static const char *const wanted[] = {"-o, --output=FILE",
                                       "-v, --verbose",
                                       "-q, --quiet",
                                       "    --progress=WHEN",
                                       "    --help",
                                       "    --version",
                                       "\nExample:\n  check-cli --jobs=2\n"};
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    ck_assert_msg(strstr(r.output, wanted[i]), "%s", wanted[i]);
  for (char *line = strtok(r.output, "\n"); line; line = strtok(NULL, "\n"))
    ck_assert_msg(strlen(line) < 80, "%s", line);
}
END_TEST

START_TEST(version_names_package_and_licence) {
  cleanup(cleanup_run) struct run r = run("--version");
  ck_assert_int_eq(r.status, CLI_EXIT_OK);
  static const char first[] = "check-cli (ocidup) " PACKAGE_VERSION "\n";
  ck_assert_int_eq(strncmp(r.output, first, strlen(first)), 0);
  ck_assert_ptr_nonnull(strstr(r.output, "MIT-0"));
}
END_TEST

/* ---- arguments ---- */

static void expect_number(const char *text, long min, long max, int result, long expected) {
  cleanup(cleanup_error) struct error *error = NULL;
  long number = -77;
  ck_assert_int_eq(cli_number("--n", text, min, max, &number, &error), result);
  ck_assert_int_eq(number, result ? -77 : expected);
  ck_assert_int_eq(error != NULL, result != 0);
  if (error)
    ck_assert_int_eq(strncmp(error->message, "--n: '", 6), 0);
}

START_TEST(numbers_are_whole_and_within_bounds) {
  expect_number("1", 1, 9, 0, 1);
  expect_number("9", 1, 9, 0, 9);
  expect_number("007", 1, 9, 0, 7);
  expect_number("-3", -5, 5, 0, -3);
  static const char *const wrong[] = {"",
                                      "0",
                                      "10",
                                      "-1",
                                      "+3",
                                      " 3",
                                      "3 ",
                                      "3x",
                                      "0x3",
                                      "3.0",
                                      "-",
                                      "--3",
                                      "1e0",
                                      "99999999999999999999",
                                      "-99999999999999999999"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    expect_number(wrong[i], 1, 9, -1, 0);
}
END_TEST

static int collect(void *arg, const char *part, struct error **err) {
  if (strcmp(part, "bad") == 0)
    return error_set(err, STATUS_LOCAL, "is bad");
  strbuf_printf(arg, "<%s>", part);
  return 0;
}

START_TEST(lists_are_split) {
  struct strbuf seen = STRBUF(100);
  cleanup(cleanup_error) struct error *empty = NULL;
  cleanup(cleanup_error) struct error *bad = NULL;
  ck_assert_int_eq(cli_list("--l", "one", collect, &seen, NULL), 0);
  ck_assert_int_eq(cli_list("--l", "a,b c,d", collect, &seen, NULL), 0);
  ck_assert_str_eq(strbuf_str(&seen), "<one><a><b c><d>");
  ck_assert_int_eq(cli_list("--l", "a,,b", collect, &seen, &empty), -1);
  ck_assert_str_eq(empty->message, "--l: 'a,,b' has an empty part");
  ck_assert_int_eq(cli_list("--l", "", collect, &seen, NULL), -1);
  ck_assert_int_eq(cli_list("--l", "a,", collect, &seen, NULL), -1);
  ck_assert_int_eq(cli_list("--l", ",a", collect, &seen, NULL), -1);
  ck_assert_int_eq(cli_list("--l", "a,bad,b", collect, &seen, &bad), -1);
  ck_assert_str_eq(bad->message, "--l: is bad");
  strbuf_free(&seen);
}
END_TEST

/* ---- signals ---- */

/* 0 when all is as it should be; ends by the signal NUMBER. */
static int be_stopped(int number) {
  int fd = cli_signals();
  struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
  if (fd < 0 || cli_stopped() || poll(&poll_fd, 1, 0) != 0)
    return 1;
  cli_die_of_signal(); /* returns: there was none */
  raise(number);
  if (!cli_stopped() || poll(&poll_fd, 1, 0) != 1)
    return 2;
  cli_die_of_signal();
  return 3;
}

START_TEST(signals_stop_in_order) {
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    pid_t child = fork();
    if (child == 0) {
      signal(numbers[i], SIG_DFL);
      _exit(be_stopped(numbers[i]));
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFSIGNALED(status), "exited with %d", WEXITSTATUS(status));
    ck_assert_int_eq(WTERMSIG(status), numbers[i]);
  }
}
END_TEST

START_TEST(only_a_second_interrupt_is_impatient) {
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    pid_t pid = fork();
    if (pid == 0) {
      signal(numbers[i], SIG_DFL);
      cli_signals();
      raise(numbers[i]);
      raise(numbers[i]);
      _exit(cli_stopped() ? 0 : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
                     numbers[i] == SIGINT ? SIGINT : 0);
  }
}
END_TEST

START_TEST(ignored_signals_stay_ignored) {
  pid_t child = fork();
  if (child == 0) {
    signal(SIGINT, SIG_IGN);
    cli_signals();
    raise(SIGINT);
    raise(SIGPIPE);
    _exit(cli_stopped() ? 1 : 0);
  }
  int status;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_int_eq(status, 0);
}
END_TEST

UNIT_MAIN("cli", tcase_add_unchecked_fixture(tcase, files_setup, files_teardown);
          tcase_add_test(tcase, options_and_operands_mix); tcase_add_test(tcase, defaults);
          tcase_add_test(tcase, long_names_may_be_shortened);
          tcase_add_test(tcase, wrong_usage_is_explained);
          tcase_add_test(tcase, help_is_made_of_the_table);
          tcase_add_test(tcase, help_stands_beside_what_is_not_too_long);
          tcase_add_test(tcase, help_names_every_common_option);
          tcase_add_test(tcase, version_names_package_and_licence);
          tcase_add_test(tcase, numbers_are_whole_and_within_bounds);
          tcase_add_test(tcase, lists_are_split); tcase_add_test(tcase, signals_stop_in_order);
          tcase_add_test(tcase, only_a_second_interrupt_is_impatient);
          tcase_add_test(tcase, ignored_signals_stay_ignored);)
