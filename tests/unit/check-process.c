#include <config.h>

#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

#define ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})
#define SHELL(script) ARGV("sh", "-c", script)

static const struct process_options usual = {.max_output = 65536, .timeout = 30};

/* What ARGV printed; it must end with STATUS. Free with process_result_clear. */
static struct process_result ran(const char *const *argv, const struct process_options *options,
                                 int status) {
  struct process_result result = PROCESS_RESULT;
  struct error *error = NULL;
  int outcome = process_run(argv, options, &result, &error);
  ck_assert_msg(outcome == 0, "%s", error ? error->message : "no error");
  ck_assert_ptr_null(error);
  ck_assert_int_eq(result.status, status);
  return result;
}

static void refused(const char *const *argv, const struct process_options *options,
                    const char *message) {
  struct process_result result = PROCESS_RESULT;
  struct error *error = NULL;
  ck_assert_int_eq(process_run(argv, options, &result, &error), -1);
  ck_assert_ptr_nonnull(error);
  ck_assert_int_eq(error->status, STATUS_LOCAL);
  ck_assert_str_eq(error->message, message);
  ck_assert_ptr_null(result.output);
  error_free(error);
}

START_TEST(output_and_status) {
  struct process_result result = ran(SHELL("printf 'a\\0b'; exit 3"), &usual, 3);
  ck_assert_uint_eq(result.length, 3);
  ck_assert_mem_eq(result.output, "a\0b", 4);
  process_result_clear(&result);
  ck_assert_ptr_null(result.output);
  result = ran(SHELL("kill -TERM $$"), &usual, 128 + SIGTERM);
  ck_assert_uint_eq(result.length, 0);
  ck_assert_str_eq(result.output, "");
  process_result_clear(&result);
}
END_TEST

START_TEST(words_reach_it_as_they_are) {
  struct process_result result =
      ran(ARGV("printf", "%s|", "a b", "$HOME", "`id`", "*", ""), &usual, 0);
  ck_assert_str_eq(result.output, "a b|$HOME|`id`|*||");
  process_result_clear(&result);
}
END_TEST

START_TEST(what_cannot_be_started_is_told) {
  refused(ARGV("no-such-program-of-ocidup"), &usual,
          "no-such-program-of-ocidup: no such program in PATH");
  refused(ARGV("/no/such\n"), &usual, "/no/such\357\277\275: No such file or directory");
  refused(ARGV("/dev/null"), &usual, "/dev/null: Permission denied");
}
END_TEST

START_TEST(secrets_of_others_are_not_in_its_environment) {
  setenv("GITHUB_TOKEN", "5ecret", 1);
  setenv("AWS_PROFILE", "mine", 1);
  struct process_result result = ran(SHELL("echo \"${GITHUB_TOKEN-}${AWS_PROFILE-}\""), &usual, 0);
  ck_assert_str_eq(result.output, "mine\n");
  process_result_clear(&result);
  setenv("OCIDUP_HELPER_ENV", "GITHUB_TOKEN", 1);
  result = ran(SHELL("echo \"${GITHUB_TOKEN-}${AWS_PROFILE-}\""), &usual, 0);
  ck_assert_str_eq(result.output, "5ecretmine\n");
  process_result_clear(&result);
  unsetenv("OCIDUP_HELPER_ENV");
}
END_TEST

/* More than a pipe holds goes through both ways at once. */
START_TEST(input_and_output_do_not_block_each_other) {
  size_t length = 300000;
  char *input = malloc(length + 1);
  ck_assert_ptr_nonnull(input);
  memset(input, 'x', length);
  input[length] = '\0';
  struct process_options options = {.input = input, .max_output = length, .timeout = 30};
  struct process_result result = ran(ARGV("cat"), &options, 0);
  ck_assert_uint_eq(result.length, length);
  ck_assert_str_eq(result.output, input);
  process_result_clear(&result);
  free(input);
}
END_TEST

START_TEST(without_input_there_is_nothing_to_read) {
  struct process_result result = ran(ARGV("cat"), &usual, 0);
  ck_assert_uint_eq(result.length, 0);
  process_result_clear(&result);
  struct process_options options = usual;
  options.input = "";
  result = ran(ARGV("cat"), &options, 0);
  ck_assert_uint_eq(result.length, 0);
  process_result_clear(&result);
}
END_TEST

