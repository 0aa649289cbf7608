#include <config.h>

#include <string.h>

#include <expat.h>
#include <json-c/json.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"
#include "fuzz-file.h"
#include "report/report.h"
#include "report/within.h"

/* Rows made of the input, few digests and names among them so that they match each other, and one
   text that is the input's own. */

enum { ROWS_MAX = 24, CELLS = 10, TEXT_MAX = 40, DEPTH = 64 };

#define D(c) "sha256:" c c c c c c c c c c c c c c c c
#define S1 D("1111")
#define S2 D("2222")
#define S3 D("3333")
#define S4 D("4444")

struct rows {
  struct record record[ROWS_MAX];
  bool source[ROWS_MAX];
  size_t count;
};

static const char *const images[] = {"r.example/a:1",   "r.example/b:1", "s.example/a:1",
                                     "r.example/a@" S1, "r.example",     NULL};
static const char *const digests[] = {S1, S2, S3, S4, NULL, "sha256:short"};
static const char *const platforms[] = {"linux/amd64", "linux/arm64", NULL, "windows(10.0.1)/amd64",
                                        "windows/amd64"};
static const char *const lists[] = {
    S1,        S2,
    S1 "," S2, S1 "," S2 "," S3,
    NULL,      "sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4",
    "x"};
static const char *const statuses[] = {"ok",       "ok",        "ok",     "artifact",
                                       "archived", "not_found", "legacy", "no_such_status"};
static const char *const numbers[] = {"1", "2", "3", NULL, "18446744073709551615", "x"};
static const char *const times[] = {NULL, "2024-01-02T03:04:05Z", "2025-01-02T03:04:05Z", "never"};

#define PICK(table, byte) ((table)[(byte) % (sizeof(table) / sizeof *(table))])

static void make_row(struct record *record, const uint8_t *byte, const char *own) {
  const char **cell = record->cell;
  cell[RECORD_IMAGE] = byte[0] & 0x80 ? own : PICK(images, byte[0]);
  cell[RECORD_DIGEST] = PICK(digests, byte[1]);
  cell[RECORD_MANIFEST_DIGEST] = PICK(digests, byte[1] >> 4);
  cell[RECORD_CONFIG_DIGEST] = PICK(digests, byte[2]);
  cell[RECORD_SETTINGS] = PICK(digests, byte[2] >> 4);
  cell[RECORD_LAYERS] = PICK(lists, byte[3]);
  cell[RECORD_DIFF_IDS] = PICK(lists, byte[3] >> 4);
  cell[RECORD_PLATFORM] = byte[4] & 0x80 ? own : PICK(platforms, byte[4]);
  cell[RECORD_STATUS] = PICK(statuses, byte[5]);
  cell[RECORD_SIZE] = PICK(numbers, byte[5] >> 4);
  cell[RECORD_PLATFORMS] = PICK(numbers, byte[6]);
  cell[RECORD_LAYER_SIZES] = byte[6] & 0x10 ? "1,2" : NULL;
  cell[RECORD_PUSHED] = PICK(times, byte[7]);
  cell[RECORD_CREATED] = PICK(times, byte[7] >> 4);
  cell[RECORD_ORIGIN] = byte[8] & 1 ? own : "input.txt:1";
  cell[RECORD_REF] = byte[8] & 2 ? own : NULL;
  cell[RECORD_MEDIA_TYPE] = byte[8] & 4 ? own : NULL;
  cell[RECORD_DETAIL] = byte[8] & 8 ? own : NULL;
}

/* ---- what is written ---- */

/* NULL when it was refused, as --missing and --map do with a name that is none. */
static char *write_match(const struct report *report, report_write_fn *format, size_t *size) {
  struct fuzz_pipe place = fuzz_pipe_open();
  cleanup(cleanup_error) struct error *error = NULL;
  int result = format(report, place.output, &error);
  FUZZ_REQUIRE((result < 0) == (error != NULL));
  char *text = fuzz_pipe_take(&place, size);
  if (!error)
    return text;
  FUZZ_REQUIRE(format == report_missing || format == report_map);
  free(text);
  return NULL;
}

