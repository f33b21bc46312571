import Capture
import Foundation
import TestSupport
import Testing

@testable import Mirror

/// Capture files of Tests/Golden through libpcap, its reader and the pipeline, against frames that scapy expects at
/// MTU 1500, byte by byte.
@Suite(.timeLimit(.minutes(1))) struct GoldenCaptureTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Golden")
  private static let suffix = ".expected.pcap"

  static let kinds = (try? FileManager.default.contentsOfDirectory(atPath: folder.path))
    .map { $0.filter { $0.hasSuffix(suffix) }.map { String($0.dropLast(suffix.count)) }.sorted() }

  @Test func everyKindIsThere() throws {
    #expect(try #require(Self.kinds).count == 18)
  }

  @Test(arguments: kinds ?? []) func whatScapyExpects(kind: String) throws {
    let rig = try Rig()
    let input = CollectedFrames(rig.pipeline)
    try CaptureFile.read(Self.folder.appending(path: kind + ".pcap").path, into: input)
    let expected = CollectedFrames(nil)
    try CaptureFile.read(Self.folder.appending(path: kind + Self.suffix).path, into: expected)

    #expect(rig.counters.isBalanced)
    #expect(rig.counters.send.forwardedFrames == UInt64(input.frames.count))
    let received = rig.sinks[0].receive(expected.frames.count)
    #expect(rig.sinks[0].isEmpty)
    try #require(received.count == expected.frames.count)
    var identifications = Identifications()
    var rest: [UInt8] = []
    for (index, (datagram, wanted)) in zip(received, expected.frames).enumerated() {
      #expect(datagram.bytes.prefix(8) == hex("08000000 12345600")[...])
      var frame = Array(datagram.bytes.dropFirst(8))
      try #require(frame.count == wanted.wireByteCount, "datagram \(index)")
      try identifications.replace(in: &frame, like: wanted.bytes)
      #expect(frame.prefix(wanted.bytes.count) == wanted.bytes[...], "datagram \(index)")
      rest += frame.dropFirst(wanted.bytes.count)
    }
    // Of BIG TCP only the headers are in the file.
    #expect(rest == input.frames[0].bytes.suffix(rest.count))
  }
}

/// Keeps frames, and hands each to a pipeline as a batch of its own, so that none overtakes another.
private final class CollectedFrames: FrameConsumer {
  private(set) var frames: [(bytes: [UInt8], wireByteCount: Int)] = []
  private let pipeline: Pipeline?

  init(_ pipeline: Pipeline?) { self.pipeline = pipeline }

  func consume(_ batch: borrowing FrameBatch) {
    for index in 0..<batch.count {
      let frame = batch[index]
      frames.append((frame.bytes.withUnsafeBytes { Array($0) }, frame.wireByteCount))
      var single = FrameBatch()
      single.append(frame)
      pipeline?.consume(single)
    }
  }
}

/// The identification of IPv6 fragments is the forwarder's to choose, and of IPv4 fragments whose packet had none that
/// means anything: the same for all of one packet, and new for the next.
private struct Identifications {
  private var last: [UInt8] = []
  private var seen: Set<[UInt8]> = []
  private static let placeholder = hex("EEEEEEEE")

  /// Puts the placeholder where `expected` has it.
  mutating func replace(in frame: inout [UInt8], like expected: [UInt8]) throws {
    guard let range = expected.firstRange(of: Self.placeholder), range.upperBound <= frame.count else {
      return replaceIPv4(in: &frame, like: expected)
    }
    take(Array(frame[range]), isFirst: expected.word(range.lowerBound - 2) & 0xFFF8 == 0)
    frame.replaceSubrange(range, with: Self.placeholder)
  }

  /// The header checksum follows the identification, so it is verified before and computed again.
  private mutating func replaceIPv4(in frame: inout [UInt8], like expected: [UInt8]) {
    var network = 14
    while [0x8100, 0x88A8].contains(expected.word(network - 2)) { network += 4 }
    guard expected.word(network - 2) == 0x0800, expected.word(network + 4) == 0xEEEE else { return }
    take(frame.slice(network + 4, 2), isFirst: expected.word(network + 6) & 0x1FFF == 0)
    let header = Int(expected[network] & 15) * 4
    #expect(NaiveChecksum.sum(frame.slice(network, header)) == 0xFFFF)
    frame.put([0xEE, 0xEE], at: network + 4)
    frame.put([0, 0], at: network + 10)
    frame.put(bigEndian(NaiveChecksum.of(frame.slice(network, header))), at: network + 10)
  }

  private mutating func take(_ found: [UInt8], isFirst: Bool) {
    if isFirst {
      #expect(seen.insert(found).inserted)
      last = found
    }
    #expect(found == last)
  }
}
