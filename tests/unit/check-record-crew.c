/* Rows by several threads: wherever the reads of a stream end, and however many threads there are,
   the rows and what is refused are those that one reader has of the file. */
#include <config.h>

#include "base/record.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "files.h"

#define HEADER "image\tdigest\tnew\tstatus\tdetail\n"
#define TEXT_MAX ((size_t)1 << 22)
enum { JOBS = 3 };

/* ---- rows, as text ---- */

struct seen {
  char *rows[4000];
  size_t count;
};

static void see(struct seen *seen, const struct record *record) {
  struct strbuf text = STRBUF(TEXT_MAX);
  for (int i = 0; i < RECORD_COLUMNS; i++)
    strbuf_printf(&text, "|%s", record->cell[i] ? record->cell[i] : "(none)");
  ck_assert_uint_lt(seen->count, sizeof seen->rows / sizeof *seen->rows);
  seen->rows[seen->count++] = text.data;
}

static int compare(const void *left, const void *right) {
  return strcmp(*(char *const *)left, *(char *const *)right);
}

static void forget(struct seen *seen) {
  for (size_t i = 0; i < seen->count; i++)
    free(seen->rows[i]);
  seen->count = 0;
}

/* What REFUSAL says behind the file's name; caller frees. NULL for none. */
static char *what(const struct error *refusal) {
  const char *line = refusal ? strstr(refusal->message, ": line ") : NULL;
  return refusal ? strdup(line ? line : refusal->message) : NULL;
}

/* ---- both ways ---- */

/* The rows of the file with TEXT, in their order, into SEEN. What is refused; caller frees. */
static char *read_alone(const char *text, size_t length, struct seen *seen) {
  cleanup(cleanup_free) char *path = files_write("alone", text, length);
  cleanup(cleanup_error) struct error *refusal = NULL;
  struct record_reader *reader = record_reader_open(path, 0, &refusal);
  ck_assert_ptr_nonnull(reader);
  struct record record;
  while (record_reader_next(reader, &record, &refusal) > 0)
    see(seen, &record);
  record_reader_close(reader);
  return what(refusal);
}

static void each(void *arg, const struct record_row *row) {
  for (int i = 0; i < RECORD_COLUMNS; i++)
    ck_assert_uint_eq(row->length[i], row->record.cell[i] ? strlen(row->record.cell[i]) : 0);
  see(arg, &row->record);
}

static bool go_on(void *arg) {
  ++*(size_t *)arg;
  return true;
}

/* Sends TEXT in pieces of SIZE bytes, which a socket keeps apart. */
static pid_t send_pieces(const char *text, size_t length, size_t size) {
  int ends[2];
  ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
  pid_t pid = fork();
  ck_assert_int_ge(pid, 0);
  if (pid == 0) {
    close(ends[0]);
    for (size_t at = 0; at < length; at += size)
      if (send(ends[1], text + at, length - at < size ? length - at : size, MSG_NOSIGNAL) < 0)
        break; /* refused before its end */
    _exit(0);
  }
  close(ends[1]);
  ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
  close(ends[0]);
  return pid;
}

