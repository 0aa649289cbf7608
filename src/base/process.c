#include <config.h>

#include "base/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "base/strbuf.h"
#include "base/text.h"
#include "base/xalloc.h"

extern char **environ;

/* How often to look whether the program has ended, milliseconds: what it started may live on and
   hold its pipes open, so their end alone does not tell. */
#define TICK_MS 20

/* Where nothing says which files are open (no /proc), these are looked at. */
#define FILES_MAX 65536

/* Bytes that are read at a time. */
#define READ_SIZE 4096

struct run {
  const char *program; /* argv[0] */
  const struct process_options *options;
  struct process_result *result;
  pid_t pid;
  int in, out;     /* our ends; -1: none, or closed */
  size_t fed;      /* of the input */
  size_t capacity; /* of result->output, with its NUL */
};

static void close_end(int *fd) {
  if (*fd >= 0)
    close(*fd);
  *fd = -1;
}

static int refuse(const struct run *run, struct error **err, const char *why) {
  cleanup(cleanup_free) char *name = text_sanitized(run->program);
  return error_set(err, STATUS_LOCAL, "%s: %s", name, why);
}

/* ---- start ---- */

/* A pipe; neither end is a standard file, so that they can be put in those places in any order. */
static int make_pipe(int ends[2]) {
  if (pipe(ends) < 0) {
    ends[0] = ends[1] = -1;
    return -1;
  }
  int result = 0;
  for (int i = 0; i < 2; i++) {
    int moved = fcntl(ends[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    close(ends[i]);
    ends[i] = moved;
    if (moved < 0)
      result = -1;
  }
  return result;
}

static void keep_from_programs(int fd) {
  int flags = fcntl(fd, F_GETFD);
  if (flags >= 0 && !(flags & FD_CLOEXEC))
    (void)fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
}

/* Marks all that is open, but the standard files, as not for programs that we start: also what a
   library opened, or who started us left open. */
static void keep_files_from_programs(void) {
  DIR *folder = opendir("/proc/self/fd");
  for (int fd = STDERR_FILENO + 1; !folder && fd < FILES_MAX; fd++)
    keep_from_programs(fd);
  for (const struct dirent *entry; folder && (entry = readdir(folder));) {
    int fd = (int)strtol(entry->d_name, NULL, 10);
    if (fd > STDERR_FILENO)
      keep_from_programs(fd);
  }
  if (folder)
    closedir(folder);
}

/* Starts ARGV in a session of its own, its standard files being IN (-1: nothing to read), OUT and
   nothing. Returns an errno. */
static int spawn(const char *const *argv, const sigset_t *mask, int in, int out, pid_t *pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int code = posix_spawn_file_actions_init(&actions);
  if (code)
    return code;
  code = posix_spawnattr_init(&attributes);
  if (code) {
    posix_spawn_file_actions_destroy(&actions);
    return code;
  }
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE); /* which we ignore, and it would inherit that */
  sigaddset(&defaults, SIGXFSZ);
  if (!code && in < 0)
    code = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (!code && in >= 0)
    code = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  if (!code)
    code = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  if (!code)
    code = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  if (!code)
    code = posix_spawnattr_setsigdefault(&attributes, &defaults);
  if (!code)
    code = posix_spawnattr_setsigmask(&attributes, mask);
  /* A session, not only a group: in a group in the background it would be stopped for good when
     it asks something at the terminal. So it has no terminal, and fails at once. */
  if (!code)
    code = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                                                     POSIX_SPAWN_SETSID);
  if (!code) {
    keep_files_from_programs();
    /* The prototype is older than const; neither the array nor the words are written to. */
    union {
      const char *const *in;
      char *const *out;
    } words = {.in = argv};
    cleanup(cleanup_free) char **environment = environment_for_helper(environ);
    code = posix_spawnp(pid, argv[0], &actions, &attributes, words.out, environment);
  }
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return code;
}

