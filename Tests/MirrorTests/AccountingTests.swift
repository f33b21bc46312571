import Capture
import TestSupport
import Testing
import Transport
import Wire

@testable import Mirror

/// Every captured frame ends in exactly one counter: `Rig` checks the identity after each batch.
@Suite(.timeLimit(.minutes(1))) struct AccountingTests {
  @Test func nobodyToSendTo() throws {
    let policy = Policy(vni: 1, oversize: .segment, segment: .mtu, checksum: .fill, mtu: nil)
    let pipeline = Pipeline(policy: policy, sample: 1)
    let frames = [TestFrame(ethernet(ipv4(1, [1, 2, 3]))), TestFrame([])]
    try Rig.withBatch(frames, isWritable: true) { pipeline.consume($0) }
    #expect(pipeline.snapshot.capture.captured == 2)
    #expect(pipeline.snapshot.capture.capturedBytes == 37)
    #expect(pipeline.snapshot.capture.droppedNoDestination == 2)
    #expect(pipeline.snapshot.isBalanced)
  }

  /// Counters go on when collectors change.
  @Test func collectorsThatChange() throws {
    let rig = try Rig()
    let frame = TestFrame(ethernet(ipv4(1, [1, 2, 3])))
    try rig.send([frame, frame])
    rig.pipeline.publish(kernelDropped: 5)
    rig.pipeline.setCollectors(CollectorSet([], mode: .balance))
    try rig.send([frame])
    #expect(rig.counters.capture.captured == 3)
    #expect(rig.counters.capture.droppedNoDestination == 1)
    #expect(rig.counters.send.forwardedFrames == 2)
    #expect(rig.counters.send.sentDatagrams == 2)
    #expect(rig.counters.kernelDropped == 5)
    rig.pipeline.publish(kernelDropped: 7)
    #expect(rig.counters.kernelDropped == 7)
  }

  /// A super-datagram on a route so narrow that not even an Ethernet header fits: its datagrams are never queued.
  @Test func superDatagramThatFitsNowhere() throws {
    let rig = try Rig(mtu: 45)
    var frame = TestFrame(ethernet(ipv4(17, udpDatagram(.v4, [UInt8](repeating: 1, count: 300)))))
    frame.offload.kind = .udp
    frame.offload.segmentSize = 100
    #expect(try rig.sendToOne([frame]).isEmpty)
    #expect(rig.counters.droppedSend == 1)
  }

  /// One of N flows, both directions of it, and the same ones at every forwarder.
  @Test func samplingTakesWholeFlows() throws {
    var kept: [Set<UInt16>] = []
    for _ in 0..<2 {
      let rig = try Rig(sample: 4)
      let frames = (0..<400).flatMap { number -> [TestFrame] in
        let port = UInt16(1_000 + number)
        let there = ipv4(17, udpDatagram(.v4, from: port, to: 53, [1]))
        let back = ipv4(.v4.reversed, 17, udpDatagram(.v4.reversed, from: 53, to: port, [2]))
        return [TestFrame(ethernet(there)), TestFrame(ethernet(back))]
      }
      let received = try rig.sendToOne(frames)
      let flows = Dictionary(grouping: received) { max($0.word(34), $0.word(36)) }
      #expect(flows.values.allSatisfy { $0.count == 2 })
      // 100 of 400; five standard deviations are 43.
      #expect((57...143).contains(flows.count))
      #expect(rig.counters.capture.droppedSample == UInt64(800 - received.count))
      kept.append(Set(flows.keys))
    }
    #expect(kept[0] == kept[1])
  }

  /// Frames of every kind, whole, cut and damaged, through every policy, in memory that may be written or not.
  @Test func anythingThroughEveryPolicy() throws {
    var random = SeededGenerator(seed: 91)
    for oversize in OversizePolicy.allCases {
      for segment in SegmentPolicy.allCases {
        for checksum in ChecksumPolicy.allCases {
          let rig = try Rig(
            collectors: 1, lanes: random.int(1...5), sample: random.chance(3) ? 2 : 1,
            mtu: random.pick([576, 1_280, 1_500, 9_000]), oversize: oversize, segment: segment, checksum: checksum)
          for _ in 0..<25 {
            let frames = (0..<random.int(1...12)).map { _ in anyFrame(&random) }
            try rig.send(frames, isWritable: random.chance(2))
          }
        }
      }
    }
  }

  private func anyFrame(_ random: inout SeededGenerator) -> TestFrame {
    let addresses = random.chance(2) ? Addresses.v4 : Addresses.v6
    let size = random.pick([random.int(0...100), random.int(0...2_000), random.int(0...20_000)])
    var packet: [UInt8]
    switch random.int(0...4) {
    case 0: packet = random.tcp(addresses, size)
    case 1:
      let datagram = udpDatagram(addresses, random.bytes(size))
      packet = addresses.isV6 ? ipv6(17, datagram) : ipv4(17, identification: 0, datagram)
    case 2:
      let bytes = random.bytes(size)
      packet =
        addresses.isV6
        ? ipv6(
          44,
          fragmentHeader(next: 17, offset: UInt16(random.int(0...8_000)), more: random.chance(2), identification: 1)
            + bytes)
        : ipv4(17, flags: UInt16(random.int(0...0x3FFF)), options: hex("94040000 01010000"), bytes)
    case 3:
      packet = ipv6(
        0, extensionHeader(next: 60, units: random.int(0...255)) + extensionHeader(next: 6) + random.bytes(size))
    default: packet = random.bytes(size)
    }
    if random.chance(3), !packet.isEmpty {
      for _ in 0..<random.int(1...3) { packet[random.int(0...packet.count - 1)] = UInt8(random.int(0...255)) }
    }
    let links: [LinkLayer] = [.ethernet, .ethernet, .ethernet, .rawIP, .null, .linuxCooked, .linuxCooked2]
    var frame = TestFrame(packet, link: random.pick(links))
    if frame.link == .ethernet {
      let tags = [(UInt16, UInt16)](repeating: (0x8100, 1), count: random.pick([0, 0, 1, 4]))
      frame.bytes = ethernet(addresses.isV6 ? 0x86DD : 0x0800, tags: tags, packet)
    } else {
      frame.bytes = random.bytes(frame.link.headerByteCount) + packet
    }
    let whole = frame.bytes.count
    if random.chance(4) {
      frame.bytes = Array(frame.bytes.prefix(random.int(0...whole)))
      if random.chance(2) { frame.wireByteCount = whole }
    }
    frame.offload.kind = random.pick([.none, .tcp, .udp])
    frame.offload.checksum = random.pick([.unknown, .finished, .open])
    frame.offload.segmentSize = UInt16(random.pick([0, 1_200, 1_448, random.int(50...65_535)]))
    frame.offload.checksumStart = UInt16(random.pick([0, 34, 54, random.int(0...65_535)]))
    frame.offload.checksumOffset = UInt16(random.pick([6, 16, random.int(0...65_535)]))
    return frame
  }
}
