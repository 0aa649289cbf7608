#include <config.h>

#include "base/record.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/redact.h"
#include "base/strbuf.h"
#include "base/tsv.h"
#include "base/xalloc.h"
#include "files.h"

#define HEADER "image\tdigest\tstatus\tdetail\n"
#define HEX32 "0123456789abcdef0123456789abcdef"
#define DIGEST "sha256:" HEX32 HEX32

/* ---- reading ---- */

static void cleanup_reader(struct record_reader **reader) {
  record_reader_close(*reader);
}

/* Reads it to its end. The message of the refusal, or NULL; caller frees. *rows are counted. */
static char *read_text(const char *text, size_t length, uint32_t needed, size_t *rows) {
  cleanup(cleanup_free) char *path = files_write("t", text, length);
  cleanup(cleanup_error) struct error *error = NULL;
  cleanup(cleanup_reader) struct record_reader *reader = record_reader_open(path, needed, &error);
  struct record record;
  int got = -1;
  *rows = 0;
  if (reader)
    while ((got = record_reader_next(reader, &record, &error)) > 0)
      ++*rows;
  ck_assert_int_eq(got < 0, error != NULL);
  if (reader) /* how it ended stays */
    ck_assert_int_eq(record_reader_next(reader, &record, NULL), got);
  if (error)
    ck_assert_int_eq(strncmp(error->message, path, strlen(path)), 0);
  return error ? strdup(error->message + strlen(path)) : NULL;
}

static void expect_refused(const char *text, const char *what) {
  size_t rows;
  cleanup(cleanup_free) char *message = read_text(text, strlen(text), 1u << RECORD_DIGEST, &rows);
  ck_assert_msg(message != NULL, "taken: %s", text);
  ck_assert_msg(strstr(message, what) == message, "'%s' does not start with '%s'", message, what);
}

static void expect_rows(const char *text, size_t expected) {
  size_t rows;
  cleanup(cleanup_free) char *message = read_text(text, strlen(text), 1u << RECORD_DIGEST, &rows);
  ck_assert_msg(message == NULL, "%s", message);
  ck_assert_uint_eq(rows, expected);
}

START_TEST(columns_are_bound_by_name) {
  static const char text[] = "detail\tnew\tstatus\timage\n"
                             "-\tx\tok\ta/b:c\n"
                             "d\\te\\\\f\t-\tnot_found\t-\n";
  cleanup(cleanup_free) char *path = files_write("names", text, strlen(text));
  cleanup(cleanup_reader) struct record_reader *reader = record_reader_open(path, 0, NULL);
  struct record record;
  ck_assert(record_reader_has(reader, RECORD_STATUS));
  ck_assert(record_reader_has(reader, RECORD_DETAIL));
  ck_assert(!record_reader_has(reader, RECORD_DIGEST));

  ck_assert_int_eq(record_reader_next(reader, &record, NULL), 1);
  ck_assert_uint_eq(record_reader_line(reader), 2);
  ck_assert_str_eq(record.cell[RECORD_IMAGE], "a/b:c");
  ck_assert_ptr_null(record.cell[RECORD_DETAIL]);
  ck_assert_ptr_null(record.cell[RECORD_DIGEST]);
  ck_assert_int_eq(record_status(&record), STATUS_OK);

  ck_assert_int_eq(record_reader_next(reader, &record, NULL), 1);
  ck_assert_uint_eq(record_reader_line(reader), 3);
  ck_assert_ptr_null(record.cell[RECORD_IMAGE]);
  ck_assert_str_eq(record.cell[RECORD_DETAIL], "d\te\\f");
  ck_assert_int_eq(record_status(&record), STATUS_NOT_FOUND);
  ck_assert_int_eq(record_reader_next(reader, &record, NULL), 0);
}
END_TEST

START_TEST(an_outcome_we_cannot_read_is_no_success) {
  struct record record = {.cell = {[RECORD_STATUS] = "from_the_future"}};
  ck_assert_int_eq(record_status(&record), STATUS_SERVER_ERROR);
  record.cell[RECORD_STATUS] = NULL;
  ck_assert_int_eq(record_status(&record), STATUS_SERVER_ERROR);
}
END_TEST

