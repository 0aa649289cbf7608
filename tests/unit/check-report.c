#include <config.h>

#include "report/report.h"

#include <expat.h>
#include <json-c/json.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/output.h"
#include "base/strbuf.h"
#include "match-rows.h"
#include "report/table.h"
#include "unit.h"

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

/* What WRITE writes of REPORT; caller frees. */
static char *written(report_write_fn *write_report, const struct report *report) {
  char path[] = "check-report.XXXXXX";
  int fd = mkstemp(path);
  ck_assert_int_ge(fd, 0);
  struct error *err = NULL;
  struct output *output = output_open(path, &err);
  ck_assert_ptr_nonnull(output);
  ck_assert_int_eq(write_report(report, output, &err), 0);
  ck_assert_int_eq(output_commit(output, &err), 0);
  output_free(output);
  close(fd); /* of the file that was replaced */
  FILE *file = fopen(path, "r");
  ck_assert_ptr_nonnull(file);
  unlink(path);
  struct strbuf text = STRBUF(1 << 20);
  char block[4096];
  for (size_t got; (got = fread(block, 1, sizeof block, file)) > 0;)
    strbuf_append(&text, block, got);
  fclose(file);
  return strbuf_take(&text);
}

static void expect_for(report_write_fn *write_report, const char *const *platforms,
                       const char *const *sources, const char *const *inventory, const char *want) {
  struct match *match = rows_match(platforms, sources, inventory);
  char *got = written(write_report, match_finish(match, NULL));
  ck_assert_str_eq(got, want);
  free(got);
  match_free(match);
}

static void expect(report_write_fn *write_report, const char *const *sources,
                   const char *const *inventory, const char *want) {
  expect_for(write_report, NULL, sources, inventory, want);
}

/* The last line of the text report of one source, without the summary. */
static void expect_note(const char *const *sources, const char *const *inventory,
                        const char *want) {
  struct match *match = rows_match(NULL, sources, inventory);
  char *got = written(report_text, match_finish(match, NULL));
  char *end = strstr(got, "\n\n1 images: ");
  ck_assert_ptr_nonnull(end);
  *end = '\0';
  ck_assert_str_eq(strrchr(got, '\n') + 1, want);
  free(got);
  match_free(match);
}

#define AMD64 "image=s/i:1 digest=I platform=linux/amd64 manifest_digest=M1 layers=A"
#define ARM64 "image=s/i:1 digest=I platform=linux/arm64 manifest_digest=M2 layers=B"
#define HAS_AMD64 "image=e/amd64:1 digest=M1 manifest_digest=M1"
#define HAS_ARM64 "image=e/arm64:1 digest=M2 manifest_digest=M2"
#define NONE "image=e/none:1 digest=X"

START_TEST(text_report) {
  expect(report_text,
         LIST("image=docker.io/library/nginx:1 ref=nginx:1 digest=I platform=linux/amd64 "
              "manifest_digest=M1",
              "image=docker.io/library/nginx:1 ref=nginx:1 digest=I platform=linux/arm64 "
              "manifest_digest=M2",
              "image=s/absent:1 digest=Y manifest_digest=Y",
              "origin=in.txt:3 ref=no//image status=invalid_reference detail=no~name"),
         LIST("image=e/both:1 digest=I", HAS_ARM64),
         "Source image URIs:\n"
         "\tnginx:1\n"
         "Image present at ECR URIs:\n"
         "\te/both:1\tindex\tlinux/amd64,linux/arm64\n"
         "\te/arm64:1\tmanifest\tlinux/arm64\n"
         "\n"
         "Source image URIs:\n"
         "\ts/absent:1\n"
         "Image present at ECR URIs:\n"
         "\t(none)\n"
         "\n"
         "Source image URIs:\n"
         "\tno//image\n"
         "Image present at ECR URIs:\n"
         "\t(unknown: invalid_reference, no name)\n"
         "\n"
         "3 images: 1 present, 0 partial, 0 likely, 0 archived, 1 absent, 1 unknown\n");
}
END_TEST

