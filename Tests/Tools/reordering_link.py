#!/usr/bin/env python3
"""A link that delivers out of order: reordering_link.py NAME NAMESPACE_FILE

Makes a TAP device NAME here and one in the other network namespace, takes both up, prints 'ready', and carries frames
between them. One frame of eight is held back until one to ten more of its direction have passed, or for five milliseconds;
nothing is lost. What the devices cut and sum is done when a capture sees it: they have no offloads."""

import ctypes
import fcntl
import os
import random
import select
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
CLONE_NEWNET = 0x40000000

name, other = sys.argv[1:]


def device():
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    subprocess.run(["ip", "link", "set", name, "txqueuelen", "10000", "up"], check=True)
    return tap


class Direction:
    def __init__(self, source, target):
        self.source, self.target = source, target
        self.held = []  # [frames to let pass, when to send at the latest, frame]

    def release(self, now):
        for entry in [entry for entry in self.held if entry[0] <= 0 or entry[1] <= now]:
            self.held.remove(entry)
            os.write(self.target, entry[2])

    def carry(self, now):
        try:
            frame = os.read(self.source, 65536)
        except BlockingIOError:
            return False
        if random.randrange(8) == 0:
            self.held.append([random.randint(1, 10), now + 0.005, frame])
            return True
        os.write(self.target, frame)
        for entry in self.held:
            entry[0] -= 1
        return True


near = device()
with open(other) as namespace:
    if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET):
        sys.exit(os.strerror(ctypes.get_errno()))
far = device()
directions = [Direction(near, far), Direction(far, near)]
print("ready", flush=True)
while True:
    select.select([near, far], [], [], 0.002)
    for direction in directions:
        for _ in range(64):
            now = time.monotonic()
            is_more = direction.carry(now)
            direction.release(now)
            if not is_more:
                break
