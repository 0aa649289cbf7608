#include <config.h>

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/xalloc.h"

static int refuse(const char *path, int code, struct error **err) {
  cleanup(cleanup_free) char *shown = text_sanitized(path);
  (void)error_set(err, STATUS_LOCAL, "%s: %s", shown, strerror(code));
  errno = code;
  return -1;
}

/* All of FD into the SIZE bytes of DATA; -1 with errno. */
static ssize_t read_all(int fd, char *data, size_t size) {
  size_t length = 0;
  while (length < size) {
    ssize_t got = read(fd, data + length, size - length);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return -1;
    if (got == 0)
      break;
    length += (size_t)got;
  }
  return (ssize_t)length;
}

char *file_read(const char *path, size_t max, size_t *length, struct error **err) {
  *length = 0;
  cleanup(cleanup_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) {
    (void)refuse(path, errno, err);
    return NULL;
  }
  /* One byte more tells what is too large. */
  char *data = xcalloc(1, max + 2);
  ssize_t got = read_all(fd, data, max + 1);
  if (got < 0 || (size_t)got > max) {
    int code = got < 0 ? errno : EFBIG;
    file_wipe(data, max + 1);
    (void)refuse(path, code, err);
    return NULL;
  }
  *length = (size_t)got;
  return data;
}

/* 0, or an errno. */
static int write_all(int fd, const char *data, size_t length) {
  while (length > 0) {
    ssize_t done = write(fd, data, length);
    if (done < 0 && errno == EINTR)
      continue;
    if (done < 0)
      return errno;
    data += done;
    length -= (size_t)done;
  }
  return fsync(fd) < 0 ? errno : 0;
}

int file_replace_private(const char *path, const char *data, size_t length, struct error **err) {
  cleanup(cleanup_free) char *temporary = xasprintf("%s.XXXXXX", path);
  int fd = mkostemp(temporary, O_CLOEXEC); /* 0600 */
  if (fd < 0)
    return refuse(path, errno, err);
  int code = write_all(fd, data, length);
  if (close(fd) < 0 && !code)
    code = errno;
  if (!code && rename(temporary, path) < 0)
    code = errno;
  if (!code)
    return 0;
  (void)unlink(temporary);
  return refuse(path, code, err);
}

void file_wipe(char *content, size_t length) {
  if (content)
    OPENSSL_cleanse(content, length);
  free(content);
}
