/* Resources that go when their variable's scope ends: `cleanup(cleanup_free) char *name = …`. */
#ifndef OCIDUP_BASE_CLEANUP_H
#define OCIDUP_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"

#define cleanup(function) __attribute__((cleanup(function)))

static inline void cleanup_free(void *pointer) {
  free(*(void **)pointer);
}

static inline void cleanup_file(FILE **file) {
  if (*file)
    fclose(*file);
}

static inline void cleanup_fd(int *fd) {
  if (*fd >= 0)
    close(*fd);
}

static inline void cleanup_error(struct error **error) {
  error_free(*error);
}

#endif
