#!/usr/bin/env python3
"""TLS with no protocol inside: a server that sends back what it gets, and its client.

tls_echo.py serve PORT CERTIFICATE KEY       prints 'ready' before the first connection
tls_echo.py send ADDRESS PORT BYTES          ends with an error when not all came back unchanged"""

import os
import socket
import ssl
import sys
import threading


def echo(connection):
    with connection:
        while data := connection.recv(65536):
            connection.sendall(data)


def serve(port, certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
        print("ready", flush=True)
        while True:
            connection = context.wrap_socket(listener.accept()[0], server_side=True)
            threading.Thread(target=echo, args=(connection,), daemon=True).start()


def send(address, port, size):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    data = os.urandom(size)
    returned = b""
    with context.wrap_socket(socket.create_connection((address, port), timeout=10)) as connection:
        # No more at once than the sockets hold: an SSL object is not for two threads, one that sends and one that reads.
        for start in range(0, size, 50_000):
            connection.sendall(data[start:start + 50_000])
            end = min(start + 50_000, size)
            while len(returned) < end and (more := connection.recv(65536)):
                returned += more
    if returned != data:
        sys.exit(f"{size} bytes went out, {len(returned)} came back")


if sys.argv[1] == "serve":
    serve(int(sys.argv[2]), *sys.argv[3:])
else:
    send(sys.argv[2], *map(int, sys.argv[3:]))
