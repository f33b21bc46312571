import Capture
import TestSupport
import Testing
import Wire

@testable import Mirror

/// SCTP's open checksum is completed as CRC32c, whichever way the frame goes.
@Suite(.timeLimit(.minutes(1))) struct SCTPChecksumTests {
  private func packet(_ addresses: Addresses, _ sctp: [UInt8]) -> [UInt8] {
    addresses.isV6 ? ipv6(addresses, 132, sctp) : ipv4(addresses, 132, sctp)
  }

  private func opened(_ sctp: [UInt8]) -> [UInt8] {
    var sctp = sctp
    sctp.put([0, 0, 0, 0], at: 8)
    return sctp
  }

  /// As the ring hands it over, which names the field, and as libpcap does, which does not.
  @Test(arguments: [Addresses.v4, .v6], [true, false])
  func whole(addresses: Addresses, isWritable: Bool) throws {
    let rig = try Rig()
    var random = SeededGenerator(seed: 91)
    for isNamed in [true, false] {
      let sctp = sctpPacket(random.bytes(4 * random.int(1...300)))
      var frame = TestFrame(ethernet(packet(addresses, opened(sctp))))
      if isNamed {
        frame.offload.checksum = .open
        frame.offload.checksumStart = addresses.isV6 ? 54 : 34
        frame.offload.checksumOffset = 8
      }
      #expect(try rig.sendToOne([frame], isWritable: isWritable) == [ethernet(packet(addresses, sctp))])
    }
    #expect(rig.counters.capture.checksumsFilled == 2)
  }

  /// Finished ones, and those the capture knows to be finished, stay as they are.
  @Test func finishedChecksumsStay() throws {
    let rig = try Rig()
    let frame = TestFrame(ethernet(packet(.v4, sctpPacket([1, 2, 3, 4]))))
    var zero = TestFrame(ethernet(packet(.v4, sctpPacket([1, 2, 3, 4], hasChecksum: false))))
    zero.offload.checksum = .finished
    #expect(try rig.sendToOne([frame, zero]) == [frame.bytes, zero.bytes])
    #expect(rig.counters.capture.checksumsFilled == 0)
  }

  @Test(arguments: [Addresses.v4, .v6], [true, false])
  func fragmented(addresses: Addresses, isWritable: Bool) throws {
    let rig = try Rig()
    var random = SeededGenerator(seed: 92)
    let sctp = sctpPacket(random.bytes(8_000))
    let frame = TestFrame(ethernet(packet(addresses, opened(sctp))))
    let parts = try rig.sendToOne([frame], isWritable: isWritable)
      .map { try ReadPacket(Array($0.dropFirst(14))) }.sorted { $0.fragmentOffset < $1.fragmentOffset }
    #expect(parts.count == 6)
    #expect(parts.flatMap(\.payload) == sctp)
    #expect(rig.counters.capture.checksumsFilled == 1)
  }

  /// In a tunnel a field may lie across two fragments, which then have a part of it each. Fragments have 32 bytes here.
  @Test(arguments: [UInt8(132), 17], [true, false]) func acrossFragments(number: UInt8, isWritable: Bool) throws {
    let rig = try Rig(mtu: 28 + 8 + 14 + 20 + 32)
    var random = SeededGenerator(seed: 93)
    let upper = number == 132 ? sctpPacket(random.bytes(100)) : udpDatagram(.v4, random.bytes(100))
    let field = number == 132 ? 8 : 6
    let size = number == 132 ? 4 : 2
    for distance in 1..<size {
      // Whatever the tunnel has in front, the field begins `distance` bytes before the second fragment.
      let front = random.bytes(32 - distance - field - 20)
      var payload = front + ipv4(number, upper)
      let expected = payload
      let seed =
        number == 132 ? [0, 0, 0, 0] : bigEndian(NaiveChecksum.sum(Addresses.v4.pseudoHeader(17, upper.count)))
      payload.put(seed, at: 32 - distance)
      var frame = TestFrame(ethernet(ipv4(99, payload)))
      frame.offload.checksum = .open
      frame.offload.checksumStart = UInt16(14 + 20 + 32 - distance - field)
      frame.offload.checksumOffset = UInt16(field)
      let parts = try rig.sendToOne([frame], isWritable: isWritable)
        .map { try ReadPacket(Array($0.dropFirst(14))) }.sorted { $0.fragmentOffset < $1.fragmentOffset }
      #expect(parts[1].fragmentOffset == 32)
      #expect(parts.flatMap(\.payload) == expected)
    }
  }
}
