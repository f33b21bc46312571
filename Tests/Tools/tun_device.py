#!/usr/bin/env python3
"""A tun device (raw IP, no packet information) and a far end behind it.

tun_device.py NAME COUNTER_FILE IPV4/PREFIX IPV6/PREFIX: makes the device, gives it the addresses and answers
every packet with the same packet, source and destination exchanged (which leaves all checksums right)."""

import fcntl
import os
import socket
import struct
import subprocess
import sys

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000

name, counter_file, ipv4, ipv6 = sys.argv[1:]
device = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
for command in (
    ["address", "add", ipv4, "dev", name],
    ["address", "add", ipv6, "dev", name, "nodad"],
    ["link", "set", name, "up"],
):
    subprocess.run(["ip"] + command, check=True)
print("ready", flush=True)
answered = 0
while True:
    packet = os.read(device, 65536)
    at, size = (12, 4) if packet[0] >> 4 == 4 else (8, 16)
    source, destination = packet[at : at + size], packet[at + size : at + 2 * size]
    os.write(device, packet[:at] + destination + source + packet[at + 2 * size :])
    # What the system says by itself (neighbours, groups, errors) is answered, but not counted.
    if packet[9 if packet[0] >> 4 == 4 else 6] != socket.IPPROTO_UDP:
        continue
    answered += 1
    with open(counter_file, "w") as file:
        file.write(str(answered))
