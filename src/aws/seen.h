/* The digests that one repository's listing and its indexes named, until the listing has ended: it
   may move under our feet and name an image twice, and an index may list what comes much later. Of
   each digest 128 bits are kept (no two images share so many), of each tag a hash of 64: some 40
   bytes of an image with one tag, at a million of them. Knows no order and reads nothing. */
#ifndef OCIDUP_AWS_SEEN_H
#define OCIDUP_AWS_SEEN_H

#include <stdbool.h>

struct seen;

enum {
  SEEN_TAGGED = 1 << 0,   /* listed with tags */
  SEEN_UNTAGGED = 1 << 1, /* listed without */
  SEEN_ARCHIVED = 1 << 2,
  SEEN_CHILD = 1 << 3 /* an index lists it */
};

struct seen *seen_new(void);

/* What was marked of DIGEST (valid); 0: nothing. */
unsigned seen_flags(const struct seen *seen, const char *digest);

/* Adds FLAGS to DIGEST's. */
void seen_mark(struct seen *seen, const char *digest, unsigned flags);

/* DIGEST has TAG. False when that was said before. */
bool seen_tag(struct seen *seen, const char *digest, const char *tag);

/* NULL is allowed. */
void seen_free(struct seen *seen);

#endif
