/// The bytes of one run, taken from the front: parameters first, then frames.
public struct FuzzInput {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0

  /// The input that libFuzzer passed.
  public init(_ data: UnsafePointer<UInt8>?, _ size: Int) {
    bytes = UnsafeBufferPointer(start: data, count: size)
  }

  /// Bytes that are left.
  public var count: Int { bytes.count - position }

  /// The next byte; 0 behind the end.
  public mutating func byte() -> UInt8 {
    guard position < bytes.count else { return 0 }
    defer { position += 1 }
    return bytes[position]
  }

  /// The next 16-bit number, big-endian.
  public mutating func word() -> UInt16 { UInt16(byte()) << 8 | UInt16(byte()) }

  /// One of `choices`.
  public mutating func pick<Element>(_ choices: [Element]) -> Element { choices[Int(byte()) % choices.count] }

  /// The next `count` bytes, or what is left.
  public mutating func bytes(_ count: Int) -> [UInt8] {
    let end = min(position + count, bytes.count)
    defer { position = end }
    return Array(bytes[position..<end])
  }

  /// A frame of the next `count` bytes and `filler` more that follow a pattern, so that a small input makes a large
  /// frame.
  public mutating func frame(_ count: Int, filler: Int) -> [UInt8] {
    var frame = bytes(count)
    frame.reserveCapacity(frame.count + filler)
    for index in 0..<filler { frame.append(UInt8(truncatingIfNeeded: index &* 7 &+ index >> 8)) }
    return frame
  }
}

/// Makes the length fields of the IP packet at `offset` say what the frame really has, as mutation seldom leaves them.
/// Beyond 64 KiB they become zero, as in BIG TCP.
public func repairLength(_ frame: inout [UInt8], at offset: Int) {
  guard frame.count >= offset + 40 else { return }
  let size = frame.count - offset
  switch frame[offset] >> 4 {
  case 4: store(size < 0x10000 ? size : 0, at: offset + 2)
  case 6: store(size - 40 < 0x10000 ? size - 40 : 0, at: offset + 4)
  default: break
  }
  func store(_ value: Int, at field: Int) {
    frame[field] = UInt8(value >> 8)
    frame[field + 1] = UInt8(value & 0xFF)
  }
}
