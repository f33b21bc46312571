#!/usr/bin/env python3
"""Binds every UDP port from FIRST to LAST as user USER, and holds them until it is killed: take_ports.py FIRST LAST USER"""

import os
import resource
import signal
import socket
import sys

first, last, user = map(int, sys.argv[1:])
wanted = last - first + 64
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
os.setuid(user)
held = []
for port in range(first, last + 1):
    holder = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    holder.bind(("0.0.0.0", port))
    held.append(holder)
print("ready", flush=True)
signal.pause()
