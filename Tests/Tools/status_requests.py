"""Clients of the status socket that do wrong.

status_requests.py user ID            asks as another user, and prints what comes back
status_requests.py malformed COUNT    sends requests that are none, from a printed seed, and reads whatever comes
status_requests.py endless COUNT      begins so many requests and ends none; `ready`, then waits to be killed
"""
import os
import random
import signal
import socket
import sys

PREFIX = "@packet-forwarder-status/"


def name():
    names = {line.split()[7] for line in open("/proc/net/unix") if len(line.split()) > 7}
    [found] = [name for name in names if name.startswith(PREFIX)]
    return "\0" + found[1:]


def connect(name):
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # With a time limit it would not wait for room.
    connection.connect(name)
    connection.settimeout(20)
    return connection


def answer(connection, request):
    text = b""
    try:
        connection.sendall(request)
        while part := connection.recv(1 << 16):
            text += part
    except (BrokenPipeError, ConnectionResetError):
        pass
    return text


def malformed(count):
    seed = random.randrange(1 << 32)
    print("seed", seed, flush=True)
    generator = random.Random(seed)
    address = name()
    for number in range(count):
        kind = number % 4
        if kind == 0:
            request = generator.randbytes(generator.randrange(1, 4_000)).replace(b"health", b"")
        elif kind == 1:
            request = b"health\nhealth\n"
        elif kind == 2:
            request = b"x" * 100_000
        else:
            request = b"json flow\n"
        with connect(address) as connection:
            # Some hang up without reading.
            if number % 7 == 0:
                connection.settimeout(0)
                try:
                    connection.send(request)
                except BlockingIOError:
                    pass
            elif text := answer(connection, request):
                sys.exit(f"request {request[:50]!r} got {text[:100]!r}")


what, number = sys.argv[1], int(sys.argv[2])
if what == "user":
    address = name()
    os.setgroups([])
    os.setresgid(number, number, number)
    os.setresuid(number, number, number)
    for request in (b"health\n", b"screen\n", b"json flows\n"):
        with connect(address) as connection:
            print(repr(answer(connection, request)), flush=True)
elif what == "malformed":
    malformed(number)
else:
    address = name()
    kept = []
    for _ in range(number):
        connection = connect(address)
        kept.append(connection)
        try:
            connection.send(b"heal")
        except BrokenPipeError:
            pass
    print("ready", flush=True)
    signal.pause()
