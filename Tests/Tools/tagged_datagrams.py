#!/usr/bin/env python3
"""Puts tagged UDP datagrams on an interface: tagged_datagrams.py INTERFACE TO_MAC FROM_MAC PORT COUNT SIZE

COUNT datagrams of SIZE bytes each with an 802.1Q tag and with two tags (802.1ad outside), over IPv4 and over IPv6.
Each begins with its number (4 bytes, big-endian); the rest repeats the number's lowest byte."""

import socket
import struct
import sys

UDP = 17
TAGS = {
    "802.1Q": struct.pack("!HH", 0x8100, 0x602A),
    "QinQ": struct.pack("!HHHH", 0x88A8, 0x2064, 0x8100, 0xA0C8),
}
SOURCE, DESTINATION = ("192.0.2.9", "2001:db8:1::9"), ("192.0.2.10", "2001:db8:1::10")


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packet(family, port, payload):
    version = 0 if family == socket.AF_INET else 1
    addresses = b"".join(socket.inet_pton(family, end[version]) for end in (SOURCE, DESTINATION))
    length = 8 + len(payload)
    pseudo_header = addresses + struct.pack("!II", length, UDP)
    udp = struct.pack("!HHHH", 5000, port, length, 0) + payload
    udp = udp[:6] + struct.pack("!H", checksum(pseudo_header + udp) or 0xFFFF) + udp[8:]
    if version == 1:
        return struct.pack("!HIHBB", 0x86DD, 0x60000000, length, UDP, 64) + addresses + udp
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, number, 0, 64, UDP, 0) + addresses
    return struct.pack("!H", 0x0800) + ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + udp


name, *ends = sys.argv[1:4]
port, count, size = map(int, sys.argv[4:])
ethernet = b"".join(bytes.fromhex(end.replace(":", "")) for end in ends)
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as interface:
    interface.bind((name, 0))
    for number in range(count):
        payload = struct.pack("!I", number) + bytes([number & 255]) * (size - 4)
        for tag in TAGS.values():
            for family in (socket.AF_INET, socket.AF_INET6):
                interface.send(ethernet + tag + packet(family, port, payload))
