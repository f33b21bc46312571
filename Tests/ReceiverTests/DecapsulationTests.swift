import Testing
import Wire

@testable import Receiver

@Suite struct DecapsulationTests {
  private let frame = [UInt8](repeating: 7, count: 14)

  /// What one datagram adds to the counters.
  private func counted(
    _ datagram: [UInt8], vnis: [UInt32] = [], isSnapped: Bool = false
  ) -> (header: VXLANHeader?, counters: ReceiveCounters) {
    var decapsulation = Decapsulation(vnis: vnis)
    let header = decapsulation.check(datagram.span.bytes, isSnapped: isSnapped)
    return (header, decapsulation.counters)
  }

  @Test(arguments: [0, 1, 42, 0xFF_FFFF] as [UInt32])
  func aFrameIsHandedOn(vni: UInt32) {
    let (header, counters) = counted(vxlan(vni: vni, frame))
    #expect(header == VXLANHeader(vni: vni))
    #expect(counters.frames == 1 && counters.frameBytes == 14)
    #expect(counters.datagrams == 1 && counters.bytes == 22)
  }

  /// RFC 7348 section 5: reserved bits are ignored on receipt.
  @Test func reservedBitsAreIgnored() {
    var datagram = vxlan(vni: 5, frame, flags: 0xFF)
    datagram[1] = 0xFF
    datagram[3] = 0xFF
    datagram[7] = 0xFF
    #expect(counted(datagram).header == VXLANHeader(vni: 5))
  }

  @Test func withoutTheFlagItIsInvalid() {
    let (header, counters) = counted(vxlan(vni: 5, frame, flags: 0xF7))
    #expect(header == nil)
    #expect(counters.invalidHeaders == 1 && counters.frames == 0)
  }

  @Test(arguments: 0...21)
  func tooShortIsTruncated(length: Int) {
    let (header, counters) = counted(Array(vxlan(vni: 1, frame).prefix(length)))
    #expect(header == nil)
    #expect(counters.truncated == 1 && counters.datagrams == 1 && counters.bytes == UInt64(length))
  }

  @Test func cutOnReceiptIsTruncated() {
    #expect(counted(vxlan(vni: 1, frame), isSnapped: true).counters.truncated == 1)
  }

  @Test func onlyTheVNIAskedForComesThrough() {
    #expect(counted(vxlan(vni: 9, frame), vnis: [9]).header != nil)
    let (header, counters) = counted(vxlan(vni: 8, frame), vnis: [9])
    #expect(header == nil)
    #expect(counters.otherVNI == 1)
  }

  /// Whatever comes in, it is counted exactly once.
  @Test func randomBytesAreAccountedFor() {
    var generator = SeededGenerator(seed: 11)
    var decapsulation = Decapsulation(vnis: [3])
    var handedOn: UInt64 = 0
    for _ in 0..<100_000 {
      var datagram = generator.bytes(Int.random(in: 0...64, using: &generator))
      if datagram.count >= 8 && Bool.random(using: &generator) {
        datagram.replaceSubrange(4..<8, with: [0, 0, 3, 0])
      }
      if decapsulation.check(datagram.span.bytes) != nil { handedOn += 1 }
    }
    let counters = decapsulation.counters
    #expect(counters.frames == handedOn && handedOn > 0)
    #expect(counters.invalidHeaders > 0 && counters.otherVNI > 0 && counters.truncated > 0)
    #expect(counters.datagrams == 100_000)
    #expect(
      counters.datagrams
        == counters.frames + counters.invalidHeaders + counters.otherVNI + counters.truncated)
  }
}
