#!/usr/bin/env python3
"""Writes the seed corpora in fuzz/corpus: the frames of the golden captures in each target's input format.

Run by hand when a format changes (needs scapy from PyPI; a virtual environment outside the repository):
    python3 fuzz/corpus.py
"""

import pathlib
import struct
import sys

sys.dont_write_bytecode = True
here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent / "Tests" / "Golden"))
from kinds import IP, UDP, VXLAN, ether, kinds, opened, tcp, v4  # noqa: E402

# Bytes of a frame that are kept; the target makes the rest.
KEPT = 180
LINKS = ["ethernet", "ethernet-again", "raw", "null", "cooked", "cooked2"]
# What stands in front of the network packet, by EtherType.
HEADERS = {
    "raw": lambda _: b"",
    "null": lambda kind: struct.pack("<I", 2 if kind == 0x0800 else 10),
    "cooked": lambda kind: struct.pack("!HHH8sH", 0, 1, 6, b"\2\0\0\0\0\1\0\0", kind),
    "cooked2": lambda kind: struct.pack("!HHIHBB8s", kind, 0, 3, 1, 4, 6, b"\2\0\0\0\0\1\0\0"),
}


def variants():
    """(name, number of the link layer, frame, offload) of every seed frame."""
    for name, frames in kinds().items():
        for number, frame in enumerate(frames):
            yield f"{name}-{number}", 0, frame
            kind = struct.unpack("!H", frame[12:14])[0]
            if number == 0 and kind in (0x0800, 0x86DD):
                link = list(HEADERS)[len(name) % len(HEADERS)]
                yield f"{name}-{link}", LINKS.index(link), HEADERS[link](kind) + frame[14:]


def cut(frame, unit):
    """What is kept of the frame, and filler of `unit` bytes each in place of the rest."""
    left = max(0, len(frame) - KEPT)
    scale = 1 if left < 0x10000 else unit
    return frame[:KEPT], left // scale, scale > 1


def wire(link, frame):
    kept, filler, scaled = cut(frame, 4)
    # Lengths repaired, gso_size used.
    flags = 1 | (2 if scaled else 0) | 4
    return struct.pack("!BBHHHBH", link, flags, 1200, 1450, 20, 16, filler) + kept


def capture(link, frame, number):
    kept, filler, scaled = cut(frame, 2)
    # In turn: read-only, with headroom; lengths repaired.
    flags = (1 if number % 2 else 2) | (4 if scaled else 0) | 8
    metadata = struct.pack("!BBBBHBB", link, flags, number % 3, number % 3, 1200, 34, 16 if number % 3 < 2 else 6)
    return metadata + struct.pack("!HH", filler, len(kept)) + kept


def tunnel():
    """A super-frame in VXLAN whose inner and outer checksums are both open: no mutation finds two right sums."""
    inner = ether(opened(v4(tcp(40))))
    frame = bytes(ether(opened(v4(UDP(sport=50000, dport=4789) / VXLAN(vni=9, flags=8) / inner))))
    start = len(frame) - len(bytes(inner[IP].payload))
    return struct.pack("!BHBBBBBBHBBHH", 0, 1500, 1, 0, 0, 2, 0, 2, 1200, start, 16, 0, len(frame)) + frame


def slot(frame, status=1, tag=(0, 0), hardware=1, link=14, offload=(0, 0, 0, 0, 0, 0), last=False):
    """A frame as the kernel puts it into a ring (linux/if_packet.h): struct tpacket3_hdr, struct sockaddr_ll, struct
    virtio_net_hdr right in front of the frame. A status without TP_STATUS_USER is a slot that was not filled."""
    mac = 98
    size = (mac + len(frame) + 15) & ~15
    header = struct.pack("=6I2HIIHH8x", 0 if last else size, 1, 2, len(frame), len(frame), status, mac, mac + link, 0,
                         tag[0], tag[1], 0)
    address = struct.pack("=H2siHBB8s", 17, b"\x08\0", 7, hardware, 4, 6, b"\2\0\0\0\0\1\0\0")
    front = header + address
    front += bytes(mac - 10 - len(front)) + struct.pack("=BBHHHH", *offload)
    return (front + frame).ljust(size, b"\0")