START_TEST(headers_that_are_none_are_refused) {
  expect_refused("", ": no header");
  expect_refused("\n", ": line 1 is no header");
  expect_refused("a/b:c\tsha256:00\tok\t-\n",
                 ": line 1 is no header: it names no column; to sort a "
                 "file and keep its header: { IFS= read -r h;");
  expect_refused("image\tstatus\tdetail\n", ": line 1: the header has no column digest");
  expect_refused("image\tdigest\tstatus\n", ": line 1: the header has no column detail");
  expect_refused("image\tdigest\tdigest\tdetail\n",
                 ": line 1: the header names column digest twice");
  expect_refused("image\tdigest\t\tdetail\n", ": line 1, column 3");
  expect_refused("image\tdigest\tstatus\tdetail", ": line 1: cut off");
  expect_refused("image\tdigest\tstatus\tdetail\r\n", ": line 1: ends in CR LF");
  expect_rows("x\tdigest\tx\tdetail\n", 0); /* what we do not know may come twice */
}
END_TEST

START_TEST(rows_that_are_not_whole_are_refused) {
  expect_rows(HEADER "a/b:c\tx\tok\t-\n", 1);
  expect_refused(HEADER "a/b:c\tx\tok\n", ": line 2: 3 cells where the header has 4: cut off");
  expect_refused(HEADER "a/b:c\tx\tok\t-\t-\n", ": line 2: 5 cells where the header has 4");
  expect_refused(HEADER "a/b:c\tx\tok\t\n", ": line 2, column detail: an empty cell");
  expect_refused(HEADER "a/b:c\t\tok\t-\n", ": line 2, column digest: an empty cell");
  expect_refused(HEADER "\n", ": line 2: 1 cells");
  expect_refused(HEADER "a/b:c\tx\tok\t-\na/b:c\tx\tok\t-", ": line 3: cut off");
  expect_refused(HEADER "a/b:c\t\\x\tok\t-\n",
                 ": line 2, column digest: a wrong escape at byte 1 ");
  expect_refused(HEADER "a/b:c\tx\tok\tab\\\n",
                 ": line 2, column detail: a wrong escape at byte 3 ");
  expect_refused(HEADER "a/b:c\tx\tok\t-\r\n", ": line 2: ends in CR LF");
  expect_refused(HEADER "a/\rc\tx\tok\t-\n", ": line 2: a carriage return at byte 3");
}
END_TEST

/* Two rows, of which the second has BEFORE, CELL and BEHIND in COLUMN; caller frees. */
static char *with_digest(size_t column, const char *before, const char *cell, const char *behind,
                         const char *status) {
  struct strbuf text = STRBUF(4096);
  strbuf_puts(&text,
              "image\tdigest\tmanifest_digest\tconfig_digest\tsettings\tlayers\tdiff_ids\tstatus"
              "\tdetail\na/b:c\t-\t-\t-\t-\t-\t-\tok\t-\na/b:c");
  for (size_t i = 0; i < 6; i++)
    strbuf_printf(&text, "\t%s%s%s", i == column ? before : "", i == column ? cell : "-",
                  i == column ? behind : "");
  strbuf_printf(&text, "\t%s\t-\n", status);
  return strbuf_take(&text);
}

START_TEST(digests_that_are_damaged_are_refused) {
  static const char *const columns[] = {"digest",   "manifest_digest", "config_digest",
                                        "settings", "layers",          "diff_ids"};
  static const char *const whole[] = {DIGEST, "sha512:" HEX32 HEX32 HEX32 HEX32, "sha3:1", "sha256",
                                      "sha2561:0"};
  static const char *const damaged[] = {"sha256:",
                                        "sha256:zz",
                                        DIGEST "0",
                                        "sha256:" HEX32 "0123456789abcdef0123456789abcde",
                                        "sha512:" HEX32 HEX32,
                                        "sha512:" HEX32 HEX32 HEX32 HEX32 "0",
                                        "sha512:" HEX32 HEX32 HEX32
                                        "0123456789abcdef0123456789abcdeg",
                                        "sha256:" HEX32 "0123456789abcdef0123456789abcdeF",
                                        "sha256:" HEX32 "0123456789abcdef0123456789abcde`",
                                        "sha256:/123456789abcdef0123456789abcdef" HEX32,
                                        "sha256::123456789abcdef0123456789abcdef0" HEX32};
  for (size_t column = 0; column < 6; column++) {
    bool list = column > 3;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
      cleanup(cleanup_free) char *text =
          with_digest(column, list ? DIGEST "," : "", whole[i], list ? "," DIGEST : "", "ok");
      expect_rows(text, 2);
    }
    cleanup(cleanup_free) char *want =
        xasprintf(": line 3, column %s: a digest that is cut off or damaged", columns[column]);
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
      for (int place = 0; place < (list ? 3 : 1); place++) {
        cleanup(cleanup_free) char *text = with_digest(
            column, place > 0 ? DIGEST "," : "", damaged[i], place == 1 ? "," DIGEST : "", "ok");
        expect_refused(text, want);
      }
      /* Of what could not be read, anything may have been told. */
      cleanup(cleanup_free) char *failed = with_digest(column, "", damaged[i], "", "bad_manifest");
      expect_rows(failed, 2);
    }
  }
}
END_TEST