static int start(struct run *run, const char *const *argv, const sigset_t *mask,
                 struct error **err) {
  int in[2] = {-1, -1}, out[2] = {-1, -1};
  int code = 0;
  if ((run->options->input && make_pipe(in) < 0) || make_pipe(out) < 0)
    code = errno;
  if (!code)
    code = spawn(argv, mask, in[0], out[1], &run->pid);
  close_end(&in[0]);
  close_end(&out[1]);
  run->in = in[1];
  run->out = out[0];
  const int ours[] = {run->in, run->out};
  for (size_t i = 0; !code && i < sizeof ours / sizeof *ours; i++)
    if (ours[i] >= 0 && fcntl(ours[i], F_SETFL, O_NONBLOCK) < 0)
      code = errno;
  if (code == ENOENT && !strchr(run->program, '/'))
    return refuse(run, err, "no such program in PATH");
  return code ? refuse(run, err, strerror(code)) : 0;
}

/* ---- while it runs ---- */

static void feed(struct run *run) {
  const char *rest = run->options->input + run->fed;
  size_t length = strlen(rest);
  ssize_t written = length ? write(run->in, rest, length) : 0;
  if (written > 0)
    run->fed += (size_t)written;
  /* A program that does not want all of it is no failure. */
  if ((size_t)(written > 0 ? written : 0) == length ||
      (written < 0 && errno != EAGAIN && errno != EINTR))
    close_end(&run->in);
}

static void make_room(struct run *run, size_t length) {
  struct process_result *result = run->result;
  if (result->length + length + 1 <= run->capacity)
    return;
  /* Not realloc(), which may leave a copy of secrets behind. */
  size_t wanted = 2 * (result->length + length + 1);
  char *larger = xmalloc(wanted);
  memcpy(larger, result->output, result->length);
  OPENSSL_cleanse(result->output, run->capacity);
  free(result->output);
  result->output = larger;
  run->capacity = wanted;
}

/* Reads once, and closes at the end: a program that never stops writing must not keep us from the
   clock. poll(2) said that there is something, and nobody else reads. */
static int drain(struct run *run, struct error **err) {
  struct process_result *result = run->result;
  make_room(run, READ_SIZE);
  ssize_t length = read(run->out, result->output + result->length, READ_SIZE);
  if (length <= 0)
    close_end(&run->out);
  else
    result->length += (size_t)length;
  result->output[result->length] = '\0';
  if (result->length <= run->options->max_output)
    return 0;
  cleanup(cleanup_free) char *why =
      xasprintf("printed more than %zu bytes", run->options->max_output);
  return refuse(run, err, why);
}

