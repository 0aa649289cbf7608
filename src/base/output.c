#include <config.h>

#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/xalloc.h"

enum {
  BUFFER = 64 * 1024,
  /* A pipe takes so many bytes in one piece or not at all (POSIX wants 512, Linux has 4096); and
     every page size is a multiple of it. */
  PIECE = 4096,
  LINKS_MAX = 40, /* as the kernel follows */
  NAME_KEPT = 200 /* bytes of a name that the temporary one repeats; NAME_MAX is 255 */
};

struct output {
  char *name;   /* for messages */
  char *target; /* what the temporary file becomes; NULL: written to directly */
  char *temporary;
  bool nameless; /* the temporary file has no name yet: nobody need remove it */
  int fd;
  bool regular;   /* a regular file without a temporary one: redirected standard output */
  off_t position; /* in it */
  char last;      /* the byte that was written last */
  struct error *failure;
  bool committed;
  size_t length;
  char buffer[BUFFER];
};

static int repeat_failure(const struct output *output, struct error **err) {
  return error_set(err, output->failure->status, "%s", output->failure->message);
}

/* A disk that is full may cut right behind an LF. */
static void uncover_cut(const struct output *output) {
  struct stat status;
  if (output->regular && output->last == '\n' && fstat(output->fd, &status) == 0 &&
      status.st_size == output->position && output->position > 0) {
    int result = ftruncate(output->fd, output->position - 1);
    (void)result;
  }
}

static int fail(struct output *output, int number, struct error **err) {
  if (!output->failure) {
    error_set(&output->failure, STATUS_LOCAL, "%s: %s", output->name,
              number == EPIPE ? "the reader went away" : strerror(number));
    uncover_cut(output);
  }
  return repeat_failure(output, err);
}

/* ---- opening ---- */

/* What PATH leads to when its last link leads to nothing; caller frees. NULL with errno. */
static char *follow_links(const char *path) {
  char *target = xstrdup(path);
  char content[PATH_MAX];
  for (int links = 0; links < LINKS_MAX; links++) {
    ssize_t length = readlink(target, content, sizeof content - 1);
    if (length < 0)
      return target;
    content[length] = '\0';
    char *next;
    if (content[0] == '/') {
      next = xstrdup(content);
    } else {
      cleanup(cleanup_free) char *copy = xstrdup(target);
      next = xasprintf("%s/%s", dirname(copy), content);
    }
    free(target);
    target = next;
  }
  free(target);
  errno = ELOOP;
  return NULL;
}

static mode_t new_file_mode(void) {
  mode_t mask = umask(077);
  umask(mask);
  return 0666 & ~mask;
}

/* What the descriptor FD is called by the kernel; caller frees. */
static char *name_of(int fd) {
  return xasprintf("/proc/self/fd/%d", fd);
}

/* A file in FOLDER that a process which ends in whatever way does not leave behind; -1 where there
   is no such thing, or no way to give it a name later. */
static int open_nameless(const char *folder, struct stat *status) {
  int fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0)
    return -1;
  cleanup(cleanup_free) char *name = name_of(fd);
  if (access(name, F_OK) == 0 && fstat(fd, status) == 0)
    return fd;
  close(fd);
  return -1;
}

/* OLD is the file that will be replaced, NULL when there is none. */
static int open_temporary(struct output *output, const struct stat *old) {
  cleanup(cleanup_free) char *folder_copy = xstrdup(output->target);
  cleanup(cleanup_free) char *name_copy = xstrdup(output->target);
  const char *folder = dirname(folder_copy), *name = basename(name_copy);
  struct stat status;
  output->fd = open_nameless(folder, &status);
  output->nameless = output->fd >= 0;
  if (output->nameless) {
    /* No other file has its number. */
    output->temporary =
        xasprintf("%s/.%.*s.%06jx", folder, NAME_KEPT, name, (uintmax_t)status.st_ino);
  } else {
    output->temporary = xasprintf("%s/.%.*s.XXXXXX", folder, NAME_KEPT, name);
    output->fd = mkostemp(output->temporary, O_CLOEXEC);
  }
  if (output->fd < 0) {
    int number = errno;
    free(output->temporary);
    output->temporary = NULL;
    errno = number;
    return -1;
  }
  /* The owner only if we may: the content is what was asked for. */
  if (old && (old->st_uid != geteuid() || old->st_gid != getegid())) {
    int result = fchown(output->fd, old->st_uid, old->st_gid);
    (void)result;
  }
  return fchmod(output->fd, old ? old->st_mode & 0777 : new_file_mode());
}

