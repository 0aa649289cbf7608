#include <config.h>

#include "aws/ini.h"

#include <string.h>

#include "files.h"
#include "unit.h"

static struct ini *parsed(const char *text) {
  struct error *error = NULL;
  struct ini *ini = ini_parse(text, strlen(text), &error);
  ck_assert_msg(ini != NULL, "%s", error ? error->message : "no error set");
  ck_assert_ptr_null(error);
  return ini;
}

/* KEY in [s] of TEXT is WANT, or is not there. */
static void value_is(const char *text, const char *key, const char *want) {
  struct ini *ini = parsed(text);
  if (want)
    ck_assert_pstr_eq(ini_get(ini, "s", key), want);
  else
    ck_assert_ptr_null(ini_get(ini, "s", key));
  ini_free(ini);
}

static void nested_is(const char *text, const char *parent, const char *key, const char *want) {
  struct ini *ini = parsed(text);
  if (want)
    ck_assert_pstr_eq(ini_get_nested(ini, "s", parent, key), want);
  else
    ck_assert_ptr_null(ini_get_nested(ini, "s", parent, key));
  ini_free(ini);
}

static void refused_bytes(const char *text, size_t length, const char *message) {
  struct error *error = NULL;
  ck_assert_ptr_null(ini_parse(text, length, &error));
  ck_assert_ptr_nonnull(error);
  ck_assert_int_eq(error->status, STATUS_LOCAL);
  ck_assert_str_eq(error->message, message);
  error_free(error);
}

static void refused(const char *text, const char *message) {
  refused_bytes(text, strlen(text), message);
}

START_TEST(keys_and_values) {
  const char *text = "[s]\na=1\nb = two words \n  \n c\t=\t 3=3\nd=\ne : 5\nf = g : h\n";
  value_is(text, "a", "1");
  value_is(text, "b", "two words\n\nc\t=\t 3=3"); /* c is indented: more of b */
  value_is(text, "c", NULL);
  value_is(text, "d", "");
  value_is(text, "e", "5");
  value_is(text, "f", "g : h");
  value_is("[s]\na:b=c", "a", "b=c");
  value_is("[s]\nAws_Key = x", "aws_kEY", "x");
  value_is("[s]\na=1\nA=2", "a", "2");
  value_is("[t]\na=1", "a", NULL);
  value_is("", "a", NULL);
  value_is("[s]", "a", NULL);
  value_is("[s]\na=\"quoted\"", "a", "\"quoted\"");
}
END_TEST

START_TEST(comments_have_lines_of_their_own) {
  value_is("# a\n;[t]\n[s] # why\n#a=2\n  ; a=3\na=1\n\t# a=4\n", "a", "1");
  value_is("[s]\na = 1 # one", "a", "1 # one");
  value_is("[s]\na = 1;2", "a", "1;2");
  value_is("[s];c\na=1", "a", "1");
  /* One in the midst of a value does not end it. */
  value_is("[s]\na = 1\n# no\n  2", "a", "1\n2");
}
END_TEST

START_TEST(line_ends_and_marks) {
  value_is("\xef\xbb\xbf[s]\r\na=1\r\nb=2\r\n", "a", "1");
  value_is("\xef\xbb\xbf[s]\r\na=1\r\nb=2\r\n", "b", "2");
  value_is("[s]\ra=1\rb=2", "b", "2");
  value_is("[s]\na=1\\\nb=2", "a", "1\\");
  value_is("[s]\n\n\n\na=1", "a", "1");
  value_is("[s]\na=\xff\xfe", "a", "\xff\xfe");
}
END_TEST

START_TEST(values_go_on_where_lines_are_indented_more) {
  value_is("[s]\na = 1\n  2\n\t3  \nb = 4", "a", "1\n2\n3");
  value_is("[s]\na = 1\n  2\n\t3\nb = 4", "b", "4");
  value_is("[s]\na = 1\n\n\n  2\n\n", "a", "1\n\n\n2");
  /* The depth is that of the key. */
  value_is("[s]\n  a = 1\n  b = 2", "a", "1");
  value_is("[s]\n  a = 1\n  b = 2", "b", "2");
  value_is("[s]\n  a = 1\n b = 2", "b", "2");
  value_is("[s]\n  a = 1\n   b = 2", "a", "1\nb = 2");
  value_is("[s]\na = 1\n [t]\n b = 2", "a", "1\n[t]\nb = 2");
  /* A section's name ends it. */
  value_is("[s]\na = 1\n[t]\n  b = 2", "a", "1");
  struct ini *ini = parsed("[s]\na = 1\n[t]\n  b = 2");
  ck_assert_pstr_eq(ini_get(ini, "t", "b"), "2");
  ini_free(ini);
}
END_TEST