START_TEST(nuls_and_endless_lines_are_refused) {
  static const char nul[] = HEADER "a/b:c\0x\ty\tok\t-\n";
  size_t rows;
  cleanup(cleanup_free) char *message = read_text(nul, sizeof nul - 1, 0, &rows);
  ck_assert_ptr_nonnull(message);
  ck_assert_ptr_nonnull(strstr(message, "line 2: a NUL at byte 6"));

  for (int over = 0; over <= 1; over++) {
    struct strbuf text = STRBUF(2 * TSV_LINE_MAX);
    strbuf_puts(&text, HEADER "a/b:c\ty\tok\t");
    for (size_t i = strlen("a/b:c\ty\tok\t"); i < TSV_LINE_MAX + (size_t)over; i++)
      strbuf_putc(&text, 'x');
    strbuf_putc(&text, '\n');
    cleanup(cleanup_free) char *refusal = read_text(text.data, text.length, 0, &rows);
    if (over)
      ck_assert_ptr_nonnull(strstr(refusal, "line 2: longer than 1048576 bytes"));
    else
      ck_assert_ptr_null(refusal);
    strbuf_free(&text);
  }
}
END_TEST

START_TEST(files_can_be_joined) {
  expect_rows(HEADER "a/b:c\tx\tok\t-\n" HEADER "a/b:d\tx\tok\t-\n" HEADER, 2);
  static const char other[] = ": line 3: a header of other columns than line 1";
  expect_refused(HEADER "a/b:c\tx\tok\t-\ndigest\timage\tstatus\tdetail\n", other);
  expect_refused(HEADER "a/b:c\tx\tok\t-\nimage\tdigest\tdetail\n", other);
  expect_refused(HEADER "a/b:c\tx\tok\t-\nimage\tdigest\tstatus\tplatform\tdetail\n", other);
  /* A row whose one cell is such a word is a row. */
  expect_rows(HEADER "status\tx\tok\t-\n", 1);
}
END_TEST

/* ---- writing ---- */

static const struct record rows_of_all_kinds[] = {
    {.cell = {[RECORD_IMAGE] = "host/one:1", [RECORD_STATUS] = "ok", [RECORD_DIGEST] = DIGEST}},
    {.cell = {[RECORD_IMAGE] = "host/two:2",
              [RECORD_STATUS] = "network",
              [RECORD_REF] = "two\ttabs\\",
              [RECORD_DETAIL] = "not\nreached \033[1m"}},
    {.cell = {[RECORD_IMAGE] = "-",
              [RECORD_STATUS] = "invalid_reference",
              [RECORD_ORIGIN] = "input.txt:3",
              [RECORD_DETAIL] = "a longer text for people"}},
    {.cell = {[RECORD_IMAGE] = "host/last:3", [RECORD_STATUS] = "artifact"}},
};
enum { KINDS = sizeof rows_of_all_kinds / sizeof *rows_of_all_kinds };