START_TEST(text_of_what_is_no_duplicate) {
  struct match *match = rows_match_with(
      &(struct match_options){.base = true, .names = true},
      LIST("image=s/i:1 manifest_digest=M layers=A platform=linux/amd64"),
      LIST("image=e/app:1 manifest_digest=N layers=A,B platform=linux/amd64",
           "image=e/app:2 manifest_digest=O layers=A,C platform=linux/amd64",
           "image=e/i:1 manifest_digest=P platform=linux/amd64", "image=s/i:1 manifest_digest=M"));
  char *got = written(report_text, match_finish(match, NULL));
  ck_assert_str_eq(got,
                   "Source image URIs:\n"
                   "\ts/i:1\n"
                   "Image present at ECR URIs:\n"
                   "\te/app:1\tbase\tlinux/amd64\n"
                   "\te/app:2\tbase\tlinux/amd64\n"
                   "\te/i:1\tname\tlinux/amd64\n"
                   "\ts/i:1\tself\tlinux/amd64\n"
                   "\t(none but itself; 2 built from it; 1 of the same name with other content)\n"
                   "\n"
                   "1 images: 0 present, 0 partial, 0 likely, 0 archived, 1 absent, 0 unknown\n");
  free(got);
  match_free(match);
  match =
      rows_match_with(&(struct match_options){.names = true}, LIST("image=s/i:1 manifest_digest=M"),
                      LIST("image=e/i:1 manifest_digest=P"));
  got = written(report_json, match_finish(match, NULL));
  ck_assert_ptr_nonnull(strstr(got, "\"compared\": [\"manifest\", \"name\"]"));
  ck_assert_ptr_nonnull(strstr(got, "\"note\": \"none; 1 of the same name with other content\""));
  ck_assert_ptr_nonnull(strstr(got, "{\"image\": \"e/i:1\", \"evidence\": \"name\""));
  ck_assert_ptr_nonnull(strstr(got, "\"state\": \"missing\""));
  free(got);
  match_free(match);
}
END_TEST

START_TEST(text_of_nothing) {
  struct match *match = match_new(&(struct match_options){.platforms = NULL});
  char *got = written(report_text, match_finish(match, NULL));
  ck_assert_str_eq(got, "0 images: 0 present, 0 partial, 0 likely, 0 archived, 0 absent, "
                        "0 unknown\n");
  free(got);
  match_free(match);
}
END_TEST

START_TEST(notes) {
  expect_note(LIST(AMD64), LIST("image=e/i:1 digest=M1 manifest_digest=M1 platform=linux/amd64"),
              "\te/i:1\tmanifest\tlinux/amd64");
  expect_note(LIST(AMD64), LIST(NONE), "\t(none)");
  expect_note(LIST("image=e/amd64:1 manifest_digest=M1"), LIST(HAS_AMD64), "\t(none but itself)");
  expect_note(LIST(AMD64, ARM64), LIST(HAS_AMD64),
              "\t(partial: 1 of 2 platforms; missing linux/arm64)");
  expect_note(LIST(AMD64, ARM64, "image=s/i:1 manifest_digest=M3"), LIST(HAS_AMD64),
              "\t(partial: 1 of 3 platforms; missing linux/arm64, -)");
  expect_note(LIST(AMD64, ARM64), LIST(HAS_AMD64, "image=e/r status=denied"),
              "\t(partial: 1 of 2 platforms; unknown linux/arm64)");
  expect_note(LIST(AMD64, ARM64), LIST(HAS_AMD64, HAS_ARM64),
              "\t(partial: 2 of 2 platforms; together all, spread over 2 images)");
  expect_note(
      LIST(AMD64, ARM64),
      LIST(HAS_AMD64, "image=e/x:1 digest=Z layers=B", "image=e/old:1 digest=I status=archived"),
      "\t(partial: 1 of 2 platforms; likely linux/arm64)");
  expect_note(LIST(AMD64), LIST("image=e/x:1 digest=Z layers=A"),
              "\t(likely: layers?; read the configs to be sure)");
  expect_note(LIST(AMD64, ARM64), LIST("image=e/x:1 digest=Z layers=A"),
              "\t(likely: layers?; 1 of 2 platforms; missing linux/arm64; read the configs to be "
              "sure)");
  expect_note(LIST(AMD64, ARM64), LIST("image=e/old:1 digest=I status=archived"),
              "\t(archived: restore it before use)");
  expect_note(LIST(AMD64, ARM64), LIST("image=e/old:1 digest=M1 status=archived"),
              "\t(archived: 1 of 2 platforms; missing linux/arm64; restore it before use)");
  expect_note(LIST("image=s/i:1 status=not_found"), LIST(HAS_AMD64), "\t(unknown: not_found)");
  expect_note(LIST(AMD64, ARM64 " status=timeout detail=too~slow"), LIST(NONE),
              "\t(unknown: 1 of 2 platforms could not be read, first: timeout, too slow)");
  expect_note(
      LIST(AMD64), LIST("image=e/r status=server_error detail=it~said~500"),
      "\t(unknown: 1 row of the inventory failed, first: server_error at e/r, it said 500)");
  expect_note(
      LIST(AMD64),
      LIST("image=e/a:1 status=not_found", "image=e/r status=denied", "image=e/q status=tls"),
      "\t(unknown: 2 rows of the inventory failed, first: tls at e/q)");
}
END_TEST

