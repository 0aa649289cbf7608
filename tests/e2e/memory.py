"""memory.py DUMP COMMAND...: runs COMMAND and, when it is about to end, copies all of its memory
that was written to into the file DUMP. Exits with COMMAND's status, or 99 when it could not. $KEEP is
an allocator for COMMAND: keep.c."""

import ctypes
import os
import signal
import sys

TRACEME, CONT, SETOPTIONS = 0, 7, 0x4200
OPTION_TRACEEXIT, EVENT_EXIT = 0x40, 6

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def ptrace(request, pid=0, data=None):
    if libc.ptrace(request, pid, None, data) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def copy(maps, memory, dump):
    maps.seek(0)
    with open(dump, "wb") as file:
        for line in maps:
            place, rights = line.split()[:2]
            if "w" in rights and "[v" not in line:
                start, end = (int(number, 16) for number in place.split("-"))
                file.write(os.pread(memory, end - start, start))


def main():
    pid = os.fork()
    if pid == 0:
        ptrace(TRACEME)
        if "KEEP" in os.environ:
            os.environ["LD_PRELOAD"] = os.environ.pop("KEEP")
        os.execvp(sys.argv[2], sys.argv[2:])
    _, status = os.waitpid(pid, 0)
    if not os.WIFSTOPPED(status):
        return 99
    # Now: it shuts its memory off from others later.
    memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    with open(f"/proc/{pid}/maps") as maps:
        ptrace(SETOPTIONS, pid, OPTION_TRACEEXIT)
        number = 0
        while True:
            ptrace(CONT, pid, number)
            _, status = os.waitpid(pid, 0)
            if os.WIFEXITED(status):
                return os.WEXITSTATUS(status)
            if os.WIFSIGNALED(status):
                return 99
            number = os.WSTOPSIG(status)
            if status >> 8 == signal.SIGTRAP | EVENT_EXIT << 8:
                copy(maps, memory, sys.argv[1])
                number = 0


sys.exit(main())
