#include <config.h>

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/xalloc.h"

__attribute__((format(printf, 1, 0))) static char *format_message(const char *format,
                                                                  va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  int length = vsnprintf(NULL, 0, format, arguments);
  if (length < 0) {
    /* Only a broken %ls or a message over INT_MAX: the format still says what went wrong. */
    va_end(again);
    return xstrdup(format);
  }
  char *message = xmalloc((size_t)length + 1);
  (void)vsnprintf(message, (size_t)length + 1, format, again);
  va_end(again);
  return message;
}

int error_set(struct error **err, enum status status, const char *format, ...) {
  if (!err || *err)
    return -1;
  struct error *error = xmalloc(sizeof *error);
  error->status = status;
  va_list arguments;
  va_start(arguments, format);
  error->message = format_message(format, arguments);
  va_end(arguments);
  *err = error;
  return -1;
}

int error_wrap(struct error **err, const char *format, ...) {
  if (!err || !*err)
    return -1;
  va_list arguments;
  va_start(arguments, format);
  char *context = format_message(format, arguments);
  va_end(arguments);
  char *message = xasprintf("%s: %s", context, (*err)->message);
  free(context);
  free((*err)->message);
  (*err)->message = message;
  return -1;
}

int error_wrap_once(struct error **err, const char *context) {
  if (!err || !*err)
    return -1;
  char *message = (*err)->message;
  cleanup(cleanup_free) char *inside = xasprintf(": %s: ", context);
  const char *outset = inside + 2;
  char *again = strncmp(message, outset, strlen(outset)) == 0 ? message : strstr(message, inside);
  if (again) {
    again += again == message ? 0 : 2;
    const char *rest = again + strlen(outset);
    memmove(again, rest, strlen(rest) + 1);
  }
  return error_wrap(err, "%s", context);
}

struct error *error_copy(const struct error *error) {
  if (!error)
    return NULL;
  struct error *copy = xmalloc(sizeof *copy);
  copy->status = error->status;
  copy->message = xstrdup(error->message);
  return copy;
}

void error_free(struct error *error) {
  if (!error)
    return;
  free(error->message);
  free(error);
}
