#include <config.h>

#include "report/report.h"

#include <json-c/json.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/output.h"
#include "base/strbuf.h"
#include "match-rows.h"
#include "report/markup.h"
#include "unit.h"

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

#define AMD64 "image=s/i:1 ref=i:1 digest=I platform=linux/amd64 manifest_digest=M1 size=5"
#define ARM64 "image=s/i:1 ref=i:1 digest=I platform=linux/arm64 manifest_digest=M2 size=6"

/* The page of MATCH, which is freed; caller frees. */
static char *page_of(struct match *match) {
  char path[] = "check-html.XXXXXX";
  int fd = mkstemp(path);
  ck_assert_int_ge(fd, 0);
  struct error *err = NULL;
  struct output *output = output_open(path, &err);
  ck_assert_ptr_nonnull(output);
  ck_assert_int_eq(report_html(match_finish(match, NULL), output, &err), 0);
  ck_assert_int_eq(output_commit(output, &err), 0);
  output_free(output);
  match_free(match);
  close(fd); /* of the file that was replaced */
  FILE *file = fopen(path, "r");
  ck_assert_ptr_nonnull(file);
  unlink(path);
  struct strbuf text = STRBUF(1 << 22);
  char block[4096];
  for (size_t got; (got = fread(block, 1, sizeof block, file)) > 0;)
    strbuf_append(&text, block, got);
  fclose(file);
  return strbuf_take(&text);
}

/* What stands in PAGE between BEFORE, met once, and the next AFTER; caller frees. */
static char *part_of(const char *page, const char *before, const char *after) {
  const char *start = strstr(page, before);
  ck_assert_msg(start != NULL, "no %s", before);
  start += strlen(before);
  ck_assert_msg(!strstr(start, before), "twice %s", before);
  const char *end = strstr(start, after);
  ck_assert_msg(end != NULL, "no %s", after);
  return xstrndup(start, (size_t)(end - start));
}

static size_t count_of(const char *text, const char *what) {
  size_t count = 0;
  for (; (text = strstr(text, what)); text++)
    count++;
  return count;
}

static void expect_in(const char *text, const char *what) {
  ck_assert_msg(strstr(text, what) != NULL, "no %s in: %s", what, text);
}

START_TEST(the_same_report_is_the_same_page) {
  char *pages[2];
  for (int i = 0; i < 2; i++) {
    const char *const *inventory = i ? LIST("image=e/b:1 digest=M2 manifest_digest=M2",
                                            "image=e/a:1 digest=I", "image=e/r status=denied")
                                     : LIST("image=e/r status=denied", "image=e/a:1 digest=I",
                                            "image=e/b:1 digest=M2 manifest_digest=M2");
    pages[i] = page_of(rows_match(NULL, LIST(AMD64, ARM64), inventory));
  }
  ck_assert_str_eq(pages[0], pages[1]);
  free(pages[0]);
  free(pages[1]);
}
END_TEST

START_TEST(no_slot_is_left) {
  char *page = page_of(rows_match(NULL, LIST(AMD64), LIST("image=e/a:1 digest=I")));
  ck_assert_ptr_null(strstr(page, "{{"));
  expect_in(page, "<title>1 of 1 image is already there");
  expect_in(page, "content=\"ocidup " PACKAGE_VERSION "\"");
  free(page);
}
END_TEST

/* The hash of what stands between BEFORE and AFTER is the one that the policy has for KIND. */
static void expect_hash(const char *page, const char *kind, const char *before, const char *after) {
  char *part = part_of(page, before, after);
  unsigned char hash[32], base64[64];
  ck_assert(EVP_Digest(part, strlen(part), hash, NULL, EVP_sha256(), NULL));
  EVP_EncodeBlock(base64, hash, sizeof hash);
  char *want = xasprintf("; %s 'sha256-%s';", kind, (char *)base64);
  expect_in(page, want);
  free(want);
  free(part);
}

START_TEST(the_policy_names_what_is_there) {
  char *page = page_of(rows_match(NULL, LIST(AMD64), LIST("image=e/a:1 digest=I")));
  expect_in(page, "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ");
  expect_hash(page, "style-src", "<style>", "</style>");
  expect_hash(page, "script-src", "<script>", "</script>");
  free(page);
}
END_TEST

