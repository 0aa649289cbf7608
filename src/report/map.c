#include <config.h>

#include "report/report.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/hashmap.h"
#include "base/tsv.h"
#include "base/xalloc.h"
#include "registry/reference.h"
#include "report/emit.h"

/* Matches are sorted: the first that has all is the best. */
const struct report_match *report_best(const struct report_source *source) {
  if (source->verdict != VERDICT_PRESENT)
    return NULL;
  for (size_t i = 0; i < source->match_count; i++) {
    const struct report_match *match = &source->matches[i];
    if (match->state == STATE_FOUND && match->state_count == source->platform_count &&
        match->digest)
      return match;
  }
  return NULL;
}

/* What to pull of MATCH for SOURCE. Of an index, when SOURCE names a single image, that image: the
   index would give another one on another platform. */
static const char *digest_for(const struct report_source *source,
                              const struct report_match *match) {
  const char *single = source->platforms[0].manifest_digest;
  if (!source->digest || !single || strcmp(source->digest, single) != 0)
    return match->digest;
  for (uint32_t i = 0; i < match->pair_count; i++)
    if (match->pairs[i].state == STATE_FOUND && match->pairs[i].manifest_digest)
      return match->pairs[i].manifest_digest;
  return match->digest;
}

/* Appends MATCH by its digest. What reads the map may be a shell: only a reference may stand in it.
 */
static int put_target(struct strbuf *line, const struct report_source *source,
                      const struct report_match *match, struct error **err) {
  cleanup(reference_clear) struct reference reference = REFERENCE;
  if (reference_parse(match->image, &reference, err) == 0) {
    cleanup(cleanup_free) char *target =
        xasprintf("%s/%s@%s", reference.host, reference.repository, digest_for(source, match));
    reference_clear(&reference);
    if (reference_parse(target, &reference, err) == 0) {
      strbuf_printf(line, "\t%s\n", target);
      return 0;
    }
  }
  return error_wrap(err, "--map: '%s'", match->image);
}

int report_map(const struct report *report, struct output *output, struct error **err) {
  struct hashmap *listed = hashmap_new();
  cleanup(strbuf_free) struct strbuf line = STRBUF(EMIT_MAX);
  int result = 0;
  for (size_t i = 0; i < report->source_count && result == 0; i++) {
    struct report_source *source = &report->sources[i];
    const struct report_match *best = report_best(source);
    const char *ref = source->ref ? source->ref : source->image;
    if (ref && strncmp(ref, "docker://", strlen("docker://")) == 0)
      ref += strlen("docker://");
    if (!best || !ref || hashmap_put(listed, ref, source))
      continue;
    tsv_put_cell(&line, ref);
    if ((result = put_target(&line, source, best, err)) == 0)
      result = emit(&line, output, err);
  }
  hashmap_free(listed);
  return result;
}