/* The stream of the first COUNT rows; caller frees. */
static char *write_rows(const struct record *rows, size_t count, size_t *length) {
  cleanup(cleanup_free) char *path = files_path("written");
  struct output *output = output_open(path, NULL);
  struct record_writer *writer = record_writer_new(output);
  for (size_t i = 0; i < count; i++)
    ck_assert_int_eq(record_writer_put(writer, &rows[i], NULL), 0);
  ck_assert_int_eq(record_writer_finish(writer, NULL), 0);
  ck_assert_int_eq(record_writer_finish(writer, NULL), 0);
  ck_assert_int_eq(output_commit(output, NULL), 0);
  record_writer_free(writer);
  output_free(output);
  return files_read(path, length);
}

START_TEST(rows_are_written_in_the_order_of_the_columns) {
  size_t length;
  cleanup(cleanup_free) char *text = write_rows(rows_of_all_kinds, 2, &length);
  ck_assert_str_eq(
      text,
      "image\tdigest\tplatform\tmanifest_digest\tconfig_digest\tstatus\tsize\tpushed\tcreated\t"
      "media_type\tplatforms\torigin\tref\tsettings\tlayers\tdiff_ids\tlayer_sizes\tdetail\n"
      "host/one:1\t" DIGEST "\t-\t-\t-\tok\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\n"
      "host/two:2\t-\t-\t-\t-\tnetwork\t-\t-\t-\t-\t-\t-\ttwo\\ttabs\\\\\t-\t-\t-\t-\t"
      "not\\nreached \xEF\xBF\xBD[1m\n");
}
END_TEST

START_TEST(what_was_written_is_read) {
  for (size_t count = 0; count <= KINDS; count++) {
    size_t length;
    size_t rows;
    cleanup(cleanup_free) char *text = write_rows(rows_of_all_kinds, count, &length);
    ck_assert_ptr_null(read_text(text, length, 0x3FFFF, &rows));
    ck_assert_uint_eq(rows, count);
  }
}
END_TEST

/* What `awk -F'\t' -v OFS='\t' '{ print $a, $b, … }'` makes of TEXT: it ends the last line. */
static void project(struct strbuf *out, const char *text, size_t length, const int *columns) {
  strbuf_clear(out);
  for (size_t from = 0; from < length;) {
    const char *lf = memchr(text + from, '\n', length - from);
    size_t end = lf ? (size_t)(lf - text) : length;
    char *cells[RECORD_COLUMNS];
    char *line = strndup(text + from, end - from);
    size_t count = tsv_split(line, end - from, cells, RECORD_COLUMNS);
    for (int i = 0; columns[i] >= 0; i++) {
      strbuf_puts(out, i ? "\t" : "");
      strbuf_puts(out, (size_t)columns[i] < count ? cells[columns[i]] : "");
    }
    strbuf_putc(out, '\n');
    free(line);
    from = end + 1;
  }
}

static const int some_columns[] = {RECORD_IMAGE, RECORD_DIGEST, RECORD_STATUS, RECORD_DETAIL, -1};
static const int turned_columns[] = {RECORD_DETAIL, RECORD_STATUS, RECORD_IMAGE, -1};

static void expect_cut(const char *text, size_t length, const char *how) {
  size_t rows;
  cleanup(cleanup_free) char *message = read_text(text, length, 0, &rows);
  ck_assert_msg(message != NULL, "%s: %zu bytes were taken for whole", how, length);
}

/* A stream that ends at CUT, as it is and behind filters. */
static void expect_cut_off(const char *text, size_t cut) {
  struct strbuf filtered = STRBUF(1u << 22);
  expect_cut(text, cut, "as it is");
  strbuf_append(&filtered, text, cut);
  if (cut)
    strbuf_putc(&filtered, '\n'); /* awk 1, sed, sort */
  expect_cut(strbuf_str(&filtered), filtered.length, "with an end of line");
  project(&filtered, text, cut, some_columns);
  expect_cut(strbuf_str(&filtered), filtered.length, "some columns");
  project(&filtered, text, cut, turned_columns);
  expect_cut(strbuf_str(&filtered), filtered.length, "columns turned round");
  strbuf_free(&filtered);
}

