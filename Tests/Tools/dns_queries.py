#!/usr/bin/env python3
"""Asks a DNS server for A, AAAA and TXT records: dns_queries.py ADDRESS PORT COUNT

Ends with an error when one question stays without its response."""

import socket
import struct
import sys

KINDS = (1, 28, 16)
RECURSION_DESIRED = 0x0100

address, (port, count) = sys.argv[1], map(int, sys.argv[2:])
family = socket.AF_INET6 if ":" in address else socket.AF_INET
with socket.socket(family, socket.SOCK_DGRAM) as client:
    client.settimeout(5)
    client.connect((address, port))
    for number in range(count):
        labels = (f"host{number}", "example", "com")
        name = b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"
        question = name + struct.pack("!HH", KINDS[number % len(KINDS)], 1)
        client.send(struct.pack("!6H", number, RECURSION_DESIRED, 1, 0, 0, 0) + question)
        response = client.recv(4096)
        if response[:2] != struct.pack("!H", number) or question not in response:
            sys.exit(f"question {number} got {response.hex()}")
