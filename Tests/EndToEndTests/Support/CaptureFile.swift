import Foundation

/// The classic capture file format (pcap-savefile(5)), microseconds, Ethernet.
enum CaptureFile {
  /// One recorded frame.
  struct Frame {
    /// Microseconds since 1970.
    var time: UInt64
    var bytes: [UInt8]
  }

  private static let magic: UInt32 = 0xa1b2_c3d4
  private static let ethernet: UInt32 = 1

  /// All frames of a file.
  ///
  /// - Parameter isGrowing: whether it is still written to, so that its last frame may be incomplete.
  static func read(_ path: String, isGrowing: Bool = false) throws -> [Frame] {
    guard let data = FileManager.default.contents(atPath: path) else { throw Failure("no file \(path)") }
    let bytes = [UInt8](data)
    if isGrowing && bytes.count < 24 { return [] }
    guard bytes.count >= 24, bytes.littleEndian32(at: 0) == magic,
      bytes.littleEndian32(at: 20) == ethernet
    else { throw Failure("\(path) is not a microsecond pcap file of Ethernet frames") }
    var frames: [Frame] = []
    var offset = 24
    while offset + 16 <= bytes.count {
      let kept = Int(bytes.littleEndian32(at: offset + 8))
      guard kept == Int(bytes.littleEndian32(at: offset + 12)) else {
        throw Failure("\(path) has a cut frame")
      }
      let seconds = UInt64(bytes.littleEndian32(at: offset))
      let time = seconds * 1_000_000 + UInt64(bytes.littleEndian32(at: offset + 4))
      guard offset + 16 + kept <= bytes.count else {
        if isGrowing { break }
        throw Failure("\(path) ends inside a frame")
      }
      frames.append(Frame(time: time, bytes: Array(bytes[offset + 16..<offset + 16 + kept])))
      offset += 16 + kept
    }
    return frames
  }

  static func write(_ frames: [Frame], to path: String) throws {
    var data = Data()
    func append(_ values: UInt32...) {
      for value in values { withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) } }
    }
    append(magic, 4 << 16 | 2, 0, 0, 262_144, ethernet)
    for frame in frames {
      let length = UInt32(frame.bytes.count)
      append(UInt32(frame.time / 1_000_000), UInt32(frame.time % 1_000_000), length, length)
      data.append(contentsOf: frame.bytes)
    }
    try data.write(to: URL(fileURLWithPath: path))
  }
}

extension [UInt8] {
  fileprivate func littleEndian32(at offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(self[offset + $1]) << (8 * UInt32($1)) }
  }

  /// A big-endian field.
  func field16(at offset: Int) -> Int { Int(self[offset]) << 8 | Int(self[offset + 1]) }
}
