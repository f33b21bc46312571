#!/usr/bin/env python3
"""Has another process's thread make a system call: call_inside.py THREAD CALL [ARGUMENT...]

CALL is one of those below; an argument is a number, or a text of which the address is passed. Prints what the call
returned, or `signal N` where the thread gets that signal instead. The thread must be waiting in a system call, and goes on
with it afterwards. Needs CAP_SYS_PTRACE."""

import ctypes
import os
import platform
import signal
import struct
import sys

CONT, ATTACH, DETACH, SYSCALL, POKEDATA, GETREGSET, SETREGSET = 7, 16, 17, 24, 5, 0x4204, 0x4205
NT_PRSTATUS = 1
WALL = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long

# By their numbers on x86-64 and arm64.
CALLS = {
    "execve": (59, 221), "getppid": (110, 173), "kill": (62, 129), "mprotect": (10, 226), "openat": (257, 56),
    "ptrace": (101, 117), "setuid": (105, 146), "socket": (41, 198), "unlinkat": (263, 35), "mkdirat": (258, 34),
}
# Places in the kernel's structure of registers (struct user_regs_struct, struct user_pt_regs).
IS_X86 = platform.machine() == "x86_64"
if IS_X86:
    COUNT, NUMBER, RESULT, ARGUMENTS, COUNTER, STACK = 27, 10, 10, (14, 13, 12, 7, 9, 8), 16, 19
else:
    COUNT, NUMBER, RESULT, ARGUMENTS, COUNTER, STACK = 34, 8, 0, range(6), 32, 31


class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def trace(request, thread, address=0, data=0):
    if libc.ptrace(request, thread, address, data) == -1:
        sys.exit(f"call_inside.py: request {request}: {os.strerror(ctypes.get_errno())}")


def registers(thread, values=None):
    layout = f"={COUNT}Q"
    memory = ctypes.create_string_buffer(struct.pack(layout, *(values or [0] * COUNT)), struct.calcsize(layout))
    vector = Vector(ctypes.addressof(memory), len(memory))
    trace(SETREGSET if values else GETREGSET, thread, NT_PRSTATUS, ctypes.addressof(vector))
    return list(struct.unpack(layout, memory.raw))


def stop(thread):
    """The signal that the thread has stopped by."""
    _, status = os.waitpid(thread, WALL)
    if not os.WIFSTOPPED(status):
        sys.exit("call_inside.py: the thread has ended")
    return os.WSTOPSIG(status)


def passed(thread, stack, text):
    """The address of `text`, which is put there."""
    for offset in range(0, len(text), 8):
        trace(POKEDATA, thread, stack + offset, int.from_bytes(text[offset : offset + 8].ljust(8, b"\0"), "little"))
    return stack


def pending(thread):
    """The signals that it is about to get."""
    for line in open(f"/proc/{thread}/status", encoding="ascii"):
        if line.startswith("SigPnd:"):
            return int(line.split()[1], 16)
    return 0


def waiting(thread):
    """Registers with which the thread makes the call again that it is waiting in."""
    values = registers(thread)
    if IS_X86:
        # arm64 is back at the instruction already when it stops for a signal.
        values[NUMBER], values[15], values[COUNTER] = values[15], 0xFFFFFFFFFFFFFFFF, values[COUNTER] - 2
    return values


thread, number = int(sys.argv[1]), CALLS[sys.argv[2]][0 if IS_X86 else 1]
trace(ATTACH, thread)
while stop(thread) != signal.SIGSTOP:
    trace(CONT, thread)
before = waiting(thread)
call = list(before)
# Far below what the thread uses.
free = (before[STACK] & ~15) - 8192
for position, text in zip(ARGUMENTS, sys.argv[3:]):
    if text.lstrip("-").isdigit():
        call[position] = int(text) & 0xFFFFFFFFFFFFFFFF
    else:
        call[position] = passed(thread, free, text.encode() + b"\0")
        free -= 4096
call[NUMBER] = number
registers(thread, call)
# On the way in and on the way out.
for _ in range(2):
    trace(SYSCALL, thread)
    reason = stop(thread)
    if reason != signal.SIGTRAP:
        sys.exit(f"call_inside.py: stopped by signal {reason}")
if pending(thread) >> (signal.SIGSYS - 1) & 1:
    print(f"signal {int(signal.SIGSYS)}")
else:
    result = registers(thread)[RESULT]
    print(result - (1 << 64) if result >> 63 else result)
registers(thread, before)
trace(DETACH, thread)