/* It ends without reading: no SIGPIPE for us, with whatever disposition, and none left pending. */
START_TEST(input_that_nobody_reads_is_no_failure) {
  signal(SIGPIPE, SIG_DFL);
  char *input = malloc(300001);
  ck_assert_ptr_nonnull(input);
  memset(input, 'x', 300000);
  input[300000] = '\0';
  struct process_options options = usual;
  options.input = input;
  struct process_result result = ran(SHELL("exec 0<&-; echo done"), &options, 0);
  ck_assert_str_eq(result.output, "done\n");
  process_result_clear(&result);
  free(input);
  sigset_t set;
  sigpending(&set);
  ck_assert(!sigismember(&set, SIGPIPE));
  sigprocmask(SIG_SETMASK, NULL, &set);
  ck_assert(!sigismember(&set, SIGPIPE));
}
END_TEST

START_TEST(too_much_output_ends_it) {
  struct process_options options = {.max_output = 10, .timeout = 30};
  refused(ARGV("yes"), &options, "yes: printed more than 10 bytes");
  refused(ARGV("printf", "0123456789a"), &options, "printf: printed more than 10 bytes");
  struct process_result result = ran(ARGV("printf", "0123456789"), &options, 0);
  ck_assert_str_eq(result.output, "0123456789");
  process_result_clear(&result);
}
END_TEST

/* The time limit ends what the program started too, and nothing else: the pipe that both hold has
   no writer any more. */
START_TEST(too_long_ends_it_and_all_it_started) {
  int ends[2];
  ck_assert_int_eq(pipe(ends), 0);
  char path[64];
  (void)snprintf(path, sizeof path, "/proc/%ld/fd/%d", (long)getpid(), ends[1]);
  struct process_options options = {.max_output = 10, .timeout = 1};
  refused(ARGV("sh", "-c", "exec 9>\"$1\"; sleep 1000 & sleep 1000", "sh", path), &options,
          "sh: did not end within 1 seconds");
  close(ends[1]);
  char byte;
  ck_assert_int_eq(read(ends[0], &byte, 1), 0);
  close(ends[0]);
}
END_TEST

START_TEST(a_stop_ends_it_and_all_it_started) {
  int ends[2], stop[2];
  ck_assert_int_eq(pipe(ends), 0);
  ck_assert_int_eq(pipe(stop), 0);
  char path[64], stopper[64];
  (void)snprintf(path, sizeof path, "/proc/%ld/fd/%d", (long)getpid(), ends[1]);
  (void)snprintf(stopper, sizeof stopper, "/proc/%ld/fd/%d", (long)getpid(), stop[1]);
  struct process_options options = {.max_output = 10, .timeout = 50, .stop_fd = stop[0]};
  refused(
      ARGV("sh", "-c", "exec 9>\"$1\"; sleep 1000 & echo >\"$2\"; sleep 1000", "sh", path, stopper),
      &options, "sh: interrupted");
  close(ends[1]);
  char byte;
  ck_assert_int_eq(read(ends[0], &byte, 1), 0);
  close(ends[0]);
  close(stop[0]);
  close(stop[1]);
}
END_TEST

/* gpg-agent and the like live on, with our pipes in hand. */
START_TEST(what_it_leaves_behind_does_not_hold_us) {
  struct timespec before, after;
  clock_gettime(CLOCK_MONOTONIC, &before);
  struct process_result result = ran(SHELL("sleep 1000 & echo $!"), &usual, 0);
  clock_gettime(CLOCK_MONOTONIC, &after);
  ck_assert_int_lt(after.tv_sec - before.tv_sec, 20);
  pid_t left = (pid_t)strtol(result.output, NULL, 10);
  ck_assert_int_gt(left, 1);
  ck_assert_int_eq(kill(left, SIGKILL), 0);
  process_result_clear(&result);
}
END_TEST

START_TEST(nothing_of_ours_is_open_in_it) {
  int fd = open("/dev/null", O_RDONLY);
  ck_assert_int_ge(fd, 3);
  char script[128];
  (void)snprintf(script, sizeof script,
                 "if (: <&%d) 2>/dev/null; then echo open; else echo not; fi", fd);
  struct process_result result = ran(SHELL(script), &usual, 0);
  ck_assert_str_eq(result.output, "not\n");
  process_result_clear(&result);
  close(fd);
}
END_TEST

