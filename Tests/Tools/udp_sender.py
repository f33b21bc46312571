#!/usr/bin/env python3
"""Sends numbered UDP datagrams: udp_sender.py ADDRESS PORT COUNT SIZE PER_SECOND

A COUNT of 0 sends until it is told to end. Each datagram begins with its number, 4 bytes, big-endian.
A PER_SECOND of 0 does not pause. Prints 'ready' before the first datagram."""

import socket
import struct
import sys
import time

address, port, count, size, rate = sys.argv[1], *map(int, sys.argv[2:])
family = socket.AF_INET6 if ":" in address else socket.AF_INET
sender = socket.socket(family, socket.SOCK_DGRAM)
print("ready", flush=True)
padding = bytes(size - 4)
number = 0
start = time.monotonic()
while number < count or count == 0:
    sender.sendto(struct.pack("!I", number) + padding, (address, port))
    number += 1
    if rate and number % 20 == 0:
        ahead = number / rate - (time.monotonic() - start)
        if ahead > 0:
            time.sleep(ahead)
