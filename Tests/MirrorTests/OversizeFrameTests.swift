import Capture
import TestSupport
import Testing
import Wire

@testable import Mirror

/// Frames that do not fit: `Rig` checks that no datagram exceeds the MTU.
@Suite(.timeLimit(.minutes(1))) struct OversizeFrameTests {
  /// Bytes of the largest inner frame at MTU 1500: outer IP and UDP 28, VXLAN 8.
  private let room = 1_464

  /// The stream of TCP frames, and the Ethernet headers they have.
  private func stream(_ frames: [[UInt8]], linkByteCount: Int) throws -> [UInt8] {
    var payload: [UInt32: [UInt8]] = [:]
    for frame in frames {
      let packet = try ReadPacket(Array(frame.dropFirst(linkByteCount)))
      try packet.verifyChecksum()
      payload[packet.payload.long(4)] = Array(packet.payload.dropFirst(packet.tcpHeaderByteCount))
    }
    var bytes: [UInt8] = []
    let start = try #require(payload.keys.min())
    while let next = payload[start + UInt32(bytes.count)], !next.isEmpty { bytes += next }
    try #require(bytes.count == payload.values.reduce(0) { $0 + $1.count })
    return bytes
  }

  @Test(arguments: [Addresses.v4, .v6], [true, false]) func tcpIsSegmented(addresses: Addresses, isWritable: Bool)
    throws
  {
    var random = SeededGenerator(seed: 61)
    for mtu in [1_280, 1_500, 9_000] {
      let rig = try Rig(mtu: mtu)
      for size in [1_500, 9_000, 64_000, 150_000] {
        let payload = random.bytes(size)
        var header = TCPBuilder()
        header.sequence = 77
        let segment = header.segment(addresses, payload)
        let packet =
          addresses.isV6
          ? ipv6(6, payloadLength: size > 65_000 ? 0 : nil, segment)
          : ipv4(6, totalLength: size > 65_000 ? 0 : nil, segment)
        for tags in [[], [(UInt16(0x88A8), UInt16(1)), (0x8100, 2)]] {
          let frame = ethernet(addresses.isV6 ? 0x86DD : 0x0800, tags: tags, packet)
          let link = 14 + 4 * tags.count
          let received = try rig.sendToOne([TestFrame(frame)], isWritable: isWritable)
          #expect(received.allSatisfy { $0.prefix(link) == frame.prefix(link) })
          #expect(try stream(received, linkByteCount: link) == payload)
        }
      }
      #expect(rig.counters.capture.fragmented == 0 && rig.counters.capture.truncated == 0)
    }
  }

  /// The limit itself fits; one byte more does not.
  @Test func theLimit() throws {
    let rig = try Rig()
    var random = SeededGenerator(seed: 62)
    let fits = ethernet(random.tcp(.v4, room - 54))
    #expect(fits.count == room)
    #expect(try rig.sendToOne([TestFrame(fits)]) == [fits])
    #expect(rig.counters.capture.segmented == 0)
    let over = ethernet(random.tcp(.v4, room - 53))
    #expect(try rig.sendToOne([TestFrame(over)]).count == 2)
    #expect(rig.counters.capture.segmented == 1)
  }

  /// Where a frame's segments exceed one send, they are of one size, so that sends go on across frames: 16 segments, 7
  /// to a send. Others fill the MTU.
  @Test func segmentsOfAFullSuperFrameShareEvenly() throws {
    let rig = try Rig(mtu: 9_000)
    var random = SeededGenerator(seed: 72)
    let room = 9_000 - 28 - 8 - 54
    for (size, largest) in [(65_120, 8_140), (65_121, room), (60_000, room)] {
      let before = rig.counters.send.sendCalls
      let payload = random.bytes(2 * size)
      var first = TCPBuilder()
      first.sequence = 1_000
      var second = first
      second.sequence += UInt32(size)
      let frames = [(first, payload.prefix(size)), (second, payload.suffix(size))].map { header, bytes in
        TestFrame(ethernet(ipv4(6, header.segment(.v4, Array(bytes)))))
      }
      let received = try rig.sendToOne(frames)
      #expect(received.count == 2 * ((size + room - 1) / room))
      #expect(received.map { $0.count - 54 }.max() == largest)
      #expect(try stream(received, linkByteCount: 14) == payload)
      if size % 8 == 0, largest < room { #expect(rig.counters.send.sendCalls - before == 3) }
    }
  }

  @Test func udpSuperDatagramsAreTakenApart() throws {
    let rig = try Rig(mtu: 9_000)
    var random = SeededGenerator(seed: 63)
    for size in [2_000, 40_000] {
      let payload = random.bytes(size)
      var frame = TestFrame(ethernet(ipv4(17, udpDatagram(.v4, payload))))
      frame.offload.kind = .udp
      frame.offload.segmentSize = 1_200
      frame.offload.checksum = .open
      frame.offload.checksumStart = 34
      frame.offload.checksumOffset = 6
      let datagrams = try rig.sendToOne([frame]).map { try ReadPacket(Array($0.dropFirst(14))) }
      for datagram in datagrams { try datagram.verifyChecksum() }
      #expect(datagrams.flatMap { $0.payload.dropFirst(8) } == payload)
      #expect(datagrams.dropLast().allSatisfy { $0.payload.count == 1_208 })
    }
    #expect(rig.counters.capture.segmented == 2)
    #expect(rig.counters.send.forwardedFrames == 2)
  }

  /// A datagram that was larger on the wire than the mirror's MTU is first made one again, then fragmented.
  @Test(arguments: [Addresses.v4, .v6]) func datagramsOfSuperDatagramsAreFragmented(addresses: Addresses) throws {
    let rig = try Rig(mtu: 1_500)
    var random = SeededGenerator(seed: 65)
    let payload = random.bytes(24_500)
    let datagram = udpDatagram(addresses, payload)
    var frame = TestFrame(ethernet(addresses.isV6 ? ipv6(17, datagram) : ipv4(17, datagram)))
    frame.offload.kind = .udp
    frame.offload.segmentSize = 8_000
    frame.offload.checksum = .open
    frame.offload.checksumStart = addresses.isV6 ? 54 : 34
    frame.offload.checksumOffset = 6
    let parts = try rig.sendToOne([frame]).map { try ReadPacket(Array($0.dropFirst(14))) }
    let names = parts.map(\.identification).reduce(into: [UInt32]()) { if $0.last != $1 { $0.append($1) } }
    #expect(names.count == 4, "three whole datagrams, and what is left")
    var rebuilt: [UInt8] = []
    for name in names {
      let own = parts.filter { $0.identification == name }.sorted { $0.fragmentOffset < $1.fragmentOffset }
      let whole = own.flatMap(\.payload)
      #expect(whole.word(4) == UInt16(whole.count), "the UDP length is the datagram's own")
      rebuilt += whole.dropFirst(8)
    }
    #expect(rebuilt == payload)
    #expect(rig.counters.capture.segmented == 1)
    #expect(rig.counters.capture.fragmented == 1)
    #expect(rig.counters.isBalanced)
  }

  @Test(arguments: [Addresses.v4, .v6], [true, false])
  func otherPacketsAreFragmented(addresses: Addresses, isWritable: Bool) throws {
    let rig = try Rig()
    var random = SeededGenerator(seed: 64)
    for upperProtocol: UInt8 in [1, 17, 132] {
      let upper = upperProtocol == 17 ? udpDatagram(addresses, random.bytes(8_000)) : random.bytes(8_008)
      let packet = addresses.isV6 ? ipv6(upperProtocol, upper) : ipv4(upperProtocol, upper)
      let parts = try rig.sendToOne([TestFrame(ethernet(packet))], isWritable: isWritable)
        .map { try ReadPacket(Array($0.dropFirst(14))) }.sorted { $0.fragmentOffset < $1.fragmentOffset }
      #expect(parts.flatMap(\.payload) == upper)
      #expect(parts.allSatisfy { $0.upperProtocol == upperProtocol && $0.identification == parts[0].identification })
      #expect(parts.dropLast().allSatisfy(\.hasMore) && parts.last?.hasMore == false)
    }
    #expect(rig.counters.capture.fragmented == 3)
    #expect(rig.counters.send.forwardedFrames == 3)
  }

  /// An open checksum of a packet that is fragmented is finished in the fragment that has it.
  @Test(arguments: [true, false]) func anOpenChecksumIsFilledBeforeFragmenting(isWritable: Bool) throws {
    let rig = try Rig()
    var random = SeededGenerator(seed: 65)
    var upper = udpDatagram(.v4, random.bytes(5_000))
    upper.put(bigEndian(NaiveChecksum.sum(Addresses.v4.pseudoHeader(17, upper.count))), at: 6)
    let parts = try rig.sendToOne([TestFrame(ethernet(ipv4(17, upper)))], isWritable: isWritable)
      .map { try ReadPacket(Array($0.dropFirst(14))) }.sorted { $0.fragmentOffset < $1.fragmentOffset }
    try ReadPacket(ipv4(17, parts.flatMap(\.payload))).verifyChecksum()
    #expect(rig.counters.capture.checksumsFilled == 1)
  }

  @Test(arguments: [true, false]) func truncateCutsOffWhatDoesNotFit(isWritable: Bool) throws {
    let rig = try Rig(oversize: .truncate)
    var random = SeededGenerator(seed: 66)
    let frames = [
      ethernet(random.tcp(.v4, 5_000)), ethernet(random.tcp(.v6, 5_000)), ethernet(0x88CC, random.bytes(2_000)),
    ]
    let received = try rig.sendToOne(frames.map { TestFrame($0) }, isWritable: isWritable)
    #expect(Set(received) == Set(frames.map { Array($0.prefix(room)) }))
    #expect(rig.counters.capture.truncated == 3)
  }

  /// What is not IP has no way to be cut but off.
  @Test func whatIsNotIPIsCutOff() throws {
    let rig = try Rig()
    var random = SeededGenerator(seed: 67)
    let frame = ethernet(0x88CC, random.bytes(2_000))
    #expect(try rig.sendToOne([TestFrame(frame)]) == [Array(frame.prefix(room))])
    #expect(rig.counters.capture.truncated == 1)
  }

  @Test func dropCountsWhatDoesNotFit() throws {
    let rig = try Rig(oversize: .drop)
    var random = SeededGenerator(seed: 68)
    let small = ethernet(random.tcp(.v4, 100))
    let large = [ethernet(random.tcp(.v4, 5_000)), ethernet(0x88CC, random.bytes(2_000))]
    #expect(try rig.sendToOne((large + [small]).map { TestFrame($0) }) == [small])
    #expect(rig.counters.capture.droppedOversize == 2)
  }

  /// SEGMENT=wire: at the sizes the wire had, even where the frame would fit.
  @Test func wireSizes() throws {
    let rig = try Rig(mtu: 9_000, segment: .wire)
    var random = SeededGenerator(seed: 69)
    let payload = random.bytes(5_000)
    var frame = TestFrame(ethernet(ipv4(6, TCPBuilder().segment(.v4, payload))))
    frame.offload.kind = .tcp
    frame.offload.segmentSize = 1_448
    frame.offload.checksum = .finished
    let received = try rig.sendToOne([frame])
    #expect(received.map(\.count).sorted() == [54 + 5_000 - 3 * 1_448, 1_502, 1_502, 1_502])
    #expect(try stream(received, linkByteCount: 14) == payload)
    // Without the policy it stays whole.
    #expect(try Rig(mtu: 9_000).sendToOne([frame]) == [frame.bytes])
  }

  /// A frame that SNAP_LENGTH cut is never treated as if it were whole, not even one of BIG TCP, whose header does not
  /// say how long it was.
  @Test(arguments: [100, 3_000], [8_000, 100_000]) func whatTheCaptureCutStaysCut(kept: Int, size: Int) throws {
    let rig = try Rig()
    var random = SeededGenerator(seed: 70)
    let whole = ethernet(random.tcp(.v4, size))
    var frame = TestFrame(Array(whole.prefix(kept)))
    frame.wireByteCount = whole.count
    #expect(try rig.sendToOne([frame]) == [Array(whole.prefix(min(kept, room)))])
    #expect(rig.counters.capture.truncated == 1)
    #expect(rig.counters.capture.capturedBytes == UInt64(whole.count))
    #expect(rig.counters.capture.segmented == 0 && rig.counters.capture.fragmented == 0)
  }

  /// Headers of several kilobytes each in many pieces: more than head memory holds at once.
  @Test func longHeaders() throws {
    let rig = try Rig(mtu: 9_000)
    var random = SeededGenerator(seed: 71)
    let extensions =
      extensionHeader(next: 60, units: 255) + extensionHeader(next: 60, units: 255)
      + extensionHeader(next: 60, units: 255) + extensionHeader(next: 6, units: 255)
    let payload = random.bytes(50_000)
    let packet = ipv6(60, extensions + TCPBuilder().segment(.v6, payload))
    let frames = (0..<4).map { _ in TestFrame(ethernet(packet)) }
    let received = try rig.sendToOne(frames)
    #expect(received.count > 200)
    #expect(try stream(received, linkByteCount: 14) == payload)
    #expect(rig.counters.capture.segmented == 4)
  }
}
