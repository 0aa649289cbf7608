/* What an index of an ECR repository lists: remembered in what was seen, so that it is told through
   the index only, and told in the index's rows where it has none of its own. Reads what
   aws/content fetched; does not say when what is told. */
#ifndef OCIDUP_AWS_INDEX_H
#define OCIDUP_AWS_INDEX_H

#include <stdbool.h>

#include "aws/content.h"
#include "aws/seen.h"
#include "base/record.h"

/* Remembers what DIGEST lists (SEEN_CHILD). False when that is no index that was fetched. */
bool index_note(const struct content *content, struct seen *seen, const char *digest);

/* The same of an index that is known by its rows. */
void index_note_rows(struct seen *seen, const struct record_set *rows);

/* Whether it is known of all that index DIGEST lists whether its ROWS or the repository have it;
   true of what is no index that was fetched. */
bool index_is_told(const struct content *content, const struct seen *seen, const char *digest,
                   const struct record_set *rows);

/* What could not be had was archived, as a later page said: so say its rows among ROWS. */
void index_tell_archived(const struct seen *seen, struct record_set *rows);

/* Says in the `detail` of ROWS, those of index DIGEST, which untagged images it lists that they do
   not tell, those of nested indexes too. */
void index_tell_also(const struct content *content, struct seen *seen, const char *digest,
                     struct record_set *rows);

#endif
