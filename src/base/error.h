/* Errors as values. A function that can fail takes a `struct error **`, returns 0 or -1, and
   sets *err only when it fails. A failure is sticky: setting one where one already stands keeps
   the first. Printing them is the mains' work. */
#ifndef OCIDUP_BASE_ERROR_H
#define OCIDUP_BASE_ERROR_H

#include "base/status.h"

struct error {
  enum status status; /* what a record says of it */
  char *message;      /* one line, no final full stop or LF */
};

/* Sets *err to a new error, unless it holds one already or err is NULL. Always returns -1, so
   that `return error_set (...)` reads well. */
int error_set(struct error **err, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "CONTEXT: " before the message of *err, when there is one. Always returns -1. */
int error_wrap(struct error **err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same with CONTEXT, which the message may say already, behind another context: it is said once. */
int error_wrap_once(struct error **err, const char *context);

/* A new error with the same content; caller frees. NULL for NULL. */
struct error *error_copy(const struct error *error);

void error_free(struct error *error);

#endif
