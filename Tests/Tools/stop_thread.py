"""Stops one thread of a process, and no other, until its own end: stop_thread.py PROCESS-ID THREAD-NAME."""
import ctypes
import os
import signal
import sys

PTRACE_SEIZE, PTRACE_INTERRUPT = 0x4206, 0x4207  # linux/ptrace.h


def ptrace(request, thread):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_ulong, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    if libc.ptrace(request, thread, None, None) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")


folder = f"/proc/{sys.argv[1]}/task"
names = {int(thread): open(f"{folder}/{thread}/comm").read().strip() for thread in os.listdir(folder)}
[thread] = [thread for thread, name in names.items() if name == sys.argv[2]]
ptrace(PTRACE_SEIZE, thread)
ptrace(PTRACE_INTERRUPT, thread)
os.waitpid(thread, 0x40000000)  # __WALL in linux/wait.h
print("ready", flush=True)
signal.sigwait([signal.SIGTERM])
# The thread goes on when its tracer ends.
