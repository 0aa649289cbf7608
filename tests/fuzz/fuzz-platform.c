#include <config.h>

#include <string.h>

#include "base/cleanup.h"
#include "base/cli.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "fuzz.h"
#include "registry/platform.h"

/* A normalised platform is one cell, one item of a list, and means itself. */
static void check_normal(const char *platform) {
  FUZZ_REQUIRE(strlen(platform) <= 4 * PLATFORM_PART_MAX + 4);
  FUZZ_REQUIRE(strcspn(platform, ", \t\n\r\\") == strlen(platform));
  cleanup(cleanup_free) char *same = platform_parse(platform, NULL);
  FUZZ_REQUIRE(same && strcmp(same, platform) == 0);
  FUZZ_REQUIRE(platform_matches(platform, platform));
  const char *const wanted[] = {platform, NULL};
  FUZZ_REQUIRE(platform_is_wanted(wanted, platform) && platform_is_wanted(wanted, NULL) &&
               platform_is_wanted(NULL, platform));
}

/* What a config or an index entry says. */
static void check_parts(char *const parts[4]) {
  struct platform once, twice;
  bool normal = platform_normalize(parts[0], parts[1], parts[2], parts[3], &once);
  cleanup(cleanup_free) char *text = platform_format(parts[0], parts[1], parts[2], parts[3]);
  FUZZ_REQUIRE(normal || (!*once.os && !*once.architecture && !*once.variant && !*once.os_version));
  FUZZ_REQUIRE(normal || !text);
  if (!normal)
    return;
  FUZZ_REQUIRE(
      platform_normalize(once.os, once.architecture, once.variant, once.os_version, &twice) &&
      strcmp(once.os, twice.os) == 0 && strcmp(once.architecture, twice.architecture) == 0 &&
      strcmp(once.variant, twice.variant) == 0 && strcmp(once.os_version, twice.os_version) == 0);
  if (text)
    check_normal(text);
}

static int take_item(void *arg, const char *part, struct error **err) {
  size_t *count = arg;
  ++*count;
  cleanup(cleanup_free) char *platform = platform_parse(part, err);
  if (!platform)
    return -1;
  check_normal(platform);
  return 0;
}

/* Up to four lines are the parts of a platform; the whole is the LIST of --platform. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cleanup(cleanup_free) char *text = xstrndup(size ? (const char *)data : "", size);
  cleanup(cleanup_error) struct error *error = NULL;
  size_t items = 0, commas = 0;
  for (const char *c = text; *c; c++)
    commas += *c == ',';
  int result = cli_list("--platform", text, take_item, &items, &error);
  FUZZ_REQUIRE((result < 0) == (error != NULL));
  FUZZ_REQUIRE(items <= commas + 1 && (result < 0 || items == commas + 1));
  char *parts[4] = {NULL};
  size_t count = 0;
  for (char *line = text; line && count < 4;) {
    char *end = strchr(line, '\n');
    if (end)
      *end++ = '\0';
    parts[count++] = line;
    line = end;
  }
  check_parts(parts);
  return 0;
}
