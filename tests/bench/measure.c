/* measure FILE COMMAND...: what COMMAND costs.

   Appends one line to FILE: seconds by the clock, seconds of user and of system time, and the
   kibibytes of the largest process; of COMMAND and of all its descendants that were waited for, so
   that a pipeline in `sh -c` counts as a whole. Ends as COMMAND did. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FAILED = 125 };

static _Noreturn void fail(const char *what) {
  perror(what);
  _exit(FAILED);
}

static double seconds(struct timeval time) {
  return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fputs("Usage: measure FILE COMMAND...\n", stderr);
    return FAILED;
  }
  FILE *file = fopen(argv[1], "ae"); /* before fork: a child of any size would be counted */
  if (!file)
    fail(argv[1]);
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  pid_t child = fork();
  if (child == 0) {
    execvp(argv[2], argv + 2);
    fail(argv[2]);
  }
  int status;
  struct rusage usage;
  if (child < 0 || wait4(child, &status, 0, &usage) < 0)
    fail("measure");
  clock_gettime(CLOCK_MONOTONIC, &end);
  double wall = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
  if (fprintf(file, "%.6f\t%.6f\t%.6f\t%ld\n", wall, seconds(usage.ru_utime),
              seconds(usage.ru_stime), usage.ru_maxrss) < 0 ||
      fclose(file))
    fail(argv[1]);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
