#include <config.h>

#include "registry/known.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/output.h"
#include "base/record.h"
#include "base/xalloc.h"

#include "files.h"
#include "unit.h"

#define DIGEST(c) "sha256:" SIXTEEN(c) SIXTEEN(c) SIXTEEN(c) SIXTEEN(c)
#define SIXTEEN(c) c c c c c c c c c c c c c c c c
#define INDEX DIGEST("1")
#define M1 DIGEST("a")
#define M2 DIGEST("b")
#define CONFIG DIGEST("c")
#define SETTINGS DIGEST("d")
#define TYPE "application/vnd.oci.image.manifest.v1+json"

struct row {
  const char *image;
  const char *digest;
  const char *manifest;
  const char *platform;
  const char *platforms;
  const char *status;
  const char *settings;
};

static char *write_rows(const char *name, size_t count, const struct row *rows) {
  cleanup(cleanup_error) struct error *error = NULL;
  char *path = files_path(name);
  struct output *output = output_open(path, &error);
  ck_assert_ptr_nonnull(output);
  struct record_writer *writer = record_writer_new(output);
  for (size_t i = 0; i < count; i++) {
    struct record record = {.cell = {NULL}};
    record.cell[RECORD_IMAGE] = rows[i].image;
    record.cell[RECORD_DIGEST] = rows[i].digest;
    record.cell[RECORD_MANIFEST_DIGEST] = rows[i].manifest;
    record.cell[RECORD_PLATFORM] = rows[i].platform;
    record.cell[RECORD_PLATFORMS] = rows[i].platforms;
    record.cell[RECORD_STATUS] = rows[i].status;
    record.cell[RECORD_SETTINGS] = rows[i].settings;
    record.cell[RECORD_MEDIA_TYPE] = TYPE;
    record.cell[RECORD_CONFIG_DIGEST] = CONFIG;
    record.cell[RECORD_SIZE] = "7";
    record.cell[RECORD_PUSHED] = "2024-01-01T00:00:00Z";
    record.cell[RECORD_ORIGIN] = "somewhere";
    record.cell[RECORD_REF] = "ref";
    record.cell[RECORD_LAYERS] = M1;
    record.cell[RECORD_DETAIL] = "a note";
    ck_assert_int_eq(record_writer_put(writer, &record, &error), 0);
  }
  ck_assert_int_eq(record_writer_finish(writer, &error), 0);
  ck_assert_int_eq(output_commit(output, &error), 0);
  record_writer_free(writer);
  output_free(output);
  return path;
}

static void add(struct known *known, const char *path) {
  cleanup(cleanup_error) struct error *error = NULL;
  bool absent = true;
  ck_assert_msg(known_add(known, path, &absent, &error) == 0, "%s", error ? error->message : "?");
  ck_assert(!absent);
}

static struct known *know(size_t count, const struct row *rows) {
  cleanup(cleanup_free) char *path = write_rows("known.tsv", count, rows);
  struct known *known = known_new();
  add(known, path);
  return known;
}

#define KNOW(...)                                                                                  \
  know(sizeof((const struct row[]){__VA_ARGS__}) / sizeof(struct row),                             \
       (const struct row[]){__VA_ARGS__})

static size_t rows_of(const struct known *known, const char *digest, bool configs) {
  struct record_set rows = RECORD_SET;
  bool found = known_image(known, digest, configs, &rows);
  size_t count = rows.count;
  ck_assert(found == (count > 0));
  record_set_free(&rows);
  return count;
}

