"""The kinds of frames that golden captures and fuzz corpora are made of, built by scapy."""

import struct

from scapy.all import (
    ARP, GRE, ICMP, IP, TCP, UDP, Dot1AD, Dot1Q, Ether, ICMPv6EchoRequest, ICMPv6PacketTooBig, IPerror,
    IPOption_RR, IPOption_Router_Alert, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting, Jumbo, PadN, Raw, UDPerror)
from scapy.layers.sctp import SCTP, SCTPChunkData
from scapy.layers.vxlan import VXLAN

MAC = dict(dst="02:00:00:00:00:02", src="02:00:00:00:00:01")
V4 = dict(src="192.0.2.1", dst="198.51.100.2", ttl=63, tos=2)
V6 = dict(src="2001:db8::1", dst="2001:db8:1::2", hlim=63, tc=2, fl=0x12345)
# ACK alone; PSH and FIN must stay on the last segment, CWR on the first.
STREAM = dict(sport=40000, dport=80, seq=0xFFFFF000, ack=77, window=502, flags="PA")


def text(count):
    """Bytes that differ from place to place and still compress."""
    return b"".join(b"%07d\n" % line for line in range(count // 8 + 1))[:count]


def ether(packet, **fields):
    return Ether(**MAC, **fields) / packet


def v4(upper, **fields):
    return IP(**{**V4, "id": 0xFFFE, "flags": "DF", **fields}) / upper


def v6(*upper, **fields):
    packet = IPv6(**{**V6, **fields})
    for layer in upper:
        packet /= layer
    return packet


def tcp(count, **fields):
    return TCP(**{**STREAM, **fields}) / Raw(text(count)) if count else TCP(**{**STREAM, **fields})


def sctp(count, **fields):
    """A DATA chunk; the card was to compute the CRC, for which the field is left at zero."""
    return SCTP(sport=5000, dport=2905, tag=7, **{"chksum": 0, **fields}) / SCTPChunkData(tsn=1, data=text(count))


def padded(packet, trailer):
    """The packet's frame with bytes behind what the IP length says."""
    return Raw(bytes(ether(packet)) + trailer)


def padding(count):
    return PadN(optdata=bytes(count))


TIMESTAMPS = [("NOP", None), ("NOP", None), ("Timestamp", (123456, 654321))]
SACK = [("NOP", None), ("NOP", None), ("SAck", (1000, 2000, 3000, 4000))]
MD5 = [(19, bytes(range(16))), ("EOL", None)]
FAST_OPEN = [("MSS", 1460), ("TFO", (0x01020304, 0x05060708)), ("NOP", None), ("WScale", 7)]


def kinds():
    """Name of the kind -> its frames, as captured."""
    udp = UDP(sport=5000, dport=5001)
    inner = v4(udp / Raw(text(200)), id=5)
    found = {
        "vlan": [ether(Dot1Q(vlan=42, prio=3) / v4(tcp(count)), type=0x8100) for count in (100, 1600)],
        "qinq": [
            ether(Dot1AD(vlan=7) / Dot1Q(vlan=42) / v4(tcp(count)), type=0x88A8) for count in (100, 1600)
        ] + [ether(Dot1AD(vlan=7) / Dot1Q(vlan=42) / v6(tcp(1600)), type=0x88A8)],
        "ipv6-extensions": [
            ether(v6(IPv6ExtHdrHopByHop(options=[padding(4)]), tcp(1600))),
            ether(v6(IPv6ExtHdrDestOpt(options=[padding(12)]), tcp(1600))),
            ether(v6(IPv6ExtHdrHopByHop(options=[padding(4)]), IPv6ExtHdrDestOpt(options=[padding(4)]),
                     udp / Raw(text(1600)))),
            ether(v6(IPv6ExtHdrDestOpt(options=[padding(4)]),
                     IPv6ExtHdrRouting(type=0, segleft=0, addresses=["2001:db8::7"]), udp / Raw(text(1600)))),
            ether(v6(IPv6ExtHdrFragment(id=9, m=0, offset=0), tcp(1000))),
            ether(v6(IPv6ExtHdrFragment(id=9, m=1, offset=10, nh=17), Raw(text(2000)))),
        ],
        "ip-options": [
            ether(v4(tcp(1600), options=[IPOption_Router_Alert()])),
            ether(v4(udp / Raw(text(1600)), flags=0, options=[IPOption_Router_Alert()])),
            ether(v4(udp / Raw(text(1600)), flags=0,
                     options=[IPOption_RR(routers=["192.0.2.7", "0.0.0.0"]), IPOption_Router_Alert()])),
        ],
        "tcp-options": [
            ether(v4(tcp(1600, options=TIMESTAMPS))), ether(v4(tcp(1600, options=TIMESTAMPS + SACK))),
            ether(v4(tcp(1600, options=MD5))), ether(v6(tcp(1600, options=TIMESTAMPS))),
            ether(v4(tcp(0, flags="S", options=FAST_OPEN))), ether(v4(tcp(1200, flags="S", options=FAST_OPEN))),
        ],
        "ip-in-ip": [
            ether(v4(v4(tcp(100)), proto=4)), ether(v4(v4(tcp(1600), id=9), proto=4, flags=0)),
            ether(v4(v6(tcp(1600)), proto=41)), ether(v6(v4(tcp(1600), id=9))),
        ],
        "gre": [
            ether(v4(GRE(proto=0x0800, key_present=1, key=7) / inner)),
            ether(v4(GRE(proto=0x0800) / v4(tcp(1600), id=9), id=0x4321)),
        ],
        "vxlan": [
            ether(v4(UDP(sport=50000, dport=4789) / VXLAN(vni=9, flags=8) / ether(v4(tcp(100))))),
            ether(v4(UDP(sport=50000, dport=4789) / VXLAN(vni=9, flags=8) / ether(v4(tcp(1600), id=9)), id=0x4321)),
        ],
        "icmp": [
            ether(v4(ICMP(type=3, code=4, nexthopmtu=1400) / IPerror(bytes(inner)[:20]) / UDPerror(bytes(inner)[20:28]))),
            ether(v4(ICMP(type=8, id=3, seq=4) / Raw(text(3000)), flags=0)),
            ether(v4(ICMP(type=8, id=3, seq=5) / Raw(text(1600)), id=0x8001)),
            ether(v6(ICMPv6PacketTooBig(mtu=1280) / Raw(bytes(v6(tcp(600)))))),
            ether(v6(ICMPv6EchoRequest(id=3, seq=4, data=text(1400)))),
        ],
        "arp": [
            ether(ARP(op=1, psrc="192.0.2.1", pdst="192.0.2.2", hwsrc=MAC["src"]), type=0x0806),
            ether(ARP(op=2, psrc="192.0.2.2", pdst="192.0.2.1", hwsrc=MAC["dst"], hwdst=MAC["src"]) / Raw(bytes(18))),
        ],
        "ecn": [ether(v4(tcp(3000, flags="CEPA"))), ether(v6(tcp(1600, flags="CEFPA"))),
                ether(v4(tcp(100, flags="CEPA")))],
        "urgent": [ether(v4(tcp(3000, flags="UPA", urgptr=1500))), ether(v6(tcp(1600, flags="UPA", urgptr=5)))],
        "zero-length": [ether(v4(tcp(0, flags="A"))), ether(v6(tcp(0, flags="FA"))), ether(v4(UDP(sport=1, dport=2)))],
        "padding": [
            padded(v4(tcp(0, flags="A")), bytes(6)), padded(v6(tcp(0, flags="A")), b"\x55" * 30),
            padded(v4(tcp(1600)), b"\x55" * 4), padded(v6(tcp(1600)), b"\x55" * 4),
            padded(v4(udp / Raw(text(1600)), flags=0), b"\x55" * 4),
        ],
        "jumbo": [ether(v4(tcp(8961))), ether(v6(udp / Raw(text(4500))))],
        "big-tcp-ipv4": [ether(big_v4(65600))],
        "big-tcp-ipv6": [ether(big_v6(65600))],
        "open-checksums": [ether(opened(v4(tcp(300)))), ether(opened(v6(tcp(300)))), ether(opened(v4(tcp(1600)))),
                           ether(opened(v4(udp / Raw(text(1600)), flags=0))), ether(opened(v6(udp / Raw(text(300))))),
                           ether(v4(sctp(300))), ether(v4(sctp(1600), flags=0)), ether(v6(sctp(300)))],
    }
    return {name: [bytes(frame) for frame in frames] for name, frames in found.items()}


def big_v4(count):
    """As the kernel hands it out: total length 0."""
    return v4(TCP(**STREAM, chksum=0x1234) / Raw(text(count)), len=0)


def big_v6(count):
    """As the kernel hands it out: payload length 0, and a jumbo payload option behind the IPv6 header."""
    return v6(IPv6ExtHdrHopByHop(nh=6, options=[Jumbo(jumboplen=8 + 20 + count)], autopad=0),
              TCP(**STREAM, chksum=0x1234) / Raw(text(count)), plen=0, nh=0)


def opened(packet):
    """The packet with its checksum left to the card: the folded pseudo-header sum."""
    upper = packet.payload
    raw = bytes(upper)
    if isinstance(packet, IP):
        pseudo = bytes(packet)[12:20] + struct.pack("!HH", packet.proto or upper.overload_fields[IP]["proto"], len(raw))
    else:
        pseudo = bytes(packet)[8:40] + struct.pack("!II", len(raw), upper.overload_fields[IPv6]["nh"])
    total = sum(struct.unpack(f"!{len(pseudo) // 2}H", pseudo))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    upper.chksum = total
    return packet
