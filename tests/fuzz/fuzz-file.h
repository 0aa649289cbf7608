/* Files in memory for fuzz targets whose subject wants a path, and a place for what it writes. */
#ifndef OCIDUP_TESTS_FUZZ_FILE_H
#define OCIDUP_TESTS_FUZZ_FILE_H

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/output.h"
#include "base/xalloc.h"
#include "fuzz.h"

struct fuzz_file {
  int fd;
  char path[32];
};

static inline struct fuzz_file fuzz_file_make(const void *data, size_t size) {
  struct fuzz_file file = {.fd = memfd_create("fuzz", MFD_CLOEXEC)};
  FUZZ_REQUIRE(file.fd >= 0 && write(file.fd, data, size) == (ssize_t)size);
  (void)snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", file.fd);
  return file;
}

static inline void fuzz_file_close(struct fuzz_file *file) {
  close(file->fd);
}

/* A pipe that takes all of it; longer is not written here. */
enum { FUZZ_WRITTEN_MAX = 1024 * 1024 };

struct fuzz_pipe {
  int ends[2];
  struct output *output;
};

static inline struct fuzz_pipe fuzz_pipe_open(void) {
  struct fuzz_pipe place;
  char path[32];
  FUZZ_REQUIRE(pipe2(place.ends, O_CLOEXEC) == 0);
  FUZZ_REQUIRE(fcntl(place.ends[1], F_SETPIPE_SZ, FUZZ_WRITTEN_MAX) >= FUZZ_WRITTEN_MAX);
  (void)snprintf(path, sizeof path, "/proc/self/fd/%d", place.ends[1]);
  place.output = output_open(path, NULL);
  FUZZ_REQUIRE(place.output);
  return place;
}

/* What was written, NUL-terminated behind its *SIZE bytes; caller frees. */
static inline char *fuzz_pipe_take(struct fuzz_pipe *place, size_t *size) {
  static char data[FUZZ_WRITTEN_MAX];
  FUZZ_REQUIRE(output_commit(place->output, NULL) == 0);
  output_free(place->output);
  close(place->ends[1]);
  size_t length = 0;
  for (ssize_t got; (got = read(place->ends[0], data + length, sizeof data - length)) > 0;)
    length += (size_t)got;
  close(place->ends[0]);
  char *taken = xmalloc(length + 1);
  memcpy(taken, data, length);
  taken[length] = '\0';
  *size = length;
  return taken;
}

#endif