START_TEST(keys_below_keys) {
  const char *text = "[s]\ns3 =\n  # x = 0\n  max = 10\n\n   url=http://h:1/?a=b\n  max = 11\n"
                     "region = r\nec2 =\n  max = 12\n";
  nested_is(text, "s3", "max", "11");
  nested_is(text, "S3", "URL", "http://h:1/?a=b");
  nested_is(text, "ec2", "max", "12");
  nested_is(text, "ec2", "url", NULL);
  nested_is(text, "region", "max", NULL);
  nested_is(text, "no", "max", NULL);
  value_is(text, "s3", "");
  value_is(text, "max", NULL);
  value_is(text, "region", "r");
  /* Without keys below, and of two the later. */
  nested_is("[s]\na=\nb=1", "a", "b", NULL);
  nested_is("[s]\na=\n b=1\na=\n c=2", "a", "c", "2");
  nested_is("[s]\na=\n b=1\na=\n c=2", "a", "b", NULL);
  nested_is("[s]\na=\n b=1\n[t]\n[s]\nc=2", "a", "c", NULL);
  /* ':' is none of their delimiters. */
  nested_is("[s]\na=\n b:c=d", "a", "b:c", "d");
}
END_TEST

START_TEST(sections_in_order) {
  struct ini *ini = parsed("[ profile  \"my dev\"\t]\na=1\n[b] x=1\n[c]d]\n[ profile  \"my dev\"]\n"
                           "b=2\n[B]\n");
  ck_assert_pstr_eq(ini_section(ini, 0), "profile  \"my dev\"");
  ck_assert_pstr_eq(ini_section(ini, 1), "b");
  ck_assert_pstr_eq(ini_section(ini, 2), "c");
  ck_assert_pstr_eq(ini_section(ini, 3), "B");
  ck_assert_ptr_null(ini_section(ini, 4));
  ck_assert_ptr_null(ini_section(ini, (size_t)-1));
  ck_assert_pstr_eq(ini_get(ini, "profile  \"my dev\"", "a"), "1");
  ck_assert_pstr_eq(ini_get(ini, "profile  \"my dev\"", "b"), "2");
  ck_assert_ptr_null(ini_get(ini, "b", "x"));
  ck_assert(ini_has(ini, "b"));
  ck_assert(!ini_has(ini, "d"));
  ini_free(ini);
}
END_TEST

START_TEST(what_is_none_is_told_by_line_and_not_shown) {
  refused("# x\n\naws_secret_access_key = secret\n",
          "line 3: this is outside any section: [default] or such is missing above");
  refused("[s]\na=1\nsecret\n", "line 3: neither [SECTION] nor KEY = VALUE");
  refused("[s]\r\n= secret\r\n", "line 2: a value without a key");
  refused("[profile secret\n", "line 1: a section's name without its ']'");
  refused("[profile secret = x\n", "line 1: a section's name without its ']'");
  refused("\n[]", "line 2: a section without a name");
  refused("[ \t]", "line 1: a section without a name");
  refused("[s]\na =\n  secret\n", "line 3: neither KEY = VALUE nor the value of the key above");
  refused("[s]\na =\n  = secret\n", "line 3: a value without a key");
  refused_bytes("[s]\na=x\0y\n", 10, "line 2: a NUL byte: is this file in UTF-16?");
  refused_bytes("\xff\xfe[\0s\0]\0", 8, "line 1: a NUL byte: is this file in UTF-16?");
}
END_TEST

START_TEST(long_lines_and_many) {
  enum { LENGTH = 1 << 20, KEYS = 5000 };
  char *text = malloc(LENGTH + 64);
  ck_assert_ptr_nonnull(text);
  size_t start = (size_t)sprintf(text, "[s]\naws_session_token = ");
  memset(text + start, 't', LENGTH);
  strcpy(text + start + LENGTH, "\nb=2\n");
  struct ini *ini = parsed(text);
  ck_assert_uint_eq(strlen(ini_get(ini, "s", "aws_session_token")), LENGTH);
  ck_assert_pstr_eq(ini_get(ini, "s", "b"), "2");
  ini_free(ini);
  free(text);
  text = malloc((size_t)KEYS * 32);
  ck_assert_ptr_nonnull(text);
  char *end = text;
  for (int i = 0; i < KEYS; i++)
    end += sprintf(end, "[s%d]\nk%d=v%d\n", i % 100, i, i);
  ini = parsed(text);
  free(text);
  ck_assert_pstr_eq(ini_get(ini, "s42", "k4042"), "v4042");
  ck_assert_ptr_nonnull(ini_section(ini, 99));
  ck_assert_ptr_null(ini_section(ini, 100));
  ini_free(ini);
}
END_TEST

