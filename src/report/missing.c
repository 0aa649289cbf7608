#include <config.h>

#include "report/report.h"

#include "base/cleanup.h"
#include "base/hashmap.h"
#include "registry/reference.h"
#include "report/emit.h"

static bool is_itself(const struct report_source *source) {
  for (size_t i = 0; i < source->match_count; i++)
    if (source->matches[i].evidence == EVIDENCE_SELF)
      return true;
  return false;
}

enum whereabouts report_whereabouts(const struct report_source *source) {
  if (source->verdict == VERDICT_PRESENT || is_itself(source))
    return IS_THERE;
  if (source->verdict == VERDICT_ABSENT || source->spread)
    return IS_MISSING;
  for (size_t i = 0; i < source->platform_count; i++)
    if (source->verdict == VERDICT_PARTIAL && source->platforms[i].state == STATE_MISSING)
      return IS_MISSING;
  return IS_IN_DOUBT;
}

/* What reads the list is a shell: nothing but references may stand in it. */
static int put_reference(struct strbuf *line, const char *image, struct error **err) {
  cleanup(reference_clear) struct reference reference = REFERENCE;
  if (reference_parse(image, &reference, err))
    return error_wrap(err, "--missing: '%s'", image);
  cleanup(cleanup_free) char *canonical = reference_format(&reference);
  strbuf_printf(line, "%s\n", canonical);
  return 0;
}

int report_missing(const struct report *report, struct output *output, struct error **err) {
  struct hashmap *listed = hashmap_new();
  cleanup(strbuf_free) struct strbuf line = STRBUF(EMIT_MAX);
  int result = 0;
  for (size_t i = 0; i < report->source_count && result == 0; i++) {
    struct report_source *source = &report->sources[i];
    if (report_whereabouts(source) != IS_MISSING || !source->image ||
        hashmap_put(listed, source->image, source))
      continue;
    if ((result = put_reference(&line, source->image, err)) == 0)
      result = emit(&line, output, err);
  }
  hashmap_free(listed);
  return result;
}
