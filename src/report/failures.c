#include <config.h>

#include "report/failures.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "report/compare.h"

static int compare_failures(const void *left, const void *right) {
  const struct report_failure *a = left, *b = right;
  int order = compare_strings(a->image, b->image);
  if (!order)
    order = compare_strings(a->origin, b->origin);
  if (!order)
    order = compare_numbers(a->status, b->status);
  return order ? order : compare_strings(a->detail, b->detail);
}

void failures_settle(struct failures *failures) {
  if (!failures->count)
    return;
  struct report_failure *list = failures->list;
  qsort(list, failures->count, sizeof *list, compare_failures);
  size_t kept = 1;
  for (size_t i = 1; i < failures->count; i++)
    if (compare_failures(&list[kept - 1], &list[i]) != 0)
      list[kept++] = list[i];
  failures->count = kept;
}

/* True when IMAGE has a tag or a digest, so that it names an image and not a repository. */
static bool names_image(const char *image) {
  const char *last = image ? strrchr(image, '/') : NULL;
  return last && strpbrk(last, ":@");
}

void failures_add(struct failures *failures, struct pool *pool, const struct record *record,
                  enum status status) {
  /* Rows that come many times must not cost memory each time. */
  if (failures->count == failures->capacity) {
    failures_settle(failures);
    if (failures->count >= failures->capacity / 2)
      failures->list =
          xgrow(failures->list, failures->capacity, &failures->capacity, sizeof *failures->list);
  }
  /* An image that is gone is not hidden: it was listed, and vanished before it was read. */
  failures->list[failures->count++] = (struct report_failure){
      .image = pool_keep(pool, record->cell[RECORD_IMAGE]),
      .origin = pool_keep(pool, record->cell[RECORD_ORIGIN]),
      .detail = pool_keep(pool, record->cell[RECORD_DETAIL]),
      .status = status,
      .hides = status != STATUS_NOT_FOUND || !names_image(record->cell[RECORD_IMAGE]),
  };
}
