"""HTTP clients that do wrong.

http_clients.py slow HOST PORT COUNT      begins so many requests and ends none; a byte to each now and then; `ready`, then waits to be killed
http_clients.py junk HOST PORT COUNT      sends what is no request, from a printed seed, and reads whatever comes
http_clients.py idle HOST PORT COUNT      asks, takes nothing, says that it sends no more; `ready`, then waits to be killed
"""
import os
import random
import socket
import sys
import time

what, host, port, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])


def connect():
    connection = socket.create_connection((host, port), timeout=20)
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


def junk():
    seed = random.randrange(1 << 32)
    print("seed", seed, flush=True)
    generator = random.Random(seed)
    huge = b"a" * (1 << 20)
    for number in range(count):
        kind = number % 6
        request, status = [
            (generator.randbytes(generator.randrange(1, 4_000)) + b"\r\n\r\n", None),
            (b"GET /" + huge + b" HTTP/1.1\r\nHost: a\r\n\r\n", b"414"),
            (b"GET /metrics HTTP/1.1\r\nHost: a\r\nX: " + huge + b"\r\n\r\n", b"431"),
            (b"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n" + huge, b"405"),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + generator.randbytes(500) + b"\n\n", None),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"400"),
        ][kind]
        with connect() as connection:
            if number % 7 == 0:
                # Hangs up without reading, and without a good-bye.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                connection.send(request[:1_000])
                continue
            if kind == 0 or kind == 4:
                connection.settimeout(20)
            text = answer(connection, request)
            if status and text[9:12] != status:
                sys.exit(f"request {request[:50]!r} got {text[:100]!r}")
            if b"200 OK" in text:
                sys.exit(f"request {request[:50]!r} got {text[:100]!r}")


if what == "junk":
    junk()
else:
    kept = []
    for number in range(count):
        connection = connect()
        try:
            if what == "slow":
                connection.send(b"GET /metrics HTTP/1.1\r\nHost: a\r\nX-Slow: ")
            else:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
                connection.send(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        kept.append(connection)
    print("ready", flush=True)
    while os.getppid() != 1:
        for connection in kept if what == "slow" else []:
            try:
                connection.send(b"x")
            except OSError:
                pass
        time.sleep(0.2)