static int64_t clock_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool has_ended(const struct run *run) {
  /* Left a zombie, so that its process group is still its own when it must be ended. */
  siginfo_t info = {.si_pid = 0};
  return waitid(P_PID, (id_t)run->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

static int follow(struct run *run, struct error **err) {
  int64_t deadline = clock_ms() + (int64_t)run->options->timeout * 1000;
  for (;;) {
    bool ended = has_ended(run); /* asked first: what it wrote before is then drained below */
    struct pollfd fds[] = {
        {.fd = run->in, .events = POLLOUT},
        {.fd = run->out, .events = POLLIN},
        {.fd = run->options->stop_fd > 0 ? run->options->stop_fd : -1, .events = POLLIN}};
    int ready = poll(fds, sizeof fds / sizeof *fds, ended ? 0 : TICK_MS);
    if (ready < 0 && errno != EINTR)
      return refuse(run, err, strerror(errno));
    if (ready > 0 && fds[0].revents)
      feed(run);
    if (ready > 0 && fds[1].revents && drain(run, err) < 0)
      return -1;
    /* It has a session of its own, so that a signal from the terminal did not reach it. */
    if (ready > 0 && fds[2].revents)
      return refuse(run, err, "interrupted");
    if (ended && ready == 0)
      return 0;
    if (clock_ms() >= deadline) {
      cleanup(cleanup_free) char *why =
          xasprintf("did not end within %ld seconds", run->options->timeout);
      return refuse(run, err, why);
    }
  }
}

int process_run(const char *const *argv, const struct process_options *options,
                struct process_result *result, struct error **err) {
  *result = (struct process_result)PROCESS_RESULT;
  struct run run = {.program = argv[0],
                    .options = options,
                    .result = result,
                    .in = -1,
                    .out = -1,
                    .capacity = READ_SIZE + 1};
  result->output = xcalloc(1, run.capacity);

  /* A program that ends without reading its input must not end us. */
  sigset_t pipe_signal, mask, pending;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  sigpending(&pending);
  sigprocmask(SIG_BLOCK, &pipe_signal, &mask);

  int outcome = start(&run, argv, &mask, err);
  if (run.pid > 0) {
    if (outcome == 0)
      outcome = follow(&run, err);
    if (outcome < 0)
      (void)kill(-run.pid, SIGKILL);
    int status = 0;
    while (waitpid(run.pid, &status, 0) < 0 && errno == EINTR)
      ;
    result->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  close_end(&run.in);
  close_end(&run.out);
  if (!sigismember(&pending, SIGPIPE))
    while (sigtimedwait(&pipe_signal, NULL, &(struct timespec){.tv_sec = 0}) < 0 && errno == EINTR)
      ;
  sigprocmask(SIG_SETMASK, &mask, NULL);

  if (outcome < 0)
    process_result_clear(result);
  return outcome;
}

void process_result_clear(struct process_result *result) {
  if (result->output)
    OPENSSL_cleanse(result->output, result->length);
  free(result->output);
  *result = (struct process_result)PROCESS_RESULT;
}

/* ---- words ---- */

static void wipe_word(struct strbuf *word) {
  if (word->data)
    OPENSSL_cleanse(word->data, word->capacity);
  strbuf_free(word);
}

/* Takes the word at *AT into WORD and moves *AT behind it. 0, or -1 with *err. */
static int take_word(const char **at, struct strbuf *word, struct error **err) {
  char quote = '\0';
  const char *c = *at;
  for (; *c && (quote || !strchr(" \t\r\n", *c)); c++) {
    if (quote == '\0' && (*c == '\'' || *c == '"')) {
      quote = *c;
      continue;
    }
    if (quote && *c == quote) {
      quote = '\0';
      continue;
    }
    /* In double quotes a backslash counts only before what it could take the meaning from. */
    if (*c == '\\' && quote != '\'' && (quote == '\0' || (c[1] && strchr("\"\\", c[1])))) {
      if (!c[1])
        return error_set(err, STATUS_LOCAL, "ends with a backslash");
      c++;
    }
    (void)strbuf_putc(word, *c);
  }
  *at = c;
  return quote ? error_set(err, STATUS_LOCAL, "a quote (%c) is not closed", quote) : 0;
}

char **process_words(const char *command, struct error **err) {
  char **words = NULL;
  size_t count = 0, capacity = 0;
  size_t most = strlen(command) + 1;
  for (const char *at = command;;) {
    at += strspn(at, " \t\r\n");
    if (!*at)
      break;
    struct strbuf word = STRBUF(most);
    int result = take_word(&at, &word, err);
    if (result == 0) {
      words = xgrow(words, count + 1, &capacity, sizeof *words);
      words[count++] = xstrdup(strbuf_str(&word));
      words[count] = NULL;
    }
    wipe_word(&word);
    if (result < 0) {
      process_words_free(words);
      return NULL;
    }
  }
  if (!count)
    (void)error_set(err, STATUS_LOCAL, "names no program");
  return words;
}

void process_words_free(char **words) {
  if (!words)
    return;
  for (char **word = words; *word; word++) {
    OPENSSL_cleanse(*word, strlen(*word));
    free(*word);
  }
  free(words);
}