/* Its parts fill the bar, but for the gap behind the last. */
START_TEST(the_bar_is_full) {
  char *page =
      page_of(rows_match(NULL,
                         LIST(AMD64, ARM64, "image=s/absent:1 digest=Y manifest_digest=Y",
                              "origin=in.txt:3 ref=no//image status=invalid_reference detail=why"),
                         LIST("image=e/a:1 digest=I")));
  unsigned parts = 0;
  double end = 0;
  for (const char *at = page; (at = strstr(at, "<rect class=\"v-")); at++) {
    double x = 0, width = 0;
    ck_assert_int_eq(sscanf(strstr(at, " x="), " x=\"%lf\" width=\"%lf\"", &x, &width), 2);
    ck_assert_msg(parts ? x >= end + 1 && x <= end + 3 : x == 0, "%f behind %f", x, end);
    end = x + width;
    parts++;
  }
  ck_assert_uint_eq(parts, 3);
  ck_assert_msg(end >= 997 && end <= 999, "%f", end);
  free(page);
}
END_TEST

START_TEST(without_a_script_every_source_is_there) {
  char *page =
      page_of(rows_match(NULL,
                         LIST(AMD64, ARM64, "image=s/absent:1 digest=Y manifest_digest=Y",
                              "origin=in.txt:3 ref=no//image status=invalid_reference detail=why"),
                         LIST("image=e/a:1 digest=I", "image=e/b:1 manifest_digest=M2",
                              "image=e/q:1 status=not_found detail=gone")));
  char *table = part_of(page, "<noscript>", "</noscript>");
#define VERDICT(name)                                                                              \
  "<svg class=\"icon v-" name "\" aria-hidden=\"true\"><use href=\"#i-" name "\"/></svg> " name
  expect_in(table,
            "<tr><th scope=\"row\">i:1</th><td>" VERDICT(
                "present") "</td><td>e/a:1</td>"
                           "<td>index</td><td></td></tr>\n"
                           "<tr><th scope=\"row\">s/absent:1</th><td>" VERDICT(
                               "absent") "</td><td>-</td>"
                                         "<td>-</td><td>none</td></tr>\n"
                                         "<tr><th scope=\"row\">no//image</th><td>" VERDICT(
                                             "unknown") "</td><td>-</td>"
                                                        "<td>-</td><td>unknown: invalid_reference, "
                                                        "why</td></tr>\n</tbody>");
  expect_in(table, "The inventory: 2 images, 1 row that could not be read.");
  expect_in(table, "<li>e/q:1: not_found, gone</li>");
  free(table);
  expect_in(page, "<h1>1 of 3 images is already there</h1>");
  ck_assert_uint_eq(count_of(page, "<rect class=\"v-"), 3);
  ck_assert_uint_eq(count_of(page, "<li data-verdict="), VERDICTS);
  free(page);
}
END_TEST

START_TEST(text_stays_text) {
  char *page = page_of(rows_match(
      NULL,
      LIST("image=s/<script>:1 ref=\"><script>alert(1)</script> origin=</script> digest=I "
           "platform=<u> manifest_digest=M1 detail=</noscript>\xe2\x80\xa8",
           "image=s/rtl:\xe2\x80\xae"
           "gnp digest=Y status=denied detail=a&b"),
      LIST("image=e/</script><img/src=x>:1 digest=I", "image=<i> status=tls detail=<!--")));
  /* Those of the page itself, and no more. */
  ck_assert_uint_eq(count_of(page, "<script"), 4);
  ck_assert_uint_eq(count_of(page, "</script"), 4);
  ck_assert_uint_eq(count_of(page, "</noscript"), 1);
  const char *const never[] = {"<img", "<u>", "<i>", "<!--", "\xe2\x80\xae", "\xe2\x80\xa8"};
  for (size_t i = 0; i < sizeof never / sizeof *never; i++)
    ck_assert_msg(!strstr(page, never[i]), "%s", never[i]);
  expect_in(page, "<th scope=\"row\">&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;</th>");
  expect_in(page, "s/rtl:\xef\xbf\xbdgnp");
  expect_in(page, "denied, a&amp;b");
  expect_in(page, "e/\\u003c/script\\u003e\\u003cimg/src=x\\u003e:1");
  free(page);
}
END_TEST

