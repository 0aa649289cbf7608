#include <config.h>

#include <string.h>

#include "base/cleanup.h"
#include "report/bytes.h"
#include "report/emit.h"
#include "report/html-shell.h"
#include "report/markup.h"
#include "report/page.h"
#include "report/within.h"

static void put_headline(struct strbuf *out, const struct duplicates *duplicates) {
  strbuf_printf(out, "%zu %s in %zu %s: ", duplicates->images,
                duplicates->images == 1 ? "image" : "images", duplicates->repositories,
                duplicates->repositories == 1 ? "repository" : "repositories");
  bytes_put_sum(out, duplicates->duplicates, duplicates->saved, duplicates->uncounted);
}

static int put_copy(struct strbuf *out, const struct duplicate_copy *copy, struct output *output,
                    struct error **err) {
  strbuf_puts(out, "<tr><th scope=\"row\">");
  for (size_t i = 0; i < copy->image_count; i++) {
    strbuf_puts(out, i ? "<br>" : "");
    markup_put(out, copy->images[i]);
    if (emit(out, output, err))
      return -1;
  }
  strbuf_printf(out, "</th><td>%s</td><td>", copy->stays ? "keep" : evidence_name(copy->evidence));
  for (size_t i = 0; i < copy->platform_count; i++) {
    strbuf_puts(out, i ? ", " : "");
    markup_put(out, copy->platforms[i]);
  }
  strbuf_puts(out, copy->platform_count ? "</td><td>" : "-</td><td>");
  bytes_put(out, copy->size);
  strbuf_puts(out, "</td><td>");
  markup_put(out, copy->pushed);
  strbuf_puts(out, "</td><td>");
  if (copy->uncounted && !copy->saved)
    strbuf_puts(out, "not known");
  else if (!copy->stays)
    bytes_put(out, copy->saved);
  if (copy->uncounted && copy->saved)
    strbuf_puts(out, " and what is not known");
  strbuf_puts(out, "</td></tr>\n");
  return emit(out, output, err);
}

static int put_groups(struct strbuf *out, const struct duplicates *duplicates,
                      struct output *output, struct error **err) {
  for (size_t i = 0; i < duplicates->group_count; i++) {
    const struct duplicate_group *group = &duplicates->groups[i];
    strbuf_puts(out, "<tbody>\n<tr><th scope=\"rowgroup\" colspan=\"6\">");
    bytes_put_sum(out, group->duplicates, group->saved, group->uncounted);
    strbuf_puts(out, "</th></tr>\n");
    for (size_t j = 0; j < group->copy_count; j++)
      if (put_copy(out, &group->copies[j], output, err))
        return -1;
    strbuf_puts(out, "</tbody>\n");
  }
  return 0;
}

static int put_slot(struct strbuf *out, const char *name, size_t length, const void *arg,
                    struct output *output, struct error **err) {
  const struct duplicates *duplicates = arg;
#define IS(slot) (length == sizeof slot - 1 && memcmp(name, slot, sizeof slot - 1) == 0)
  if (IS("policy"))
    return html_put_policy(out, NULL, err);
  if (IS("headline"))
    return put_headline(out, duplicates), 0;
  if (IS("failures"))
    return html_put_failures(out, duplicates->images, duplicates->failures,
                             duplicates->failure_count, output, err);
  if (IS("groups"))
    return put_groups(out, duplicates, output, err);
#undef IS
  return error_set(err, STATUS_LOCAL, "within.html has an unknown slot");
}

int within_html(const struct duplicates *duplicates, struct output *output, struct error **err) {
  return html_fill(within_page, put_slot, duplicates, output, err);
}
