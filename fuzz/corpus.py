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


def write(target, name, data):
    folder = here / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def main():
    by_kind = {}
    for number, (name, link, frame) in enumerate(variants()):
        write("wire", name, wire(link, frame))
        # Policies in turn: MTU 1500, one or two collectors.
        policy = struct.pack("!BHBB", number % 16, 1500, 1 + number % 2 + 8 * (number % 4 // 2), 0)
        write("encapsulation", name, policy + capture(link, frame, number))
        if link == 0:
            by_kind.setdefault(name.rsplit("-", 1)[0], []).append(frame[:KEPT])
    write("encapsulation", "tunnel-open-checksums", tunnel())
    for number, (name, frames) in enumerate(by_kind.items()):
        datagrams = b"".join(
            struct.pack("!BHB3xI", 0, 8 + len(frame), 8, (number + index) << 8) + frame
            for index, frame in enumerate(frames))
        write("collector", name, bytes([0]) + datagrams)


main()
