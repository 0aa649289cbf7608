#include <config.h>

#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "alarms.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "files.h"

static struct output *open_output(const char *path) {
  struct output *output = output_open(path, NULL);
  ck_assert_ptr_nonnull(output);
  return output;
}

static void put(struct output *output, const char *text) {
  ck_assert_int_eq(output_write(output, text, strlen(text), NULL), 0);
}

static void write_whole(const char *path, const char *text) {
  struct output *output = open_output(path);
  put(output, text);
  ck_assert_int_eq(output_commit(output, NULL), 0);
  output_free(output);
}

static void expect_file(const char *path, const char *expected) {
  size_t length;
  cleanup(cleanup_free) char *text = files_read(path, &length);
  ck_assert_str_eq(text, expected);
}

static mode_t mode_of(const char *path) {
  struct stat status;
  ck_assert_int_eq(lstat(path, &status), 0);
  return status.st_mode;
}

START_TEST(a_file_is_there_when_it_is_whole) {
  cleanup(cleanup_free) char *path = files_path("new");
  int before = files_count();
  struct output *output = open_output(path);
  put(output, "content\n");
  ck_assert_int_eq(output_flush(output, NULL), 0);
  ck_assert_int_ne(access(path, F_OK), 0);
  ck_assert_int_eq(output_commit(output, NULL), 0);
  expect_file(path, "content\n");
  output_free(output);
  expect_file(path, "content\n");
  ck_assert_int_eq(files_count(), before + 1);
  remove(path);
}
END_TEST

START_TEST(without_commit_the_old_file_stays) {
  cleanup(cleanup_free) char *path = files_write("old", "old\n", 4);
  int before = files_count();
  struct output *output = open_output(path);
  put(output, "new\n");
  output_flush(output, NULL);
  output_free(output);
  expect_file(path, "old\n");
  ck_assert_int_eq(files_count(), before);
  output_free(NULL);
}
END_TEST

START_TEST(modes_are_kept_and_made) {
  cleanup(cleanup_free) char *path = files_write("mode", "old\n", 4);
  ck_assert_int_eq(chmod(path, 0640), 0);
  write_whole(path, "new\n");
  expect_file(path, "new\n");
  ck_assert_int_eq(mode_of(path), S_IFREG | 0640);

  cleanup(cleanup_free) char *fresh = files_path("fresh");
  mode_t old = umask(027);
  write_whole(fresh, "x");
  ck_assert_int_eq(umask(old), 027);
  ck_assert_int_eq(mode_of(fresh), S_IFREG | 0640);
  remove(fresh);
}
END_TEST

START_TEST(links_are_followed) {
  cleanup(cleanup_free) char *target = files_write("target", "old\n", 4);
  cleanup(cleanup_free) char *link = files_path("link");
  ck_assert_int_eq(symlink("target", link), 0);
  write_whole(link, "new\n");
  ck_assert(S_ISLNK(mode_of(link)));
  expect_file(target, "new\n");

  cleanup(cleanup_free) char *dangling = files_path("dangling");
  cleanup(cleanup_free) char *made = files_path("made");
  ck_assert_int_eq(symlink("made", dangling), 0);
  write_whole(dangling, "made\n");
  ck_assert(S_ISLNK(mode_of(dangling)));
  expect_file(made, "made\n");

  cleanup(cleanup_free) char *whole = files_path("whole");
  cleanup(cleanup_free) char *fresh = files_path("fresh");
  ck_assert_int_eq(symlink(fresh, whole), 0);
  write_whole(whole, "by its whole path\n");
  ck_assert(S_ISLNK(mode_of(whole)));
  expect_file(fresh, "by its whole path\n");

  cleanup(cleanup_free) char *loop = files_path("loop");
  ck_assert_int_eq(symlink("loop", loop), 0);
  ck_assert_ptr_null(output_open(loop, NULL));
}
END_TEST

START_TEST(what_is_no_file_is_written_to) {
  write_whole("/dev/null", "nothing\n");
  ck_assert(S_ISCHR(mode_of("/dev/null")));

  cleanup(cleanup_free) char *fifo = files_path("fifo");
  ck_assert_int_eq(mkfifo(fifo, 0600), 0);
  int fd = open(fifo, O_RDWR);
  write_whole(fifo, "through\n");
  char got[16] = "";
  ck_assert_int_eq(read(fd, got, sizeof got), 8);
  ck_assert_str_eq(got, "through\n");
  ck_assert(S_ISFIFO(mode_of(fifo)));
  close(fd);
}
END_TEST

