/* The duplicates inside an inventory, in the formats that they are written in. */
#include <config.h>

#include "report/within.h"

#include <stdio.h>

#include "files.h"
#include "unit.h"
#include "within-rows.h"

/* What WRITE writes; caller frees. */
static char *written(within_write_fn *write, const struct duplicates *duplicates) {
  char *path = files_path("report");
  struct error *err = NULL;
  struct output *output = output_open(path, &err);
  ck_assert_ptr_nonnull(output);
  ck_assert_int_eq(write(duplicates, output, &err), 0);
  ck_assert_int_eq(output_commit(output, &err), 0);
  output_free(output);
  size_t length;
  char *content = files_read(path, &length);
  free(path);
  return content;
}

START_TEST(the_order_of_rows_changes_nothing) {
  static const char *const rows[] = {
      "image=e/a:1 " AMD64_OF " pushed=2024-01-01T00:00:00Z",
      "image=e/a:1 " ARM64_OF,
      "image=e/b:1 " AMD64_OF,
      "image=e/b:1 " ARM64_OF,
      "image=e/b:x " AMD64_ALONE,
      "image=e/c:1 " AMD64_ALONE,
      "image=e/c:2 digest=X manifest_digest=X layers=A layer_sizes=100",
      "image=e/d:1 digest=X manifest_digest=X",
      "image=e/d:2 digest=I status=archived",
      "image=e/f:1 digest=K manifest_digest=M1 platforms=2",
      "image=e/f:1 digest=K manifest_digest=M9 platforms=2 settings=S layers=Z diff_ids=z",
      "image=e/g:1 digest=L manifest_digest=L settings=S layers=Y diff_ids=z layer_sizes=8",
      "image=e/h:1 digest=N manifest_digest=N settings=S layers=Y diff_ids=z layer_sizes=9",
      "image=e/i:1 digest=O status=timeout",
      "image=e/h:1 digest=O manifest_digest=O",
  };
  enum { COUNT = sizeof rows / sizeof *rows };
  char *first = NULL;
  uint32_t random = 1;
  for (int round = 0; round < 200; round++) {
    const char *order[2 * COUNT + 1] = {NULL};
    size_t count = 0;
    for (size_t i = 0; i < COUNT; i++)
      order[count++] = rows[i];
    for (size_t i = 0; round && i < COUNT; i += 1 + round % 3u)
      order[count++] = rows[i]; /* again */
    for (size_t i = count; round && i-- > 1;) {
      random = random * 1664525u + 1013904223u;
      size_t other = (random >> 8) % (i + 1);
      const char *moved = order[i];
      order[i] = order[other];
      order[other] = moved;
    }
    struct within *within = within_rows(order);
    char *got = written(within_json, within_finish(within));
    if (!first)
      first = got;
    else {
      ck_assert_str_eq(got, first);
      free(got);
    }
    within_free(within);
  }
  ck_assert_ptr_nonnull(strstr(first, "\"evidence\": \"index\""));
  ck_assert_ptr_nonnull(strstr(first, "\"evidence\": \"diff_ids\""));
  free(first);
}
END_TEST

/* ---- the formats ---- */

#define SOME                                                                                       \
  LIST("image=e/a:1 " AMD64_OF " pushed=2024-01-01T00:00:00Z", "image=e/a:1 " ARM64_OF,            \
       "image=e/a:2 " AMD64_OF, "image=e/b:1 " AMD64_ALONE, "image=e/b:2 " AMD64_ALONE,            \
       "image=e/c:\x1b[31m digest=Z size=5", "image=e/d:<a> digest=Z",                             \
       "image=e/f status=denied "                                                                  \
       "detail=no~\"way\"")