START_TEST(standard_files_may_be_closed_in_us) {
  int in = dup(STDIN_FILENO), out = dup(STDOUT_FILENO);
  close(STDIN_FILENO);
  close(STDOUT_FILENO);
  struct process_options options = usual;
  options.input = "in";
  struct process_result result = PROCESS_RESULT;
  int outcome = process_run(SHELL("cat; echo out; echo err >&2"), &options, &result, NULL);
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  close(in);
  close(out);
  ck_assert_int_eq(outcome, 0);
  ck_assert_str_eq(result.output, "inout\n");
  process_result_clear(&result);
}
END_TEST

/* What it says there may hold anything. */
START_TEST(errors_go_to_nobody) {
  int ends[2];
  ck_assert_int_eq(pipe(ends), 0);
  int old = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  struct process_result result = PROCESS_RESULT;
  int outcome = process_run(SHELL("echo 5ecret >&2; head -c 300000 /dev/zero >&2; echo end"),
                            &usual, &result, NULL);
  dup2(old, STDERR_FILENO);
  close(old);
  close(ends[1]);
  char text[64] = "";
  ck_assert_int_eq(read(ends[0], text, sizeof text - 1), 0);
  close(ends[0]);
  ck_assert_int_eq(outcome, 0);
  ck_assert_str_eq(result.output, "end\n");
  process_result_clear(&result);
}
END_TEST

/* Words in, and what they must be, '|' behind each. */
static void splits(const char *command, const char *expected) {
  struct error *error = NULL;
  char **words = process_words(command, &error);
  ck_assert_msg(words != NULL, "<%s>: %s", command, error ? error->message : "no error");
  char joined[256] = "";
  size_t length = 0;
  for (char **word = words; *word; word++)
    length += (size_t)snprintf(joined + length, sizeof joined - length, "%s|", *word);
  ck_assert_str_eq(joined, expected);
  process_words_free(words);
}

START_TEST(words_are_split_as_a_shell_does) {
  splits("a", "a|");
  splits("  a \t b\r\nc ", "a|b|c|");
  splits("'a b' \"c d\" e\\ f", "a b|c d|e f|");
  splits("a'b'\"c\"d", "abcd|");
  splits("'' \"\" x", "||x|");
  splits("'a\\b' \"a\\b\" \"a\\\"b\" \"a\\\\b\" a\\b", "a\\b|a\\b|a\"b|a\\b|ab|");
  splits("\"it's\" 'say \"x\"'", "it's|say \"x\"|");
  splits("$HOME `id` ~ * a;b # c > d", "$HOME|`id`|~|*|a;b|#|c|>|d|");
  splits("\\'a\\'", "'a'|");
}
END_TEST

START_TEST(what_is_no_command_is_refused) {
  static const char *const bad[][2] = {{"", "names no program"},
                                       {" \t\n", "names no program"},
                                       {"a 'b", "a quote (') is not closed"},
                                       {"a \"b\\\"", "a quote (\") is not closed"},
                                       {"a b\\", "ends with a backslash"}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct error *error = NULL;
    ck_assert_ptr_null(process_words(bad[i][0], &error));
    ck_assert_ptr_nonnull(error);
    ck_assert_str_eq(error->message, bad[i][1]);
    error_free(error);
  }
}
END_TEST

UNIT_MAIN("process", tcase_set_timeout(tcase, 60); tcase_add_test(tcase, output_and_status);
          tcase_add_test(tcase, words_reach_it_as_they_are);
          tcase_add_test(tcase, secrets_of_others_are_not_in_its_environment);
          tcase_add_test(tcase, input_and_output_do_not_block_each_other);
          tcase_add_test(tcase, without_input_there_is_nothing_to_read);
          tcase_add_test(tcase, input_that_nobody_reads_is_no_failure);
          tcase_add_test(tcase, too_much_output_ends_it);
          tcase_add_test(tcase, too_long_ends_it_and_all_it_started);
          tcase_add_test(tcase, a_stop_ends_it_and_all_it_started);
          tcase_add_test(tcase, what_it_leaves_behind_does_not_hold_us);
          tcase_add_test(tcase, nothing_of_ours_is_open_in_it);
          tcase_add_test(tcase, standard_files_may_be_closed_in_us);
          tcase_add_test(tcase, errors_go_to_nobody);
          tcase_add_test(tcase, words_are_split_as_a_shell_does);
          tcase_add_test(tcase, what_is_no_command_is_refused);
          NATIVE(tcase_add_test(native, what_cannot_be_started_is_told);))
