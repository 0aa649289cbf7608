/* Rows for tests of report/, written as "image=host/repo:tag digest=D platform=linux/amd64": names
   and values of a record's columns, `~` in a value standing for a space. The status is ok when none
   is given. */
#ifndef OCIDUP_TESTS_MATCH_ROWS_H
#define OCIDUP_TESTS_MATCH_ROWS_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "report/match.h"

struct row {
  char *text;
  struct record record;
};

static inline struct row row_parse(const char *text) {
  struct row row = {.text = xstrdup(text), .record = {.cell = {[RECORD_STATUS] = "ok"}}};
  char *rest = NULL;
  for (char *part = strtok_r(row.text, " ", &rest); part; part = strtok_r(NULL, " ", &rest)) {
    char *value = strchr(part, '=');
    ck_assert_msg(value != NULL, "%s: no value", part);
    *value++ = '\0';
    int column = 0;
    while (column < RECORD_COLUMNS && strcmp(part, record_column_name((enum record_column)column)))
      column++;
    ck_assert_msg(column < RECORD_COLUMNS, "%s: no such column", part);
    row.record.cell[column] = value;
    for (; *value; value++)
      if (*value == '~')
        *value = ' ';
  }
  return row;
}

typedef void row_add_fn(struct match *match, const struct record *record);

/* Adds a row and then spoils its memory: match must have copied what it needs. */
static inline void row_add(struct match *match, row_add_fn *add, const char *text) {
  struct row row = row_parse(text);
  add(match, &row.record);
  memset(row.text, '#', strlen(text));
  free(row.text);
}

/* A match with these rows; each list ends with NULL. */
static inline struct match *rows_match_with(const struct match_options *options,
                                            const char *const *sources,
                                            const char *const *inventory) {
  struct match *match = match_new(options);
  for (; *sources; sources++)
    row_add(match, match_source, *sources);
  for (; *inventory; inventory++)
    row_add(match, match_inventory, *inventory);
  return match;
}

static inline struct match *rows_match(const char *const *platforms, const char *const *sources,
                                       const char *const *inventory) {
  return rows_match_with(&(struct match_options){.platforms = platforms}, sources, inventory);
}

#endif