static char *write_within(const struct duplicates *duplicates, within_write_fn *format,
                          size_t *size) {
  struct fuzz_pipe place = fuzz_pipe_open();
  FUZZ_REQUIRE(format(duplicates, place.output, NULL) == 0);
  return fuzz_pipe_take(&place, size);
}

static void check_json(const char *text, size_t size) {
  cleanup(cleanup_json) struct json_object *value =
      json_parse_bounded(text, size, DEPTH, STATUS_LOCAL, NULL);
  FUZZ_REQUIRE(value);
}

static void check_xml(const char *text, size_t size) {
  XML_Parser parser = XML_ParserCreate(NULL);
  FUZZ_REQUIRE(XML_Parse(parser, text, (int)size, 1) == XML_STATUS_OK);
  XML_ParserFree(parser);
}

/* All lines have as many cells as the first, and none is empty. */
static void check_tsv(const char *text) {
  size_t expected = 0;
  for (const char *line = text; *line;) {
    size_t length = strcspn(line, "\n"), cells = 1;
    FUZZ_REQUIRE(line[length] == '\n' && *line != '\t' && line[length - 1] != '\t');
    for (size_t i = 0; i < length; i++) {
      cells += line[i] == '\t';
      FUZZ_REQUIRE(line[i] != '\t' || line[i + 1] != '\t');
    }
    FUZZ_REQUIRE(!expected || cells == expected);
    expected = cells;
    line += length + 1;
  }
}

static size_t count_of(const char *text, const char *word) {
  size_t count = 0;
  for (const char *at = text; (at = strcasestr(at, word)); at++)
    count++;
  return count;
}

