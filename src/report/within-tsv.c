#include <config.h>

#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "report/table.h"
#include "report/within.h"

/* Longest list of platforms, bytes; what is longer is cut at a name. */
#define PLATFORMS_MAX ((size_t)64 * 1024)

static void put_platforms(const struct duplicate_copy *copy, struct strbuf *out) {
  for (size_t i = 0; i < copy->platform_count; i++)
    strbuf_printf(out, "%s%s", i ? "," : "", copy->platforms[i]);
}

static int put_copy(struct table *table, const char *group, const struct duplicate_copy *copy,
                    struct error **err) {
  char size[24], saved[24];
  snprintf(size, sizeof size, "%" PRIu64, copy->size);
  snprintf(saved, sizeof saved, "%" PRIu64, copy->saved);
  cleanup(strbuf_free) struct strbuf platforms = STRBUF(PLATFORMS_MAX);
  put_platforms(copy, &platforms);
  for (size_t i = 0; i < copy->image_count; i++) {
    const char *const cells[] = {
        group,
        copy->images[i],
        copy->stays ? "keep" : "duplicate",
        evidence_name(copy->evidence),
        platforms.length ? strbuf_str(&platforms) : NULL,
        status_name(copy->status),
        copy->digest,
        copy->size == REPORT_SIZE_UNKNOWN ? NULL : size,
        copy->pushed,
        copy->stays ? NULL : (i ? "0" : saved),
        copy->uncounted ? "the sizes of its layers are not known" : NULL,
    };
    if (table_put(table, cells, sizeof cells / sizeof *cells, err))
      return -1;
  }
  return 0;
}

int within_tsv(const struct duplicates *duplicates, struct output *output, struct error **err) {
  static const char *const header[] = {"group",     "image",  "role",   "evidence",
                                       "platforms", "status", "digest", "size",
                                       "pushed",    "saved",  "detail"};
  cleanup(table_free) struct table table = TABLE(output);
  if (table_put(&table, header, sizeof header / sizeof *header, err))
    return -1;
  for (size_t i = 0; i < duplicates->group_count; i++) {
    char group[24];
    snprintf(group, sizeof group, "%zu", i + 1);
    for (size_t j = 0; j < duplicates->groups[i].copy_count; j++)
      if (put_copy(&table, group, &duplicates->groups[i].copies[j], err))
        return -1;
  }
  return table_finish(&table, err);
}
