#include <config.h>

#include "base/progress.h"

#include <fcntl.h>

#include "base/cleanup.h"
#include "files.h"

/* What MODE writes to standard error, a file here, for work of 3 and then HIDE; caller frees. */
static char *drawn(enum cli_progress mode, bool hide) {
  cleanup(cleanup_free) char *path = files_path("stderr");
  int saved = dup(STDERR_FILENO);
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  ck_assert_int_ge(file, 0);
  dup2(file, STDERR_FILENO);
  close(file);
  struct progress *progress = progress_new(mode, "references");
  progress_total(progress, 3);
  for (int i = 0; i < 1000; i++)
    progress_done(progress, 1);
  if (hide) {
    progress_hide(progress);
    progress_hide(progress);
  }
  progress_free(progress);
  progress_free(NULL);
  dup2(saved, STDERR_FILENO);
  close(saved);
  size_t length;
  return files_read(path, &length);
}

START_TEST(nothing_is_drawn_into_a_file) {
  cleanup(cleanup_free) char *automatic = drawn(CLI_PROGRESS_AUTO, false);
  ck_assert_str_eq(automatic, "");
  cleanup(cleanup_free) char *never = drawn(CLI_PROGRESS_NEVER, true);
  ck_assert_str_eq(never, "");
}
END_TEST

START_TEST(a_line_is_drawn_at_once_when_asked_for_and_is_gone_at_the_end) {
  for (int hide = 0; hide <= 1; hide++) {
    cleanup(cleanup_free) char *text = drawn(CLI_PROGRESS_ALWAYS, hide);
    static const char start[] =
        "\r[>                                       ]   0% 0/3 references\033[J\r";
    static const char end[] = "\r\033[J";
    ck_assert_int_eq(strncmp(text, start, strlen(start)), 0);
    ck_assert_str_eq(text + strlen(text) - strlen(end), end);
    /* A thousand steps within some milliseconds are few drawings, if the machine is not that slow.
     */
    ck_assert_uint_lt(strlen(text), 1000);
  }
}
END_TEST

UNIT_MAIN("progress", tcase_add_unchecked_fixture(tcase, files_setup, files_teardown);
          tcase_add_test(tcase, nothing_is_drawn_into_a_file);
          tcase_add_test(tcase, a_line_is_drawn_at_once_when_asked_for_and_is_gone_at_the_end);)
