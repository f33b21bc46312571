#!/usr/bin/env python3
"""A small HTTP/1.1 server of one folder: http_server.py FOLDER ADDRESS PORT; '::' listens on IPv4 as well."""

import functools
import http.server
import socket
import sys


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def __init__(self, address, handler):
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, handler)


folder, address, port = sys.argv[1:]
with Server((address, int(port)), functools.partial(Handler, directory=folder)) as server:
    print("ready", flush=True)
    server.serve_forever()
