/* kill-at FILE MOMENT SIGNAL one|first|all COMMAND...: sends SIGNAL at a moment of COMMAND's work.

   A moment is a system call of COMMAND, or of a process that it started, with which it reads,
   writes, waits, creates, renames, removes, starts something, or ends (what only asks for memory or
   the like is none). They are counted from 1, and the one at MOMENT is made after the signal, if
   the process lives on. `one` is the process that makes it, `first` is COMMAND, `all` are COMMAND
   and all that it started. Then what is left runs to its end. FILE gets how many moments there
   were, and what the one was: "57 rename"; "57 -" when there were fewer than MOMENT.

   The exit status is COMMAND's, 128 and the signal's number when one ended it, and 99 when nothing
   could be done. Counting calls, and not time, makes a moment the same one again. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAILED = 99, PROCESSES_MAX = 4096, SIGNALLED = 128 };

struct run {
  unsigned long moment, moments;
  int number;
  enum { ONE, FIRST, ALL } whom;
  const char *name; /* of the moment's call */
  pid_t first;
  int status;
  size_t count;
  pid_t processes[PROCESSES_MAX];
};

static _Noreturn void fail(const char *what) {
  perror(what);
  _exit(FAILED);
}

static bool creates(uint64_t flags) {
  return flags & (O_CREAT | O_TRUNC);
}

#define CALL(name)                                                                                 \
  { SYS_##name, #name }

/* The name of a call that is a moment, NULL for others. */
static const char *name_of(const struct __ptrace_syscall_info *info) {
  static const struct {
    long number;
    const char *name;
  } calls[] = {
      CALL(write),    CALL(writev),    CALL(pwrite64),        CALL(ftruncate),
      CALL(fsync),    CALL(renameat2), CALL(unlinkat),        CALL(mkdirat),
      CALL(sendto),   CALL(sendmsg),   CALL(exit_group),      CALL(read),
      CALL(close),    CALL(recvfrom),  CALL(ppoll),           CALL(clone),
      CALL(wait4),    CALL(connect),   CALL(copy_file_range),
#ifdef SYS_renameat
      CALL(renameat),
#endif
#ifdef SYS_rename
      CALL(rename),   CALL(unlink),    CALL(mkdir),           CALL(poll),
      CALL(vfork),
#endif
  };
  long number = (long)info->entry.nr;
  if (number == SYS_openat && creates(info->entry.args[2]))
    return "create";
#ifdef SYS_open
  if (number == SYS_open && creates(info->entry.args[1]))
    return "create";
#endif
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
    if (calls[i].number == number)
      return calls[i].name;
  return NULL;
}

static pid_t start(char **command) {
  pid_t child = fork();
  if (child == 0) {
    /* What runs in the background of a shell ignores these, and so would COMMAND. */
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGQUIT, SIG_DFL);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 && raise(SIGSTOP) == 0)
      execvp(command[0], command);
    fail(command[0]);
  }
  int status;
  if (child < 0 || waitpid(child, &status, 0) != child)
    fail("kill-at: fork");
  if (!WIFSTOPPED(status))
    _exit(FAILED);
  const unsigned long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                                PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
  if (ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)options))
    fail("kill-at: ptrace");
  return child;
}

static void forget(struct run *run, pid_t pid) {
  for (size_t i = 0; i < run->count; i++)
    if (run->processes[i] == pid)
      run->processes[i--] = run->processes[--run->count];
}

static void remember(struct run *run, pid_t pid) {
  forget(run, pid);
  if (run->count == PROCESSES_MAX)
    fail("kill-at: too many processes");
  run->processes[run->count++] = pid;
}

/* PID is about to make a call. */
static void see_call(struct run *run, pid_t pid) {
  struct __ptrace_syscall_info info;
  if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof info, &info) <= 0 ||
      info.op != PTRACE_SYSCALL_INFO_ENTRY)
    return;
  const char *name = name_of(&info);
  if (!name || ++run->moments != run->moment)
    return;
  run->name = name;
  if (run->whom != ALL)
    kill(run->whom == ONE ? pid : run->first, run->number);
  for (size_t i = 0; run->whom == ALL && i < run->count; i++)
    kill(run->processes[i], run->number);
}

/* The signal that PID, which stopped so, goes on with. */
static int see_stop(struct run *run, pid_t pid, int status) {
  int number = WSTOPSIG(status);
  if (number == (SIGTRAP | 0x80)) {
    see_call(run, pid);
    return 0;
  }
  if (number != SIGTRAP) {
    /* A new process stops once of itself; nobody here stops for other reasons. */
    return number == SIGSTOP ? 0 : number;
  }
  unsigned long other;
  int event = status >> 16;
  if ((event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK) &&
      ptrace(PTRACE_GETEVENTMSG, pid, NULL, &other) == 0)
    remember(run, (pid_t)other);
  return 0;
}

static void follow(struct run *run) {
  ptrace(PTRACE_SYSCALL, run->first, NULL, NULL);
  for (;;) {
    int status;
    pid_t pid = waitpid(-1, &status, __WALL);
    if (pid < 0 && errno == EINTR)
      continue;
    if (pid < 0)
      return;
    if (WIFSTOPPED(status)) {
      int number = see_stop(run, pid, status);
      /* One that was just being started ends with the others. */
      if (run->whom == ALL && run->number == SIGKILL && run->moments >= run->moment && run->moment)
        kill(pid, SIGKILL);
      /* It may have been killed meanwhile. */
      if (ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)number) && errno != ESRCH)
        fail("kill-at: ptrace");
      continue;
    }
    forget(run, pid);
    if (pid == run->first)
      run->status = WIFSIGNALED(status) ? SIGNALLED + WTERMSIG(status) : WEXITSTATUS(status);
  }
}

int main(int argc, char **argv) {
  static const char *const names[] = {"INT", "TERM", "KILL", "HUP"};
  static const int numbers[] = {SIGINT, SIGTERM, SIGKILL, SIGHUP};
  struct run run = {.name = "-", .status = FAILED};
  for (size_t i = 0; argc > 3 && i < sizeof numbers / sizeof *numbers; i++)
    if (strcmp(argv[3], names[i]) == 0)
      run.number = numbers[i];
  if (argc < 6 || !run.number) {
    fputs("Usage: kill-at FILE MOMENT INT|TERM|KILL|HUP one|first|all COMMAND...\n", stderr);
    return FAILED;
  }
  run.moment = strtoul(argv[2], NULL, 10);
  run.whom = strcmp(argv[4], "all") == 0 ? ALL : strcmp(argv[4], "first") == 0 ? FIRST : ONE;
  FILE *file = fopen(argv[1], "we");
  if (!file)
    fail(argv[1]);
  run.first = start(argv + 5);
  remember(&run, run.first);
  follow(&run);
  if (fprintf(file, "%lu %s\n", run.moments, run.name) < 0 || fclose(file))
    fail(argv[1]);
  return run.status;
}
