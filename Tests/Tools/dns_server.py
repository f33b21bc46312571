#!/usr/bin/env python3
"""A DNS server that knows an answer to every question: dns_server.py PORT

Over UDP, IPv4 and IPv6. Each response repeats the question (RFC 1035, 4.1) and has one record: for A and AAAA an
address from the documentation ranges, for anything else 200 bytes. Prints 'ready' before the first question."""

import socket
import struct
import sys

A, AAAA = 1, 28
RESPONSE, AUTHORITATIVE = 0x8000, 0x0400
NAME_OF_QUESTION = 0xC00C

with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as server:
    server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    server.bind(("::", int(sys.argv[1])))
    print("ready", flush=True)
    while True:
        query, client = server.recvfrom(4096)
        number, flags, questions = struct.unpack("!HHH", query[:6])
        kind, category = struct.unpack("!HH", query[-4:])
        last = sum(query) & 0xFF
        if kind == A:
            data = socket.inet_pton(socket.AF_INET, f"203.0.113.{last}")
        elif kind == AAAA:
            data = socket.inet_pton(socket.AF_INET6, f"2001:db8:ffff::{last:x}")
        else:
            data = bytes([199]) + bytes([last]) * 199
        header = struct.pack("!6H", number, flags | RESPONSE | AUTHORITATIVE, questions, 1, 0, 0)
        record = struct.pack("!HHHIH", NAME_OF_QUESTION, kind, category, 60, len(data)) + data
        server.sendto(header + query[12:] + record, client)