START_TEST(a_cut_at_any_byte_is_seen) {
  for (size_t count = 0; count <= KINDS; count++) {
    size_t length;
    cleanup(cleanup_free) char *text = write_rows(rows_of_all_kinds, count, &length);
    /* Between two lines nothing can be seen, and nothing is ever cut: the next test. */
    for (size_t cut = 0; cut < length; cut++)
      if (cut == 0 || text[cut - 1] != '\n')
        expect_cut(text, cut, "as it is");
    /* Nor behind a filter, when it is not in the last cell. */
    for (size_t cut = 0; cut < length; cut++)
      if (cut == 0 || text[cut - 1] == '\t' ||
          (text[cut - 1] != '\n' && memchr(text + cut, '\t', strcspn(text + cut, "\n"))))
        expect_cut_off(text, cut);
  }
}
END_TEST

static char long_detail[5000];
static char long_layers[20000];

static void write_many(void) {
  struct output *output = output_open(NULL, NULL);
  struct record_writer *writer = record_writer_new(output);
  for (size_t i = 0; i < 300; i++) {
    struct record record = rows_of_all_kinds[i % KINDS];
    char detail[64];
    (void)snprintf(detail, sizeof detail, "%0*d", (int)(i % 60 + 1), (int)i);
    record.cell[RECORD_DETAIL] = i % 5 == 0 ? long_detail : detail;
    if (i % 11 == 0)
      record.cell[RECORD_LAYERS] = long_layers;
    if (record_writer_put(writer, &record, NULL) || (i % 3 == 0 && output_flush(output, NULL)))
      _exit(1);
  }
  if (record_writer_finish(writer, NULL) || output_commit(output, NULL))
    _exit(1);
  record_writer_free(writer);
  output_free(output);
}

/* Every place where a killed producer's stream can end is the end of one of its writes. A socket
   that keeps them apart shows them. */
START_TEST(a_killed_producer_is_seen) {
  memset(long_detail, '\\', sizeof long_detail - 1);
  memset(long_layers, 'f', sizeof long_layers - 1);
  int ends[2];
  ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
  pid_t child = fork();
  ck_assert_int_ge(child, 0);
  if (child == 0) {
    close(ends[0]);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[1]);
    write_many();
    _exit(0);
  }
  close(ends[1]);
  struct strbuf text = STRBUF(1u << 22);
  size_t pieces[1000];
  size_t count = 0;
  char piece[70000];
  for (ssize_t got; (got = recv(ends[0], piece, sizeof piece, 0)) > 0;) {
    ck_assert_int_eq(strbuf_append(&text, piece, (size_t)got), 0);
    ck_assert_uint_lt(count, 1000);
    pieces[count++] = text.length;
  }
  close(ends[0]);
  int status;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_int_eq(status, 0);

  ck_assert_uint_gt(count, 100);
  expect_cut_off(text.data, 0);
  for (size_t i = 0; i + 1 < count; i++)
    expect_cut_off(text.data, pieces[i]);
  size_t rows;
  ck_assert_ptr_null(read_text(text.data, text.length, 0x3FFFF, &rows));
  ck_assert_uint_eq(rows, 300);
  strbuf_free(&text);
}
END_TEST

START_TEST(what_is_not_finished_is_not_whole) {
  for (size_t count = 0; count <= KINDS; count++) {
    cleanup(cleanup_free) char *path = files_path("unfinished");
    struct output *output = output_open(path, NULL);
    struct record_writer *writer = record_writer_new(output);
    for (size_t i = 0; i < count; i++)
      record_writer_put(writer, &rows_of_all_kinds[i], NULL);
    record_writer_free(writer);
    ck_assert_int_eq(output_commit(output, NULL), 0);
    output_free(output);
    size_t length;
    cleanup(cleanup_free) char *text = files_read(path, &length);
    ck_assert_int_eq(text[length - 1], '\t');
    expect_cut_off(text, length);
  }
}
END_TEST

