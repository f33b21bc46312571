import Glibc
import System
import TestSupport
import Testing
import Wire

@testable import Transport

@Suite struct ProbeSocketTests {
  private func address(_ isV6: Bool, _ port: UInt16) throws -> SocketAddress {
    try #require(SocketAddress(numeric: isV6 ? "::1" : "127.0.0.1", port: port))
  }

  /// A probe has the size that it is to have, and what comes back is the answer and nothing else.
  @Test(arguments: [false, true]) func askedAndAnswered(_ isV6: Bool) throws {
    let collector = try OwnedDescriptor.socket(isV6 ? AF_INET6 : AF_INET, .datagram)
    try collector.bind(to: try address(isV6, 0))
    let port = try #require(SocketAddress(localOf: collector.value)).port
    let socket = try ProbeSocket(to: try address(isV6, port), mark: nil)
    let probe = ProbeFrame(number: 3, packetByteCount: 1_500, token: 77)
    try socket.send(probe, vni: 9)
    #expect(socket.answer() == nil)

    var found: (frame: ProbeFrame, vni: UInt32)?
    var byteCount = 0
    let isThere = collector.receive(upTo: 4_096) {
      found = ProbeFrame.find(in: $0)
      byteCount = $0.byteCount
    }
    #expect(isThere)
    #expect(found?.frame == probe)
    #expect(found?.vni == 9)
    #expect(byteCount == 1_500 - (isV6 ? 48 : 28))

    let own = try #require(SocketAddress(localOf: socket.descriptor))
    let answer = ProbeFrame(answering: probe, packetByteCount: 1_500, isTaken: true)
    for bytes in [[1, 2, 3], probe.datagram(vni: 9), answer.datagram(vni: 9)] {
      try collector.send(bytes, to: try address(isV6, own.port))
    }
    try #require(Polling.isReady(.readable(socket.descriptor), within: 10_000))
    #expect(socket.answer() == answer)
    #expect(socket.reports().isEmpty)
  }

  @Test(arguments: [false, true]) func aClosedPortIsReported(_ isV6: Bool) throws {
    let closed = try address(isV6, try UDPSink.closedPort(isV6: isV6))
    let socket = try ProbeSocket(to: closed, mark: nil)
    try socket.send(ProbeFrame(number: 0, packetByteCount: 200, token: 1), vni: 1)
    try #require(Polling.isReady(.readable(socket.descriptor), within: 10_000))
    #expect(socket.reports().map(\.meaning) == ["port unreachable"])
  }

  @Test func theRouteToOneself() throws {
    let route = try CollectorRoute(to: try address(false, 4_789), mark: nil)
    #expect(route.source.host == "127.0.0.1")
    #expect(route.mtu == 65_535)
  }
}
