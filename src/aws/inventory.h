/* list-ecr's work: the images of the repositories of private ECR registries, to rows, with as few
   calls as there can be. Owns what is worked on when, and the order of the rows: all accounts and
   regions at once, so that a slow one holds no other back. */
#ifndef OCIDUP_AWS_INVENTORY_H
#define OCIDUP_AWS_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/ecr.h"
#include "base/error.h"
#include "base/ordered.h"
#include "net/http.h"
#include "registry/expand.h"

struct inventory;

/* What a run would call beside the listing, which was done. */
struct inventory_estimate {
  size_t repository_calls; /* DescribeRepositories */
  size_t image_calls;      /* DescribeImages */
  size_t batches;          /* BatchGetImage */
  size_t pulls;            /* images whose manifest would be read, which counts as a pull */
  size_t configs;          /* of them those that may have one: GetDownloadUrlForLayer and a download
                              each, at most */
};

struct inventory_options {
  const char *registry_id; /* account; NULL: the caller's own */
  bool manifests; /* false: --no-manifests, digests and tags as DescribeImages tells them */
  const char *const *repositories; /* names or globs, ends with NULL; empty: all. `*` matches a
                                      slash too */
  struct expand_options expand;
  size_t jobs;     /* requests that can be under way at once, which says how many repositories are
                      worked on together; 0: 32 */
  size_t max_held; /* bytes of rows that wait for those before them, about: with more, only what is
                      waited for is gone on with; 0: 8 MiB */
  /* Called when images were FOUND and when images are DONE; NULL: not. */
  void (*progress)(void *arg, size_t found, size_t done);
  void *progress_arg;
  void (*note)(void *arg, const char *text); /* for -v; NULL: none */
  void *note_arg;
  /* Not NULL: list only, count here what the rest would take, and emit no row but failures. */
  struct inventory_estimate *estimate;
};

/* One account in one region. */
struct inventory_scope {
  struct ecr *ecr;           /* borrowed; NULL: only with an error */
  bool own;                  /* its endpoint is AWS's own one for the region, not configured */
  const char *region;        /* without a client: the region; NULL: not known */
  const char *label;         /* whose keys, for messages: "profile dev"; NULL: nobody to be named */
  const char *account;       /* when AWS said so beforehand, 12 digits; NULL: not known */
  const struct error *error; /* it cannot be asked, and why: that is its row; NULL: it can */
};

/* Rows go to EMIT by scope in the order added, then repository, complete. All borrowed. */
struct inventory *inventory_new(struct http *http, const struct inventory_options *options,
                                ordered_emit_fn *emit, void *arg);

/* Adds an account and region; SCOPE is copied but for its client. The same account and region
   behind the same endpoint is listed once, for the first that is let in: AWS's own endpoints of a
   region lead to the same registries, one that is configured is the same by its URL. What is known
   of an account only from its repositories is known before any image is asked for. */
void inventory_add(struct inventory *inventory, const struct inventory_scope *scope);

/* Does the work. What failed is a row, of the image or of the scope. 0, or -1 when the loop broke;
   then nothing more is emitted. */
int inventory_run(struct inventory *inventory, struct error **err);

/* Begins no more repositories and emits nothing more: for an emitter that cannot go on. */
void inventory_stop(struct inventory *inventory);

/* NULL is allowed. Call it after http_free, which ends the calls that are still under way. */
void inventory_free(struct inventory *inventory);

#endif
