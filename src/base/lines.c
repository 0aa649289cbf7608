#include <config.h>

#include "base/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scan.h"
#include "base/scratch.h"
#include "base/xalloc.h"

enum { BLOCK = 256 * 1024, PIPE_SIZE = 1024 * 1024 };

struct lines {
  char *name;
  int fd;
  bool close_fd;
  bool pipe;
  bool regular;
  bool at_end;
  size_t max_line;
  size_t number;
  uint64_t bytes;
  char *buffer;    /* one byte more than capacity, for the NUL of a last line */
  size_t capacity; /* bytes */
  size_t start;    /* of what was not handed out yet */
  size_t end;      /* of what was read */
};

static int fail(const struct lines *lines, int number, struct error **err) {
  return error_set(err, STATUS_LOCAL, "%s: %s", lines->name, strerror(number));
}

static struct lines *lines_new(int fd, const char *name, size_t max_line) {
  struct lines *lines = xcalloc(1, sizeof *lines);
  lines->name = xstrdup(name);
  lines->max_line = max_line;
  lines->close_fd = fd != STDIN_FILENO;
  lines->fd = fd;
  lines->capacity = BLOCK;
  lines->buffer = xmalloc(lines->capacity + 1);
  return lines;
}

struct lines *lines_open(const char *path, size_t max_line, struct error **err) {
  bool standard_input = strcmp(path, "-") == 0;
  struct lines *lines =
      standard_input ? lines_new(STDIN_FILENO, "standard input", max_line)
                     : lines_new(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), path, max_line);

  struct stat status;
  if (lines->fd < 0 || fstat(lines->fd, &status)) {
    fail(lines, errno, err);
    lines_close(lines);
    return NULL;
  }
  if (S_ISDIR(status.st_mode)) {
    fail(lines, EISDIR, err);
    lines_close(lines);
    return NULL;
  }
  lines->pipe = S_ISFIFO(status.st_mode);
  lines->regular = S_ISREG(status.st_mode);
#ifdef F_SETPIPE_SZ
  /* So that who writes need not wait for each read; where it may not be, it stays as it is. */
  if (lines->pipe)
    (void)fcntl(lines->fd, F_SETPIPE_SZ, PIPE_SIZE);
#endif
  return lines;
}

struct lines *lines_take(int fd, const char *name, size_t max_line) {
  return lines_new(fd, name, max_line);
}

int lines_again(const struct lines *lines, char *text, size_t length, uint64_t offset) {
  return scratch_read(lines->fd, text, length, offset);
}

/* Reads a block behind `end`. 1, 0 at the end of the file, or -1. */
static int read_block(struct lines *lines, struct error **err) {
  ssize_t count = read(lines->fd, lines->buffer + lines->end, lines->capacity - lines->end);
  if (count < 0) /* EINTR too */
    return fail(lines, errno, err);
  if (count == 0) {
    lines->at_end = true;
    return 0;
  }
  lines->end += (size_t)count;
  lines->bytes += (uint64_t)count;
  return 1;
}

/* Makes room behind `end` for a block or what is left of a line of the greatest length. */
static void make_room(struct lines *lines) {
  if (lines->start) {
    memmove(lines->buffer, lines->buffer + lines->start, lines->end - lines->start);
    lines->end -= lines->start;
    lines->start = 0;
  }
  if (lines->end < lines->capacity)
    return;
  lines->capacity *= 2;
  lines->buffer = xreallocarray(lines->buffer, lines->capacity + 1, 1);
}

static int hand_out(struct lines *lines, struct line *line, size_t length, bool ended) {
  line->text = lines->buffer + lines->start;
  line->length = length;
  line->number = ++lines->number;
  line->ended = ended;
  line->too_long = length > lines->max_line;
  line->text[line->too_long ? lines->max_line : length] = '\0';
  lines->start += length + (ended ? 1 : 0);
  return 1;
}

/* The buffer starts with a line that is too long and has no end in it: keeps its first max_line
   bytes and reads over the rest. */
