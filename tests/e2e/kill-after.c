/* kill-after N COMMAND...: what N bytes of COMMAND's output leave behind when it is then killed.

   Hands on the first N bytes, kills COMMAND (SIGKILL), hands on what was in the pipe by then, and
   ends with status 0: what a reader sees of a producer that died, in a shell without pipefail. The
   pipe is as small as it can be, so that COMMAND is killed in the middle of its work. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PIPE_SIZE = 4096, FAILED = 99 };

static _Noreturn void fail(const char *what) {
  perror(what);
  _exit(FAILED);
}

/* Hands on at most MOST bytes of FROM; how many that were, 0 at the end. */
static size_t hand_on(int from, size_t most) {
  char buffer[PIPE_SIZE];
  ssize_t length = read(from, buffer, most < sizeof buffer ? most : sizeof buffer);
  if (length < 0)
    fail("kill-after: read");
  for (ssize_t done = 0; done < length;) {
    ssize_t count = write(STDOUT_FILENO, buffer + done, (size_t)(length - done));
    if (count < 0 && errno == EPIPE) /* the reader has refused it already */
      return (size_t)length;
    if (count < 0)
      fail("kill-after: write");
    done += count;
  }
  return (size_t)length;
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fputs("Usage: kill-after N COMMAND...\n", stderr);
    return FAILED;
  }
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) || fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE) < 0)
    fail("kill-after: pipe");
  pid_t child = fork();
  if (child == 0) {
    if (dup2(ends[1], STDOUT_FILENO) >= 0)
      execvp(argv[2], argv + 2);
    fail(argv[2]);
  }
  if (child < 0)
    fail("kill-after: fork");
  close(ends[1]);
  signal(SIGPIPE, SIG_IGN);
  for (size_t left = strtoul(argv[1], NULL, 10), got; left > 0; left -= got)
    if ((got = hand_on(ends[0], left)) == 0)
      break;
  kill(child, SIGKILL);
  while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
    continue;
  while (hand_on(ends[0], PIPE_SIZE) > 0)
    continue;
  return EXIT_SUCCESS;
}
