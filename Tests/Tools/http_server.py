#!/usr/bin/env python3
"""A small HTTP/1.1 server of one folder: http_server.py FOLDER ADDRESS PORT [BYTES_PER_SECOND]

The address '::' listens on IPv4 as well. TCP paces what it sends at the given rate, in frames of about a
millisecond each, so still far larger than the MTU."""

import functools
import http.server
import socket
import sys


SO_MAX_PACING_RATE = 47


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def __init__(self, address, handler):
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, handler)


folder, address, port, *rate = sys.argv[1:]
with Server((address, int(port)), functools.partial(Handler, directory=folder)) as server:
    if rate:
        # Accepted connections inherit it.
        server.socket.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, int(rate[0]))
    print("ready", flush=True)
    server.serve_forever()
