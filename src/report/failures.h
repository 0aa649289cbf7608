/* The rows of an inventory that could not be read, each once. */
#ifndef OCIDUP_REPORT_FAILURES_H
#define OCIDUP_REPORT_FAILURES_H

#include "report/match.h"
#include "report/pool.h"

/* Starts zeroed; the owner frees the list. */
struct failures {
  struct report_failure *list;
  size_t count;
  size_t capacity;
};

/* Adds RECORD, whose status is the failure STATUS. Its strings go to POOL. */
void failures_add(struct failures *failures, struct pool *pool, const struct record *record,
                  enum status status);

/* Sorts them by image and keeps one of each. */
void failures_settle(struct failures *failures);

#endif