static int open_path(struct output *output, const char *path) {
  struct stat status;
  if (stat(path, &status)) {
    if (errno != ENOENT || !*path)
      return -1;
    if (path[strlen(path) - 1] == '/') {
      errno = EISDIR;
      return -1;
    }
    output->target = follow_links(path);
    return output->target ? open_temporary(output, NULL) : -1;
  }
  if (!S_ISREG(status.st_mode)) {
    output->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return output->fd < 0 ? -1 : 0;
  }
  /* Renaming would replace a file that was protected from writing. */
  if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS))
    return -1;
  output->target = realpath(path, NULL);
  return output->target ? open_temporary(output, &status) : -1;
}

static int open_standard_output(struct output *output) {
  output->fd = STDOUT_FILENO;
  struct stat status;
  if (fstat(output->fd, &status))
    return -1;
  output->regular = S_ISREG(status.st_mode);
  if (output->regular) {
    int flags = fcntl(output->fd, F_GETFL);
    output->position =
        flags >= 0 && (flags & O_APPEND) ? status.st_size : lseek(output->fd, 0, SEEK_CUR);
    if (output->position < 0)
      return -1;
  }
  return 0;
}

bool output_replaces(const char *path, const char *input) {
  struct stat there, here;
  return path && strcmp(path, "-") != 0 && strcmp(input, "-") != 0 && stat(path, &there) == 0 &&
         stat(input, &here) == 0 && S_ISREG(there.st_mode) && there.st_dev == here.st_dev &&
         there.st_ino == here.st_ino;
}

struct output *output_open(const char *path, struct error **err) {
  /* /dev/stdout is no file to be replaced: others write behind us to what is open there. */
  bool standard_output = !path || strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0;
  struct output *output = xmalloc(sizeof *output);
  memset(output, 0, offsetof(struct output, buffer));
  output->fd = -1;
  output->name = xstrdup(standard_output ? "standard output" : path);
  if (standard_output ? open_standard_output(output) : open_path(output, path)) {
    fail(output, errno, err);
    output_free(output);
    return NULL;
  }
  return output;
}

/* ---- writing ---- */

static int wait_writable(int fd) {
  struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
  return poll(&poll_fd, 1, -1) < 0 ? -1 : 0;
}

static int write_all(struct output *output, const char *data, size_t length, struct error **err) {
  while (length) {
    ssize_t count = write(output->fd, data, length);
    if (count < 0) {
      if ((errno == EAGAIN || errno == EWOULDBLOCK) && wait_writable(output->fd) == 0)
        continue;
      return fail(output, errno, err);
    }
    if (count == 0)
      return fail(output, ENOSPC, err);
    output->position += count;
    output->last = data[count - 1];
    data += count;
    length -= (size_t)count;
  }
  return 0;
}

enum drain { DRAIN_FULL_PIECES, DRAIN_BUT_LAST_LF, DRAIN_LAST };

static size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

/* Where the LENGTH bytes of DATA may be cut so that nobody takes the last line for whole, not even
   behind a filter that ends it with an LF of its own: behind a tab, which leaves a cell empty.
   Where there is none, anywhere but behind an LF. 0: nowhere. */