START_TEST(text_that_is_too_long_is_seen_to_be) {
  cleanup(strbuf_free) struct strbuf out = STRBUF(4);
  markup_put(&out, "abcdefgh");
  ck_assert(out.overflow);
}
END_TEST

START_TEST(the_data_is_json) {
  char *page = page_of(rows_match(
      NULL, LIST(AMD64, ARM64, "image=s/absent:1 ref=b digest=Y manifest_digest=Y"),
      LIST("image=f:5/a:1 digest=I manifest_digest=M1 pushed=2020-01-01T00:00:00Z size=5",
           "image=f:5/a:1 digest=I manifest_digest=M2 size=7",
           "image=e/b:1 digest=J manifest_digest=M2", "image=s/i:1 digest=I")));
  char *head = part_of(page, "id=\"report\">", "</script>");
  struct json_object *root = json_tokener_parse(head);
  ck_assert_msg(root != NULL, "no JSON: %s", head);
  ck_assert_uint_eq(json_object_array_length(json_object_object_get(root, "sources")), 0);
  json_object_put(root);
  free(head);
  char *data = part_of(page, "id=\"data\">", "</script>");
  root = json_tokener_parse(data);
  ck_assert_msg(root != NULL, "no JSON: %s", data);
  ck_assert_uint_eq(json_object_array_length(root), 2);
  json_object_put(root);
  /* The script takes it apart by lines. */
  ck_assert_str_eq(
      data,
      "[\n"
      "[\"i:1\",\"s/i:1\",null,\"present\",\"ok\",11,null,"
      "[[\"linux/amd64\",\"found\"],[\"linux/arm64\",\"found\"]],[\"f:5/"
      "a:1\",\"index\"],2,[1,0]],\n"
      "[\"b\",\"s/absent:1\",null,\"absent\",\"ok\",null,\"none\",[[null,\"missing\"]],null,0,[]]\n"
      "]\n");
  free(data);
  data = part_of(page, "id=\"details\">", "</script>");
  root = json_tokener_parse(data);
  ck_assert_msg(root != NULL, "no JSON: %s", data);
  json_object_put(root);
  ck_assert_str_eq(data, "[\n"
                         "[\"I\",null,[[\"M1\",null,5],[\"M2\",null,6]],"
                         "[[\"f:5/a:1\",\"index\",[0,1],\"ok\",0,12,\"2020-01-01T00:00:00Z\"],"
                         "[\"e/b:1\",\"manifest\",[1],\"ok\",\"J\",null,null],"
                         "[\"s/i:1\",\"self\",[0,1],\"ok\",0,null,null]]],\n"
                         "[\"Y\",null,[[\"Y\",null,null]],[]]\n"
                         "]\n");
  free(data);
  free(page);
}
END_TEST

START_TEST(a_report_of_nothing_is_a_page) {
  char *page = page_of(match_new(&(struct match_options){.platforms = NULL}));
  expect_in(page, "<h1>0 of 0 images are already there</h1>");
  expect_in(page, "id=\"data\">[\n]\n</script>");
  expect_in(page, "id=\"details\">[\n]\n</script>");
  ck_assert_ptr_null(strstr(page, "<rect class=\"v-"));
  free(page);
}
END_TEST

UNIT_MAIN("html", tcase_add_test(tcase, the_same_report_is_the_same_page);
          tcase_add_test(tcase, no_slot_is_left);
          tcase_add_test(tcase, the_policy_names_what_is_there);
          tcase_add_test(tcase, the_bar_is_full);
          tcase_add_test(tcase, without_a_script_every_source_is_there);
          tcase_add_test(tcase, text_stays_text);
          tcase_add_test(tcase, text_that_is_too_long_is_seen_to_be);
          tcase_add_test(tcase, the_data_is_json);
          tcase_add_test(tcase, a_report_of_nothing_is_a_page);)