static int skip_rest(struct lines *lines, struct line *line, struct error **err) {
  size_t keep = lines->max_line + 1; /* with its NUL */
  size_t length = lines->end - lines->start;
  bool ended = false;
  make_room(lines);
  if (lines->capacity - keep < BLOCK) {
    lines->capacity = keep + BLOCK;
    lines->buffer = xreallocarray(lines->buffer, lines->capacity + 1, 1);
  }
  lines->start = lines->end = keep;
  while (!ended) {
    lines->start = lines->end = keep;
    int more = read_block(lines, err);
    if (more < 0)
      return -1;
    if (more == 0)
      break;
    char *lf = memchr(lines->buffer + keep, '\n', lines->end - keep);
    ended = lf != NULL;
    size_t part = lf ? (size_t)(lf - (lines->buffer + keep)) : lines->end - keep;
    length += part;
    lines->start = keep + part + (ended ? 1 : 0);
  }
  line->text = lines->buffer;
  line->text[lines->max_line] = '\0';
  line->length = length;
  line->number = ++lines->number;
  line->ended = ended;
  line->too_long = true;
  return 1;
}

int lines_next(struct lines *lines, struct line *line, struct error **err) {
  size_t scanned = 0; /* of the line, without an LF */
  for (;;) {
    char *from = lines->buffer + lines->start;
    size_t length = lines->end - lines->start;
    char *lf = memchr(from + scanned, '\n', length - scanned);
    if (lf)
      return hand_out(lines, line, (size_t)(lf - from), true);
    if (lines->at_end)
      return length ? hand_out(lines, line, length, false) : 0;
    if (length > lines->max_line)
      return skip_rest(lines, line, err);
    scanned = length;
    make_room(lines);
    if (read_block(lines, err) < 0)
      return -1;
  }
}

/* ---- pieces ---- */

static void piece_room(struct piece *piece, size_t length) {
  if (length <= piece->capacity)
    return;
  piece->capacity = length;
  piece->text = xreallocarray(piece->text, length + SCAN_PADDING, 1);
}

/* Takes back what stands behind the last line of PIECE. */
static void take_back(struct lines *lines, struct piece *piece, size_t length) {
  lines->start = 0;
  lines->end = piece->length - length;
  if (lines->end > lines->capacity) {
    lines->capacity = lines->end;
    lines->buffer = xreallocarray(lines->buffer, lines->capacity + 1, 1);
  }
  memcpy(lines->buffer, piece->text + length, lines->end);
  piece->length = length;
}

/* Reads a block behind what is in PIECE; of a pipe, as many times as it takes, because there may
   be no more than a row in it at a time. 0 or -1. */
static int fill(struct lines *lines, struct piece *piece, struct error **err) {
  const size_t wanted = piece->length + BLOCK;
  piece_room(piece, wanted);
  while (!lines->at_end && piece->length < wanted) {
    ssize_t count = read(lines->fd, piece->text + piece->length, wanted - piece->length);
    if (count < 0)
      return fail(lines, errno, err);
    lines->at_end = count == 0;
    lines->bytes += (uint64_t)count;
    piece->length += (size_t)count;
    if (!lines->pipe)
      break;
  }
  return 0;
}

int lines_piece(struct lines *lines, struct piece *piece, struct error **err) {
  piece->length = lines->end - lines->start;
  piece->offset = lines->bytes - piece->length;
  piece_room(piece, piece->length + BLOCK);
  memcpy(piece->text, lines->buffer + lines->start, piece->length);
  lines->start = lines->end = 0;
  for (size_t searched = 0;;) {
    const char *lf = memrchr(piece->text + searched, '\n', piece->length - searched);
    if (lf) {
      take_back(lines, piece, (size_t)(lf + 1 - piece->text));
      return 1;
    }
    if (lines->at_end || piece->length > lines->max_line)
      return piece->length > 0;
    searched = piece->length;
    if (fill(lines, piece, err))
      return -1;
  }
}

void piece_free(struct piece *piece) {
  free(piece->text);
  *piece = (struct piece){.text = NULL};
}

uint64_t lines_bytes(const struct lines *lines) {
  return lines->bytes;
}

bool lines_never_wait(const struct lines *lines) {
  return lines->regular;
}

const char *lines_name(const struct lines *lines) {
  return lines->name;
}

void lines_close(struct lines *lines) {
  if (!lines)
    return;
  if (lines->close_fd && lines->fd >= 0)
    close(lines->fd);
  free(lines->buffer);
  free(lines->name);
  free(lines);
}