START_TEST(a_whole_index_is_known) {
  struct known *known = KNOW({"h/r:1", INDEX, M2, "linux/arm64", "2", "ok", SETTINGS},
                             {"h/r:1", INDEX, M1, "linux/amd64", "2", "ok", SETTINGS});
  struct record_set rows = RECORD_SET;
  ck_assert(known_image(known, INDEX, true, &rows));
  ck_assert_uint_eq(rows.count, 2);
  /* In the file's order, and nothing of the place where it was. */
  ck_assert_str_eq(rows.rows[0].cell[RECORD_MANIFEST_DIGEST], M2);
  ck_assert_str_eq(rows.rows[1].cell[RECORD_MANIFEST_DIGEST], M1);
  const struct record *row = &rows.rows[0];
  ck_assert_str_eq(row->cell[RECORD_DIGEST], INDEX);
  ck_assert_str_eq(row->cell[RECORD_PLATFORM], "linux/arm64");
  ck_assert_str_eq(row->cell[RECORD_PLATFORMS], "2");
  ck_assert_str_eq(row->cell[RECORD_CONFIG_DIGEST], CONFIG);
  ck_assert_str_eq(row->cell[RECORD_STATUS], "ok");
  ck_assert_str_eq(row->cell[RECORD_SIZE], "7");
  ck_assert_str_eq(row->cell[RECORD_MEDIA_TYPE], TYPE);
  ck_assert_str_eq(row->cell[RECORD_SETTINGS], SETTINGS);
  ck_assert_str_eq(row->cell[RECORD_LAYERS], M1);
  ck_assert_str_eq(row->cell[RECORD_DETAIL], "a note");
  ck_assert_ptr_null(row->cell[RECORD_DIFF_IDS]);
  ck_assert_ptr_null(row->cell[RECORD_IMAGE]);
  ck_assert_ptr_null(row->cell[RECORD_PUSHED]);
  ck_assert_ptr_null(row->cell[RECORD_ORIGIN]);
  ck_assert_ptr_null(row->cell[RECORD_REF]);
  record_set_free(&rows);
  ck_assert(!known_image(known, M1, true, &rows));
  known_free(known);
}
END_TEST

START_TEST(rows_that_lack_make_no_whole_index) {
  /* What several tags repeat is still one of two. */
  struct known *known = KNOW({"h/r:1", INDEX, M1, "linux/amd64", "2", "ok", SETTINGS},
                             {"h/r:2", INDEX, M1, "linux/amd64", "2", "ok", SETTINGS},
                             {"h/r:2", INDEX, M2, "linux/arm64", "2", "timeout", NULL});
  ck_assert_uint_eq(rows_of(known, INDEX, false), 0);
  struct record row;
  ck_assert(known_manifest(known, M1, true, &row));
  ck_assert_str_eq(row.cell[RECORD_PLATFORM], "linux/amd64");
  ck_assert(!known_manifest(known, M2, false, &row));
  known_free(known);
}
END_TEST

/* Read once without configs and once with: the platform is seen in the config only. */
START_TEST(one_entry_read_twice_is_one_row) {
  struct known *known = KNOW({"h/r:1", INDEX, M1, NULL, "2", "ok", NULL},
                             {"h/r:1", INDEX, M1, "linux/amd64", "2", "ok", SETTINGS});
  ck_assert_uint_eq(rows_of(known, INDEX, false), 0);
  known_free(known);
}
END_TEST

START_TEST(rows_of_several_places_come_together) {
  struct known *known = KNOW({"h/r:1", INDEX, M1, "linux/amd64", "2", "ok", SETTINGS},
                             {"other/r:1", INDEX, M2, "linux/arm64", "2", "ok", SETTINGS});
  ck_assert_uint_eq(rows_of(known, INDEX, true), 2);
  known_free(known);
}
END_TEST

START_TEST(rows_that_disagree_are_not_trusted) {
  struct known *known = KNOW({"h/r:1", INDEX, M1, "linux/amd64", "1", "ok", SETTINGS},
                             {"h/r:1", INDEX, M2, "linux/arm64", "2", "ok", SETTINGS});
  ck_assert_uint_eq(rows_of(known, INDEX, true), 0);
  known_free(known);
  known = KNOW({"h/r:1", INDEX, M1, "linux/amd64", "1", "ok", SETTINGS},
               {"h/r:1", INDEX, M2, "linux/arm64", "1", "ok", SETTINGS});
  ck_assert_uint_eq(rows_of(known, INDEX, true), 0);
  known_free(known);
}
END_TEST