START_TEST(text_keeps_terminals_safe) {
  expect(report_text, LIST("image=s/i:1 ref=a\033[2J\tb digest=M1 manifest_digest=M1"),
         LIST("image=e/\033]0;x\a:1 digest=M1 platform=x\ny"),
         "Source image URIs:\n"
         "\ta\xef\xbf\xbd[2J\xef\xbf\xbd"
         "b\n"
         "Image present at ECR URIs:\n"
         "\te/\xef\xbf\xbd]0;x\xef\xbf\xbd:1\tmanifest\t-\n"
         "\n"
         "1 images: 1 present, 0 partial, 0 likely, 0 archived, 0 absent, 0 unknown\n");
}
END_TEST

#define TSV_HEADER                                                                                 \
  "image\tverdict\tevidence\tplatform\tmatch\tmatch_status\tmatch_digest\tmatch_size\t"            \
  "match_pushed\torigin\tdetail\n"

START_TEST(tsv_report) {
  expect(report_tsv,
         LIST("image=s/i:1 digest=I platform=linux/amd64 manifest_digest=M1 origin=in.txt:1",
              "image=s/i:1 digest=I platform=linux/arm64 manifest_digest=M2 origin=in.txt:1",
              "image=s/i:1 digest=I platform=linux/arm/v7 manifest_digest=M3 origin=in.txt:1",
              "image=s/absent:1 digest=Y origin=in.txt:2",
              "origin=in.txt:3 status=invalid_reference detail=a\\b\tc"),
         LIST("image=e/i:1 digest=J manifest_digest=M1 size=10 pushed=2020-01-01T00:00:00Z",
              "image=e/i:1 digest=J manifest_digest=M2",
              "image=e/old:1 digest=M3 size=5 status=archived"),
         TSV_HEADER
         "s/i:1\tpartial\tmanifest\tlinux/amd64\te/i:1\tok\tJ\t10\t2020-01-01T00:00:00Z\tin.txt:1\t"
         "partial: 2 of 3 platforms; archived linux/arm/v7\n"
         "s/i:1\tpartial\tmanifest\tlinux/arm64\te/i:1\tok\tJ\t-\t-\tin.txt:1\t"
         "partial: 2 of 3 platforms; archived linux/arm/v7\n"
         "s/i:1\tpartial\tmanifest\tlinux/arm/v7\te/old:1\tarchived\tM3\t5\t-\tin.txt:1\t"
         "partial: 2 of 3 platforms; archived linux/arm/v7\n"
         "s/absent:1\tabsent\t-\t-\t-\t-\t-\t-\t-\tin.txt:2\tnone\n"
         "-\tunknown\t-\t-\t-\t-\t-\t-\t-\tin.txt:3\tunknown: invalid_reference, a\\\\b\\tc\n");
  expect(report_tsv, LIST(AMD64), LIST(HAS_AMD64),
         TSV_HEADER "s/i:1\tpresent\tmanifest\tlinux/amd64\te/amd64:1\tok\tM1\t-\t-\t-\t-\n");
}
END_TEST

START_TEST(tsv_of_nothing) {
  struct match *match = match_new(&(struct match_options){.platforms = NULL});
  char *got = written(report_tsv, match_finish(match, NULL));
  ck_assert_str_eq(got, TSV_HEADER);
  free(got);
  match_free(match);
}
END_TEST

