#!/usr/bin/env python3
"""Runs a program where neither Landlock nor filters of system calls can be had: without_sandbox.py PROGRAM [ARGUMENT...]

A filter lets landlock_create_ruleset(2) and seccomp(2) fail with ENOSYS, as a kernel without them does. Needs root."""

import ctypes
import errno
import os
import platform
import struct
import sys

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, FAIL = 0x7FFF0000, 0x00050000 | errno.ENOSYS
CREATE_RULESET, SECCOMP = 444, {"x86_64": 317, "aarch64": 277}[platform.machine()]


def instruction(code, value, true=0, false=0):
    return struct.pack("=HBBI", code, true, false, value)


program = (
    instruction(LOAD, 0)
    + instruction(EQUAL, CREATE_RULESET, 1)
    + instruction(EQUAL, SECCOMP, 0, 1)
    + instruction(RETURN, FAIL)
    + instruction(RETURN, ALLOW)
)
memory = ctypes.create_string_buffer(program, len(program))
filter_of_calls = struct.pack("@HP", len(program) // 8, ctypes.addressof(memory))
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.c_char_p(filter_of_calls), 0, 0) != 0:
    sys.exit(f"without_sandbox.py: {os.strerror(ctypes.get_errno())}")
os.execv(sys.argv[1], sys.argv[1:])