/* Nothing in the data begins or ends an element, or a comment, of the page. */
static void check_page(const char *page, const char *empty) {
  static const char *const words[] = {"<script", "</script", "<style", "</style", "<!--", "<img"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    FUZZ_REQUIRE(count_of(page, words[i]) == count_of(empty, words[i]));
}

/* ---- the join ---- */

static struct match *join(const struct rows *rows, const struct match_options *options,
                          bool backwards, unsigned times_each) {
  struct match *match = match_new(options);
  for (size_t i = 0; i < rows->count; i++)
    if (rows->source[i])
      match_source(match, &rows->record[i]);
  for (unsigned time = 0; time < times_each; time++)
    for (size_t i = 0; i < rows->count; i++) {
      size_t at = backwards ? rows->count - 1 - i : i;
      if (!rows->source[at])
        match_inventory(match, &rows->record[at]);
    }
  return match;
}

static struct within *group(const struct rows *rows, bool backwards, unsigned times_each) {
  struct within *within = within_new();
  for (unsigned time = 0; time < times_each; time++)
    for (size_t i = 0; i < rows->count; i++)
      within_add(within, &rows->record[backwards ? rows->count - 1 - i : i]);
  return within;
}

static void check_match_page(const struct report *report) {
  const struct match_options options = {.base = false};
  size_t size;
  struct match *nothing = match_new(&options);
  cleanup(cleanup_free) char *empty = write_match(match_finish(nothing, NULL), report_html, &size);
  cleanup(cleanup_free) char *page = write_match(report, report_html, &size);
  check_page(page, empty);
  match_free(nothing);
}

static void check_within_page(const struct duplicates *duplicates) {
  size_t size;
  struct within *nothing = within_new();
  cleanup(cleanup_free) char *empty = write_within(within_finish(nothing), within_html, &size);
  cleanup(cleanup_free) char *page = write_within(duplicates, within_html, &size);
  check_page(page, empty);
  within_free(nothing);
}

static void check_report(const struct report *report) {
  size_t sources = 0, size;
  for (int i = 0; i < VERDICTS; i++)
    sources += report->summary[i];
  FUZZ_REQUIRE(sources == report->source_count);
  for (size_t i = 0; i < report->source_count; i++) {
    const struct report_source *source = &report->sources[i];
    FUZZ_REQUIRE(source->verdict != VERDICT_PRESENT || source->match_count > 0);
    FUZZ_REQUIRE(source->verdict != VERDICT_ABSENT || !status_is_failure(source->status));
  }
  cleanup(cleanup_free) char *text = write_match(report, report_text, &size);
  FUZZ_REQUIRE(text_is_clean(text, size, true));
  cleanup(cleanup_free) char *tsv = write_match(report, report_tsv, &size);
  FUZZ_REQUIRE(text_is_clean(tsv, size, true));
  check_tsv(tsv);
  cleanup(cleanup_free) char *json = write_match(report, report_json, &size);
  check_json(json, size);
  cleanup(cleanup_free) char *junit = write_match(report, report_junit, &size);
  check_xml(junit, size);
  cleanup(cleanup_free) char *missing = write_match(report, report_missing, &size);
  FUZZ_REQUIRE(!missing || (text_is_clean(missing, size, true) && !strchr(missing, '\t')));
  cleanup(cleanup_free) char *map = write_match(report, report_map, &size);
  FUZZ_REQUIRE(!map || text_is_clean(map, size, true));
  if (map)
    check_tsv(map);
}

static void check_join(const struct rows *rows, const struct match_options *options, bool page) {
  size_t size, other_size;
  struct match *match = join(rows, options, false, 1);
  const struct report *report = match_finish(match, NULL);
  check_report(report);
  if (page)
    check_match_page(report);
  cleanup(cleanup_free) char *json = write_match(report, report_json, &size);
  /* Neither the order of inventory rows counts, nor that they come twice. */
  struct match *again = join(rows, options, true, 2);
  cleanup(cleanup_free) char *other = write_match(match_finish(again, NULL), report_json, &other_size);
  FUZZ_REQUIRE(size == other_size && memcmp(json, other, size) == 0);
  match_free(match);
  match_free(again);
}

static void check_within(const struct rows *rows, bool page) {
  struct within *within = group(rows, false, 1);
  struct within *again = group(rows, true, 2);
  const struct duplicates *duplicates = within_finish(within);
  size_t size, other_size;
  if (page)
    check_within_page(duplicates);
  cleanup(cleanup_free) char *text = write_within(duplicates, within_text, &size);
  FUZZ_REQUIRE(text_is_clean(text, size, true));
  cleanup(cleanup_free) char *tsv = write_within(duplicates, within_tsv, &size);
  FUZZ_REQUIRE(text_is_clean(tsv, size, true));
  check_tsv(tsv);
  cleanup(cleanup_free) char *json = write_within(duplicates, within_json, &size);
  check_json(json, size);
  cleanup(cleanup_free) char *other = write_within(within_finish(again), within_json, &other_size);
  FUZZ_REQUIRE(size == other_size && memcmp(json, other, size) == 0);
  within_free(within);
  within_free(again);
}

/* A byte of options, the text and its length, and rows of CELLS bytes each. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char *const wanted[] = {"linux/amd64", "windows/amd64", NULL};
  if (size < 2)
    return 0;
  unsigned how = data[0];
  size_t length = data[1] % TEXT_MAX;
  if (length > size - 2)
    length = size - 2;
  cleanup(cleanup_free) char *own = xstrndup((const char *)data + 2, length);
  struct rows rows = {.count = 0};
  for (size_t at = 2 + length; at + CELLS <= size && rows.count < ROWS_MAX; at += CELLS) {
    make_row(&rows.record[rows.count], data + at, *own ? own : NULL);
    rows.source[rows.count++] = data[at + 9] & 1;
  }
  const struct match_options options = {.platforms = how & 1 ? wanted : NULL,
                                        .fail_if = how & 2 ? 1u << VERDICT_ABSENT : 0,
                                        .base = how & 4,
                                        .names = how & 8};
  check_join(&rows, &options, how & 16); /* pages are large */
  check_within(&rows, how & 32);
  return 0;
}
