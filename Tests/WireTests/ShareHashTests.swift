import TestSupport
import Testing

@testable import Wire

@Suite struct ShareHashTests {
  private func hash(_ packet: [UInt8]) -> UInt32? {
    ShareHash.of(packet.span.bytes, etherType: packet[0] >> 4 == 6 ? EtherType.ipv6 : EtherType.ipv4)
  }

  private func hash(_ addresses: Addresses, _ from: UInt16, _ to: UInt16) -> UInt32 {
    let datagram = udpDatagram(addresses, from: from, to: to, [], hasChecksum: false)
    return hash(addresses.isV6 ? ipv6(addresses, 17, datagram) : ipv4(addresses, 17, datagram))!
  }

  /// A contract: other forwarders, and other versions, choose the same flows. The values are from a few lines of Python
  /// that say the same.
  @Test func exactValues() {
    #expect(hash(.v4, 5_000, 53) == 3011385485)
    #expect(hash(.v6, 5_000, 53) == 2920590383)
  }

  @Test func bothDirectionsAreOneFlow() {
    var random = SeededGenerator(seed: 1301)
    for _ in 0..<2_000 {
      let size = random.pick([4, 16])
      let addresses = Addresses(random.bytes(size), random.bytes(size))
      let (one, other) = (UInt16(random.int(0...65_535)), UInt16(random.int(0...65_535)))
      #expect(hash(addresses, one, other) == hash(addresses.reversed, other, one))
    }
  }

  /// All fragments of a datagram go one way, whatever stands where ports would be.
  @Test func fragmentsCountByAddresses() {
    let whole = hash(ipv4(1, [1, 2, 3, 4]))
    for flags: UInt16 in [0x2000, 0x2010, 0x0010] { #expect(hash(ipv4(17, flags: flags, [9, 8, 7, 6])) == whole) }
    let plain = hash(ipv6(58, [1]))
    for (offset, more) in [(UInt16(0), true), (7, true), (9, false)] {
      let fragment = fragmentHeader(next: 17, offset: offset, more: more, identification: 5) + [1, 2, 3, 4]
      #expect(hash(ipv6(44, fragment)) == plain)
      #expect(hash(ipv6(60, extensionHeader(next: 44) + fragment)) == plain)
    }
  }

  /// As Linux puts a hop-by-hop header into some packets of a flow (BIG TCP).
  @Test func extensionHeadersDoNotCount() {
    let segment = TCPBuilder().segment(.v6, [1, 2, 3])
    let plain = hash(ipv6(6, segment))
    #expect(hash(ipv6(0, extensionHeader(next: 6) + segment)) == plain)
    let three = extensionHeader(next: 43) + extensionHeader(next: 60, units: 2) + extensionHeader(next: 6)
    #expect(hash(ipv6(0, three + segment)) == plain)
    #expect(hash(ipv6(60, extensionHeader(next: 0) + three + segment)) == hash(ipv6(58, [])))
  }

  @Test func whatHasNoFlowHasNoHash() {
    let packet = ipv4(17, udpDatagram(.v4, [1]))
    #expect(ShareHash.of(packet.span.bytes, etherType: EtherType.arp) == nil)
    #expect(hash(Array(packet.prefix(23))) == nil)
    #expect(hash(Array(packet.prefix(24))) == hash(packet))
    #expect(hash(Array(ipv6(17, udpDatagram(.v6, [1])).prefix(43))) == nil)
  }

  /// 16 equal parts of the hashes are equally full, and so are the parts of a part: chi-square with 15 degrees of
  /// freedom is below 50 in all but one of 100,000 cases.
  private func isEven(_ hashes: [UInt32], _ what: String) {
    for shift: UInt32 in [28, 20, 8, 0] {
      var counts = [Double](repeating: 0, count: 16)
      for hash in hashes { counts[Int((hash >> shift) & 15)] += 1 }
      let mean = Double(hashes.count) / 16
      let chi = counts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) / mean }
      #expect(chi < 50, "\(what), bits from \(shift): \(counts)")
    }
  }

  /// Flows that differ in little.
  @Test func theHashIsEven() {
    let server: [UInt8] = [10, 1, 0, 7]
    let all = 0..<16_000
    isEven(all.map { hash(Addresses([10, 1, 0, 8], server), UInt16(32_768 + $0), 8_080) }, "ports")
    isEven(all.map { hash(Addresses([127, 0, 0, 1], [127, 0, 0, 1]), UInt16(32_768 + $0), 80) }, "loopback")
    isEven(all.map { hash(Addresses([10, 1, UInt8($0 >> 8), UInt8($0 & 255)], server), 40_000, 80) }, "addresses")
    isEven(
      all.map { number in
        let low = UInt8(number & 127)
        return hash(Addresses([10, 0, UInt8(number >> 7), 2 * low], [10, 0, UInt8(number >> 7), 2 * low + 1]), 80, 80)
      }, "neighbours, whose exclusive or is the same")
    isEven(all.map { hash(Addresses(v6(UInt16($0), 0), v6(1, 1)), 443, 443) }, "IPv6 interfaces")
    isEven(all.map { hash(Addresses(v6(1, UInt16($0)), v6(1, 1)), 443, 443) }, "IPv6 networks")
    isEven(all.map { hash(Addresses(v6(1, 2), v6(1, 1)), UInt16($0), UInt16($0)) }, "equal ports")
  }

  private func v6(_ last: UInt16, _ network: UInt16) -> [UInt8] {
    hex("20010db8 0000") + bigEndian(network) + hex("00000000 0000") + bigEndian(last)
  }

  /// One in N flows, give or take five standard deviations.
  @Test(arguments: [UInt64(2), 3, 10, 100]) func oneOfN(count: UInt64) {
    var random = SeededGenerator(seed: 6)
    let taken = (0..<20_000).count { _ in
      FlowShare.one(of: count).contains(hash(Addresses(random.bytes(4), random.bytes(4)), 40_000, 443))
    }
    let expected = 20_000 / Double(count)
    #expect(abs(Double(taken) - expected) < 5 * (expected * (1 - 1 / Double(count))).squareRoot())
  }

  @Test func sharesAreNested() {
    let shares = [FlowShare(threshold: 0), .one(of: 1_000_000), .one(of: 100), .one(of: 10), .one(of: 2), .all]
    #expect(shares == shares.sorted() && FlowShare.one(of: 1) == .all && FlowShare.all.isAll)
    #expect(FlowShare(threshold: .max) == .all && FlowShare.one(of: 4).fraction == 0.25)
    for hash: UInt32 in [0, 1, 4_293, 4_294, 0x7FFF_FFFF, 0x8000_0000, .max] {
      let isIn = shares.map { $0.contains(hash) }
      #expect(isIn == isIn.sorted { !$0 && $1 } && isIn.last == true && isIn.first == false)
    }
  }
}
