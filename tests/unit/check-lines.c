#include <config.h>

#include "base/lines.h"

#include <fcntl.h>

#include "alarms.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "files.h"

enum { MAX = 1000 };

static struct lines *open_text(const char *text, size_t length) {
  cleanup(cleanup_free) char *path = files_write("lines", text, length);
  struct lines *lines = lines_open(path, MAX, NULL);
  ck_assert_ptr_nonnull(lines);
  return lines;
}

static void expect(struct lines *lines, size_t number, const char *text, bool ended) {
  struct line line;
  ck_assert_int_eq(lines_next(lines, &line, NULL), 1);
  ck_assert_uint_eq(line.number, number);
  ck_assert_str_eq(line.text, text);
  ck_assert_uint_eq(line.length, strlen(text));
  ck_assert_int_eq(line.ended, ended);
  ck_assert(!line.too_long);
}

static void expect_end(struct lines *lines) {
  struct line line;
  ck_assert_int_eq(lines_next(lines, &line, NULL), 0);
  ck_assert_int_eq(lines_next(lines, &line, NULL), 0);
  lines_close(lines);
}

START_TEST(lines_come_one_by_one) {
  struct lines *lines = open_text("one\n\nthree\r\n", 12);
  expect(lines, 1, "one", true);
  expect(lines, 2, "", true);
  expect(lines, 3, "three\r", true);
  expect_end(lines);
  expect_end(open_text("", 0));
}
END_TEST

START_TEST(a_last_line_may_lack_its_end) {
  struct lines *lines = open_text("a\nb", 3);
  expect(lines, 1, "a", true);
  expect(lines, 2, "b", false);
  expect_end(lines);
}
END_TEST

START_TEST(nuls_are_kept) {
  struct lines *lines = open_text("a\0b\nc\n", 6);
  struct line line;
  ck_assert_int_eq(lines_next(lines, &line, NULL), 1);
  ck_assert_uint_eq(line.length, 3);
  ck_assert_int_eq(memcmp(line.text, "a\0b", 4), 0);
  expect(lines, 2, "c", true);
  expect_end(lines);
}
END_TEST

/* Lengths about the maximum and about the size of a read, at the file's end and before it. */
START_TEST(long_lines_are_cut_and_told) {
  static const size_t lengths[] = {
      MAX - 1,      MAX,        MAX + 1,        262143,         262144,         262145,
      262144 + MAX, 262144 * 2, 262144 * 2 + 1, 262144 * 3 + 5, 10 * 262144 - 1};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
    for (int ended = 0; ended <= 1; ended++) {
      size_t length = lengths[i];
      char *text = malloc(length + 10);
      memcpy(text, "first\n", 6);
      memset(text + 6, 'x', length);
      memcpy(text + 6 + length, "\nz\n", 3);
      struct lines *lines = open_text(text, 6 + length + (ended ? 3 : 0));
      expect(lines, 1, "first", true);
      struct line line;
      ck_assert_int_eq(lines_next(lines, &line, NULL), 1);
      ck_assert_uint_eq(line.number, 2);
      ck_assert_uint_eq(line.length, length);
      ck_assert_int_eq(line.ended, ended);
      ck_assert_int_eq(line.too_long, length > MAX);
      ck_assert_uint_eq(strlen(line.text), length > MAX ? MAX : length);
      if (ended)
        expect(lines, 3, "z", true);
      expect_end(lines);
      free(text);
    }
}
END_TEST