/* Nobody reads what PID sends any more. */
static void end_pieces(pid_t pid) {
  int none = open("/dev/null", O_RDONLY);
  ck_assert_int_eq(dup2(none, STDIN_FILENO), STDIN_FILENO);
  close(none);
  ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

/* Of pieces of SIZE bytes; 0: of a regular file, where each thread reads for itself. */
static char *read_together(const char *text, size_t length, size_t size, size_t jobs,
                           struct seen *seen) {
  static struct seen parts[JOBS];
  void *args[JOBS];
  for (size_t i = 0; i < JOBS; i++)
    args[i] = &parts[i];
  cleanup(cleanup_error) struct error *refusal = NULL;
  cleanup(cleanup_free) char *path = size ? NULL : files_write("together", text, length);
  pid_t pid = size ? send_pieces(text, length, size) : -1;
  struct record_reader *reader = record_reader_open(size ? "-" : path, 0, &refusal);
  ck_assert_ptr_nonnull(reader);
  size_t looks = 0;
  int got = record_reader_each(reader, jobs, each, args, go_on, &looks, &refusal);
  ck_assert_int_eq(got < 0, refusal != NULL);
  struct record record; /* how it ended stays */
  ck_assert_int_eq(record_reader_next(reader, &record, NULL), got);
  record_reader_close(reader);
  if (size)
    end_pieces(pid);
  for (size_t i = 0; i < JOBS; i++) {
    memcpy(seen->rows + seen->count, parts[i].rows, parts[i].count * sizeof *parts[i].rows);
    seen->count += parts[i].count;
    parts[i].count = 0;
  }
  return what(refusal);
}

/* TEXT in pieces of SIZE bytes, by JOBS threads, is what it is at once. */
static void expect_same(const char *text, size_t length, size_t size, size_t jobs) {
  static struct seen alone, together;
  cleanup(cleanup_free) char *want = read_alone(text, length, &alone);
  cleanup(cleanup_free) char *got = read_together(text, length, size, jobs, &together);
  ck_assert_msg(!want == !got && (!want || strcmp(want, got) == 0),
                "pieces of %zu, %zu jobs: '%s' is not '%s'", size, jobs, got, want);
  if (!want) { /* of a file that is refused, how many rows were seen says nothing */
    ck_assert_uint_eq(together.count, alone.count);
    if (alone.count) {
      qsort(alone.rows, alone.count, sizeof *alone.rows, compare);
      qsort(together.rows, together.count, sizeof *together.rows, compare);
    }
    for (size_t i = 0; i < alone.count; i++)
      ck_assert_str_eq(together.rows[i], alone.rows[i]);
  }
  forget(&alone);
  forget(&together);
}

/* COUNT rows of all kinds, with a header now and then. */
static void put_rows(struct strbuf *text, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (i % 17 == 16)
      strbuf_puts(text, HEADER);
    strbuf_printf(text, "h%zu/a:%zu\t%.*s\t%s\t%s\t%s\n", i % 3, i, (int)(1 + i * 7 % 90),
                  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
                  "0123456789",
                  i % 4 ? "-" : "some\\\\thing", i % 5 ? "ok" : "-", i % 6 ? "-" : "a\\tb \x01");
  }
}

START_TEST(rows_are_the_same_in_pieces_of_any_size) {
  struct strbuf text = STRBUF(TEXT_MAX);
  strbuf_puts(&text, HEADER);
  put_rows(&text, 60);
  for (size_t size = 1; size < 200; size++)
    expect_same(text.data, text.length, size, 1 + size % JOBS);
  expect_same(text.data, text.length, text.length, JOBS);
  strbuf_free(&text);
}
END_TEST

/* In some seven pieces, of which the later ones may be worked at before the earlier. */
START_TEST(rows_of_a_regular_file_are_the_same) {
  static const char *const wrong[] = {"short\tline\n", "h/a:b\t\t-\tok\t-\n",
                                      "h/a:b\t-\t-\tok\t\\x\n"};
  const size_t count = 2400;
  for (size_t refused = 0; refused <= 4; refused++) {
    struct strbuf text = STRBUF(TEXT_MAX);
    strbuf_puts(&text, HEADER);
    for (size_t i = 0; i < count; i++) {
      strbuf_printf(&text, "h/a:%zu\t%0600zu\t-\tok\t-\n", i, i);
      if (refused && i % (count / 4) == count / 4 - refused)
        strbuf_puts(&text, wrong[i % 3]);
    }
    for (size_t jobs = 1; jobs <= JOBS; jobs++)
      expect_same(text.data, text.length, 0, jobs);
    strbuf_free(&text);
  }
}
END_TEST

START_TEST(a_header_alone_has_no_rows) {
  for (size_t size = 1; size < sizeof HEADER; size++)
    expect_same(HEADER, strlen(HEADER), size, JOBS);
}
END_TEST