START_TEST(limit) {
  char *text = malloc(INI_MAX + 2);
  ck_assert_ptr_nonnull(text);
  memset(text, '#', INI_MAX + 1);
  struct error *error = NULL;
  struct ini *ini = ini_parse(text, INI_MAX, &error);
  ck_assert_ptr_nonnull(ini);
  ini_free(ini);
  refused_bytes(text, INI_MAX + 1, "larger than 16 MiB");
  char *path = files_write("large", text, INI_MAX + 1);
  ck_assert_ptr_null(ini_read(path, NULL, &error));
  ck_assert_ptr_nonnull(strstr(error->message, "large: File too large"));
  error_free(error);
  free(path);
  path = files_write("largest", text, INI_MAX);
  ini = ini_read(path, NULL, NULL);
  ck_assert_ptr_nonnull(ini);
  ini_free(ini);
  free(path);
  free(text);
}
END_TEST

static struct ini *read_without_error(const char *path) {
  struct error *error = NULL;
  struct ini *ini = ini_read(path, NULL, &error);
  ck_assert_msg(error == NULL, "%s", error ? error->message : "");
  return ini;
}

START_TEST(files) {
  char *path = files_write("good", "[s]\na=1", 7);
  struct ini *ini = read_without_error(path);
  ck_assert_pstr_eq(ini_get(ini, "s", "a"), "1");
  ini_free(ini);
  char *below = NULL;
  ck_assert_int_gt(asprintf(&below, "%s/below", path), 0);
  ck_assert_ptr_null(read_without_error(below));
  free(below);
  free(path);
  path = files_write("empty", "", 0);
  ini = read_without_error(path);
  ck_assert_ptr_nonnull(ini);
  ck_assert_ptr_null(ini_section(ini, 0));
  ini_free(ini);
  free(path);
  path = files_path("missing");
  ck_assert_ptr_null(read_without_error(path));
  free(path);
  ck_assert_ptr_null(read_without_error(files_folder));
  ini = read_without_error("/dev/null");
  ck_assert_ptr_nonnull(ini);
  ini_free(ini);
}
END_TEST

START_TEST(files_that_cannot_be_read) {
  char *path = files_write("bad", "[s]\nsecret", 10);
  char *message = NULL;
  struct error *error = NULL;
  ck_assert_ptr_null(ini_read(path, NULL, &error));
  ck_assert_int_gt(asprintf(&message, "%s: line 2: neither [SECTION] nor KEY = VALUE", path), 0);
  ck_assert_pstr_eq(error->message, message);
  error_free(error);
  free(message);
  ck_assert_int_eq(chmod(path, 0), 0);
  bool sunk = files_sink();
  if (geteuid() != 0) {
    error = NULL;
    ck_assert_ptr_null(ini_read(path, NULL, &error));
    ck_assert_int_gt(asprintf(&message, "%s: Permission denied", path), 0);
    ck_assert_pstr_eq(error->message, message);
    error_free(error);
    free(message);
    error = NULL;
    bool denied = false;
    ck_assert_ptr_null(ini_read(path, &denied, &error));
    ck_assert(denied);
    ck_assert_ptr_null(error);
  }
  files_rise(sunk);
  free(path);
  /* A loop of links is neither missing nor refused. */
  path = files_path("loop");
  ck_assert_int_eq(symlink("loop", path), 0);
  error = NULL;
  bool denied = true;
  ck_assert_ptr_null(ini_read(path, &denied, &error));
  ck_assert(!denied);
  ck_assert_ptr_nonnull(error);
  ck_assert_int_eq(error->status, STATUS_LOCAL);
  error_free(error);
  free(path);
}
END_TEST

UNIT_MAIN("ini", tcase_add_unchecked_fixture(tcase, files_setup, files_teardown);
          tcase_add_test(tcase, keys_and_values);
          tcase_add_test(tcase, comments_have_lines_of_their_own);
          tcase_add_test(tcase, line_ends_and_marks);
          tcase_add_test(tcase, values_go_on_where_lines_are_indented_more);
          tcase_add_test(tcase, keys_below_keys); tcase_add_test(tcase, sections_in_order);
          tcase_add_test(tcase, what_is_none_is_told_by_line_and_not_shown);
          tcase_add_test(tcase, long_lines_and_many); tcase_add_test(tcase, limit);
          tcase_add_test(tcase, files); tcase_add_test(tcase, files_that_cannot_be_read);)
