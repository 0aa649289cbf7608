/* bench-data: records for the benchmarks, the same each time.

     bench-data sources COUNT LAYERS
     bench-data inventory ROWS SOURCES LAYERS CONFIGS
     bench-data matches ROWS SOURCES CONFIGS      how many of each evidence that inventory has

   writes to standard output. An image has one row and LAYERS layers, all but the last of one of
   1,000 bases. Those with an even number are an index of one image, as BuildKit makes them. One
   inventory row in 100 matches one of the first half of the sources, the evidences in turn; so
   SOURCES / 2 sources are present and the rest are absent, if there are rows enough. With CONFIGS 0
   the rows are those of `list-ecr --no-configs`: no settings, no diff IDs. */
#include <config.h>

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MATCH_EVERY = 100, BASES = 1000, TAGS = 50, ROW_MAX = 1 << 16, LAYERS_MAX = 100 };

/* What a digest is of: one more input of its pseudo-random bytes. */
enum thing { INDEX, MANIFEST, CONFIG, SETTINGS, LAYER, DIFF_ID, BASE_LAYER, BASE_DIFF_ID };

/* The strongest that a row has in common with a source. */
enum evidence { SAME_INDEX, SAME_MANIFEST, SAME_CONFIG, SAME_LAYERS, SAME_DIFF_IDS, NONE };

/* Inventory images have numbers that no source has. */
static const uint64_t OWN = UINT64_C(1) << 40;

static const char HEADER[] =
    "image\tdigest\tplatform\tmanifest_digest\tconfig_digest\tstatus\tsize\t"
    "pushed\tcreated\tmedia_type\tplatforms\torigin\tref\tsettings\tlayers\t"
    "diff_ids\tlayer_sizes\tdetail\n";

