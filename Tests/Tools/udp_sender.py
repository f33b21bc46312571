#!/usr/bin/env python3
"""Sends numbered UDP datagrams: udp_sender.py ADDRESS PORT COUNT SIZE PER_SECOND [BATCH [FLOWS [SOURCE_PORT]]]

Each datagram begins with its number (4 bytes, big-endian); the rest repeats the number's lowest byte. A COUNT of 0
sends until it is told to end, a PER_SECOND of 0 does not pause. With a BATCH above 1, that many leave in one
super-datagram (UDP_SEGMENT). FLOWS sockets take turns, the first of them from SOURCE_PORT on. Prints 'ready' before the first datagram."""

import socket
import struct
import sys
import time

UDP_SEGMENT = 103

address, (port, count, size, rate) = sys.argv[1], map(int, sys.argv[2:6])
batch, flows, source = [int(argument) for argument in sys.argv[6:]] + [1, 1, 0][len(sys.argv) - 6 :]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
senders = [socket.socket(family, socket.SOCK_DGRAM) for _ in range(flows)]
for number, sender in enumerate(senders):
    if source:
        sender.bind(("", source + number))
    if batch > 1:
        sender.setsockopt(socket.SOL_UDP, UDP_SEGMENT, size)
print("ready", flush=True)
number = 0
turn = 0
start = time.monotonic()
while number < count or count == 0:
    last = number + batch if count == 0 else min(number + batch, count)
    data = b"".join(struct.pack("!I", n) + bytes([n & 255]) * (size - 4) for n in range(number, last))
    senders[turn % flows].sendto(data, (address, port))
    number = last
    turn += 1
    if rate and turn % 20 == 0:
        ahead = number / rate - (time.monotonic() - start)
        if ahead > 0:
            time.sleep(ahead)
