import Glibc
import System
import Testing

@testable import Transport

@Suite struct SourcePortsTests {
  /// A socket on a port, as another program would open it; nil if it is taken.
  private func bound(_ port: UInt16, isV6: Bool = false) throws -> OwnedDescriptor? {
    let owner = try OwnedDescriptor.socket(isV6 ? AF_INET6 : AF_INET, .datagram)
    return (try? owner.bind(to: .wildcard(isIPv6: isV6, port: port))) == nil ? nil : owner
  }

  @Test(arguments: [1, 4, 64]) func areConsecutiveAndDynamic(count: Int) throws {
    let ports = try SourcePorts(count: count)
    let range = try #require(ports.ranges.first)
    #expect(ports.ranges.count == 1)
    #expect(Array(range) == ports.ports)
    #expect(ports.ports.count == count)
    #expect(SourcePorts.dynamicRange.contains(range.lowerBound) && SourcePorts.dynamicRange.contains(range.upperBound))
  }

  /// Nobody else may send from them, in either family, nor may a second forwarder of the same user.
  @Test func areReserved() throws {
    let ports = try SourcePorts(count: 2)
    for port in ports.ports {
      for isV6 in [false, true] { #expect(try bound(port, isV6: isV6) == nil) }
    }
    let range = ports.ports[0]...ports.ports[1]
    let others = try SourcePorts(count: 2, searching: [range])
    #expect(Set(others.ports).isDisjoint(with: ports.ports))
  }

  /// Several collectors, in both families, are sent to from the same ports, and a path can be made anew beside the old
  /// one.
  @Test func areSharedByPaths() throws {
    let ports = try SourcePorts(count: 3)
    let addresses = [("127.0.0.1", 9), ("127.0.0.1", 10), ("127.0.0.2", 9), ("::1", 9), ("127.0.0.1", 9)]
    let paths = try addresses.map { host, port in
      let address = try #require(SocketAddress(numeric: host, port: UInt16(port)))
      return try CollectorPath(to: address, from: ports, ledger: CollectorLedger(address: address))
    }
    for path in paths { #expect(path.sockets.map(\.source.port) == ports.ports) }
  }

  /// Where no run of ports is free, any will do, and they are told run by run.
  @Test func anyPortWillDo() throws {
    let blocked = try SourcePorts(count: 3)
    let middle = blocked.ports[1]
    let found = try SourcePorts(count: 2, searching: [middle...middle, blocked.ports[0]...blocked.ports[2]])
    #expect(found.ports.count == 2)
    #expect(found.ranges.reduce(0) { $0 + $1.count } == 2)
    #expect(Set(found.ports).isDisjoint(with: blocked.ports))
    for port in found.ports { #expect(try bound(port) == nil) }
  }

  /// What others send to the ports takes no memory and is never read.
  @Test func discardWhatComes() throws {
    let ports = try SourcePorts(count: 1)
    let target = try #require(SocketAddress(numeric: "127.0.0.1", port: ports.ports[0]))
    let sender = try OwnedDescriptor.socket(AF_INET, .datagram)
    try sender.connect(to: target)
    // A port without a socket would refuse the second.
    for _ in 0..<3 { #expect(send(sender.value, "x", 1, 0) == 1) }
  }
}