/* In each place between good rows, and with another wrong one behind it. */
START_TEST(the_first_that_is_wrong_is_refused) {
  static const char *const wrong[] = {
      "a/b:c\tx\ty\tok\n",
      "a/b:c\tx\ty\tok\t-\t-\n",
      "a/b:c\tx\t\tok\t-\n",
      "a/b:c\tx\ty\tok\t\n",
      "a/b:c\t\\x\ty\tok\t-\n",
      "a/b:c\tx\ty\tok\tab\\\n",
      "a/b:c\tx\ty\tok\t-\r\n",
      "a/\rc\tx\ty\tok\t-\n",
      "\n",
      "digest\timage\tstatus\tnew\tdetail\n",
      "image\tdigest\tstatus\tdetail\n",
      "\t\t\t\t\n",
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    for (size_t before = 0; before < 40; before += 13) {
      struct strbuf text = STRBUF(TEXT_MAX);
      strbuf_puts(&text, HEADER);
      put_rows(&text, before);
      strbuf_puts(&text, wrong[i]);
      put_rows(&text, 9);
      strbuf_puts(&text, wrong[(i + 1) % (sizeof wrong / sizeof *wrong)]);
      put_rows(&text, 3);
      for (size_t size = 3; size < 300; size += 37)
        expect_same(text.data, text.length, size, 1 + size % JOBS);
      strbuf_free(&text);
    }
}
END_TEST

START_TEST(a_cut_is_seen_at_any_byte) {
  struct strbuf text = STRBUF(TEXT_MAX);
  strbuf_puts(&text, HEADER);
  put_rows(&text, 5);
  for (size_t length = strlen(HEADER); length < text.length; length++)
    expect_same(text.data, length, 50, JOBS);
  strbuf_free(&text);
}
END_TEST

START_TEST(nuls_and_endless_lines_are_refused) {
  static const char nul[] = HEADER "a/b:c\tx\ty\tok\t-\na/b:c\0x\ty\tz\tok\t-\n";
  for (size_t size = 1; size < sizeof nul; size++)
    expect_same(nul, sizeof nul - 1, size, JOBS);
  for (size_t over = 0; over <= 1; over++) {
    struct strbuf text = STRBUF(TEXT_MAX);
    strbuf_puts(&text, HEADER "a/b:c\tx\ty\tok\t-\na/b:c\tx\ty\tok\t");
    size_t row = text.length - strlen(HEADER "a/b:c\tx\ty\tok\t-\n");
    for (size_t i = row; i < 1024 * 1024 + over; i++)
      strbuf_putc(&text, 'x');
    strbuf_puts(&text, "\na/b:c\tx\ty\tok\t-\n");
    for (size_t size = 1000; size < 100000; size += 33333)
      expect_same(text.data, text.length, size, JOBS);
    strbuf_free(&text);
  }
}
END_TEST

static bool stop(void *arg) {
  ++*(size_t *)arg;
  return false;
}

START_TEST(who_looks_can_stop_it) {
  struct strbuf text = STRBUF(TEXT_MAX);
  strbuf_puts(&text, HEADER);
  put_rows(&text, 60);
  static struct seen parts[JOBS];
  void *args[JOBS] = {&parts[0], &parts[1], &parts[2]};
  pid_t pid = send_pieces(text.data, text.length, 500);
  struct record_reader *reader = record_reader_open("-", 0, NULL);
  size_t looks = 0;
  cleanup(cleanup_error) struct error *refusal = NULL;
  ck_assert_int_eq(record_reader_each(reader, JOBS, each, args, stop, &looks, &refusal), -1);
  ck_assert_str_eq(refusal->message, "stopped");
  ck_assert_uint_eq(looks, 1);
  record_reader_close(reader);
  end_pieces(pid);
  for (size_t i = 0; i < JOBS; i++)
    forget(&parts[i]);
  strbuf_free(&text);
}
END_TEST

UNIT_MAIN("record-crew", tcase_set_timeout(tcase, 60);
          tcase_add_unchecked_fixture(tcase, files_setup, files_teardown);
          tcase_add_test(tcase, rows_are_the_same_in_pieces_of_any_size);
          tcase_add_test(tcase, rows_of_a_regular_file_are_the_same);
          tcase_add_test(tcase, a_header_alone_has_no_rows);
          tcase_add_test(tcase, the_first_that_is_wrong_is_refused);
          tcase_add_test(tcase, a_cut_is_seen_at_any_byte);
          tcase_add_test(tcase, nuls_and_endless_lines_are_refused);
          tcase_add_test(tcase, who_looks_can_stop_it);)
