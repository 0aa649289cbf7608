#include <config.h>

#include "base/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/xalloc.h"

int scratch_open(void) {
  const char *folder = getenv("TMPDIR");
  cleanup(cleanup_free) char *path =
      xasprintf("%s/ocidup.XXXXXX", folder && *folder ? folder : "/tmp");
  int fd = mkostemp(path, O_CLOEXEC);
  if (fd >= 0)
    (void)unlink(path);
  return fd;
}

int scratch_write(int fd, const void *data, size_t length, uint64_t offset) {
  const char *from = data;
  while (length) {
    ssize_t count = pwrite(fd, from, length, (off_t)offset);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return -1;
    from += count;
    offset += (uint64_t)count;
    length -= (size_t)count;
  }
  return 0;
}

int scratch_read(int fd, void *data, size_t length, uint64_t offset) {
  char *to = data;
  while (length) {
    ssize_t count = pread(fd, to, length, (off_t)offset);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0) {
      errno = count ? errno : EIO;
      return -1;
    }
    to += count;
    offset += (uint64_t)count;
    length -= (size_t)count;
  }
  return 0;
}