START_TEST(configs_are_given_when_wanted) {
  struct record row;
  struct known *known = KNOW({"h/r:1", M1, M1, "linux/amd64", "1", "ok", NULL});
  ck_assert_uint_eq(rows_of(known, M1, false), 1);
  ck_assert_uint_eq(rows_of(known, M1, true), 0);
  ck_assert(!known_manifest(known, M1, true, &row));
  ck_assert(known_manifest(known, M1, false, &row));
  /* Another file has read it. */
  cleanup(cleanup_free) char *path = write_rows(
      "more.tsv", 1, (const struct row[]){{"h/r:2", M1, M1, "linux/amd64", "1", "ok", SETTINGS}});
  add(known, path);
  ck_assert_uint_eq(rows_of(known, M1, true), 1);
  ck_assert(known_manifest(known, M1, true, &row));
  ck_assert_str_eq(row.cell[RECORD_SETTINGS], SETTINGS);
  ck_assert_uint_eq(known_count(known), 1);
  known_free(known);
}
END_TEST

START_TEST(only_good_rows_serve) {
  static const char *const bad[] = {"archived", "not_found", "denied", "something-new"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct known *known = KNOW({"h/r:1", M1, M1, "linux/amd64", "1", bad[i], SETTINGS});
    ck_assert_uint_eq(rows_of(known, M1, false), 0);
    ck_assert_uint_eq(known_count(known), 0);
    known_free(known);
  }
  static const char *const good[] = {"artifact", "legacy"};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    struct known *known = KNOW({"h/r:1", M1, M1, NULL, "1", good[i], NULL});
    /* They have no settings to be wanted. */
    ck_assert_uint_eq(rows_of(known, M1, true), 1);
    known_free(known);
  }
  struct known *known = KNOW(
      {"h/r:1", "sha3:12", M1, NULL, "1", "ok", SETTINGS},
      {"h/r:1", M1, "sha3:12", NULL, "1", "ok", SETTINGS},
      {"h/r:1", M1, NULL, NULL, "1", "ok", SETTINGS}, {"h/r:1", M1, M1, NULL, NULL, "ok", SETTINGS},
      {"h/r:1", M1, M1, NULL, "0", "ok", SETTINGS}, {"h/r:1", M1, M1, NULL, "1x", "ok", SETTINGS},
      {"h/r:1", M1, M1, NULL, "99999999999999999999", "ok", SETTINGS});
  ck_assert_uint_eq(known_count(known), 0);
  known_free(known);
}
END_TEST

START_TEST(a_file_that_does_not_exist_is_told) {
  cleanup(cleanup_error) struct error *error = NULL;
  cleanup(cleanup_free) char *path = files_path("absent.tsv");
  struct known *known = known_new();
  bool absent = false;
  ck_assert_int_eq(known_add(known, path, &absent, &error), 0);
  ck_assert(absent);
  ck_assert_ptr_null(error);
  known_free(known);
}
END_TEST

START_TEST(standard_input_is_always_there) {
  const struct row rows[] = {{.image = NULL}};
  cleanup(cleanup_free) char *path = write_rows("input.tsv", 0, rows);
  ck_assert_ptr_nonnull(freopen(path, "r", stdin));
  struct known *known = known_new();
  add(known, "-");
  /* And what is there is not taken for absent, whatever failed before. */
  errno = ENOENT;
  add(known, path);
  known_free(known);
}
END_TEST

START_TEST(a_file_that_is_not_whole_is_refused) {
  static const struct row rows[] = {{"h/r:1", M1, M1, "linux/amd64", "1", "ok", SETTINGS}};
  cleanup(cleanup_free) char *path = write_rows("whole.tsv", 1, rows);
  size_t length;
  cleanup(cleanup_free) char *text = files_read(path, &length);
  cleanup(cleanup_free) char *cut = files_write("cut.tsv", text, length - 1);
  cleanup(cleanup_error) struct error *error = NULL;
  struct known *known = known_new();
  bool absent;
  ck_assert_int_eq(known_add(known, cut, &absent, &error), -1);
  ck_assert_ptr_nonnull(strstr(error->message, "cut.tsv"));
  known_free(known);
}
END_TEST