START_TEST(as_text) {
  struct within *within = within_rows(SOME);
  char *got = written(within_text, within_finish(within));
  ck_assert_str_eq(got,
                   "Same image:\n"
                   "\te/a:1\tkeep\tlinux/amd64,linux/arm64\n"
                   "\te/a:2\tkeep\tlinux/amd64,linux/arm64\n"
                   "\te/b:1\tmanifest\tlinux/amd64\n"
                   "\te/b:2\tmanifest\tlinux/amd64\n"
                   "\t(1 duplicate, 120 bytes)\n"
                   "\n"
                   "Same image:\n"
                   "\te/c:\xef\xbf\xbd[31m\tkeep\t-\n"
                   "\te/d:<a>\tmanifest\t-\n"
                   "\t(1 duplicate, of unknown size)\n"
                   "\n"
                   "6 images in 4 repositories: 2 in several, 2 duplicates, 120 bytes and 1 of "
                   "unknown size; 1 row could not be read\n");
  free(got);
  within_free(within);
}
END_TEST

START_TEST(bytes_for_people) {
  static const struct {
    const char *sizes, *want;
  } cases[] = {
      {"1", "1 byte"},         {"999", "999 bytes"},     {"1000", "1.0 kB"},
      {"1099", "1.0 kB"},      {"999999", "999.9 kB"},   {"1000000", "1.0 MB"},
      {"31457280", "31.4 MB"}, {"5600000000", "5.6 GB"}, {"9000000000000000000", "9.0 EB"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char row[200], want[100];
    snprintf(row, sizeof row, "image=e/a:1 digest=M manifest_digest=M layers=A layer_sizes=%s",
             cases[i].sizes);
    snprintf(want, sizeof want, "\t(1 duplicate, %s)\n", cases[i].want);
    struct within *within = within_rows(LIST(row, "image=e/b:1 digest=M"));
    char *got = written(within_text, within_finish(within));
    ck_assert_msg(strstr(got, want) != NULL, "%s: %s", want, got);
    free(got);
    within_free(within);
  }
}
END_TEST

START_TEST(as_tsv) {
  struct within *within = within_rows(SOME);
  char *got = written(within_tsv, within_finish(within));
  ck_assert_str_eq(
      got, "group\timage\trole\tevidence\tplatforms\tstatus\tdigest\tsize\tpushed\tsaved\tdetail\n"
           "1\te/a:1\tkeep\t-\tlinux/amd64,linux/arm64\tok\tI\t150\t2024-01-01T00:00:00Z\t-\t-\n"
           "1\te/a:2\tkeep\t-\tlinux/amd64,linux/arm64\tok\tI\t150\t2024-01-01T00:00:00Z\t-\t-\n"
           "1\te/b:1\tduplicate\tmanifest\tlinux/amd64\tok\tM1\t120\t-\t120\t-\n"
           "1\te/b:2\tduplicate\tmanifest\tlinux/amd64\tok\tM1\t120\t-\t0\t-\n"
           "2\te/c:\xef\xbf\xbd[31m\tkeep\t-\t-\tok\tZ\t-\t-\t-\t-\n"
           "2\te/d:<a>\tduplicate\tmanifest\t-\tok\tZ\t-\t-\t0\tthe sizes of its layers are not "
           "known\n");
  free(got);
  within_free(within);
}
END_TEST

START_TEST(as_json) {
  struct within *within = within_rows(SOME);
  char *got = written(within_json, within_finish(within));
  ck_assert_str_eq(
      got,
      "{\"version\": 1,\n"
      " \"inventory\": {\"images\": 6, \"repositories\": 4, \"failed\": [\n"
      "  {\"image\": \"e/f\", \"status\": \"denied\", \"origin\": null, \"detail\": \"no "
      "\\\"way\\\"\"}], \"without_config\": 6},\n"
      " \"summary\": {\"groups\": 2, \"duplicates\": 2, \"saved\": 120, \"uncounted\": 1},\n"
      " \"groups\": [\n"
      "  {\"evidence\": \"manifest\", \"duplicates\": 1, \"saved\": 120, \"uncounted\": 0,\n"
      "   \"copies\": [\n"
      "     {\"repository\": \"e/a\", \"images\": [\"e/a:1\", \"e/a:2\"], \"role\": \"keep\", "
      "\"evidence\": null, \"platforms\": [\"linux/amd64\", \"linux/arm64\"], \"status\": \"ok\", "
      "\"digest\": \"I\", \"size\": 150, \"pushed\": \"2024-01-01T00:00:00Z\", \"saved\": 0},\n"
      "     {\"repository\": \"e/b\", \"images\": [\"e/b:1\", \"e/b:2\"], \"role\": \"duplicate\", "
      "\"evidence\": \"manifest\", \"platforms\": [\"linux/amd64\"], \"status\": \"ok\", "
      "\"digest\": \"M1\", \"size\": 120, \"pushed\": null, \"saved\": 120}]},\n"
      "  {\"evidence\": \"manifest\", \"duplicates\": 1, \"saved\": 0, \"uncounted\": 1,\n"
      "   \"copies\": [\n"
      "     {\"repository\": \"e/c\", \"images\": [\"e/c:\xef\xbf\xbd[31m\"], \"role\": \"keep\", "
      "\"evidence\": null, \"platforms\": [], \"status\": \"ok\", \"digest\": \"Z\", \"size\": "
      "null, \"pushed\": null, \"saved\": 0},\n"
      "     {\"repository\": \"e/d\", \"images\": [\"e/d:\\u003ca\\u003e\"], \"role\": "
      "\"duplicate\", \"evidence\": \"manifest\", \"platforms\": [], \"status\": \"ok\", "
      "\"digest\": \"Z\", \"size\": null, \"pushed\": null, \"saved\": 0}]}]}\n");
  free(got);
  within_free(within);
}
END_TEST

START_TEST(as_html) {
  struct within *within = within_rows(SOME);
  char *got = written(within_html, within_finish(within));
  static const char *const want[] = {
      "script-src 'none'",
      "default-src 'none'",
      "<h1>6 images in 4 repositories: 2 duplicates, 120 bytes and 1 of unknown size</h1>",
      "<li>e/f: denied, no &quot;way&quot;</li>",
      "<th scope=\"rowgroup\" colspan=\"6\">1 duplicate, 120 bytes</th>",
      "<tr><th scope=\"row\">e/a:1<br>e/a:2</th><td>keep</td><td>linux/amd64, linux/arm64</td>"
      "<td>150 bytes</td><td>2024-01-01T00:00:00Z</td><td></td></tr>\n",
      "<tr><th scope=\"row\">e/b:1<br>e/b:2</th><td>manifest</td><td>linux/amd64</td>"
      "<td>120 bytes</td><td>-</td><td>120 bytes</td></tr>\n",
      "<tr><th scope=\"row\">e/d:&lt;a&gt;</th><td>manifest</td><td>-</td><td>-</td><td>-</td>"
      "<td>not known</td></tr>\n",
      "</html>\n"};
  for (size_t i = 0; i < sizeof want / sizeof *want; i++)
    ck_assert_msg(strstr(got, want[i]) != NULL, "%s", want[i]);
  ck_assert_ptr_null(strstr(got, "<script"));
  ck_assert_ptr_null(strstr(got, "{{"));
  ck_assert_ptr_null(strchr(got, '\x1b'));
  free(got);
  within_free(within);
}
END_TEST

START_TEST(of_nothing) {
  struct within *within = within_rows(LIST(NULL));
  const struct duplicates *duplicates = within_finish(within);
  char *got = written(within_text, duplicates);
  ck_assert_str_eq(got, "0 images in 0 repositories: 0 in several, 0 duplicates, 0 bytes\n");
  free(got);
  got = written(within_json, duplicates);
  ck_assert_ptr_nonnull(strstr(got, "\"groups\": []}\n"));
  free(got);
  within_free(within);
  within_free(NULL);
}
END_TEST

UNIT_MAIN("within-report", tcase_add_unchecked_fixture(tcase, files_setup, files_teardown);
          tcase_add_test(tcase, the_order_of_rows_changes_nothing); tcase_add_test(tcase, as_text);
          tcase_add_test(tcase, bytes_for_people); tcase_add_test(tcase, as_tsv);
          tcase_add_test(tcase, as_json); tcase_add_test(tcase, as_html);
          tcase_add_test(tcase, of_nothing);)