static void expect_no_output(const char *path, const char *why) {
  cleanup(cleanup_error) struct error *error = NULL;
  ck_assert_ptr_null(output_open(path, &error));
  ck_assert_int_eq(error->status, STATUS_LOCAL);
  ck_assert_msg(strncmp(error->message, path, strlen(path)) == 0, "%s", error->message);
  ck_assert_msg(strstr(error->message, why), "%s", error->message);
}

START_TEST(what_cannot_be_written_is_told_at_once) {
  cleanup(cleanup_free) char *missing = files_path("missing/file");
  cleanup(cleanup_free) char *slash = files_path("slash/");
  int before = files_count();
  expect_no_output(missing, "No such file");
  expect_no_output(slash, "directory");
  expect_no_output(files_folder, "directory");
  expect_no_output("", "No such file");
  if (geteuid() != 0) { /* root may write to anything */
    cleanup(cleanup_free) char *protected = files_write("protected", "x", 1);
    ck_assert_int_eq(chmod(protected, 0444), 0);
    expect_no_output(protected, "Permission denied");
    remove(protected);
  }
  ck_assert_int_eq(files_count(), before);
}
END_TEST

START_TEST(a_full_disk_is_a_failure_that_stays) {
  cleanup(cleanup_error) struct error *first = NULL;
  cleanup(cleanup_error) struct error *again = NULL;
  cleanup(cleanup_error) struct error *written = NULL;
  struct output *output = open_output("/dev/full");
  put(output, "text\n");
  ck_assert_int_eq(output_commit(output, &first), -1);
  ck_assert_str_eq(first->message, "/dev/full: No space left on device");
  ck_assert_int_eq(output_commit(output, &again), -1);
  ck_assert_str_eq(again->message, first->message);
  ck_assert_int_eq(output_write(output, "x", 1, &written), -1);
  ck_assert_str_eq(written->message, first->message);
  output_free(output);
}
END_TEST

/* Runs BODY in a process of its own whose standard output is FD. */
static void with_stdout(int fd, void (*body)(void)) {
  pid_t child = fork();
  ck_assert_int_ge(child, 0);
  if (child == 0) {
    dup2(fd, STDOUT_FILENO);
    close(fd);
    body();
    _exit(0);
  }
  close(fd);
  int status;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_int_eq(status, 0);
}

static void write_to_nobody(void) {
  signal(SIGPIPE, SIG_IGN);
  struct error *error = NULL;
  struct output *output = output_open(NULL, &error);
  if (!output || output_write(output, "x", 1, &error) || output_commit(output, &error) != -1 ||
      strcmp(error->message, "standard output: the reader went away") != 0)
    _exit(1);
  error_free(error);
  output_free(output);
}

