import TestSupport
import Testing

@testable import Capture

/// The filter that the kernel runs, on frames made byte by byte.
@Suite struct ExclusionTests {
  private let collectors: [(String, UInt16)] = [("10.9.9.9", 4789), ("2001:db8::9", 4790), ("10.9.9.8", 5000)]

  /// Compiled without a live capture, so that tags are looked for in the frame and no permission is needed.
  private func program(_ filter: String = "", includesMetadata: Bool = false) throws -> BPFProgram {
    let plan = plan(filter, collectors: collectors, includesMetadata: includesMetadata)
    return try PcapHandle.dead(linkType: LinkTypes.ethernet).compile(plan.expression)
  }

  private func datagram(_ destination: String, _ port: UInt16, from source: String = "10.0.0.1") -> [UInt8] {
    let addresses = Addresses(source, destination)
    return ipv4(addresses, 17, udpDatagram(addresses, from: 50_000, to: port, [8, 0, 0, 0, 0, 0, 1, 0]))
  }

  private func datagram6(_ destination: UInt8, _ port: UInt16) -> [UInt8] {
    let addresses = Addresses(v6Address(1), v6Address(destination))
    return ipv6(addresses, 17, udpDatagram(addresses, from: 50_000, to: port, [8, 0, 0, 0, 0, 0, 1, 0]))
  }

  /// An ICMP error of `type` that quotes `packet`.
  private func icmp(_ type: UInt8, quoting packet: [UInt8]) -> [UInt8] {
    ipv4(Addresses("10.9.9.9", "10.0.0.1"), 1, [type, 3, 0, 0, 0, 0, 0, 0] + packet)
  }

  private func icmpv6(_ type: UInt8, quoting packet: [UInt8]) -> [UInt8] {
    ipv6(Addresses(v6Address(9), v6Address(1)), 58, [type, 4, 0, 0, 0, 0, 0, 0] + packet)
  }

