#include <config.h>

#include "base/cleanup.h"
#include "report/emit.h"
#include "report/json-put.h"
#include "report/within.h"

static int put_strings(struct strbuf *out, const char *before, const char *name,
                       const char *const *strings, size_t count, struct output *output,
                       struct error **err) {
  strbuf_printf(out, "%s\"%s\": [", before, name);
  for (size_t i = 0; i < count; i++) {
    strbuf_puts(out, i ? ", " : "");
    json_put_string(out, strings[i]);
    if (emit(out, output, err))
      return -1;
  }
  strbuf_putc(out, ']');
  return 0;
}

static int put_inventory(struct strbuf *out, const struct duplicates *duplicates,
                         struct output *output, struct error **err) {
  json_put_number(out, " \"inventory\": {", "images", duplicates->images);
  json_put_number(out, ", ", "repositories", duplicates->repositories);
  strbuf_puts(out, ", \"failed\": [");
  for (size_t i = 0; i < duplicates->failure_count; i++) {
    json_put_failure(out, i ? ",\n  " : "\n  ", &duplicates->failures[i]);
    if (emit(out, output, err))
      return -1;
  }
  json_put_number(out, "], ", "without_config", duplicates->without_config);
  strbuf_puts(out, "},\n");
  return 0;
}

static int put_copy(struct strbuf *out, const char *before, const struct duplicate_copy *copy,
                    struct output *output, struct error **err) {
  strbuf_puts(out, before);
  json_put_member(out, "{", "repository", copy->repository);
  if (put_strings(out, ", ", "images", copy->images, copy->image_count, output, err))
    return -1;
  json_put_member(out, ", ", "role", copy->stays ? "keep" : "duplicate");
  json_put_member(out, ", ", "evidence",
                  copy->evidence == EVIDENCE_NONE ? NULL : evidence_name(copy->evidence));
  if (put_strings(out, ", ", "platforms", copy->platforms, copy->platform_count, output, err))
    return -1;
  json_put_member(out, ", ", "status", status_name(copy->status));
  json_put_member(out, ", ", "digest", copy->digest);
  json_put_size(out, ", ", "size", copy->size);
  json_put_member(out, ", ", "pushed", copy->pushed);
  json_put_number(out, ", ", "saved", copy->saved);
  strbuf_putc(out, '}');
  return 0;
}

static int put_group(struct strbuf *out, const struct duplicate_group *group, struct output *output,
                     struct error **err) {
  json_put_member(out, "  {", "evidence", evidence_name(group->evidence));
  json_put_number(out, ", ", "duplicates", group->duplicates);
  json_put_number(out, ", ", "saved", group->saved);
  json_put_number(out, ", ", "uncounted", group->uncounted);
  strbuf_puts(out, ",\n   \"copies\": [");
  for (size_t i = 0; i < group->copy_count; i++) {
    if (put_copy(out, i ? ",\n     " : "\n     ", &group->copies[i], output, err))
      return -1;
  }
  strbuf_puts(out, "]}");
  return emit(out, output, err);
}

int within_json(const struct duplicates *duplicates, struct output *output, struct error **err) {
  cleanup(strbuf_free) struct strbuf out = STRBUF(EMIT_MAX);
  strbuf_puts(&out, "{\"version\": 1,\n");
  if (put_inventory(&out, duplicates, output, err))
    return -1;
  json_put_number(&out, " \"summary\": {", "groups", duplicates->group_count);
  json_put_number(&out, ", ", "duplicates", duplicates->duplicates);
  json_put_number(&out, ", ", "saved", duplicates->saved);
  json_put_number(&out, ", ", "uncounted", duplicates->uncounted);
  strbuf_puts(&out, "},\n \"groups\": [");
  for (size_t i = 0; i < duplicates->group_count; i++) {
    strbuf_puts(&out, i ? ",\n" : "\n");
    if (put_group(&out, &duplicates->groups[i], output, err))
      return -1;
  }
  strbuf_puts(&out, "]}\n");
  return emit(&out, output, err);
}
