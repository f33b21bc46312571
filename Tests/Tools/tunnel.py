#!/usr/bin/env python3
"""An encrypted tunnel for tests: what leaves by a TUN device goes, scrambled, as UDP to the other end.

tunnel.py DEVICE ADDRESS/PREFIX REMOTE PORT     sends
tunnel.py sink PORT                             takes what comes, and throws it away"""

import fcntl
import os
import socket
import struct
import subprocess
import sys

if sys.argv[1] == "sink":
    drain = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    drain.bind(("0.0.0.0", int(sys.argv[2])))
    print("ready", flush=True)
    while True:
        drain.recv(65536)

device, address, remote, port = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
subprocess.run(["ip", "address", "add", address, "dev", device], check=True)
subprocess.run(["ip", "link", "set", device, "mtu", "1400", "up"], check=True)
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.bind(("0.0.0.0", port))
out.connect((remote, port))
scramble = bytes(value ^ 0x5A for value in range(256))
print("ready", flush=True)
while True:
    packet = os.read(tun, 65536)
    try:
        out.send(packet.translate(scramble))
    except OSError:
        pass  # What does not fit is lost, as in any tunnel.