def block(slots):
    """struct tpacket_block_desc of version 1, and its slots."""
    body = b"".join(slots)
    return struct.pack("=5IIQ4I", 1, 0, 1, len(slots), 48, 48 + len(body), 9, 1, 2, 3, 4) + body


def rings(by_kind):
    """(name, flags, block): the golden frames, and what only a ring has."""
    for number, (name, frames) in enumerate(by_kind.items()):
        yield name, 4 * (number % 2), block(
            [slot(frame, offload=(1, 1, 54, 1448, 34, 16), last=frame is frames[-1]) for frame in frames])
    frame = by_kind["icmp"][0]
    valid, typed = 0x10, 0x40  # TP_STATUS_VLAN_VALID, TP_STATUS_VLAN_TPID_VALID
    yield "tags", 4, block([slot(frame, status=1 | valid, tag=(42, 0)), slot(frame, status=1 | valid | typed,
                                                                             tag=(7, 0x88A8), last=True)])
    yield "raw", 4, block([slot(frame[14:], hardware=65534, link=0), slot(frame, hardware=778, link=14, last=True)])
    yield "ghost", 4, block([slot(frame), slot(b"\xff" * 64, status=0), slot(frame, last=True)])
    yield "large", 3, block([slot(frame) for _ in range(12)] + [slot(frame, last=True)])


def write(target, name, data):
    folder = here / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def flows():
    """(name, rules and segments) of connections: TLS up to its application data, HTTP with a body beyond the depth."""
    def segment(kind, payload):
        return bytes([kind | 2, len(payload)]) + payload

    def record(kind, body):
        return bytes([kind, 3, 3]) + struct.pack("!H", len(body)) + body

    hello = segment(0, record(22, b"\1\0\0\x20" + bytes(32)))
    answer = segment(1, record(22, b"\2\0\0\x20" + bytes(32)) + record(20, b"\1"))
    data = [segment(side, record(23, bytes(60)) * 2) for side in (0, 1, 0, 1, 1)]
    yield "tls", b"\1" + hello + answer + b"".join(data) + segment(1, record(21, b"\1\0"))
    yield "tls-none", b"\2" + hello + answer + b"".join(data)
    request = segment(0, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    head = segment(1, b"HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n")
    body = segment(1, bytes(100)) * 3
    yield "http", b"\5" + (request + head + body) * 2
    yield "http-chunks", b"\4" + request + segment(1, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                                      b"14\r\n" + bytes(20) + b"\r\n0\r\n\r\n")
    yield "ssh", b"\1" + b"".join(
        segment(side, b"SSH-2.0-a\r\n" + struct.pack("!IBB", 12, 10, 21) + bytes(10) + bytes(50)) for side in (0, 1, 0))


def main():
    for name, data in flows():
        write("flows", name, data)
    by_kind = {}
    for number, (name, link, frame) in enumerate(variants()):
        write("wire", name, wire(link, frame))
        # Policies in turn: MTU 1500, one or two collectors.
        policy = struct.pack("!BHBB", number % 16, 1500, 1 + number % 2 + 8 * (number % 4 // 2), 0)
        write("encapsulation", name, policy + capture(link, frame, number))
        if link == 0:
            by_kind.setdefault(name.rsplit("-", 1)[0], []).append(frame[:KEPT])
    write("encapsulation", "tunnel-open-checksums", tunnel())
    for name, flags, data in rings(by_kind):
        write("ring", name, bytes([flags]) + data)
    for number, (name, frames) in enumerate(by_kind.items()):
        datagrams = b"".join(
            struct.pack("!BHB3xI", 0, 8 + len(frame), 8, (number + index) << 8) + frame
            for index, frame in enumerate(frames))
        write("collector", name, bytes([0]) + datagrams)


main()