static size_t cut_length(const char *data, size_t length) {
  const char *tab = memrchr(data, '\t', length);
  if (tab)
    return (size_t)(tab - data) + 1;
  while (length && data[length - 1] == '\n')
    length--;
  return length;
}

/* How much of the LENGTH bytes of DATA goes into the next write. 0: wait for more. */
static size_t piece_length(const struct output *output, const char *data, size_t length,
                           enum drain drain) {
  if (output->temporary)
    return length;
  if (drain == DRAIN_FULL_PIECES && length <= PIECE)
    return 0;
  /* A process that is killed in a write to a file may have got as far as a page's end. */
  size_t page = output->regular ? PIECE - (size_t)(output->position % PIECE) : PIECE;
  if (drain == DRAIN_LAST && length <= page)
    return length;
  size_t most = smaller(length, PIECE);
  /* The stream ends behind a tab already: the rest of that line's last cell waits. */
  if (drain == DRAIN_BUT_LAST_LF && output->last == '\t' && length <= PIECE &&
      !memchr(data, '\t', length))
    return 0;
  if (page < most && memchr(data, '\t', page))
    most = page;
  size_t piece = cut_length(data, most);
  if (piece == 0 && (drain == DRAIN_LAST || length > PIECE)) /* nothing but LFs */
    piece = most;
  return piece;
}

static int drain(struct output *output, enum drain mode, struct error **err) {
  size_t written = 0;
  while (written < output->length) {
    const char *data = output->buffer + written;
    size_t piece = piece_length(output, data, output->length - written, mode);
    if (piece == 0)
      break;
    if (write_all(output, data, piece, err))
      return -1;
    written += piece;
  }
  output->length -= written;
  memmove(output->buffer, output->buffer + written, output->length);
  return 0;
}

int output_write(struct output *output, const char *data, size_t length, struct error **err) {
  if (output->failure)
    return repeat_failure(output, err);
  while (length) {
    size_t part = smaller(length, BUFFER - output->length);
    memcpy(output->buffer + output->length, data, part);
    output->length += part;
    data += part;
    length -= part;
    size_t enough = output->temporary ? BUFFER : PIECE + 1;
    if (output->length >= enough && drain(output, DRAIN_FULL_PIECES, err))
      return -1;
  }
  return 0;
}

int output_flush(struct output *output, struct error **err) {
  if (output->failure)
    return repeat_failure(output, err);
  return drain(output, DRAIN_BUT_LAST_LF, err);
}

static int give_name(struct output *output) {
  cleanup(cleanup_free) char *name = name_of(output->fd);
  if (linkat(AT_FDCWD, name, AT_FDCWD, output->temporary, AT_SYMLINK_FOLLOW))
    return -1;
  output->nameless = false;
  return 0;
}

int output_commit(struct output *output, struct error **err) {
  if (output->failure)
    return repeat_failure(output, err);
  if (output->committed)
    return 0;
  if (drain(output, DRAIN_LAST, err))
    return -1;
  /* A rename that reaches the disk before the content would leave an empty file. */
  if (output->temporary && fsync(output->fd) && errno != EINVAL && errno != ENOTSUP)
    return fail(output, errno, err);
  if (output->temporary && output->nameless && give_name(output))
    return fail(output, errno, err);
  int fd = output->fd;
  output->fd = -1;
  if (close(fd) && errno != EINTR)
    return fail(output, errno, err);
  if (output->temporary) {
    if (rename(output->temporary, output->target))
      return fail(output, errno, err);
    free(output->temporary);
    output->temporary = NULL;
  }
  output->committed = true;
  return 0;
}

void output_free(struct output *output) {
  if (!output)
    return;
  if (output->fd >= 0 && output->fd != STDOUT_FILENO)
    close(output->fd);
  if (output->temporary && !output->nameless)
    unlink(output->temporary);
  free(output->temporary);
  free(output->target);
  free(output->name);
  error_free(output->failure);
  free(output);
}
