import TestSupport
import Testing
import Wire

@testable import Receiver

@Suite struct FrameSummaryTests {
  /// The lines that deploy/README.md shows have the form of ours.
  @Test func theLinesOfThePage() throws {
    let page = try Page("deploy/README.md")
    let shown = try #require(page.blocks.first { $0.text.contains(" vni 1 ") }).text.split(separator: "\n")
    // A SYN from the loopback's address, as it is in the first of them.
    let frame = hex(
      "020000000002 020000000001 0800 4500003c 00010000 4006 0000 7f000001 7f000001 81f4 1f90 00000000 00000000 a0 02 2000 0000 0000"
        + String(repeating: "00", count: 20))
    let ours = summary(frame)
    func form(_ line: String) -> String {
      line.replacing(#/\d+/#, with: "0").replacing(#/TCP \S+/#, with: "TCP")
    }
    for line in shown { #expect(form(String(line)) == form(ours)) }
    #expect(shown.first?.split(separator: " ").dropFirst() == ours.split(separator: " ").dropFirst())
  }

  private static let macs = "020000000002 020000000001"

  private func summary(_ frame: [UInt8], vni: UInt32 = 1) -> String {
    // 2025-01-31 12:34:56.000789 UTC
    FrameSummary.line(
      frame.span.bytes, header: VXLANHeader(vni: vni), timestamp: 1_738_326_896_000_789_123)
  }

  /// Headers as the protocols' RFCs draw them, and the text between the VNI and the length.
  @Test(arguments: [
    (
      "0800 45000028 00010000 4006 0000 0a000001 0a000002 9c40 0050 00000000 00000000 50 02 2000 0000 0000",
      "10.0.0.1:40000 -> 10.0.0.2:80 TCP SYN"
    ),
    (
      "0800 45000028 00010000 4006 0000 0a000001 0a000002 9c40 0050 00000000 00000000 50 00 2000 0000 0000",
      "10.0.0.1:40000 -> 10.0.0.2:80 TCP -"
    ),
    (  // IP options before the segment
      "0800 4600002c 00010000 4006 0000 0a000001 0a000002 01010101 0050 9c40 00000000 00000000 50 d9 2000 0000"
        + "0000", "10.0.0.1:80 -> 10.0.0.2:40000 TCP FIN,PSH,ACK,ECE,CWR"
    ),
    (
      "0800 4500001c 00010000 4011 0000 0a000001 0a000002 14e9 0035 0008 0000",
      "10.0.0.1:5353 -> 10.0.0.2:53 UDP"
    ),
    (  // a later fragment has no ports
      "0800 4500001c 000100b9 4011 0000 0a000001 0a000002 14e9 0035 0008 0000",
      "10.0.0.1 -> 10.0.0.2 UDP fragment at 1480"
    ),
    (  // the UDP header would be in the padding
      "0800 45000014 00010000 4011 0000 0a000001 0a000002 14e9 0035 0008 0000",
      "10.0.0.1 -> 10.0.0.2 malformed UDP"
    ),
    (
      "8100 0064 0800 4500001c 00010000 4001 0000 0a000001 0a000002 0800 0000 0000 0000",
      "vlan 100 10.0.0.1 -> 10.0.0.2 ICMP echo request"
    ),
    (
      "88a8 e00a 8100 0064 0800 4500001c 00010000 4001 0000 0a000001 0a000002 0d01 0000 0000 0000",
      "vlan 10 vlan 100 10.0.0.1 -> 10.0.0.2 ICMP type 13 code 1"
    ),
    (
      "0806 0001 0800 0604 0001 020000000001 0a000001 000000000000 0a000009",
      "10.0.0.1 -> 10.0.0.9 ARP request"
    ),
    (
      "0806 0001 0800 0604 0002 020000000001 0a000001 020000000002 0a000002",
      "10.0.0.1 -> 10.0.0.2 ARP reply 10.0.0.1 is at 02:00:00:00:00:01"
    ),
    (
      "86dd 60000000 0014 06 40 20010db8000000000000000000000001 20010db8000000000000000000000002"
        + "9c40 01bb 00000000 00000000 50 18 2000 0000 0000",
      "[2001:db8::1]:40000 -> [2001:db8::2]:443 TCP PSH,ACK"
    ),
    (  // hop-by-hop options, destination options, then UDP
      "86dd 60000000 0018 00 40 fe800000000000000000000000000001 ff020000000000000000000000000001"
        + "3c00010400000000 1100010400000000 14e9 14e9 0008 0000",
      "[fe80::1]:5353 -> [ff02::1]:5353 UDP"
    ),
    (  // a later fragment of TCP
      "86dd 60000000 0010 2c 40 20010db8000000000000000000000001 20010db8000000000000000000000002"
        + "0600 05a8 00000001 0000000000000000",
      "2001:db8::1 -> 2001:db8::2 TCP fragment at 1448"
    ),
    (
      "86dd 60000000 0008 3a ff fe800000000000000000000000000001 ff0200000000000000000001ff000002"
        + "8700 0000 00000000",
      "fe80::1 -> ff02::1:ff00:2 ICMPv6 neighbor solicitation"
    ),
    ("0800 45000014 00010000 40fd 0000 0a000001 0a000002", "10.0.0.1 -> 10.0.0.2 protocol 253"),
    ("88cc 0207", "02:00:00:00:00:01 -> 02:00:00:00:00:02 ethertype 0x88cc"),
    ("0800 4500", "malformed IPv4"),
    ("0800 44000014 00010000 4006 0000 0a000001 0a000002", "10.0.0.1 -> 10.0.0.2 malformed IPv4"),
    ("0800 45000018 00010000 4006 0000 0a000001 0a000002 00000000", "10.0.0.1 -> 10.0.0.2 malformed TCP"),
    ("86dd 6000", "malformed IPv6"),
    (  // an extension header longer than the packet
      "86dd 60000000 0008 00 40 20010db8000000000000000000000001 20010db8000000000000000000000002"
        + "06ff000000000000",
      "2001:db8::1 -> 2001:db8::2 malformed IPv6 extension"
    ),
    ("0806 0001", "malformed ARP"),
    ("8100 00", "malformed VLAN tag"),
  ])
  func linesAreExact(bytes: String, expected: String) {
    let frame = hex(Self.macs + bytes)
    #expect(summary(frame) == "12:34:56.000789 vni 1 \(expected) \(frame.count) bytes")
  }

  @Test func tooShortForEthernet() {
    #expect(summary([1, 2, 3], vni: 7) == "12:34:56.000789 vni 7 malformed Ethernet 3 bytes")
    #expect(summary([]) == "12:34:56.000789 vni 1 malformed Ethernet 0 bytes")
  }

  /// RFC 5952 section 4: the first of the longest runs is shortened, a single zero group is not.
  @Test(arguments: [
    ("00000000000000000000000000000000", "::"),
    ("00000000000000000000000000000001", "::1"),
    ("20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1"),
    ("20010000000000010000000000000001", "2001:0:0:1::1"),
    ("20010db8000000000001000000000001", "2001:db8::1:0:0:1"),
    ("fe800000000000000000000000000000", "fe80::"),
    ("ABCDef01000a00b000c0d00012341111", "abcd:ef01:a:b0:c0:d000:1234:1111"),
  ])
  func ipv6Text(bytes: String, expected: String) {
    #expect(FrameSummary.ipv6Address(hex(bytes).span.bytes, at: 0) == expected)
  }

  /// No bytes may make it trap: plain garbage, and real headers cut anywhere and with bytes changed.
  @Test func garbageNeverTraps() {
    var generator = SeededGenerator(seed: 21)
    let types: [[UInt8]] = [[8, 0], [0x86, 0xDD], [8, 6], [0x81, 0], [0x88, 0xA8]]
    let protocols: [UInt8] = [0, 1, 6, 17, 43, 44, 51, 58, 60, 132, 135]
    for _ in 0..<100_000 {
      var frame = generator.bytes(Int.random(in: 0...120, using: &generator))
      if frame.count >= 16 {
        frame.replaceSubrange(12..<14, with: types.randomElement(using: &generator)!)
        frame[14] = Bool.random(using: &generator) ? 0x45 : 0x60
      }
      if frame.count >= 24 {
        frame[20] = protocols.randomElement(using: &generator)!
        frame[23] = protocols.randomElement(using: &generator)!
        if Bool.random(using: &generator) { frame[18] = 0 }
      }
      #expect(summary(frame).hasSuffix(" \(frame.count) bytes"))
    }
  }
}