START_TEST(json_report) {
  expect(report_json,
         LIST("image=s/i:1 ref=i:1 origin=in.txt:1 digest=I platform=linux/amd64 "
              "manifest_digest=M1 config_digest=C1 size=12",
              "image=s/i:1 ref=i:1 origin=in.txt:1 digest=I manifest_digest=M2 status=timeout "
              "detail=slow"),
         LIST("image=e/i:1 digest=J manifest_digest=M1 size=10 pushed=2020-01-01T00:00:00Z",
              "image=e/old:1 digest=M1 status=archived", "image=e/r status=denied origin=1/r",
              "image=e/q:1 status=not_found detail=gone",
              "image=d:5000/i:1 digest=X created=2019-01-01T00:00:00Z"),
         "{\"version\": 1,\n"
         " \"compared\": [\"index\", \"manifest\"],\n"
         " \"inventory\": {\"images\": 3, \"failed\": [\n"
         "  {\"image\": \"e/q:1\", \"status\": \"not_found\", \"origin\": null, \"detail\": "
         "\"gone\"},\n"
         "  {\"image\": \"e/r\", \"status\": \"denied\", \"origin\": \"1/r\", \"detail\": null}], "
         "\"without_config\": 2,\n"
         "  \"registries\": [\n"
         "   {\"registry\": \"d:5000\", \"images\": 1, \"failed\": 0, \"pushed\": null, "
         "\"created\": \"2019-01-01T00:00:00Z\"},\n"
         "   {\"registry\": \"e\", \"images\": 2, \"failed\": 2, \"pushed\": "
         "\"2020-01-01T00:00:00Z\", \"created\": null}]},\n"
         " \"summary\": {\"sources\": 1, \"present\": 0, \"partial\": 1, \"likely\": 0, "
         "\"archived\": 0, \"absent\": 0, \"unknown\": 0},\n"
         " \"sources\": [\n"
         "  {\"image\": \"s/i:1\", \"ref\": \"i:1\", \"origin\": \"in.txt:1\", \"digest\": \"I\", "
         "\"verdict\": \"partial\", \"status\": \"timeout\", \"detail\": \"slow\", \"note\": "
         "\"partial: 1 of 2 platforms; unknown -\",\n"
         "   \"platforms\": [\n"
         "     {\"platform\": \"linux/amd64\", \"manifest_digest\": \"M1\", \"config_digest\": "
         "\"C1\", \"state\": \"found\", \"size\": 12},\n"
         "     {\"platform\": null, \"manifest_digest\": \"M2\", \"config_digest\": null, "
         "\"state\": \"unknown\", \"size\": null}],\n"
         "   \"matches\": [\n"
         "     {\"image\": \"e/i:1\", \"evidence\": \"manifest\", \"platforms\": "
         "[\"linux/amd64\"], \"status\": \"ok\", \"digest\": \"J\", \"size\": 10, \"pushed\": "
         "\"2020-01-01T00:00:00Z\"},\n"
         "     {\"image\": \"e/old:1\", \"evidence\": \"manifest\", \"platforms\": "
         "[\"linux/amd64\"], \"status\": \"archived\", \"digest\": \"M1\", \"size\": null, "
         "\"pushed\": null}]}]}\n");
}
END_TEST

START_TEST(json_of_nothing) {
  struct match *match = match_new(&(struct match_options){.platforms = NULL});
  char *got = written(report_json, match_finish(match, NULL));
  ck_assert_str_eq(got, "{\"version\": 1,\n"
                        " \"compared\": [],\n"
                        " \"inventory\": {\"images\": 0, \"failed\": [], \"without_config\": "
                        "0,\n"
                        "  \"registries\": []},\n"
                        " \"summary\": {\"sources\": 0, \"present\": 0, \"partial\": 0, "
                        "\"likely\": 0, \"archived\": 0, \"absent\": 0, \"unknown\": 0},\n"
                        " \"sources\": []}\n");
  free(got);
  match_free(match);
}
END_TEST

