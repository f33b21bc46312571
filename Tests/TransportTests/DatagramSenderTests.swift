import Glibc
import System
import TestSupport
import Testing
import Wire

@testable import Transport

/// Real sockets on loopback.
@Suite(.timeLimit(.minutes(1))) struct DatagramSenderTests {
  /// What arrives is byte for byte what was queued, in order within each flow, one source port per flow.
  @Test(arguments: [false, true], [false, true]) func arrivesAsSent(isV6: Bool, segmented: Bool) throws {
    let sink = try UDPSink(isV6: isV6)
    let sender = try SenderRig(to: [sink.port], isV6: isV6)
    try #require(sender.paths[0].usesGSO, "no UDP_SEGMENT here")
    if !segmented { sender.paths[0].giveUpSegmentation(code: EIO) }
    var random = SeededGenerator(seed: 31)
    let flows = (0..<20).map { _ in FlowHash(value: random.next()) }
    var expected: [UInt8: [[UInt8]]] = [:]
    var ports: [UInt8: Set<UInt16>] = [:]
    var arrived: [UInt8: [[UInt8]]] = [:]
    var byteCount = 0
    for _ in 0..<8 {
      for _ in 0..<64 {
        let flow = random.int(0...19)
        let size = random.pick([60, 200, 1_000, random.int(30...1_400)])
        let bytes = [UInt8(flow)] + random.bytes(size)
        sender.append(bytes, headByteCount: random.pick([1, 8, bytes.count]), flow: flows[flow])
        expected[UInt8(flow), default: []].append(bytes)
        byteCount += bytes.count + (isV6 ? 48 : 28)
      }
      sender.send()
      for datagram in sink.receive(64) {
        arrived[datagram.bytes[0], default: []].append(datagram.bytes)
        ports[datagram.bytes[0], default: []].insert(datagram.sourcePort)
      }
    }
    #expect(arrived == expected)
    #expect(sink.isEmpty)
    #expect(ports.values.allSatisfy { $0.count == 1 })
    let used = ports.values.reduce(into: Set<UInt16>()) { $0.formUnion($1) }
    #expect(used.count == 4)
    #expect(used.allSatisfy { (49_152...65_535).contains($0) })
    #expect(sender.counters.sentDatagrams == 512)
    #expect(sender.counters.forwardedFrames == 512)
    #expect(sender.counters.sentBytes == UInt64(byteCount))
    #expect(sender.counters.sendCalls < 400)
    #expect(sender.dropped.isEmpty)
    #expect(sender.paths[0].usesGSO == segmented)
  }

  @Test func bothDirectionsOfAFlowShareASourcePort() throws {
    let sink = try UDPSink()
    let sender = try SenderRig(to: [sink.port], sourcePorts: 16)
    for port in UInt16(1)...40 {
      let ports = bigEndian(port) + bigEndian(UInt16(443))
      let there = ipv4(17, ports + [0, 8, 0, 0])
      let back = ipv4(.v4.reversed, 17, bigEndian(UInt16(443)) + bigEndian(port) + [0, 8, 0, 0])
      for packet in [there, back] {
        guard let headers = IPPacket(packet.span.bytes, etherType: EtherType.ipv4) else { throw Malformed("no IPv4") }
        sender.append([UInt8(port)] + packet, headByteCount: 8, flow: FlowHash(packet.span.bytes, headers))
      }
    }
    sender.send()
    let ports = sink.receive(80).reduce(into: [UInt8: [UInt16]]()) {
      $0[$1.bytes[0], default: []].append($1.sourcePort)
    }
    #expect(ports.count == 40)
    #expect(ports.values.allSatisfy { $0.count == 2 && $0[0] == $0[1] })
    #expect(Set(ports.values.map { $0[0] }).count > 8)
  }

  /// Nobody listens, then somebody does: the send that only hears about an earlier datagram is made again, so all that
  /// counts as sent was sent.
  @Test(arguments: [false, true], [false, true]) func refusedSendsAreRepeated(isV6: Bool, segmented: Bool) throws {
    let port = try UDPSink.closedPort(isV6: isV6)
    let sender = try SenderRig(to: [port], isV6: isV6, sourcePorts: 1)
    if !segmented { sender.paths[0].giveUpSegmentation(code: EIO) }
    for round in 0..<5 {
      for index in 0..<100 {
        sender.append([UInt8(round), UInt8(index)], headByteCount: 1, flow: FlowHash(value: 1))
      }
      sender.send()
    }
    #expect(sender.counters.sentDatagrams == 500)
    #expect(sender.counters.repeatedSends > 0)

    let before = sender.counters.repeatedSends
    let sink = try UDPSink(isV6: isV6, port: port)
    for index in 0..<100 { sender.append([9, UInt8(index)], headByteCount: 1, flow: FlowHash(value: 1)) }
    sender.send()
    #expect(sink.receive(100).map(\.bytes) == (0..<100).map { [9, UInt8($0)] })
    #expect(sender.counters.repeatedSends > before)
    #expect(sender.counters.sentDatagrams == 600)
    #expect(sender.counters.forwardedFrames == 600)
    #expect(sender.dropped.isEmpty)
  }

  /// The largest datagram that IPv4 carries goes; one more byte stalls, whole, and is counted when it is given up.
  @Test func theLargestDatagram() throws {
    let sink = try UDPSink()
    let sender = try SenderRig(to: [sink.port], sourcePorts: 1)
    #expect(sender.paths[0].routeMTU == 65_535)
    #expect(sender.collectors.maximumFrame(mtu: nil) == 65_507 - 8)
    #expect(sender.collectors.maximumFrame(mtu: 1_500) == 1_500 - 36)
    var random = SeededGenerator(seed: 32)
    let fits = random.bytes(65_507)
    sender.append(fits, headByteCount: 22, flow: FlowHash(value: 1))
    sender.send()
    #expect(sink.receive(1).map(\.bytes) == [fits])
    let hasTooBig = sender.sender.hasTooBig
    #expect(!hasTooBig)

    let large = random.bytes(65_508)
    sender.append(large, headByteCount: 22, flow: FlowHash(value: 1))
    sender.append(fits, headByteCount: 22, flow: FlowHash(value: 1))
    sender.sender.flush()
    let stalled = sender.sender.takeTooBig()
    // What waits behind it in its lane keeps its place.
    #expect(stalled.map(\.frameByteCount) == [65_500, 65_499])
    #expect(stalled.map(\.frame) == [0, 1])
    var copy = [UInt8](repeating: 0, count: 65_500)
    copy.withUnsafeMutableBytes { stalled[0].copyFrame(to: $0.baseAddress!) }
    #expect(copy == Array(large.dropFirst(8)))
    for datagram in stalled { sender.sender.drop(frame: datagram.frame, placement: datagram.placement) }
    sender.commit()
    #expect(sender.dropped == [EMSGSIZE: 2])
    #expect(sender.counters.sentDatagrams == 1)
  }

  /// A frame is forwarded if one collector got all of it, and lost if none did.
  @Test func aCollectorThatFails() throws {
    let sinks = [try UDPSink(), try UDPSink()]
    let sender = try SenderRig(to: sinks.map(\.port), sourcePorts: 1)
    shutdown(sender.paths[0].sockets[0].descriptor, CInt(SHUT_WR))
    for index in 0..<10 { sender.append([UInt8(index), 1], headByteCount: 2, flow: FlowHash(value: 1)) }
    sender.send()
    #expect(sender.counters.forwardedFrames == 10)
    #expect(sender.counters.sentDatagrams == 10)
    #expect(sender.dropped.isEmpty)
    #expect(sinks[1].receive(10).count == 10)

    shutdown(sender.paths[1].sockets[0].descriptor, CInt(SHUT_WR))
    for index in 0..<7 { sender.append([UInt8(index), 1], headByteCount: 2, flow: FlowHash(value: 1)) }
    sender.send()
    #expect(sender.counters.forwardedFrames == 10)
    #expect(sender.dropped == [EPIPE: 7])
    #expect(sinks[0].isEmpty && sinks[1].isEmpty)
  }

  @Test func copiesGoToAll() throws {
    let sinks = [try UDPSink(), try UDPSink(), try UDPSink()]
    let sender = try SenderRig(to: sinks.map(\.port))
    for index in 0..<50 { sender.append([UInt8(index)], headByteCount: 1, flow: FlowHash(value: UInt64(index) << 40)) }
    sender.send()
    for sink in sinks { #expect(Set(sink.receive(50).map { $0.bytes[0] }) == Set(0..<50)) }
    #expect(sender.counters.sentDatagrams == 150)
    #expect(sender.counters.forwardedFrames == 50)
  }

  @Test func whereNoRouteLeads() throws {
    // Link-local without a zone: there is no telling which interface.
    let address = try #require(SocketAddress(numeric: "fe80::1", port: 1))
    #expect(throws: SystemError.self) { try CollectorPath(to: address, sourcePortCount: 1) }
  }
}