/* Of a disk that was full for a while: what was lost is in the middle. */
START_TEST(what_failed_once_is_not_put_in_place) {
  cleanup(cleanup_free) char *path = files_path("lost");
  struct rlimit before;
  ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
  struct rlimit small = before;
  small.rlim_cur = 4000;
  void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
  struct output *output = open_output(path);
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
  bool failed = false;
  for (int i = 0; i < 1000000 && !failed; i++)
    failed = output_write(output, "a\tb\n", 4, NULL) != 0;
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
  (void)signal(SIGXFSZ, handler);
  ck_assert(failed);
  ck_assert_int_eq(output_commit(output, NULL), -1);
  output_free(output);
  ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

/* Not even by who may rename in its folder. */
START_TEST(a_file_that_is_protected_stays) {
  cleanup(cleanup_free) char *path = files_write("protected", "old\n", 4);
  ck_assert_int_eq(chmod(path, 0444), 0);
  const bool root = geteuid() == 0;
  if (root) { /* who may write to all: somebody else then */
    ck_assert_int_eq(chown(files_folder, 65534, (gid_t)-1), 0);
    ck_assert_int_eq(chown(path, 65534, (gid_t)-1), 0);
    ck_assert_int_eq(seteuid(65534), 0);
  }
  cleanup(cleanup_error) struct error *error = NULL;
  struct output *output = output_open(path, &error);
  if (root)
    ck_assert_int_eq(seteuid(0), 0);
  ck_assert_ptr_null(output);
  ck_assert_ptr_nonnull(strstr(error->message, "protected: Permission denied"));
  expect_file(path, "old\n");
}
END_TEST

START_TEST(a_reader_that_went_away_is_a_failure) {
  int ends[2];
  ck_assert_int_eq(pipe(ends), 0);
  close(ends[0]);
  with_stdout(ends[1], write_to_nobody);
}
END_TEST

static void write_without_reader(void) {
  struct output *output = output_open(NULL, NULL);
  static const char row[1000] = {[0] = 'x', [998] = '\t', [999] = 'y'};
  struct error *error = NULL;
  alarms_start();
  int rows = 0;
  while (rows < 10000 && output_write(output, row, sizeof row, &error) == 0)
    rows++;
  if (rows == 10000 || strcmp(error->message, "standard output: Interrupted system call") != 0)
    _exit(1);
  error_free(error);
  output_free(output);
}

/* As by Ctrl-C while nobody reads. */
START_TEST(a_signal_ends_the_waiting) {
  int ends[2];
  ck_assert_int_eq(pipe(ends), 0);
  with_stdout(ends[1], write_without_reader);
  close(ends[0]);
}
END_TEST

static void write_to_its_name(void) {
  struct output *output = output_open("/dev/stdout", NULL);
  if (!output || output_write(output, "ours\n", 5, NULL) || output_commit(output, NULL))
    _exit(1);
  output_free(output);
}

/* What follows is written to the same file, which is not replaced. */
START_TEST(standard_output_has_a_name) {
  cleanup(cleanup_free) char *path = files_path("stdout");
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  with_stdout(dup(fd), write_to_its_name);
  ck_assert_int_eq(write(fd, "theirs\n", 7), 7);
  close(fd);
  expect_file(path, "ours\ntheirs\n");
  remove(path);
}
END_TEST

static void write_to_closed(void) {
  close(STDOUT_FILENO);
  struct error *error = NULL;
  if (output_open("-", &error) || strncmp(error->message, "standard output: ", 17) != 0)
    _exit(1);
  error_free(error);
}

START_TEST(a_closed_standard_output_is_told) {
  with_stdout(open("/dev/null", O_WRONLY), write_to_closed);
}
END_TEST

/* ---- where writes end ---- */

enum { ROWS = 500 };

/* Lines of every length up to a few pieces, with tabs. */
static void put_rows(struct output *output) {
  char row[9000];
  for (int i = 0; i < ROWS; i++) {
    size_t length = (size_t)(i * 17 % 8500);
    memset(row, 'x', length);
    for (size_t tab = 10; tab < length; tab += 50)
      row[tab] = '\t';
    memcpy(row + length, "y\tz\n", 4);
    if (output_write(output, row, length + 4, NULL))
      _exit(1);
    if (i % 7 == 0 && output_flush(output, NULL))
      _exit(1);
  }
}

static void write_rows(void) {
  struct output *output = output_open(NULL, NULL);
  put_rows(output);
  if (output_commit(output, NULL))
    _exit(1);
  output_free(output);
}

/* A socket that keeps the writes apart shows each. */
START_TEST(writes_to_a_pipe_end_behind_a_tab) {
  int ends[2];
  ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
  pid_t child = fork();
  ck_assert_int_ge(child, 0);
  if (child == 0) {
    close(ends[0]);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[1]);
    write_rows();
    _exit(0);
  }
  close(ends[1]);
  char piece[70000];
  char last = '\t';
  size_t pieces = 0;
  size_t lines = 0;
  for (ssize_t got; (got = recv(ends[0], piece, sizeof piece, 0)) > 0; pieces++) {
    ck_assert_int_le(got, 4096);
    ck_assert_int_eq(last, '\t'); /* of the piece before: the last one may end in LF */
    last = piece[got - 1];
    for (ssize_t i = 0; i < got; i++)
      lines += piece[i] == '\n';
  }
  ck_assert_int_eq(last, '\n');
  ck_assert_uint_eq(lines, ROWS);
  ck_assert_uint_gt(pieces, ROWS / 2);
  close(ends[0]);
  int status;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_int_eq(status, 0);
}
END_TEST

static void write_rows_and_stop(void) {
  struct output *output = output_open(NULL, NULL);
  put_rows(output);
  output_free(output);
}

