#!/usr/bin/env python3
"""A TAP device that receives one frame that no packet socket can have: tap_frames.py NAME COUNT PORT

Makes NAME, takes it up and prints 'ready'. On SIGUSR1 it lets COUNT UDP datagrams to PORT come in, then one that is to
be cut into IP fragments (virtio_net_hdr with gso_type UDP: the kernel cannot describe it to a packet socket with
PACKET_VNET_HDR), then COUNT more, and prints 'sent'. The payload is 0xff, so that lengths read from it lead far."""

import fcntl
import os
import signal
import struct
import subprocess
import sys

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x0002, 0x1000, 0x4000

name, count, port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
tap = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
subprocess.run(["ip", "link", "set", name, "up"], check=True)


def frame(size):
    ethernet = bytes.fromhex("020000000001020000000002") + b"\x08\x00"
    total = 28 + size
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, total, 0, 0, 64, 17, 0, b"\xc0\x00\x02\x02", b"\xc0\x00\x02\x01")
    words = sum(struct.unpack("!10H", header))
    words = (words & 0xFFFF) + (words >> 16)
    header = header[:10] + struct.pack("!H", ~((words & 0xFFFF) + (words >> 16)) & 0xFFFF) + header[12:]
    return ethernet + header + struct.pack("!HHHH", 9, port, 8 + size, 0) + b"\xff" * size


# struct virtio_net_hdr: flags, gso_type, hdr_len, gso_size, csum_start, csum_offset.
plain = struct.pack("=BBHHHH", 0, 0, 0, 0, 0, 0)
fragments = struct.pack("=BBHHHH", 1, 3, 42, 1400, 34, 6)
print("ready", flush=True)
signal.sigwait([signal.SIGUSR1])
for _ in range(count):
    os.write(tap, plain + frame(1000))
os.write(tap, fragments + frame(4000))
for _ in range(count):
    os.write(tap, plain + frame(1000))
print("sent", flush=True)
signal.pause()
