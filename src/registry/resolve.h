/* resolve-digest's work: a list of references to rows, in input order, each reference asked once.
 */
#ifndef OCIDUP_REGISTRY_RESOLVE_H
#define OCIDUP_REGISTRY_RESOLVE_H

#include <stddef.h>

#include "base/error.h"
#include "base/ordered.h"
#include "net/http.h"
#include "registry/client.h"
#include "registry/expand.h"

/* Longest line that may hold a reference, bytes. */
#define RESOLVE_LINE_MAX 8192

struct resolve;

/* Rows go to EMIT, complete (image, origin and ref too), a set per input line. Everything is
   borrowed. */
struct resolve *resolve_new(struct http *http, struct registry_client *client,
                            const struct expand_options *options, ordered_emit_fn *emit, void *arg);

/* Reads the references of PATH ("-": standard input): blank lines and '#' comments skipped; CRLF, a
   BOM and surrounding white space tolerated. A bad line is remembered as a failed row; one that is
   longer than RESOLVE_LINE_MAX is bad, and its row holds its beginning. 0, or -1 when the file
   cannot be read. */
int resolve_add(struct resolve *resolve, const char *path, struct error **err);

/* How many references were read, bad lines counted. */
size_t resolve_count(const struct resolve *resolve);

/* What a run will take of one registry, at most, beside tokens and what is tried again. */
struct resolve_cost {
  char *origin;
  size_t references; /* each counted once */
  size_t heads;
  size_t gets;          /* of what the references name */
  size_t platform_gets; /* those for each platform of all of them */
};

/* Calls EACH with what each registry will be asked, by origin, instead of asking it. What is known
   is not asked for; that a tag's digest is known can only HEAD tell. */
void resolve_plan(struct resolve *resolve, void (*each)(void *arg, const struct resolve_cost *cost),
                  void *arg);

/* Does the work (runs HTTP's loop). 0, or -1 with *err when the loop broke. */
int resolve_run(struct resolve *resolve, struct error **err);

/* After http_free, so that nothing is under way any more. NULL is allowed. */
void resolve_free(struct resolve *resolve);

#endif
