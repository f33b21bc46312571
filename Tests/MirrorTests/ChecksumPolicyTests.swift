import Capture
import TestSupport
import Testing
import Wire

@testable import Mirror

@Suite(.timeLimit(.minutes(1))) struct ChecksumPolicyTests {
  /// A packet whose checksum field holds the folded pseudo-header sum.
  private func open(_ addresses: Addresses, _ number: UInt8, _ payload: [UInt8]) -> [UInt8] {
    var upper = number == 6 ? TCPBuilder().segment(addresses, payload) : udpDatagram(addresses, payload)
    upper.put(bigEndian(NaiveChecksum.sum(addresses.pseudoHeader(number, upper.count))), at: number == 6 ? 16 : 6)
    return addresses.isV6 ? ipv6(addresses, number, upper) : ipv4(addresses, number, upper)
  }

  private func isRight(_ frame: [UInt8], linkByteCount: Int = 14) -> Bool {
    (try? ReadPacket(Array(frame.dropFirst(linkByteCount))).verifyChecksum()) != nil
  }

  @Test(arguments: [Addresses.v4, .v6], [true, false])
  func openChecksumsAreFilled(addresses: Addresses, isWritable: Bool) throws {
    let rig = try Rig()
    var random = SeededGenerator(seed: 81)
    for (number, size) in [(UInt8(6), 0), (6, 1), (6, 1_001), (17, 0), (17, 1), (17, 1_001)] {
      let packet = open(addresses, number, random.bytes(size))
      let received = try rig.sendToOne([TestFrame(ethernet(packet))], isWritable: isWritable)
      #expect(received.count == 1 && isRight(received[0]))
      // The two bytes of the field are all that changed.
      let field = 14 + (addresses.isV6 ? 40 : 20) + (number == 6 ? 16 : 6)
      var restored = received[0]
      restored.put(packet.slice(field - 14, 2), at: field)
      #expect(restored == ethernet(packet))
    }
    #expect(rig.counters.capture.checksumsFilled == 6)
  }

  /// The capture names the field: where a link header stands in front, and inside a tunnel.
  @Test func metadataNamesTheField() throws {
    let rig = try Rig()
    let inner = open(Addresses([192, 168, 0, 1], [192, 168, 0, 2]), 6, [1, 2, 3])
    for tags in [[], [(UInt16(0x8100), UInt16(9))]] {
      let link = 14 + tags.count * 4
      var frame = TestFrame(ethernet(0x0800, tags: tags, ipv4(47, hex("00000800") + inner)))
      frame.offload.checksum = .open
      frame.offload.checksumStart = UInt16(link + 20 + 4 + 20)
      frame.offload.checksumOffset = 16
      let received = try rig.sendToOne([frame])
      #expect(received.count == 1 && isRight(received[0], linkByteCount: link + 24))
    }
    var raw = TestFrame(open(.v6, 17, [1, 2, 3]), link: .rawIP)
    raw.offload.checksum = .open
    raw.offload.checksumStart = 40
    raw.offload.checksumOffset = 6
    let received = try rig.sendToOne([raw])
    #expect(received.count == 1 && isRight(received[0]))
    #expect(rig.counters.capture.checksumsFilled == 3)
  }

  /// Metadata beyond the packet is not believed.
  @Test(arguments: [(UInt16(10_000), UInt16(6)), (0, 6), (34, 60_000), (65_535, 65_535)])
  func metadataThatMakesNoSense(start: UInt16, offset: UInt16) throws {
    var frame = TestFrame(ethernet(open(.v4, 17, [1, 2, 3])))
    frame.offload.checksum = .open
    frame.offload.checksumStart = start
    frame.offload.checksumOffset = offset
    #expect(try Rig().sendToOne([frame]) == [frame.bytes])
  }

  @Test func finishedAndKept() throws {
    let packet = open(.v4, 6, [1, 2, 3])
    var frame = TestFrame(ethernet(packet))
    let keep = try Rig(checksum: .keep)
    #expect(try keep.sendToOne([frame]) == [frame.bytes])
    #expect(keep.counters.capture.checksumsFilled == 0)
    // The capture knows better than the look of the field.
    frame.offload.checksum = .finished
    let fill = try Rig()
    #expect(try fill.sendToOne([frame]) == [frame.bytes])
    #expect(fill.counters.capture.checksumsFilled == 0)
  }

  /// A wrong checksum was wrong on the wire, and stays so.
  @Test func wrongChecksumsStayWrong() throws {
    var packet = ipv4(6, TCPBuilder().segment(.v4, [1, 2, 3]))
    packet[36] ^= 0x55
    #expect(try Rig().sendToOne([TestFrame(ethernet(packet))]) == [ethernet(packet)])
  }
}
