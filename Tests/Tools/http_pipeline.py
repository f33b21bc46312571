#!/usr/bin/env python3
"""HTTP requests that are sent at once, on one connection: http_pipeline.py HOST PORT PATH...

Reads all that is answered, and prints the port that it came from."""

import socket
import sys

host, port, *paths = sys.argv[1:]
requests = [f"GET {path} HTTP/1.1\r\nHost: app.example.com\r\n" for path in paths]
requests[-1] += "Connection: close\r\n"
with socket.create_connection((host, int(port)), timeout=20) as connection:
    connection.sendall("".join(request + "\r\n" for request in requests).encode())
    answer = b""
    while part := connection.recv(1 << 16):
        answer += part
    if answer.count(b"HTTP/1.1 200 OK\r\n") != len(paths):
        sys.exit(f"not all were answered: {answer[:200]!r}")
    print(connection.getsockname()[1])
