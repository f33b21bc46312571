/// The head of an Ethernet frame that a forwarder and our own collector exchange inside the tunnel, beside what is
/// mirrored. Its EtherType is the first of the two that IEEE 802 sets aside for local experiments, its addresses are
/// locally administered unicast, so no bridge floods it and no stack takes it for something else.
///
/// | offset | bytes | what |
/// |---|---|---|
/// | 0 | 6 | destination: 02:50:46:00:00:02 towards the collector, 02:50:46:00:00:01 towards the forwarder |
/// | 6 | 6 | source: the other one of the two |
/// | 12 | 2 | EtherType 0x88B5 |
/// | 14 | 4 | 0x706B6677, `pkfw` |
/// | 18 | 1 | version, 1 |
/// | 19 | 1 | kind |
/// | 20 | 2 | bytes of the body, which begins at 22; a probe and its answer (`ProbeFrame`) have a form of their own from here on |
///
/// All numbers are in network byte order. A frame may have padding behind its body.
public enum ControlFrame {
  /// What the body is.
  public enum Kind: UInt8, Sendable {
    /// What was sent so far (`ReportFrame`), from forwarder to collector.
    case report = 1
    /// Asks for reports, from collector to forwarder; the body is empty.
    case request = 4
  }

  /// Local experimental EtherType 1 (IEEE 802).
  public static let etherType: UInt16 = 0x88B5
  /// Bytes in front of the body.
  public static let headByteCount = 22
  /// The shortest Ethernet frame without its checksum, to which frames are padded.
  public static let minimumFrame = 60
  /// `pkfw`.
  public static let magic: UInt32 = 0x706B_6677
  /// Where the EtherType stands.
  @inlinable public static var etherTypeField: HeaderField<UInt16> { HeaderField(12) }
  /// Where `magic` stands.
  @inlinable public static var magicField: HeaderField<UInt32> { HeaderField(14) }
  private static let versionField = HeaderField<UInt8>(18)
  private static let kindField = HeaderField<UInt8>(19)
  private static let lengthField = HeaderField<UInt16>(20)
  /// Stands for the collector inside the tunnel.
  private static let collector: UInt64 = 0x0250_4600_0002
  /// Stands for the forwarder inside the tunnel.
  private static let forwarder: UInt64 = 0x0250_4600_0001
  private static let version: UInt8 = 1

  /// Whether a frame is one of these, of whatever kind and version: it is no mirrored frame.
  @inlinable public static func isOne(_ frame: RawSpan) -> Bool {
    frame.byteCount >= headByteCount && frame.read(etherTypeField) == etherType
      && frame.read(magicField) == magic
  }

  /// The number of a frame's kind; nil if it is not one of these, or of a version not known here.
  static func kind(_ frame: RawSpan) -> UInt8? {
    isOne(frame) && frame.read(versionField) == version ? frame.read(kindField) : nil
  }

  /// The kind of a frame, and where its body is; nil if it is of a version or kind not known here, or cut.
  public static func parse(_ frame: RawSpan) -> (kind: Kind, body: Range<Int>)? {
    guard let kind = kind(frame).flatMap(Kind.init(rawValue:)) else { return nil }
    let end = headByteCount + Int(frame.read(lengthField))
    return end <= frame.byteCount ? (kind, headByteCount..<end) : nil
  }

  /// What all kinds begin with, up to the number of the kind.
  static func head(_ kind: UInt8, isToCollector: Bool) -> [UInt8] {
    let (destination, source) = isToCollector ? (collector, forwarder) : (forwarder, collector)
    var writer = ByteWriter()
    for address in [destination, source] {
      writer.append(UInt16(address >> 32))
      writer.append(UInt32(truncatingIfNeeded: address))
    }
    writer.append(etherType)
    writer.append(magic)
    writer.append(version)
    writer.append(kind)
    return writer.bytes
  }

  /// A frame around `body` of at most 65,535 bytes.
  public static func bytes(_ kind: Kind, body: [UInt8]) -> [UInt8] {
    precondition(body.count <= Int(UInt16.max))
    var writer = ByteWriter()
    writer.append(head(kind.rawValue, isToCollector: kind != .request))
    writer.append(UInt16(body.count))
    writer.append(body)
    while writer.bytes.count < minimumFrame { writer.append(UInt8(0)) }
    return writer.bytes
  }
}

/// Collects integers in network byte order.
struct ByteWriter {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ value: some FixedWidthInteger) {
    for shift in stride(from: type(of: value).bitWidth - 8, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  mutating func append(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }
}