static uint64_t mix(uint64_t x) { /* splitmix64 */
  x += UINT64_C(0x9e3779b97f4a7c15);
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

static char *put(char *at, const char *text) {
  return stpcpy(at, text);
}

static char *put_hex(char *at, enum thing thing, uint64_t number) {
  uint64_t state = mix(number * 16 + (uint64_t)thing);
  for (int i = 0; i < 4; i++) {
    uint64_t word = mix(state + (uint64_t)i);
    for (int shift = 60; shift >= 0; shift -= 4)
      *at++ = "0123456789abcdef"[word >> shift & 15];
  }
  return at;
}

static char *put_digest(char *at, enum thing thing, uint64_t number) {
  return put_hex(put(at, "sha256:"), thing, number);
}

static char *put_list(char *at, enum thing base, enum thing own, uint64_t number, int layers) {
  for (int i = 0; i < layers - 1; i++) {
    at = put_digest(at, base, number % BASES * LAYERS_MAX + (uint64_t)i);
    *at++ = ',';
  }
  return put_digest(at, own, number);
}

/* Which image each part of a row is of. */
struct row {
  uint64_t digest, manifest, config, layers, diff_ids;
  int is_index, configs; /* whether they were read */
};

static char *put_cells(char *at, const struct row *row, int layers, const char *origin) {
  at = put_digest(put(at, "\t"), row->is_index ? INDEX : MANIFEST, row->digest);
  at = put_digest(put(at, "\tlinux/amd64\t"), MANIFEST, row->manifest);
  at = put_digest(put(at, "\t"), CONFIG, row->config);
  at = put(at, "\tok\t123456789\t2024-03-01T12:00:00Z\t");
  at = put(at, row->configs ? "2024-03-01T11:00:00Z" : "-");
  at = put(at, "\tapplication/vnd.oci.image.manifest.v1+json\t1\t");
  at = put(put(at, origin), "\t-\t");
  at = row->configs ? put_digest(at, SETTINGS, row->diff_ids) : put(at, "-");
  at = put_list(put(at, "\t"), BASE_LAYER, LAYER, row->layers, layers);
  at = put(at, "\t");
  at = row->configs ? put_list(at, BASE_DIFF_ID, DIFF_ID, row->diff_ids, layers) : put(at, "-");
  for (int i = 0; i < layers; i++)
    at = put(at, i ? ",12345678" : "\t12345678");
  return put(at, "\t-\n");
}

static void write_row(const char *row, const char *end) {
  if (fwrite(row, 1, (size_t)(end - row), stdout) != (size_t)(end - row))
    exit(EXIT_FAILURE);
}

static void put_sources(uint64_t count, int layers) {
  static char line[ROW_MAX];
  for (uint64_t i = 0; i < count; i++) {
    struct row row = {i, i, i, i, i, i % 2 == 0, 1};
    char *at = line + sprintf(line, "docker.io/library/source-%07" PRIu64 ":1.0", i);
    write_row(line, put_cells(at, &row, layers, "input.txt:1"));
  }
}

/* Row NUMBER of the inventory; the evidence on which it matches, NONE. */
static enum evidence make_row(uint64_t number, uint64_t sources, struct row *row) {
  uint64_t own = OWN + number, half = (sources + 1) / 2;
  *row = (struct row){own, own, own, own, own, own % 2 == 0, row->configs};
  if (number % MATCH_EVERY)
    return NONE;
  uint64_t match = number / MATCH_EVERY, source = match % half;
  enum evidence evidence =
      (match + match / half) % (row->configs ? SAME_DIFF_IDS + 1 : SAME_DIFF_IDS);
  row->diff_ids = source;
  if (evidence <= SAME_LAYERS)
    row->layers = source;
  if (evidence <= SAME_CONFIG)
    row->config = source;
  if (evidence <= SAME_MANIFEST)
    row->manifest = source;
  row->digest = row->manifest;
  row->is_index = evidence == SAME_INDEX && source % 2 == 0;
  return evidence == SAME_INDEX && !row->is_index ? SAME_MANIFEST : evidence;
}

static void put_inventory(uint64_t count, uint64_t sources, int layers, int configs) {
  static char line[ROW_MAX];
  for (uint64_t i = 0; i < count; i++) {
    struct row row = {.configs = configs};
    make_row(i, sources, &row);
    int length = sprintf(
        line, "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app-%06" PRIu64 ":1.%" PRIu64,
        i / TAGS, i % TAGS);
    write_row(line, put_cells(line + length, &row, layers, "123456789012/us-east-1"));
  }
}

static void put_matches(uint64_t count, uint64_t sources, int configs) {
  static const char *const names[] = {"index", "manifest", "config", "layers", "diff_ids"};
  uint64_t matches[NONE + 1] = {0};
  for (uint64_t i = 0; i < count; i++) {
    struct row row = {.configs = configs};
    matches[make_row(i, sources, &row)]++;
  }
  for (int i = 0; i < NONE; i++)
    printf("%s%s\t%" PRIu64 "\n", names[i], i == SAME_LAYERS && !configs ? "?" : "", matches[i]);
}

int main(int argc, char **argv) {
  uint64_t number[4] = {0};
  for (int i = 2; i < argc && i < 6; i++)
    number[i - 2] = strtoull(argv[i], NULL, 10);
  if (argc == 4 && !strcmp(argv[1], "sources") && number[1] <= LAYERS_MAX) {
    fputs(HEADER, stdout);
    put_sources(number[0], (int)number[1]);
  } else if (argc == 6 && !strcmp(argv[1], "inventory") && number[2] <= LAYERS_MAX) {
    fputs(HEADER, stdout);
    put_inventory(number[0], number[1], (int)number[2], (int)number[3]);
  } else if (argc == 5 && !strcmp(argv[1], "matches")) {
    put_matches(number[0], number[1], (int)number[2]);
  } else {
    fputs("Usage: bench-data sources COUNT LAYERS\n"
          "  or:  bench-data inventory ROWS SOURCES LAYERS CONFIGS\n"
          "  or:  bench-data matches ROWS SOURCES CONFIGS\n",
          stderr);
    return EXIT_FAILURE;
  }
  return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
