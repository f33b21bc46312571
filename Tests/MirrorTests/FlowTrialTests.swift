import TestSupport
import Testing
import Wire

@testable import Mirror

/// What a trial counts is what a forwarder sends.
@Suite struct FlowTrialTests {
  /// Super-frames are cut as the path would have them.
  @Test(arguments: [1_280, 1_500, 9_000]) func countsWhatWouldBeSent(mtu: Int) throws {
    var random = SeededGenerator(seed: UInt64(mtu))
    let rig = try Rig(mtu: mtu)
    let trial = try FlowTrial(FlowRules(), mtu: mtu)
    for _ in 0..<6 {
      let frames = (0..<8).map { _ in TestFrame(Self.frame(&random)) }
      try Rig.withBatch(frames, isWritable: false) { trial.consume($0) }
      try rig.send(frames)
      let sent = rig.counters.send
      #expect(trial.account.datagrams == sent.sentDatagrams && trial.account.bytes == sent.sentBytes)
    }
  }

  /// TCP segments of any length, datagrams that fit, and what is no IP.
  private static func frame(_ random: inout SeededGenerator) -> [UInt8] {
    let addresses = random.chance(2) ? Addresses.v4 : .v6
    switch random.int(0...5) {
    case 0: return ethernet(0x0806, random.bytes(46))
    case 1:
      let datagram = udpDatagram(addresses, random.bytes(random.int(0...1_000)))
      return ethernet(addresses.isV6 ? ipv6(addresses, 17, datagram) : ipv4(addresses, 17, datagram))
    default:
      var tcp = TCPBuilder()
      if random.chance(2) { tcp.options = hex("0101080A 00000001 00000002") }
      let count = random.pick([0, 1, random.int(1...1_500), random.int(1...9_000), random.int(1...60_000)])
      let segment = tcp.segment(addresses, random.bytes(count))
      return ethernet(addresses.isV6 ? ipv6(addresses, 6, segment) : ipv4(addresses, 6, segment))
    }
  }
}
