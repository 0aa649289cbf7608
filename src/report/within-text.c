#include <config.h>

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "report/bytes.h"
#include "report/emit.h"
#include "report/within.h"

static void put_clean(struct strbuf *out, const char *text) {
  text_sanitize(out, text, strlen(text), false);
}

static int put_copy(const struct duplicate_copy *copy, struct strbuf *out, struct output *output,
                    struct error **err) {
  for (size_t i = 0; i < copy->image_count; i++) {
    strbuf_putc(out, '\t');
    put_clean(out, copy->images[i]);
    strbuf_printf(out, "\t%s\t", copy->stays ? "keep" : evidence_name(copy->evidence));
    for (size_t j = 0; j < copy->platform_count; j++) {
      strbuf_puts(out, j ? "," : "");
      put_clean(out, copy->platforms[j]);
    }
    strbuf_puts(out, copy->platform_count ? "\n" : "-\n");
    if (emit(out, output, err))
      return -1;
  }
  return 0;
}

static int put_group(const struct duplicate_group *group, struct strbuf *out, struct output *output,
                     struct error **err) {
  strbuf_puts(out, "Same image:\n");
  for (size_t i = 0; i < group->copy_count; i++)
    if (put_copy(&group->copies[i], out, output, err))
      return -1;
  strbuf_puts(out, "\t(");
  bytes_put_sum(out, group->duplicates, group->saved, group->uncounted);
  strbuf_puts(out, ")\n\n");
  return emit(out, output, err);
}

int within_text(const struct duplicates *duplicates, struct output *output, struct error **err) {
  cleanup(strbuf_free) struct strbuf out = STRBUF(EMIT_MAX);
  for (size_t i = 0; i < duplicates->group_count; i++)
    if (put_group(&duplicates->groups[i], &out, output, err))
      return -1;
  strbuf_printf(&out, "%zu images in %zu repositories: %zu in several, ", duplicates->images,
                duplicates->repositories, duplicates->group_count);
  bytes_put_sum(&out, duplicates->duplicates, duplicates->saved, duplicates->uncounted);
  if (duplicates->failure_count)
    strbuf_printf(&out, "; %zu %s could not be read", duplicates->failure_count,
                  duplicates->failure_count == 1 ? "row" : "rows");
  strbuf_putc(&out, '\n');
  return emit(&out, output, err);
}
