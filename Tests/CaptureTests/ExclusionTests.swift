import TestSupport
import Testing

@testable import Capture

/// The filter that the kernel runs, on frames made byte by byte.
@Suite struct ExclusionTests {
  static let ports: [ClosedRange<UInt16>] = [50_000...50_003, 61_000...61_000]
  private let collectors: [(String, UInt16)] = [
    ("10.9.9.9", 4789), ("2001:db8::9", 4790), ("10.9.9.8", 5000), ("::ffff:10.9.9.7", 4789),
  ]
  static let tags: [[(UInt16, UInt16)]] = [
    [], [(0x8100, 7)], [(0x88A8, 7)], [(0x9100, 0)], [(0x88A8, 7), (0x8100, 9)], [(0x8100, 1), (0x8100, 2)],
    [(0x9100, 1), (0x9100, 2)],
  ]

  /// Compiled without a live capture, so that the user's tags are looked for in the frame and no permission is needed.
  private func program(_ filter: String = "", includesMetadata: Bool = false) throws -> BPFProgram {
    let plan = plan(filter, collectors: collectors, sourcePorts: Self.ports, includesMetadata: includesMetadata)
    return ExclusionProgram.program(
      plan.exclusions, .ethernet, before: try PcapHandle.dead(linkType: LinkTypes.ethernet).compile(filter))
  }

  private func datagram(
    _ destination: String, _ port: UInt16, from source: UInt16 = 50_000, options: [UInt8] = [], flags: UInt16 = 0x4000
  ) -> [UInt8] {
    let addresses = Addresses("10.0.0.1", destination)
    let payload = udpDatagram(addresses, from: source, to: port, [8, 0, 0, 0, 0, 0, 1, 0])
    return ipv4(addresses, 17, flags: flags, options: options, payload)
  }

  private func datagram6(_ destination: UInt8, _ port: UInt16, from source: UInt16 = 50_000) -> [UInt8] {
    let addresses = Addresses(v6Address(1), v6Address(destination))
    return ipv6(addresses, 17, udpDatagram(addresses, from: source, to: port, [8, 0, 0, 0, 0, 0, 1, 0]))
  }

  /// An ICMP error of `type` that quotes `packet`.
  private func icmp(_ type: UInt8, quoting packet: [UInt8]) -> [UInt8] {
    ipv4(Addresses("10.9.9.9", "10.0.0.1"), 1, [type, 3, 0, 0, 0, 0, 0, 0] + packet)
  }

  private func icmpv6(_ type: UInt8, quoting packet: [UInt8]) -> [UInt8] {
    ipv6(Addresses(v6Address(9), v6Address(1)), 58, [type, 4, 0, 0, 0, 0, 0, 0] + packet)
  }

  /// `packet` in Ethernet under each combination of tags.
  private func frames(_ packet: [UInt8]) -> [[UInt8]] {
    Self.tags.map { ethernet(packet[0] >> 4 == 6 ? 0x86DD : 0x0800, tags: $0, packet) }
  }

