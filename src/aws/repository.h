/* One ECR repository's images to rows: its listing, what of it must be fetched, and the rows in
   ECR's order, tagged before untagged. What an index of the repository lists is told through that
   index only. */
#ifndef OCIDUP_AWS_REPOSITORY_H
#define OCIDUP_AWS_REPOSITORY_H

#include "aws/ecr.h"
#include "aws/inventory.h"
#include "base/record.h"
#include "net/http.h"

struct repository;

struct repository_place {
  const char *name;    /* "team/app" */
  const char *host;    /* under which its images are pulled */
  const char *account; /* 12 digits */
};

/* ROWS (complete) may be moved away; what is left in it is freed. */
typedef void repository_done_fn(void *arg, struct record_set *rows);

/* Starts the work; PLACE is copied, the others are borrowed. The repository frees itself when it
   called DONE. */
struct repository *repository_start(struct http *http, struct ecr *ecr,
                                    const struct inventory_options *options,
                                    const struct repository_place *place, repository_done_fn *done,
                                    void *arg);

#endif