START_TEST(many_lines_cross_the_reads) {
  struct strbuf text = STRBUF(1u << 24);
  for (int i = 0; i < 100000; i++)
    strbuf_printf(&text, "%d %.*s\n", i, i % 50,
                  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
  struct lines *lines = open_text(text.data, text.length);
  struct line line;
  for (int i = 0; i < 100000; i++) {
    ck_assert_int_eq(lines_next(lines, &line, NULL), 1);
    ck_assert_int_eq(strtol(line.text, NULL, 10), i);
    ck_assert_uint_eq(line.number, (size_t)i + 1);
  }
  expect_end(lines);
  strbuf_free(&text);
}
END_TEST

START_TEST(standard_input_is_read_in_pieces) {
  int ends[2];
  int saved = dup(STDIN_FILENO);
  ck_assert_int_eq(pipe(ends), 0);
  dup2(ends[0], STDIN_FILENO);
  close(ends[0]);
  struct lines *lines = lines_open("-", MAX, NULL);
  ck_assert_str_eq(lines_name(lines), "standard input");
  ck_assert_int_eq(write(ends[1], "a\nb", 3), 3);
  expect(lines, 1, "a", true);
  ck_assert_int_eq(write(ends[1], "c\nd", 3), 3);
  expect(lines, 2, "bc", true);
  close(ends[1]);
  expect(lines, 3, "d", false);
  expect_end(lines);
  dup2(saved, STDIN_FILENO);
  close(saved);
}
END_TEST

/* Where pipes may be made larger. */
START_TEST(a_pipe_is_made_large) {
#ifdef F_SETPIPE_SZ
  int ends[2], others[2];
  ck_assert_int_eq(pipe(ends), 0);
  ck_assert_int_eq(pipe(others), 0);
  bool may = fcntl(others[0], F_SETPIPE_SZ, 1024 * 1024) >= 0;
  int saved = dup(STDIN_FILENO);
  dup2(ends[0], STDIN_FILENO);
  struct lines *lines = lines_open("-", MAX, NULL);
  if (may)
    ck_assert_int_ge(fcntl(ends[1], F_GETPIPE_SZ), 1024 * 1024);
  close(ends[1]);
  expect_end(lines);
  dup2(saved, STDIN_FILENO);
  close(saved);
  close(ends[0]);
  close(others[0]);
  close(others[1]);
#endif
}
END_TEST

/* As by Ctrl-C while nothing comes. */
START_TEST(a_signal_ends_the_waiting) {
  int ends[2];
  int saved = dup(STDIN_FILENO);
  ck_assert_int_eq(pipe(ends), 0);
  dup2(ends[0], STDIN_FILENO);
  struct lines *lines = lines_open("-", MAX, NULL);
  alarms_start();
  struct line line;
  cleanup(cleanup_error) struct error *error = NULL;
  ck_assert_int_eq(lines_next(lines, &line, &error), -1);
  alarms_stop();
  ck_assert_str_eq(error->message, "standard input: Interrupted system call");
  lines_close(lines);
  dup2(saved, STDIN_FILENO);
  close(saved);
  close(ends[0]);
  close(ends[1]);
}
END_TEST

START_TEST(what_cannot_be_read_is_told) {
  cleanup(cleanup_free) char *missing = files_path("missing");
  cleanup(cleanup_error) struct error *error = NULL;
  ck_assert_ptr_null(lines_open(missing, MAX, &error));
  ck_assert_int_eq(error->status, STATUS_LOCAL);
  ck_assert_ptr_nonnull(strstr(error->message, "missing: No such file"));
  cleanup(cleanup_error) struct error *folder = NULL;
  ck_assert_ptr_null(lines_open(files_folder, MAX, &folder));
  ck_assert_ptr_nonnull(strstr(folder->message, "directory"));
  lines_close(NULL);
}
END_TEST

UNIT_MAIN("lines", tcase_add_unchecked_fixture(tcase, files_setup, files_teardown);
          tcase_add_test(tcase, lines_come_one_by_one);
          tcase_add_test(tcase, a_last_line_may_lack_its_end); tcase_add_test(tcase, nuls_are_kept);
          tcase_add_test(tcase, long_lines_are_cut_and_told);
          tcase_add_test(tcase, many_lines_cross_the_reads);
          tcase_add_test(tcase, standard_input_is_read_in_pieces);
          tcase_add_test(tcase, a_pipe_is_made_large);
          tcase_add_test(tcase, a_signal_ends_the_waiting);
          tcase_add_test(tcase, what_cannot_be_read_is_told);)
