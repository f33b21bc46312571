import Foundation
import Wire

@testable import Receiver

/// A generator that gives the same numbers for the same seed (SplitMix64), so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
  }
}

/// Bytes of a hex dump; white space is ignored.
func hex(_ text: String) -> [UInt8] {
  let digits = text.filter { !$0.isWhitespace }.map { UInt8($0.hexDigitValue!) }
  precondition(digits.count.isMultiple(of: 2))
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// A VXLAN datagram as RFC 7348 section 5 draws it.
func vxlan(vni: UInt32, _ frame: [UInt8], flags: UInt8 = 0x08) -> [UInt8] {
  [flags, 0, 0, 0, UInt8(vni >> 16 & 0xFF), UInt8(vni >> 8 & 0xFF), UInt8(vni & 0xFF), 0] + frame
}

/// One frame as a sink got it.
struct ReceivedFrame: Equatable {
  var vni: UInt32
  var bytes: [UInt8]
  var timestamp: UInt64
  var sender: SenderAddress

  init(vni: UInt32, bytes: [UInt8], timestamp: UInt64, sender: SenderAddress = SenderAddress(ipv4: 0xC000_0201)) {
    self.vni = vni
    self.bytes = bytes
    self.timestamp = timestamp
    self.sender = sender
  }

  init(_ frame: RawSpan, _ origin: FrameOrigin) {
    self.init(
      vni: origin.header.vni, bytes: frame.withUnsafeBytes { Array($0) }, timestamp: origin.timestamp,
      sender: origin.sender)
  }

  var origin: FrameOrigin { FrameOrigin(header: VXLANHeader(vni: vni), sender: sender, timestamp: timestamp) }
}

extension FrameSink where Self: ~Copyable {
  /// Takes frames one by one.
  mutating func receive(_ frames: [ReceivedFrame]) throws(ReceiverError) {
    for frame in frames { try receive(frame.bytes.span.bytes, frame.origin) }
  }
}

/// A path in the temporary folder that is removed when the body is done.
func withTemporaryFile<Result>(_ body: (String) throws -> Result) rethrows -> Result {
  let path = NSTemporaryDirectory() + "collector-tests-\(UUID().uuidString)"
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}