START_TEST(a_row_too_long_becomes_a_failed_one) {
  size_t size = TSV_LINE_MAX / 2 + 10;
  char *layers = malloc(size + 1);
  memset(layers, 'a', size);
  layers[size] = '\0';
  char *huge = malloc(2 * size + 1);
  memset(huge, '\t', 2 * size);
  huge[2 * size] = '\0';
  struct record rows[2] = {
      {.cell =
           {"host/a:b",
            DIGEST, [RECORD_STATUS] = "ok", [RECORD_LAYERS] = layers, [RECORD_DIFF_IDS] = layers}},
      {.cell = {"-", [RECORD_STATUS] = "invalid_reference", [RECORD_REF] = huge}}};
  size_t length;
  cleanup(cleanup_free) char *text = write_rows(rows, 2, &length);
  cleanup(cleanup_free) char *path = files_write("long", text, length);
  cleanup(cleanup_reader) struct record_reader *reader = record_reader_open(path, 0, NULL);
  struct record record;
  ck_assert_int_eq(record_reader_next(reader, &record, NULL), 1);
  ck_assert_str_eq(record.cell[RECORD_IMAGE], "host/a:b");
  ck_assert_str_eq(record.cell[RECORD_DIGEST], DIGEST);
  ck_assert_int_eq(record_status(&record), STATUS_TOO_LARGE);
  ck_assert_ptr_null(record.cell[RECORD_LAYERS]);
  ck_assert_ptr_nonnull(record.cell[RECORD_DETAIL]);
  ck_assert_int_eq(record_reader_next(reader, &record, NULL), 1);
  ck_assert(status_is_failure(record_status(&record)));
  ck_assert_int_eq(record_reader_next(reader, &record, NULL), 0);
  free(layers);
  free(huge);
}
END_TEST

/* Neither its cells nor its detail are too long: both together are. */
START_TEST(so_does_one_that_its_detail_makes_too_long) {
  char detail[601];
  memset(detail, 'd', 600);
  detail[600] = '\0';
  size_t size = TSV_LINE_MAX - 400;
  char *layers = malloc(size + 1);
  memset(layers, 'a', size);
  layers[size] = '\0';
  const struct record row = {
      .cell = {
          "host/a:b",
          DIGEST, [RECORD_STATUS] = "network", [RECORD_LAYERS] = layers, [RECORD_DETAIL] = detail}};
  size_t length;
  cleanup(cleanup_free) char *text = write_rows(&row, 1, &length);
  cleanup(cleanup_free) char *path = files_write("long", text, length);
  cleanup(cleanup_reader) struct record_reader *reader = record_reader_open(path, 0, NULL);
  struct record record;
  ck_assert_int_eq(record_reader_next(reader, &record, NULL), 1);
  ck_assert_int_eq(record_status(&record), STATUS_TOO_LARGE);
  ck_assert_int_eq(record_reader_next(reader, &record, NULL), 0);
  free(layers);
}
END_TEST

#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

/* Wherever a server can say it. */
START_TEST(secrets_are_in_no_row) {
  cleanup(cleanup_free) char *path = files_path("hidden");
  struct redactor *redactor = redactor_new();
  redactor_add(redactor, SECRET);
  struct output *output = output_open(path, NULL);
  struct record_writer *writer = record_writer_new(output);
  record_writer_redact(writer, redactor);
  const enum record_column said[] = {RECORD_IMAGE,   RECORD_PLATFORM,   RECORD_PUSHED,
                                     RECORD_CREATED, RECORD_MEDIA_TYPE, RECORD_DETAIL};
  enum { SAID = sizeof said / sizeof *said };
  for (size_t i = 0; i < SAID; i++) {
    struct record row = {.cell = {"host/a:b", DIGEST, [RECORD_STATUS] = "network"}};
    row.cell[said[i]] = "it-is:" SECRET;
    ck_assert_int_eq(record_writer_put(writer, &row, NULL), 0);
  }
  ck_assert_int_eq(record_writer_finish(writer, NULL), 0);
  ck_assert_int_eq(output_commit(output, NULL), 0);
  record_writer_free(writer);
  output_free(output);
  redactor_free(redactor);
  size_t length, hidden = 0;
  cleanup(cleanup_free) char *text = files_read(path, &length);
  ck_assert_ptr_null(strstr(text, SECRET));
  for (const char *at = text; (at = strstr(at, "it-is:(hidden)")); at++)
    hidden++;
  ck_assert_uint_eq(hidden, SAID);
}
END_TEST

START_TEST(a_long_detail_ends_with_a_whole_character) {
  struct strbuf detail = STRBUF(5000);
  strbuf_puts(&detail, "x");
  for (int i = 0; i < 600; i++)
    strbuf_puts(&detail, "\xC3\xA9");
  struct record row = rows_of_all_kinds[0];
  row.cell[RECORD_DETAIL] = detail.data;
  size_t length;
  cleanup(cleanup_free) char *text = write_rows(&row, 1, &length);
  const char *cell = strrchr(text, '\t') + 1;
  ck_assert_uint_eq(strlen(cell), 1 + 511 * 2 + 3 + 1);
  ck_assert_str_eq(cell + 1 + 510 * 2, "\xC3\xA9\xE2\x80\xA6\n");
  strbuf_free(&detail);
}
END_TEST

