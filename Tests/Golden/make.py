#!/usr/bin/env python3
"""Writes the golden captures: KIND.pcap is what is captured, KIND.expected.pcap what must be sent at MTU 1500.

scapy takes the frames apart and builds the expected ones with its own lengths and checksums; nothing here is the
product's. Run by hand when a kind changes (scapy from PyPI, a virtual environment outside the repository):
    python3 Tests/Golden/make.py

Where the product may choose (the identification of IPv6 fragments, and of IPv4 fragments whose packet had none that
means anything) the expected frames say 0xEEEEEEEE or 0xEEEE. The expected frames of BIG TCP end behind the TCP header; their payload is the end of the captured frame.
"""

import pathlib
import sys

from scapy.all import (
    IP, TCP, Ether, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, Padding,
    PcapWriter, Raw, UDP, fragment)
from scapy.layers.sctp import SCTP

sys.dont_write_bytecode = True
here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here))
from kinds import kinds  # noqa: E402

# MTU 1500 less the outer IPv4, UDP and VXLAN headers.
LIMIT = 1500 - 20 - 8 - 8
ANY_IDENTIFICATION = 0xEEEEEEEE
EXTENSIONS = (IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, IPv6ExtHdrDestOpt)


def expected(frame, is_open=False):
    """The inner frames that must be sent for one captured frame."""
    packet = Ether(frame)
    ip = next((packet[layer] for layer in packet.layers() if layer in (IP, IPv6)), None)
    if ip is None or len(frame) <= LIMIT and not is_open:
        return [frame]
    link = frame[: len(frame) - len(ip.original)]
    ip = type(ip)(frame[len(link):])
    if len(frame) <= LIMIT:
        return [link + finished(ip)]
    room = LIMIT - len(link)
    if upper_layer(ip) is TCP:
        pieces = segments(ip, room)
    elif isinstance(ip, IP):
        pieces = fragments4(ip, room, is_open)
    else:
        pieces = fragments6(ip, room)
    return [link + piece for piece in pieces]


def upper_layer(ip):
    """What follows the IP header and the extension headers."""
    layer = ip.payload
    while isinstance(layer, EXTENSIONS):
        layer = layer.payload
    return type(layer)


def finished(ip):
    """The packet with its checksums computed."""
    copy = ip.copy()
    for layer in (TCP, UDP, SCTP):
        if layer in copy:
            del copy[layer].chksum
    return bytes(copy)


def segments(ip, room):
    tcp = ip[TCP]
    payload = bytes(tcp.payload.load)
    head = ip.copy()
    head[TCP].remove_payload()
    if isinstance(ip, IP):
        del head.len, head.chksum
    else:
        del head.plen
        if ip.plen == 0:
            # A jumbogram's option has no place in the segments.
            head = IPv6(src=ip.src, dst=ip.dst, hlim=ip.hlim, tc=ip.tc, fl=ip.fl) / head[TCP]
    del head[TCP].chksum
    size = room - len(bytes(head))
    starts = range(0, len(payload), size)
    for number, start in enumerate(starts):
        piece = head.copy()
        if isinstance(ip, IP):
            piece.id = (ip.id + number) % 0x10000
        piece[TCP].seq = (tcp.seq + start) % 0x100000000
        flags = str(tcp.flags)
        if number > 0:
            flags = flags.replace("C", "")
        if start != starts[-1]:
            flags = flags.replace("P", "").replace("F", "")
        # The urgent pointer counts from the segment's own sequence number (RFC 9293 section 3.1).
        if "U" in flags and start > 0:
            piece[TCP].urgptr = max(0, tcp.urgptr - start)
            if tcp.urgptr <= start:
                flags = flags.replace("U", "")
        piece[TCP].flags = flags
        yield bytes(piece / Raw(payload[start:start + size]))


def fragments4(ip, room, is_open):
    whole = IP(finished(ip)) if is_open else ip.copy()
    if Padding in whole:
        whole = IP(bytes(whole)[: whole.len])
    header = whole.ihl * 4
    # Under DF, and where it is 0, an identification means nothing (RFC 6864 section 4.1).
    if whole.frag == 0 and not whole.flags.MF and (whole.flags.DF or whole.id == 0):
        whole.id = ANY_IDENTIFICATION & 0xFFFF
    whole.flags = str(whole.flags).replace("DF", "")
    for number, piece in enumerate(fragment(whole, (room - header) & ~7)):
        if number > 0:
            piece.options = [option for option in piece.options if option.copy_flag]
        del piece.ihl, piece.len, piece.chksum
        yield bytes(piece)


def fragments6(ip, room):
    # Destination options belong to every fragment only in front of a routing header (RFC 8200 section 4.5).
    raw = bytes(ip)[: 40 + ip.plen]
    kept, at, layer = 40, 40, ip.payload
    while isinstance(layer, EXTENSIONS):
        at += len(layer) - len(layer.payload)
        if not isinstance(layer, IPv6ExtHdrDestOpt):
            kept = at
        layer = layer.payload
    head = IPv6(raw[:kept])
    last = head.lastlayer() if kept > 40 else head
    own = IPv6ExtHdrFragment in ip
    mark = IPv6ExtHdrFragment(raw[kept:]) if own else None
    payload = raw[kept + 8:] if own else raw[kept:]
    following = mark.nh if own else last.nh
    base, more, identification = (mark.offset, mark.m, mark.id) if own else (0, 0, ANY_IDENTIFICATION)
    last.nh = 44
    del head.plen
    size = (room - kept - 8) & ~7
    for start in range(0, len(payload), size):
        is_last = start + size >= len(payload)
        mark = IPv6ExtHdrFragment(nh=following, offset=base + start // 8, m=more if is_last else 1, id=identification)
        yield bytes(head.copy() / mark / Raw(payload[start:start + size]))


def write(name, frames, snap=0x40000):
    with PcapWriter(str(here / name), linktype=1, snaplen=0x40000) as file:
        file.write_header(None)
        for frame in frames:
            file.write_packet(frame[:snap], sec=0, usec=0, wirelen=len(frame))


def main():
    for name, frames in kinds().items():
        write(f"{name}.pcap", frames)
        found = [piece for frame in frames for piece in expected(frame, name == "open-checksums")]
        snap = {"big-tcp-ipv4": 14 + 20 + 20, "big-tcp-ipv6": 14 + 40 + 20}.get(name, 0x40000)
        write(f"{name}.expected.pcap", found, snap)


main()