  @Test(arguments: ["", "udp", "udp or tcp or icmp or icmp6", "udp or vlan", "not vlan", "ip or ip6", "len > 0"])
  func ownTrafficIsNeverTaken(filter: String) throws {
    let program = try program(filter)
    let own = [
      datagram("10.9.9.9", 4789), datagram("10.9.9.9", 4789, from: "10.7.7.7"), datagram("10.9.9.8", 5000),
      datagram6(9, 4790),
    ]
    for packet in own { #expect(!program.takes(ethernet(packet))) }
    // A collector that only sniffs has no socket: its host's answers to them.
    for type: UInt8 in [3, 4, 11, 12] { #expect(!program.takes(ethernet(icmp(type, quoting: own[0])))) }
    for type: UInt8 in 1...4 { #expect(!program.takes(ethernet(icmpv6(type, quoting: own[3])))) }
    // What is quoted may be cut short.
    #expect(!program.takes(ethernet(icmp(3, quoting: Array(own[0].prefix(28))))))
    // The user's part is there and takes what is not ours.
    #expect(program.takes(ethernet(datagram("10.9.9.9", 4788))))
  }

  @Test func everythingElseIsTaken() throws {
    let program = try program()
    let others = [
      datagram("10.9.9.9", 4788), datagram("10.9.9.9", 5000), datagram("10.9.9.8", 4789), datagram("10.9.9.7", 4789),
      // Back from the collector; TCP to its port; fragments, which have no ports.
      datagram("10.0.0.1", 50_000, from: "10.9.9.9"), datagram6(9, 4789), datagram6(8, 4790),
      ipv4(Addresses("10.0.0.1", "10.9.9.9"), 6, TCPHeader().segment(Addresses("10.0.0.1", "10.9.9.9"), [1])),
      icmp(3, quoting: datagram("10.9.9.9", 4788)), icmp(3, quoting: datagram("10.9.9.7", 4789)),
      icmp(8, quoting: datagram("10.9.9.9", 4789)), icmp(0, quoting: datagram("10.9.9.9", 4789)),
      icmpv6(1, quoting: datagram6(9, 4789)), icmpv6(1, quoting: datagram6(8, 4790)),
      icmpv6(128, quoting: datagram6(9, 4790)), icmpv6(129, quoting: datagram6(9, 4790)),
      icmp(3, quoting: []), icmpv6(1, quoting: []), ipv4(1, []), ipv6(58, []),
    ]
    for (index, packet) in others.enumerated() { #expect(program.takes(ethernet(packet)), "number \(index)") }
    #expect(program.takes(ethernet(0x0806, [UInt8](repeating: 1, count: 28))))
    #expect(program.takes(ethernet(0x88CC, [1, 2, 3])))
  }

  static let endpoints = ["169.254.169.254", "169.254.170.2", "169.254.170.23"]

  @Test(arguments: endpoints) func metadataEndpointsAreNotTaken(endpoint: String) throws {
    let usual = try program()
    let all = try program(includesMetadata: true)
    for addresses in [Addresses("10.0.0.1", endpoint), Addresses(endpoint, "10.0.0.1")] {
      let request = ethernet(ipv4(addresses, 6, TCPHeader().segment(addresses, [1])))
      let ping = ethernet(ipv4(addresses, 1, [8, 0, 0, 0]))
      #expect(!usual.takes(request) && !usual.takes(ping))
      #expect(all.takes(request) && all.takes(ping))
    }
    let neighbour = Addresses("10.0.0.1", "169.254.169.253")
    #expect(usual.takes(ethernet(ipv4(neighbour, 6, TCPHeader().segment(neighbour, [1])))))
  }

  @Test(arguments: ["fd000ec2000000000000000000000254", "fd000ec2000000000000000000000023"])
  func metadataEndpointsOfIPv6(endpoint: String) throws {
    let addresses = Addresses(v6Address(1), hex(endpoint))
    for direction in [addresses, addresses.reversed] {
      let frame = ethernet(ipv6(direction, 6, TCPHeader().segment(direction, [1])))
      let isTaken = try program().takes(frame)
      #expect(!isTaken)
      #expect(try program(includesMetadata: true).takes(frame))
    }
  }

  /// `vlan` moves what follows it in an expression four bytes on. The exclusions stand first, so they stay in place.
  @Test func theUsersVLANDoesNotShiftExclusions() throws {
    let program = try program("udp or vlan 7")
    let request = ipv4(6, TCPHeader().segment(.v4, [1]))
    #expect(program.takes(ethernet(0x0800, tags: [(0x8100, 7)], request)))
    #expect(!program.takes(ethernet(0x0800, tags: [(0x8100, 8)], request)))
    #expect(!program.takes(ethernet(request)))
    #expect(!program.takes(ethernet(datagram("10.9.9.9", 4789))))
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

  /// A weaker operator of the user's does not reach the exclusions.
  @Test func theUsersOrStaysInside() throws {
    let program = try program("tcp or udp")
    #expect(!program.takes(ethernet(datagram("10.9.9.9", 4789))))
    #expect(program.takes(ethernet(datagram("10.9.9.9", 53))))
    #expect(!program.takes(ethernet(0x0806, [UInt8](repeating: 1, count: 28))))
  }

  @Test func nothingExcludedAndNothingAskedFor() throws {
    #expect(plan(includesMetadata: true).expression == "")
    let program = try FilterCompiler.compile(plan(includesMetadata: true)).ethernet
    #expect(program.takes(ethernet(0x88CC, [])) && program.takes([1]))
  }

  /// As many collectors as there can be still make a program that the kernel takes.
  @Test func thirtyTwoCollectors() throws {
    let many = (1...16).flatMap { [("10.9.9.\($0)", UInt16(4789)), ("2001:db8::\($0)", UInt16(4789))] }
    let program = try FilterCompiler.compile(plan("tcp or udp", collectors: many)).ethernet
    #expect(program.instructions.count < BPFProgram.maximumCount)
    for number in 1...16 { #expect(!program.takes(ethernet(datagram("10.9.9.\(number)", 4789)))) }
    #expect(program.takes(ethernet(datagram("10.9.9.17", 4789))))
  }
}
