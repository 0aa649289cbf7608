/* What one account has in one region: which repositories there are, by DescribeRepositories, and
   rows for what could not be asked. Part of inventory, which owns the order of things. */
#ifndef OCIDUP_AWS_SCOPE_H
#define OCIDUP_AWS_SCOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/ecr-reply.h"
#include "aws/ecr.h"
#include "aws/inventory.h"
#include "base/error.h"
#include "base/hashmap.h"
#include "base/record.h"

struct scope_failure {
  const char *name; /* of a repository, borrowed from the options; NULL: of the scope */
  struct error *error;
};

struct scope {
  /* Given. */
  const struct inventory_options *options; /* borrowed */
  struct ecr *ecr;                         /* borrowed; NULL: none, and it failed */
  bool own;                                /* its endpoint is AWS's own */
  char *region;                            /* without a client; NULL: not known */
  char *label;                             /* NULL: none */
  char *account;                           /* as said beforehand; NULL: not known */
  void (*changed)(void *arg);              /* after each answer */
  void *arg;

  /* What came. */
  struct ecr_repository *repositories; /* all there are, once each; sorted once `listed` */
  size_t count, capacity;
  struct scope_failure *failures;
  size_t failure_count, failure_capacity;
  bool answered; /* what can be known of the account is */
  bool listed;   /* what there is is known, or will not be */
  bool left;     /* answers do not matter any more */

  /* Of the listing. */
  struct hashmap *by_name;
  size_t calls; /* under way, by name */
  char *token;
  unsigned idle_pages;
};

/* GIVEN is copied but for its client. */
struct scope *scope_new(const struct inventory_options *options,
                        const struct inventory_scope *given, void (*changed)(void *arg), void *arg);

/* Whether a repository is asked for by its name: has no character that makes it a pattern. */
bool scope_is_glob(const char *pattern);

/* Whether the options need a listing of all, not of some names. */
bool scope_wants_all(const struct inventory_options *options);

/* Starts asking. */
void scope_list(struct scope *scope);

/* 12 digits: what ECR said, else what was said beforehand; NULL: not known (yet). */
const char *scope_account(const struct scope *scope);

/* Whether it answered, and with something. */
bool scope_is_there(const struct scope *scope);

/* Remembers a failure of NAME (NULL: of the scope). */
void scope_fail(struct scope *scope, const char *name, const struct error *error);

/* Adds a row to ROWS about NAME (NULL: about the scope). Its image is "-" when nobody knows where
   the registry is. */
void scope_add_row(const struct scope *scope, struct record_set *rows, const char *name,
                   enum status status, const char *detail);

/* Adds the failures. Not before everything is listed: only then the account is known, if ever. */
void scope_add_failures(const struct scope *scope, struct record_set *rows);

/* NULL is allowed. No call may be under way. */
void scope_free(struct scope *scope);

#endif