/* A column that was cut away would come back as "absent". */
START_TEST(a_file_without_a_column_is_refused) {
  static const char text[] = "image\tdigest\tstatus\nh/r:1\t" M1 "\tok\n";
  cleanup(cleanup_free) char *path = files_write("columns.tsv", text, sizeof text - 1);
  cleanup(cleanup_error) struct error *error = NULL;
  struct known *known = known_new();
  bool absent;
  ck_assert_int_eq(known_add(known, path, &absent, &error), -1);
  ck_assert_ptr_nonnull(strstr(error->message, "platform"));
  known_free(known);
}
END_TEST

START_TEST(long_rows_are_kept_whole) {
  char *layers = xmalloc(1 << 19);
  memset(layers, 'x', (1 << 19) - 1);
  layers[(1 << 19) - 1] = '\0';
  struct known *known = known_new();
  for (int i = 0; i < 4; i++) {
    cleanup(cleanup_free) char *digest = xasprintf("sha256:%064d", i);
    cleanup(cleanup_free) char *name = xasprintf("long%d.tsv", i);
    cleanup(cleanup_free) char *path = write_rows(
        name, 1, (const struct row[]){{"h/r:1", digest, digest, NULL, "1", "ok", layers}});
    add(known, path);
  }
  struct record row;
  ck_assert(known_manifest(
      known, "sha256:0000000000000000000000000000000000000000000000000000000000000002", true,
      &row));
  ck_assert_str_eq(row.cell[RECORD_SETTINGS], layers);
  free(layers);
  known_free(known);
}
END_TEST

/* Rows are read when they are asked for: what is not there any more is not known, and what stands
   in its place is not taken for it. */
START_TEST(a_file_that_changes_serves_nothing_else) {
  static const struct row before[] = {{"h/r:1", M1, M1, "linux/amd64", "1", "ok", SETTINGS},
                                      {"h/r:2", M2, M2, "linux/amd64", "1", "ok", SETTINGS}};
  static const struct row after[] = {{"h/r:2", M2, M2, "linux/amd64", "1", "ok", SETTINGS},
                                     {"h/r:1", M1, M1, "linux/amd64", "1", "ok", SETTINGS}};
  cleanup(cleanup_free) char *path = write_rows("changes.tsv", 2, before);
  cleanup(cleanup_free) char *other = write_rows("other.tsv", 2, after);
  size_t length;
  cleanup(cleanup_free) char *text = files_read(other, &length);
  struct known *known = known_new();
  add(known, path);
  ck_assert_uint_eq(rows_of(known, M1, true), 1);
  struct record row;
  FILE *file = fopen(path, "r+");
  ck_assert_uint_eq(fwrite(text, 1, length, file), length);
  ck_assert_int_eq(fflush(file), 0);
  ck_assert_uint_eq(rows_of(known, M1, true), 0);
  ck_assert(!known_manifest(known, M2, true, &row));
  ck_assert_int_eq(ftruncate(fileno(file), (off_t)length - 1), 0);
  ck_assert(!known_manifest(known, M2, true, &row));
  ck_assert_int_eq(ftruncate(fileno(file), 0), 0);
  ck_assert(!known_manifest(known, M1, true, &row));
  ck_assert_int_eq(fclose(file), 0);
  known_free(known);
}
END_TEST

/* A row that says less than it did, as long as it was. */
START_TEST(a_config_that_is_not_there_any_more_is_not_known) {
  static const struct row before[] = {{"h/r:1", M1, M1, "linux/amd64", "1", "ok", "s"}};
  static const struct row after[] = {{"h/r:1", M1, M1, "linux/amd64", "1", "ok", "-"}};
  cleanup(cleanup_free) char *path = write_rows("changes.tsv", 1, before);
  cleanup(cleanup_free) char *other = write_rows("other.tsv", 1, after);
  size_t length;
  cleanup(cleanup_free) char *text = files_read(other, &length);
  struct known *known = known_new();
  add(known, path);
  ck_assert_uint_eq(rows_of(known, M1, true), 1);
  FILE *file = fopen(path, "r+");
  ck_assert_uint_eq(fwrite(text, 1, length, file), length);
  ck_assert_int_eq(fclose(file), 0);
  ck_assert_uint_eq(rows_of(known, M1, true), 0);
  struct record row;
  ck_assert(!known_manifest(known, M1, true, &row));
  known_free(known);
}
END_TEST

