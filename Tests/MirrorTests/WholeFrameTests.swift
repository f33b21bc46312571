import Capture
import TestSupport
import Testing
import Wire

@testable import Mirror

/// Frames that fit: what was captured arrives byte for byte.
@Suite(.timeLimit(.minutes(1))) struct WholeFrameTests {
  @Test(arguments: [true, false]) func ethernetFramesArriveAsTheyWere(isWritable: Bool) throws {
    let rig = try Rig()
    var random = SeededGenerator(seed: 51)
    let tcp = random.tcp(.v4, 100)
    let frames: [[UInt8]] = [
      ethernet(tcp), ethernet(random.tcp(.v6, 100)),
      ethernet(ipv4(1, [8, 0, 1, 2])) + [UInt8](repeating: 0, count: 22),
      ethernet(0x0800, tags: [(0x8100, 5)], tcp), ethernet(0x0800, tags: [(0x88A8, 6), (0x8100, 7)], tcp),
      ethernet(0x0806, random.bytes(28)), ethernet(0x88CC, random.bytes(40)), ethernet(0x0026, random.bytes(38)),
      // What makes no sense as IP is sent all the same, and so is a frame without a whole header.
      ethernet(0x0800, random.bytes(100)), ethernet(0x86DD, [0x60]), ethernet(0x0800, []), random.bytes(13), [1], [],
      ethernet(ipv4(17, flags: 0x2000, random.bytes(100))), ethernet(ipv4(6, [1, 2, 3])),
    ]
    let received = try rig.sendToOne(frames.map { TestFrame($0) }, isWritable: isWritable)
    #expect(Set(received) == Set(frames))
    #expect(received.count == frames.count)
    #expect(rig.counters.send.forwardedFrames == UInt64(frames.count))
    #expect(rig.counters.capture.capturedBytes == UInt64(frames.reduce(0) { $0 + $1.count }))
    #expect(rig.counters.capture.checksumsFilled == 0 && rig.counters.capture.truncated == 0)
  }

  @Test(arguments: [true, false]) func othersGetAnEthernetHeader(isWritable: Bool) throws {
    let rig = try Rig()
    let packet = ipv4(1, [8, 0, 1, 2, 3])
    let six = ipv6(58, [128, 0, 1, 2, 3])
    var cooked = TestFrame(hex("0000 0001 0006 020101010101 0000 0800") + packet, link: .linuxCooked)
    cooked.interfaceAddress = 0x02AA_BBCC_DDEE
    let cases: [(TestFrame, [UInt8])] = [
      (TestFrame(packet, link: .rawIP), hex("000000000000 000000000000 0800") + packet),
      (TestFrame(six, link: .rawIP), hex("000000000000 000000000000 86DD") + six),
      (TestFrame([2, 0, 0, 0] + packet, link: .null), hex("000000000000 000000000000 0800") + packet),
      (cooked, hex("02AABBCCDDEE 020101010101 0800") + packet),
      (
        TestFrame(hex("86DD 0000 00000002 0001 04 06 020101010101 0000") + six, link: .linuxCooked2),
        hex("000000000000 020101010101 86DD") + six
      ),
      (TestFrame([], link: .rawIP), hex("000000000000 000000000000 88B5")),
      (TestFrame([2, 0], link: .null), hex("000000000000 000000000000 88B5")),
    ]
    for (frame, expected) in cases {
      #expect(try rig.sendToOne([frame], isWritable: isWritable) == [expected])
    }
  }

  /// All frames of a batch, more than fit into the queues at once.
  @Test func aFullBatchToThree() throws {
    let rig = try Rig(collectors: 3, mode: .copy)
    let frames = (0..<FrameBatch.capacity).map { index in
      TestFrame(ethernet(0x88CC, bigEndian(UInt32(index)) + [UInt8](repeating: 7, count: 50)))
    }
    let received = try rig.send(frames)
    for copies in received { #expect(Set(copies) == Set(frames.map(\.bytes))) }
    #expect(rig.counters.send.sentDatagrams == UInt64(3 * FrameBatch.capacity))
    #expect(rig.counters.send.forwardedFrames == UInt64(FrameBatch.capacity))
  }

  @Test func copiesGoToBothAndBalanceToOne() throws {
    var random = SeededGenerator(seed: 52)
    let frames = (0..<60).map { _ in TestFrame(ethernet(random.tcp(.v4, 40))) }
    let copy = try Rig(collectors: 2, mode: .copy).send(frames)
    #expect(copy.allSatisfy { Set($0) == Set(frames.map(\.bytes)) })
    let balance = try Rig(collectors: 2, mode: .balance).send(frames)
    #expect(balance.allSatisfy { $0.count > 10 })
    #expect(Set(balance.joined()) == Set(frames.map(\.bytes)))
  }

  /// Both directions of a connection go to one collector.
  @Test func flowsAreKeptTogether() throws {
    let rig = try Rig(collectors: 2, mode: .balance)
    let frames = (0..<50).flatMap { number -> [TestFrame] in
      let there = udpDatagram(.v4, from: UInt16(1_000 + number), to: 53, [1])
      let back = udpDatagram(.v4.reversed, from: 53, to: UInt16(1_000 + number), [2])
      return [TestFrame(ethernet(ipv4(17, there))), TestFrame(ethernet(ipv4(.v4.reversed, 17, back)))]
    }
    let ports = try rig.send(frames).map { received in
      Dictionary(grouping: received) { max($0.word(34), $0.word(36)) }
    }
    #expect(ports.allSatisfy { !$0.isEmpty && $0.values.allSatisfy { $0.count == 2 } })
    #expect(Set(ports[0].keys).isDisjoint(with: ports[1].keys))
  }
}

extension SeededGenerator {
  /// A TCP packet with random ports and payload.
  mutating func tcp(_ addresses: Addresses, _ payloadByteCount: Int) -> [UInt8] {
    var header = TCPBuilder()
    header.sourcePort = UInt16(int(1...65_535))
    header.sequence = UInt32(truncatingIfNeeded: next())
    header.flags = 0x19
    let segment = header.segment(addresses, bytes(payloadByteCount))
    return addresses.isV6
      ? ipv6(addresses, 6, segment)
      : ipv4(addresses, 6, totalLength: segment.count + 20 > 65_535 ? 0 : nil, segment)
  }
}
