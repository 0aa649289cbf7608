/* One ECR repository's images to rows: its listing, what of it must be fetched, and the rows in
   ECR's order, tagged before untagged. What an index of the repository lists is told through that
   index only. */
#ifndef OCIDUP_AWS_REPOSITORY_H
#define OCIDUP_AWS_REPOSITORY_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/ecr.h"
#include "aws/inventory.h"
#include "base/record.h"
#include "net/http.h"

struct repository;

/* Of all repositories together; they keep it up to date, but for what the owner of the rows says.
 */
struct repository_load {
  size_t held;     /* bytes of rows that were made and have not gone out: the owner's */
  size_t max_held; /* with so many, or */
  size_t
      max_pending;   /* so many images pending, only what is awaited is gone on with; the owner's */
  size_t pending;    /* images that wait for their rows */
  size_t images;     /* that were listed */
  size_t answered;   /* repositories of which a page came */
  size_t unanswered; /* of which none came yet */
};

struct repository_place {
  const char *name;    /* "team/app" */
  const char *host;    /* under which its images are pulled */
  const char *account; /* 12 digits */
};

/* ROWS, the next ones, may be moved away; what is left in it is freed. */
typedef void repository_rows_fn(void *arg, struct record_set *rows);

/* Starts the work; PLACE is copied, the others are borrowed. Calls SOME for rows as they come; then
   DONE for the last ones, when the repository has freed itself. */
struct repository *repository_start(struct http *http, struct ecr *ecr,
                                    const struct inventory_options *options,
                                    const struct repository_place *place,
                                    struct repository_load *load, repository_rows_fn *some,
                                    repository_rows_fn *done, void *arg);

/* Goes on with the listing if there is room now. AWAITED: its rows are the next ones, and whatever
   is held waits for them. */
void repository_go_on(struct repository *repository, bool awaited);

#endif