START_TEST(a_failed_write_is_told) {
  struct output *output = output_open("/dev/full", NULL);
  struct record_writer *writer = record_writer_new(output);
  cleanup(cleanup_error) struct error *error = NULL;
  int result = 0;
  for (int i = 0; i < 1000 && result == 0; i++)
    result = record_writer_put(writer, &rows_of_all_kinds[0], &error);
  ck_assert_int_eq(result, -1);
  ck_assert_str_eq(error->message, "/dev/full: No space left on device");
  ck_assert_int_eq(record_writer_finish(writer, NULL), -1);
  record_writer_free(writer);
  output_free(output);
}
END_TEST

/* ---- sets ---- */

START_TEST(sets_own_their_strings) {
  struct record_set set = RECORD_SET;
  char image[] = "host/a:0";
  struct record record = {.cell = {[RECORD_IMAGE] = image}};
  for (int i = 0; i < 500; i++) {
    image[7] = (char)('0' + i % 10);
    struct record *row = record_set_add(&set, i == 300 ? &set.rows[5] : &record);
    ck_assert_ptr_eq(row, &set.rows[i]);
  }
  memset(image, 'x', sizeof image - 1);
  ck_assert_uint_eq(set.count, 500);
  ck_assert_str_eq(set.rows[0].cell[RECORD_IMAGE], "host/a:0");
  ck_assert_str_eq(set.rows[300].cell[RECORD_IMAGE], "host/a:5");
  ck_assert_str_eq(set.rows[499].cell[RECORD_IMAGE], "host/a:9");
  ck_assert_ptr_null(set.rows[0].cell[RECORD_DIGEST]);

  const char *old = set.rows[0].cell[RECORD_IMAGE];
  record_set_cell(&set, 0, RECORD_IMAGE, image);
  record_set_cell(&set, 1, RECORD_IMAGE, NULL);
  record_set_cell(&set, 2, RECORD_LAYERS, long_layers);
  ck_assert_str_eq(set.rows[0].cell[RECORD_IMAGE], image);
  ck_assert_ptr_ne(set.rows[0].cell[RECORD_IMAGE], image);
  ck_assert_str_eq(old, "host/a:0");
  ck_assert_ptr_null(set.rows[1].cell[RECORD_IMAGE]);
  record_set_free(&set);
  ck_assert_uint_eq(set.count, 0);
  record_set_free(&set);
}
END_TEST

UNIT_MAIN("record", tcase_add_unchecked_fixture(tcase, files_setup, files_teardown);
          tcase_set_timeout(tcase, 120); tcase_add_test(tcase, columns_are_bound_by_name);
          tcase_add_test(tcase, an_outcome_we_cannot_read_is_no_success);
          tcase_add_test(tcase, headers_that_are_none_are_refused);
          tcase_add_test(tcase, rows_that_are_not_whole_are_refused);
          tcase_add_test(tcase, digests_that_are_damaged_are_refused);
          tcase_add_test(tcase, nuls_and_endless_lines_are_refused);
          tcase_add_test(tcase, files_can_be_joined);
          tcase_add_test(tcase, rows_are_written_in_the_order_of_the_columns);
          tcase_add_test(tcase, what_was_written_is_read);
          tcase_add_test(tcase, a_cut_at_any_byte_is_seen);
          tcase_add_test(tcase, a_killed_producer_is_seen);
          tcase_add_test(tcase, what_is_not_finished_is_not_whole);
          tcase_add_test(tcase, a_row_too_long_becomes_a_failed_one);
          tcase_add_test(tcase, so_does_one_that_its_detail_makes_too_long);
          tcase_add_test(tcase, secrets_are_in_no_row);
          tcase_add_test(tcase, a_long_detail_ends_with_a_whole_character);
          tcase_add_test(tcase, a_failed_write_is_told);
          tcase_add_test(tcase, sets_own_their_strings);)