/* An independent reader gets back what was put in, whatever bytes it holds. */
START_TEST(json_survives_any_text) {
  static const struct {
    const char *put;
    const char *got;
  } cases[] = {
      {"a\"b\\c/d", "a\"b\\c/d"},
      {"tab\tline\nend", "tab\tline\nend"},
      {"esc\033 del\177 c1\xc2\x9b", "esc\xef\xbf\xbd del\xef\xbf\xbd c1\xef\xbf\xbd"},
      {"bad\xff\xc3", "bad\xef\xbf\xbd\xef\xbf\xbd"},
      {"\xc3\xa9 \xf0\x9f\x90\xb3", "\xc3\xa9 \xf0\x9f\x90\xb3"},
      {"\\", "\\"},
      {"</script><!--&amp;", "</script><!--&amp;"},
      {"\xe2\x80\xa8 \xe2\x80\xa9 \xe2\x82\xac \xe2\x80\xae \xe2",
       "\xe2\x80\xa8 \xe2\x80\xa9 \xe2\x82\xac \xef\xbf\xbd \xef\xbf\xbd"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct match *match = match_new(&(struct match_options){.platforms = NULL});
    struct record record = {
        .cell = {
            [RECORD_IMAGE] = "s/i:1", [RECORD_STATUS] = "denied", [RECORD_DETAIL] = cases[i].put}};
    match_source(match, &record);
    char *text = written(report_json, match_finish(match, NULL));
    match_free(match);
    /* It may stand in a <script> of an HTML page. */
    ck_assert_ptr_null(strpbrk(text, "<>&"));
    ck_assert_ptr_null(strstr(text, "\xe2\x80\xa8"));
    ck_assert_ptr_null(strstr(text, "\xe2\x80\xa9"));
    struct json_object *root = json_tokener_parse(text);
    ck_assert_msg(root != NULL, "no JSON: %s", text);
    struct json_object *sources = json_object_object_get(root, "sources");
    struct json_object *source = json_object_array_get_idx(sources, 0);
    ck_assert_str_eq(json_object_get_string(json_object_object_get(source, "detail")),
                     cases[i].got);
    json_object_put(root);
    free(text);
  }
}
END_TEST

START_TEST(json_sizes_add_up_or_are_null) {
  static const struct {
    const char *sizes[2];
    const char *want;
  } cases[] = {{{" size=3", " size=4"}, "\"size\": 7,"},
               {{" size=3", ""}, "\"size\": null,"},
               {{"", " size=4"}, "\"size\": null,"},
               {{" size=9223372036854775800", " size=9223372036854775800"}, "\"size\": null,"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char rows[2][200];
    for (int j = 0; j < 2; j++)
      snprintf(rows[j], sizeof rows[j], "image=e/i:1 digest=J manifest_digest=M%d%s", j + 1,
               cases[i].sizes[j]);
    struct match *match = rows_match(NULL, LIST(AMD64, ARM64), LIST(rows[0], rows[1]));
    char *text = written(report_json, match_finish(match, NULL));
    ck_assert_msg(strstr(text, cases[i].want) != NULL, "%s: %s", cases[i].want, text);
    free(text);
    match_free(match);
  }
}
END_TEST

#define JUNIT(tests, failures, errors, cases)                                                      \
  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                                   \
  "<testsuites>\n"                                                                                 \
  "  <testsuite name=\"ocidup\" tests=\"" tests "\" failures=\"" failures "\" errors=\"" errors    \
  "\" skipped=\"0\" time=\"0\">\n" cases "  </testsuite>\n"                                        \
  "</testsuites>\n"

static void expect_junit(unsigned fail_if, const char *const *sources, const char *const *inventory,
                         const char *want) {
  struct match *match = match_new(&(struct match_options){.fail_if = fail_if});
  for (; *sources; sources++)
    row_add(match, match_source, *sources);
  for (; *inventory; inventory++)
    row_add(match, match_inventory, *inventory);
  char *got = written(report_junit, match_finish(match, NULL));
  ck_assert_str_eq(got, want);
  free(got);
  match_free(match);
}

START_TEST(junit_report) {
  const char *const *sources =
      LIST("image=docker.io/library/nginx:1 ref=nginx:1 digest=I platform=linux/amd64 "
           "manifest_digest=M1",
           "image=docker.io/library/nginx:1 ref=nginx:1 digest=I platform=linux/arm64 "
           "manifest_digest=M2",
           "image=s:5000/absent:1 digest=Y manifest_digest=Y",
           "origin=in.txt:3 ref=no//image status=invalid_reference detail=no~name");
  const char *const *inventory = LIST("image=e/both:1 digest=I", HAS_ARM64);
#define CASE_PRESENT                                                                               \
  "    <testcase classname=\"docker.io\" name=\"nginx:1\" time=\"0\">\n"                           \
  "      <system-out>present\n"                                                                    \
  "e/both:1 index linux/amd64,linux/arm64\n"                                                       \
  "e/arm64:1 manifest linux/arm64\n"                                                               \
  "</system-out>\n"                                                                                \
  "    </testcase>\n"
#define CASE_ABSENT(outcome)                                                                       \
  "    <testcase classname=\"s:5000\" name=\"s:5000/absent:1\" time=\"0\">\n" outcome              \
  "      <system-out>absent\n"                                                                     \
  "(none)\n"                                                                                       \
  "</system-out>\n"                                                                                \
  "    </testcase>\n"
#define CASE_UNKNOWN(element)                                                                      \
  "    <testcase classname=\"no reference\" name=\"no//image\" time=\"0\">\n"                      \
  "      <" element " type=\"unknown\" message=\"unknown: invalid_reference, no name\"/>\n"        \
  "      <system-out>unknown\n"                                                                    \
  "(unknown: invalid_reference, no name)\n"                                                        \
  "</system-out>\n"                                                                                \
  "    </testcase>\n"
  expect_junit(0, sources, inventory,
               JUNIT("3", "0", "1", CASE_PRESENT CASE_ABSENT("") CASE_UNKNOWN("error")));
  expect_junit(1u << VERDICT_ABSENT | 1u << VERDICT_PARTIAL, sources, inventory,
               JUNIT("3", "1", "1",
                     CASE_PRESENT CASE_ABSENT("      <failure type=\"absent\" message=\"none\"/>\n")
                         CASE_UNKNOWN("error")));
  expect_junit(1u << VERDICT_UNKNOWN, sources, inventory,
               JUNIT("3", "1", "0", CASE_PRESENT CASE_ABSENT("") CASE_UNKNOWN("failure")));
  expect_junit(1u << VERDICT_PRESENT, LIST(AMD64), LIST(HAS_AMD64),
               JUNIT("1", "1", "0",
                     "    <testcase classname=\"s\" name=\"s/i:1\" time=\"0\">\n"
                     "      <failure type=\"present\" message=\"present\"/>\n"
                     "      <system-out>present\n"
                     "e/amd64:1 manifest linux/amd64\n"
                     "</system-out>\n"
                     "    </testcase>\n"));
}
END_TEST

START_TEST(junit_of_nothing) {
  struct match *match = match_new(&(struct match_options){.platforms = NULL});
  char *got = written(report_junit, match_finish(match, NULL));
  ck_assert_str_eq(got, JUNIT("0", "0", "0", ""));
  free(got);
  match_free(match);
}
END_TEST

static void XMLCALL keep_name(void *kept, const XML_Char *element, const XML_Char **attributes) {
  if (strcmp(element, "testcase") == 0)
    for (; *attributes; attributes += 2)
      if (strcmp(attributes[0], "name") == 0)
        strbuf_puts(kept, attributes[1]);
}

/* An independent reader takes it, and gets back what was put in, whatever bytes it holds. */
START_TEST(junit_survives_any_text) {
  static const struct {
    const char *put;
    const char *got;
  } cases[] = {
      {"a\"b'<c>&amp;]]>", "a\"b'<c>&amp;]]>"},
      {"tab\tline\nend", "tab\xef\xbf\xbdline\xef\xbf\xbd"
                         "end"},
      {"esc\033 del\177 c1\xc2\x9b", "esc\xef\xbf\xbd del\xef\xbf\xbd c1\xef\xbf\xbd"},
      {"bad\xff\xc3", "bad\xef\xbf\xbd\xef\xbf\xbd"},
      {"\xef\xbf\xbe\xef\xbf\xbf", "\xef\xbf\xbd\xef\xbf\xbd"},
      {"\xef\xbf\xbd \xef\xac\x81 \xc3\xa9 \xf0\x9f\x90\xb3",
       "\xef\xbf\xbd \xef\xac\x81 \xc3\xa9 \xf0\x9f\x90\xb3"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct match *match = match_new(&(struct match_options){.platforms = NULL});
    struct record record = {.cell = {[RECORD_IMAGE] = cases[i].put,
                                     [RECORD_REF] = cases[i].put,
                                     [RECORD_STATUS] = "denied",
                                     [RECORD_DETAIL] = cases[i].put}};
    match_source(match, &record);
    char *text = written(report_junit, match_finish(match, NULL));
    match_free(match);
    struct strbuf name = STRBUF(1 << 10);
    XML_Parser parser = XML_ParserCreate(NULL);
    XML_SetUserData(parser, &name);
    XML_SetStartElementHandler(parser, keep_name);
    ck_assert_msg(XML_Parse(parser, text, (int)strlen(text), 1) == XML_STATUS_OK, "%s: %s",
                  XML_ErrorString(XML_GetErrorCode(parser)), text);
    XML_ParserFree(parser);
    ck_assert_str_eq(strbuf_str(&name), cases[i].got);
    /* expat lets these two through; XML 1.0, section 2.2 does not. */
    ck_assert_ptr_null(strstr(text, "\xef\xbf\xbe"));
    ck_assert_ptr_null(strstr(text, "\xef\xbf\xbf"));
    strbuf_free(&name);
    free(text);
  }
}
END_TEST

START_TEST(nothing_asked_for_is_said) {
  expect_for(report_text, LIST("windows/amd64"), LIST(AMD64, ARM64), LIST(HAS_AMD64),
             "Source image URIs:\n"
             "\ts/i:1\n"
             "Image present at ECR URIs:\n"
             "\t(unknown: none of its platforms is in --platform: has linux/amd64, linux/arm64)\n"
             "\n"
             "1 images: 0 present, 0 partial, 0 likely, 0 archived, 0 absent, 1 unknown\n");
}
END_TEST

START_TEST(a_full_disk_is_an_error) {
  report_write_fn *const writers[] = {report_text, report_tsv, report_json, report_html,
                                      report_junit};
  struct match *match = rows_match(NULL, LIST(AMD64), LIST(HAS_AMD64));
  const struct report *report = match_finish(match, NULL);
  for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
    struct error *err = NULL;
    struct output *output = output_open("/dev/full", &err);
    ck_assert_ptr_nonnull(output);
    ck_assert(writers[i](report, output, &err) || output_commit(output, &err));
    ck_assert_ptr_nonnull(err);
    error_free(err);
    output_free(output);
  }
  match_free(match);
}
END_TEST

START_TEST(a_row_that_is_too_long_is_an_error) {
  struct error *err = NULL;
  struct output *output = output_open("check-report.out", &err);
  ck_assert_ptr_nonnull(output);
  char *text = xcalloc(EMIT_MAX + 1, 1);
  memset(text, 'x', EMIT_MAX);
  for (size_t i = 0; i < 2; i++) {
    cleanup(table_free) struct table table = TABLE(output);
    const char *cells[] = {"a", "b"};
    cells[i] = text;
    int result = table_put(&table, cells, 2, &err);
    if (i == 0)
      ck_assert_int_eq(result, -1);
    else
      ck_assert_int_eq(table_finish(&table, &err), -1);
    ck_assert_ptr_nonnull(err);
    ck_assert_int_eq(err->status, STATUS_TOO_LARGE);
    error_free(err);
    err = NULL;
  }
  free(text);
  output_free(output);
}
END_TEST

UNIT_MAIN("report", tcase_add_test(tcase, text_report); tcase_add_test(tcase, text_of_nothing);
          tcase_add_test(tcase, text_of_what_is_no_duplicate); tcase_add_test(tcase, notes);
          tcase_add_test(tcase, text_keeps_terminals_safe); tcase_add_test(tcase, tsv_report);
          tcase_add_test(tcase, tsv_of_nothing); tcase_add_test(tcase, json_report);
          tcase_add_test(tcase, json_of_nothing); tcase_add_test(tcase, json_survives_any_text);
          tcase_add_test(tcase, json_sizes_add_up_or_are_null); tcase_add_test(tcase, junit_report);
          tcase_add_test(tcase, junit_of_nothing); tcase_add_test(tcase, junit_survives_any_text);
          tcase_add_test(tcase, nothing_asked_for_is_said);
          tcase_add_test(tcase, a_full_disk_is_an_error);
          tcase_add_test(tcase, a_row_that_is_too_long_is_an_error);)