/* list-ecr --reuse old.tsv -o old.tsv */
START_TEST(a_file_that_is_replaced_is_still_known) {
  static const struct row rows[] = {{"h/r:1", M1, M1, "linux/amd64", "1", "ok", SETTINGS}};
  struct known *known = know(1, rows);
  cleanup(cleanup_free) char *path = files_path("known.tsv");
  ck_assert_int_eq(unlink(path), 0);
  ck_assert_uint_eq(rows_of(known, M1, true), 1);
  known_free(known);
}
END_TEST

START_TEST(what_comes_from_a_pipe_is_known) {
  static const struct row rows[] = {{"h/r:1", INDEX, M2, "linux/arm64", "2", "ok", SETTINGS},
                                    {"h/r:1", INDEX, M1, "linux/amd64", "2", "ok", SETTINGS}};
  cleanup(cleanup_free) char *path = write_rows("rows.tsv", 2, rows);
  size_t length;
  cleanup(cleanup_free) char *text = files_read(path, &length);
  int ends[2];
  ck_assert_int_eq(pipe(ends), 0);
  ck_assert_int_eq(write(ends[1], text, length), (ssize_t)length);
  close(ends[1]);
  ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
  close(ends[0]);
  setenv("TMPDIR", files_folder, 1);
  int files = files_count();
  struct known *known = known_new();
  add(known, "-");
  ck_assert_int_eq(files_count(), files);
  ck_assert_uint_eq(rows_of(known, INDEX, true), 2);
  known_free(known);
}
END_TEST

/* --reuse <(zcat known.tsv.gz) */
START_TEST(what_comes_from_a_pipe_with_a_name_is_known) {
  static const struct row rows[] = {{"h/r:1", M1, M1, "linux/amd64", "1", "ok", SETTINGS}};
  cleanup(cleanup_free) char *path = write_rows("rows.tsv", 1, rows);
  size_t length;
  cleanup(cleanup_free) char *text = files_read(path, &length);
  int ends[2];
  ck_assert_int_eq(pipe(ends), 0);
  ck_assert_int_eq(write(ends[1], text, length), (ssize_t)length);
  close(ends[1]);
  char name[32];
  (void)snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
  struct known *known = known_new();
  add(known, name);
  close(ends[0]);
  ck_assert_uint_eq(rows_of(known, M1, true), 1);
  known_free(known);
}
END_TEST

UNIT_MAIN("known", tcase_add_unchecked_fixture(tcase, files_setup, files_teardown);
          tcase_add_test(tcase, a_whole_index_is_known);
          tcase_add_test(tcase, rows_that_lack_make_no_whole_index);
          tcase_add_test(tcase, one_entry_read_twice_is_one_row);
          tcase_add_test(tcase, rows_of_several_places_come_together);
          tcase_add_test(tcase, rows_that_disagree_are_not_trusted);
          tcase_add_test(tcase, configs_are_given_when_wanted);
          tcase_add_test(tcase, only_good_rows_serve);
          tcase_add_test(tcase, a_file_that_does_not_exist_is_told);
          tcase_add_test(tcase, standard_input_is_always_there);
          tcase_add_test(tcase, a_file_that_is_not_whole_is_refused);
          tcase_add_test(tcase, a_file_without_a_column_is_refused);
          tcase_add_test(tcase, long_rows_are_kept_whole);
          tcase_add_test(tcase, a_file_that_changes_serves_nothing_else);
          tcase_add_test(tcase, a_config_that_is_not_there_any_more_is_not_known);
          tcase_add_test(tcase, a_file_that_is_replaced_is_still_known);
          tcase_add_test(tcase, what_comes_from_a_pipe_is_known);
          tcase_add_test(tcase, what_comes_from_a_pipe_with_a_name_is_known);)