  @Test(arguments: ["", "udp", "udp or tcp or icmp or icmp6 or vlan", "not vlan or vlan", "len > 0"])
  func ownTrafficIsNeverTaken(filter: String) throws {
    let program = try program(filter)
    // Under whatever address it leaves: a NAT, an overlay, a name with a new address.
    let own = [
      datagram("10.9.9.9", 4789), datagram("127.0.0.1", 9), datagram("192.0.2.77", 53, from: 50_003),
      datagram("10.9.9.8", 5000, from: 61_000), datagram("192.0.2.77", 53, options: [1, 1, 1, 1]),
      datagram("192.0.2.77", 53, options: [UInt8](repeating: 1, count: 40)), datagram("192.0.2.77", 1, flags: 0x2000),
      datagram6(9, 4790), datagram6(77, 53),
    ]
    for frame in own.flatMap(frames) {
      #expect(!program.on(.outgoing).takes(frame) && !program.on(.loopback).takes(frame), "\(frame)")
    }
    // The answers to them, whichever way they go.
    var answers = own.dropLast(2).flatMap { packet in [3, 4, 5, 11, 12].map { icmp($0, quoting: packet) } }
    answers += own.suffix(2).flatMap { packet in (1...4).map { icmpv6($0, quoting: packet) } }
    // What is quoted may be cut short.
    answers.append(icmp(3, quoting: Array(own[0].prefix(28))))
    for frame in answers.flatMap(frames) {
      #expect(!program.on(Beside()).takes(frame) && !program.on(.outgoing).takes(frame), "\(frame)")
    }
    // Back by a bridge in this namespace: from our ports to a collector.
    for packet in [own[0], own[3], own[7], datagram("10.9.9.7", 4789, options: [1, 1, 1, 1])] {
      for frame in frames(packet) { #expect(!program.on(Beside()).takes(frame)) }
    }
  }

  @Test func everythingElseIsTaken() throws {
    let program = try program()
    // From such ports of other hosts, and to other ports and addresses than the collectors'.
    let foreign = [
      datagram("10.9.9.9", 4788), datagram("10.9.9.9", 5000), datagram("10.9.9.8", 4789), datagram("10.9.9.6", 4789),
      datagram("10.0.0.1", 443), datagram6(9, 4789), datagram6(8, 4790),
    ]
    for frame in foreign.flatMap(frames) { #expect(program.on(Beside()).takes(frame)) }
    let others = [
      datagram("10.9.9.9", 4789, from: 49_999), datagram("10.9.9.9", 4789, from: 50_004),
      datagram("10.9.9.9", 4789, from: 60_999), datagram("10.9.9.9", 50_000, from: 4789),
      datagram6(9, 4790, from: 61_001),
      // A later fragment has no ports; TCP has others.
      datagram("10.9.9.9", 4789, flags: 0x2001), ipv4(6, TCPBuilder().segment(.v4, [1])),
      icmp(8, quoting: datagram("10.9.9.9", 4789)), icmp(0, quoting: datagram("10.9.9.9", 4789)),
      icmp(6, quoting: datagram("10.9.9.9", 4789)), icmp(13, quoting: datagram("10.9.9.9", 4789)),
      icmp(3, quoting: datagram("10.9.9.9", 4789, from: 49_999)),
      icmp(3, quoting: datagram("10.9.9.9", 4789, flags: 0x2001)), icmp(3, quoting: ipv4(6, [0xC3, 0x50, 0, 0])),
      icmpv6(1, quoting: datagram6(9, 4790, from: 49_999)), icmpv6(5, quoting: datagram6(9, 4790)),
      icmpv6(0, quoting: datagram6(9, 4790)), icmpv6(128, quoting: datagram6(9, 4790)),
      icmp(3, quoting: []), icmpv6(1, quoting: []), ipv4(1, []), ipv6(58, []), ipv4(17, []), ipv6(17, []),
    ]
    for (index, packet) in others.enumerated() {
      for frame in frames(packet) { #expect(program.on(.outgoing).takes(frame), "number \(index)") }
    }
    for frame in [ethernet(0x0806, [UInt8](repeating: 1, count: 28)), ethernet(0x88CC, [1, 2, 3])] {
      #expect(program.on(.outgoing).takes(frame))
    }
  }

  static let endpoints = ["169.254.169.254", "169.254.170.2", "169.254.170.23"]

  @Test(arguments: endpoints) func metadataEndpointsAreNotTaken(endpoint: String) throws {
    let usual = try program().on(Beside())
    let all = try program(includesMetadata: true).on(Beside())
    for addresses in [Addresses("10.0.0.1", endpoint), Addresses(endpoint, "10.0.0.1")] {
      let packets = [
        ipv4(addresses, 6, TCPBuilder().segment(addresses, [1])), ipv4(addresses, 1, [8, 0, 0, 0]),
        ipv4(addresses, 6, flags: 0x0010, [1, 2, 3, 4]), ipv4(addresses, 99, []),
      ]
      for frame in packets.flatMap(frames) { #expect(!usual.takes(frame) && all.takes(frame)) }
    }
    let neighbour = Addresses("10.0.0.1", "169.254.169.253")
    #expect(usual.takes(ethernet(ipv4(neighbour, 6, TCPBuilder().segment(neighbour, [1])))))
    // Who has the address is no secret.
    let question =
      hex("0001 0800 0604 0001 020000000001 0a000001 000000000000") + Addresses("0.0.0.0", endpoint).destination
    #expect(usual.takes(ethernet(0x0806, question)))
  }

  @Test(arguments: ["fd000ec2000000000000000000000254", "fd000ec2000000000000000000000023"])
  func metadataEndpointsOfIPv6(endpoint: String) throws {
    let usual = try program().on(Beside())
    let all = try program(includesMetadata: true).on(Beside())
    let addresses = Addresses(v6Address(1), hex(endpoint))
    for direction in [addresses, addresses.reversed] {
      let whole = ipv6(direction, 6, TCPBuilder().segment(direction, [1]))
      let fragment = ipv6(direction, 44, fragmentHeader(next: 6, offset: 9, more: false, identification: 7) + [1])
      for frame in frames(whole) + frames(fragment) { #expect(!usual.takes(frame) && all.takes(frame)) }
    }
    let neighbour = Addresses(v6Address(1), hex("fd000ec2000000000000000000000253"))
    #expect(usual.takes(ethernet(ipv6(neighbour, 6, TCPBuilder().segment(neighbour, [1])))))
  }

  /// Where ECS redirects 169.254.170.2 to on its own host.
  @Test func redirectedCredentials() throws {
    let usual = try program().on(.loopback)
    let all = try program(includesMetadata: true).on(.loopback)
    var request = TCPBuilder()
    request.destinationPort = 51_679
    var answer = TCPBuilder()
    answer.sourcePort = 51_679
    let loopback6 = [UInt8](repeating: 0, count: 15) + [1]
    for addresses in [
      Addresses("127.0.0.1", "127.0.0.1"), Addresses("10.0.0.1", "127.0.0.1"), Addresses("127.0.1.1", "10.0.0.1"),
    ] {
      for header in [request, answer] {
        for frame in frames(ipv4(addresses, 6, options: [1, 1, 1, 1], header.segment(addresses, [1]))) {
          #expect(!usual.takes(frame) && all.takes(frame))
        }
      }
      #expect(usual.takes(ethernet(ipv4(addresses, 6, TCPBuilder().segment(addresses, [1])))))
    }
    for addresses in [Addresses(loopback6, loopback6), Addresses(v6Address(1), loopback6)] {
      for direction in [addresses, addresses.reversed] {
        for frame in frames(ipv6(direction, 6, request.segment(direction, [1]))) {
          #expect(!usual.takes(frame) && all.takes(frame))
        }
      }
    }
    #expect(usual.takes(ethernet(ipv4(6, request.segment(.v4, [1])))))
    #expect(usual.takes(ethernet(ipv6(6, request.segment(.v6, [1])))))
  }

  /// `vlan` moves what follows it in an expression four bytes on; the exclusions are no part of it.
  @Test func theUsersVLANDoesNotShiftExclusions() throws {
    let program = try program("udp or vlan 7").on(.outgoing)
    let request = ipv4(6, TCPBuilder().segment(.v4, [1]))
    #expect(program.takes(ethernet(0x0800, tags: [(0x8100, 7)], request)))
    #expect(!program.takes(ethernet(0x0800, tags: [(0x8100, 8)], request)))
    #expect(!program.takes(ethernet(request)))
    for frame in frames(datagram("10.9.9.9", 4789)) { #expect(!program.takes(frame)) }
  }

  @Test(arguments: ["tcp) or (udp", "tcp)", "(tcp", "tcp and", "tcp or or udp", "port 70000", "host nosuch.invalid."])
  func aFilterIsCompiledByItself(filter: String) {
    do {
      try plan(filter, collectors: collectors).validateFilter()
      Issue.record("\(filter) was taken")
    } catch CaptureError.filter(let expression, let message) {
      #expect(expression == filter)
      #expect(!message.isEmpty)
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test(arguments: ["", "  ", "tcp", "tcp port 80 or (udp and not port 53)", "vlan", "ether host 02:00:00:00:00:01"])
  func goodFilters(filter: String) throws {
    try plan(filter).validateFilter()
    _ = try program(filter)
  }

  @Test func nothingExcludedAndNothingAskedFor() throws {
    let program = try FilterCompiler.compile(plan(includesMetadata: true)).ethernet
    #expect(program.instructions.count == 1)
    #expect(program.takes(ethernet(0x88CC, [])) && program.takes([1]))
  }

  /// Every port of twenty ranges, and no other.
  @Test func manyRanges() throws {
    let bounds = (0..<20).map { UInt16(49_200 + $0 * 640) }
    let ranges = bounds.shuffled().map { $0...($0 + 63) } + [49_210...49_300, 49_301...49_301, 65_535...65_535]
    let program = ExclusionProgram.program(
      plan(sourcePorts: ranges).exclusions, .ethernet, before: BPFProgram(instructions: [.keep(9)])
    ).on(.outgoing)
    var frame = ethernet(datagram("10.9.9.9", 4789))
    for port in 0...UInt16.max {
      frame.put(bigEndian(port), at: 34)
      if program.takes(frame) == ranges.contains(where: { $0.contains(port) }) { Issue.record("port \(port)") }
    }
  }
}