static void write_lines_and_stop(void) {
  struct output *output = output_open(NULL, NULL);
  for (int i = 0; i < 3000; i++)
    if (output_write(output, "line\n", 5, NULL) || output_flush(output, NULL))
      _exit(1);
  output_free(output);
}

static char last_byte(void (*body)(void), size_t at_least) {
  cleanup(cleanup_free) char *path = files_path("stdout");
  with_stdout(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), body);
  size_t length;
  cleanup(cleanup_free) char *text = files_read(path, &length);
  ck_assert_uint_gt(length, at_least);
  return text[length - 1];
}

START_TEST(without_commit_a_redirected_file_is_cut_off) {
  ck_assert_int_eq(last_byte(write_rows_and_stop, 1000000), '\t');
  ck_assert_int_eq(last_byte(write_lines_and_stop, 3000 * 5 - 2), 'e');
  ck_assert_int_eq(last_byte(write_rows, 1000000), '\n');
}
END_TEST

/* There is room for 1000 whole lines, and no more. */
static void write_to_a_full_disk(void) {
  signal(SIGXFSZ, SIG_IGN);
  const struct rlimit limit = {.rlim_cur = 4000, .rlim_max = 4000};
  struct output *output = output_open(NULL, NULL);
  if (setrlimit(RLIMIT_FSIZE, &limit))
    _exit(1);
  bool failed = false;
  for (int i = 0; i < 3000 && !failed; i++)
    failed = output_write(output, "a\tb\n", 4, NULL) != 0;
  if (!failed && output_commit(output, NULL) == 0)
    _exit(1);
  output_free(output);
}

START_TEST(a_disk_that_is_full_behind_a_line_feed_shows) {
  ck_assert_int_eq(last_byte(write_to_a_full_disk, 3998), 'b');
}
END_TEST

static void write_line_feeds(void) {
  struct output *output = output_open(NULL, NULL);
  for (int i = 0; i < 10000; i++)
    if (output_write(output, "\n", 1, NULL))
      _exit(1);
  if (output_commit(output, NULL))
    _exit(1);
  output_free(output);
}

START_TEST(nothing_but_line_feeds_gets_through) {
  ck_assert_int_eq(last_byte(write_line_feeds, 9999), '\n');
}
END_TEST

START_TEST(large_content_is_whole) {
  cleanup(cleanup_free) char *path = files_path("large");
  struct strbuf text = STRBUF(1u << 22);
  for (int i = 0; i < 200000; i++)
    strbuf_printf(&text, "%d\n", i);
  struct output *output = open_output(path);
  for (size_t from = 0, part; from < text.length; from += part) {
    part = from % 100003 + 1 < text.length - from ? from % 100003 + 1 : text.length - from;
    ck_assert_int_eq(output_write(output, text.data + from, part, NULL), 0);
  }
  ck_assert_int_eq(output_commit(output, NULL), 0);
  output_free(output);
  expect_file(path, text.data);
  strbuf_free(&text);
}
END_TEST

UNIT_MAIN("output", tcase_add_unchecked_fixture(tcase, files_setup, files_teardown);
          tcase_add_test(tcase, a_file_is_there_when_it_is_whole);
          tcase_add_test(tcase, without_commit_the_old_file_stays);
          tcase_add_test(tcase, modes_are_kept_and_made); tcase_add_test(tcase, links_are_followed);
          tcase_add_test(tcase, what_is_no_file_is_written_to);
          tcase_add_test(tcase, what_cannot_be_written_is_told_at_once);
          tcase_add_test(tcase, a_full_disk_is_a_failure_that_stays);
          tcase_add_test(tcase, what_failed_once_is_not_put_in_place);
          tcase_add_test(tcase, a_file_that_is_protected_stays);
          tcase_add_test(tcase, a_reader_that_went_away_is_a_failure);
          tcase_add_test(tcase, a_signal_ends_the_waiting);
          tcase_add_test(tcase, standard_output_has_a_name);
          tcase_add_test(tcase, a_closed_standard_output_is_told);
          tcase_add_test(tcase, writes_to_a_pipe_end_behind_a_tab);
          tcase_add_test(tcase, without_commit_a_redirected_file_is_cut_off);
          tcase_add_test(tcase, a_disk_that_is_full_behind_a_line_feed_shows);
          tcase_add_test(tcase, nothing_but_line_feeds_gets_through);
          tcase_add_test(tcase, large_content_is_whole);)
