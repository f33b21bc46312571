import Foundation
import TestSupport
import Testing

@testable import System

/// Messages made by hand as rtnetlink(7) has them, whole and broken, and the kernel's own.
@Suite struct NetlinkTests {
  private func little(_ words: UInt32...) -> [UInt8] {
    words.flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
  }

  private func attribute(_ type: UInt16, _ value: [UInt8]) -> [UInt8] {
    little(UInt32(4 + value.count) | UInt32(type) << 16) + value + [UInt8](repeating: 0, count: -value.count & 3)
  }

  private func message(_ type: UInt16, flags: UInt16 = 0, sequence: UInt32 = 0, _ payload: [UInt8]) -> [UInt8] {
    little(UInt32(16 + payload.count), UInt32(type) | UInt32(flags) << 16, sequence, 0) + payload
  }

  /// An RTM_NEWLINK payload.
  private func link(_ name: String, _ index: Int32, isUp: Bool) -> [UInt8] {
    little(1 << 16, UInt32(bitPattern: index), isUp ? 0x1043 : 0x1002, 0) + attribute(3, Array(name.utf8) + [0])
      + attribute(1, hex("0A0B0C0D0E0F")) + attribute(4, little(9_001)) + attribute(0x8000 | 26, [1, 2, 3])
  }

  private func take(_ datagram: [UInt8], sequence: UInt32 = 5) -> LinkTable.Dump {
    var dump = LinkTable.Dump(sequence: sequence)
    dump.take(datagram.span.bytes)
    return dump
  }

  @Test func dumps() {
    let both =
      message(16, flags: 2, sequence: 5, link("eth0", 2, isUp: true))
      + message(16, flags: 2, sequence: 4, link("old0", 9, isUp: true))
      + message(16, flags: 2, sequence: 5, link("eth1", 3, isUp: false))
    var dump = take(both)
    #expect(!dump.hasEnded)
    dump.take(message(3, flags: 2, sequence: 5, little(0)).span.bytes)
    #expect(dump.hasEnded && dump.isWhole && dump.code == 0)
    let eth0 = NetworkLink(
      name: "eth0", index: 2, hardwareType: 1, address: 0x0A0B_0C0D_0E0F, isUp: true, mtu: 9_001)
    #expect(dump.links.first == eth0)
    #expect(dump.links.map(\.name) == ["eth0", "eth1"] && dump.links.map(\.isUp) == [true, false])
  }

  /// IFLA_MASTER.
  @Test func portsOfABridge() {
    let port = take(message(16, sequence: 5, link("eth0", 2, isUp: true) + attribute(10, little(7))))
    #expect(port.links.map(\.master) == [7])
    #expect(take(message(16, sequence: 5, link("eth0", 2, isUp: true))).links.map(\.master) == [0])
  }

  @Test func dumpsThatFail() {
    let refused = take(message(2, sequence: 5, little(UInt32(bitPattern: -95))))
    #expect(refused.hasEnded && refused.code == 95)
    #expect(take(message(2, sequence: 5, [])).code != 0)
    #expect(take(message(2, sequence: 5, little(0x8000_0000))).hasEnded)
    #expect(!take(message(3, flags: 0x12, sequence: 5, [])).isWhole)
  }

  /// Cut anywhere, or with any length in it, a datagram yields at most what is whole.
  @Test func brokenMessages() {
    let whole = message(16, sequence: 5, link("eth0", 2, isUp: true))
    for count in 0..<whole.count {
      #expect(take(Array(whole.prefix(count))).links.isEmpty)
    }
    for length: UInt32 in [0, 15, 17, 31, .max, UInt32(whole.count) + 1] {
      #expect(take(little(length) + whole.dropFirst(4)).links.isEmpty)
    }
    for (offset, length) in [(32, UInt8(0)), (32, 3), (32, 255)] {
      var broken = whole
      broken[offset] = length
      #expect(take(broken).links.isEmpty, "no name, no link")
    }
    var random = SeededGenerator(seed: 911)
    for _ in 0..<20_000 {
      var noise = whole
      for _ in 0..<3 { noise[random.int(0...whole.count - 1)] = random.bytes(1)[0] }
      #expect(take(noise).links.count <= 1)
      #expect(take(random.bytes(random.int(0...100))).links.count <= 6)
    }
  }

  @Test func changes() {
    var down: [Int32] = []
    func changes(_ datagram: [UInt8]) -> NetworkChanges {
      NetlinkMonitor.changes(in: datagram.span.bytes) { down.append($0) }
    }
    #expect(changes(message(16, link("a", 2, isUp: true))) == .links && down.isEmpty)
    #expect(changes(message(16, link("a", 2, isUp: false)) + message(16, link("a", 2, isUp: true))) == .links)
    #expect(changes(message(17, link("b", 3, isUp: true))) == .links && down == [2, 3])
    #expect(changes(message(20, [])) == .addresses && changes(message(21, [])) == .addresses)
    for type: UInt16 in [24, 25, 32, 33] { #expect(changes(message(type, [])) == .routes) }
    #expect(changes(message(4, [])) == .all)
    #expect(changes(message(3, [])).isEmpty && changes([1, 2, 3]).isEmpty)
  }

  /// The same as /sys says; a monitor that has heard nothing says so without waiting.
  @Test func theKernel() throws {
    let table = try LinkTable()
    for _ in 0..<3 {
      let links = try table.links()
      let lo = try #require(links.first { $0.name == "lo" })
      #expect(lo.hardwareType == 772 && lo.index == 1 && lo.address == 0)
      for link in links {
        let mtu = try String(contentsOfFile: "/sys/class/net/\(link.name)/mtu", encoding: .utf8)
        #expect(mtu == "\(link.mtu)\n")
      }
      #expect(links == (try InterfaceRequests().links().sorted { $0.index < $1.index }))
    }
    let monitor = try NetlinkMonitor()
    #expect(monitor.descriptor >= 0)
    #expect(monitor.drain().isSubset(of: .all))
  }
}
