#!/usr/bin/env python3
"""A service manager's ear: notify_listener.py SOCKET. Prints each message as a line, its own line ends as spaces."""

import socket
import sys

listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
print("ready", flush=True)
while True:
    print(listener.recv(4096).decode().replace("\n", " "), flush=True)
