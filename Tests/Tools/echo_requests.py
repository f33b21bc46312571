#!/usr/bin/env python3
"""Sends ICMP echo requests and waits for each reply: echo_requests.py IPV4_ADDRESS COUNT SIZE"""

import socket
import struct
import sys

address, (count, size) = sys.argv[1], map(int, sys.argv[2:])


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as icmp:
    icmp.settimeout(5)
    for number in range(count):
        payload = bytes(index & 255 for index in range(number, number + size // 2 * 2))
        message = struct.pack("!BBHHH", 8, 0, 0, 4711, number) + payload
        message = message[:2] + struct.pack("!H", checksum(message)) + message[4:]
        icmp.sendto(message, (address, 0))
        while True:
            reply = icmp.recv(65536)[20:]
            if reply[0] == 0 and reply[8:] == payload:
                break
