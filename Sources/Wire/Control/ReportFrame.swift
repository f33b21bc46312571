/// What a forwarder says, once a second for each outer source port and collector, of what it has sent there: the
/// collector compares it with what has come.
///
/// The body of a `ControlFrame` of kind `report`:
///
/// | offset | bytes | what |
/// |---|---|---|
/// | 0 | 8 | stream: a random number of the socket that sends; another one after a restart or a change of ports |
/// | 8 | 4 | sequence: 0 for the stream's first report |
/// | 12 | 1 | flags: 1 the stream's last report, 2 several threads send on this port |
/// | 13 | 1 | 0 |
/// | 14 | 2 | outer source port, as the forwarder has it |
/// | 16 | 2 | largest outer IP packet in bytes |
/// | 18 | 2 | 0 |
/// | 20 | 8 | datagrams sent on the stream before this one, reports among them |
/// | 28 | 8 | bytes of these as outer IP packets |
/// | 36 | 8 | age of the stream in nanoseconds |
/// | 44 | 8 | the forwarder's clock, nanoseconds since 1970, UTC |
/// | 52 | 8 | frames captured by the whole forwarder |
/// | 60 | 8 | frames forwarded by the whole forwarder |
/// | 68 | 8 | frames that the kernel there dropped before they were captured |
///
/// and then items of one byte of type, one of length, and a value; unknown types are to be skipped: 1 host, 2 version,
/// 3 task, 4 zone, each as UTF-8; 5 frames dropped for one reason: 8 bytes of number, then the reason as UTF-8.
public struct ReportFrame: Equatable, Sendable {
  /// Random number of the socket.
  public var stream: UInt64 = 0
  /// Number of the report within its stream.
  public var sequence: UInt32 = 0
  /// Whether no more comes on this stream.
  public var isLast = false
  /// Whether several threads send on this port, so that datagrams may be under way that are not in the figures yet.
  public var isShared = false
  /// Outer source port at the forwarder, host byte order.
  public var sourcePort: UInt16 = 0
  /// Largest outer IP packet in bytes.
  public var mtu: UInt16 = 0
  /// Datagrams sent on the stream before this one.
  public var datagrams: UInt64 = 0
  /// Bytes of these as outer IP packets.
  public var bytes: UInt64 = 0
  /// Nanoseconds since the socket was made.
  public var age: UInt64 = 0
  /// Nanoseconds since 1970 by the forwarder's clock.
  public var clock: UInt64 = 0
  /// Frames captured, by all of the forwarder.
  public var captured: UInt64 = 0
  /// Frames forwarded, by all of the forwarder.
  public var forwarded: UInt64 = 0
  /// Frames that the forwarder's kernel dropped before they were captured.
  public var kernelDropped: UInt64 = 0
  /// Name of its machine or container.
  public var host = ""
  /// Its version.
  public var version = ""
  /// ECS's identifier of its task; empty where it knows none.
  public var task = ""
  /// Its availability zone; empty where it knows none.
  public var zone = ""
  /// Frames not forwarded, by reason.
  public var dropped: [Dropped] = []

  /// Frames not forwarded for one reason.
  public struct Dropped: Equatable, Sendable {
    /// The reason, as the statistics name it.
    public var reason: String
    /// How many.
    public var frames: UInt64

    /// So many for that reason.
    public init(reason: String, frames: UInt64) {
      self.reason = reason
      self.frames = frames
    }
  }

  /// Bytes in front of the items.
  private static let fixedByteCount = 76
  /// Bytes that all items may have together, so that a report fits every path.
  private static let itemLimit = 400

  /// Where numbers stand in the body.
  private enum Field {
    static let stream = HeaderField<UInt64>(0)
    static let sequence = HeaderField<UInt32>(8)
    static let flags = HeaderField<UInt8>(12)
    static let sourcePort = HeaderField<UInt16>(14)
    static let mtu = HeaderField<UInt16>(16)
    static let datagrams = HeaderField<UInt64>(20)
    static let bytes = HeaderField<UInt64>(28)
    static let age = HeaderField<UInt64>(36)
    static let clock = HeaderField<UInt64>(44)
    static let captured = HeaderField<UInt64>(52)
    static let forwarded = HeaderField<UInt64>(60)
    static let kernelDropped = HeaderField<UInt64>(68)
    /// Of each item.
    static let itemType = HeaderField<UInt8>(0)
    static let itemByteCount = HeaderField<UInt8>(1)
  }

  private enum Flag {
    static let last: UInt8 = 1
    static let shared: UInt8 = 2
  }

  private enum Item: UInt8 {
    case host = 1
    case version
    case task
    case zone
    case dropped
  }

  /// Nothing sent yet.
  public init() {}

  /// The whole frame, at most 502 bytes. Names are cut at 64 bytes; reasons that find no room are left out.
  public func frame() -> [UInt8] {
    var writer = ByteWriter()
    writer.append(stream)
    writer.append(sequence)
    writer.append((isLast ? Flag.last : 0) | (isShared ? Flag.shared : 0))
    writer.append(UInt8(0))
    writer.append(sourcePort)
    writer.append(mtu)
    writer.append(UInt16(0))
    for number in [datagrams, bytes, age, clock, captured, forwarded, kernelDropped] { writer.append(number) }
    for (item, text) in [(Item.host, host), (.version, version), (.task, task), (.zone, zone)] where !text.isEmpty {
      Self.append(item, Array(text.utf8.prefix(64)), to: &writer)
    }
    for one in dropped where one.frames > 0 {
      var value = ByteWriter()
      value.append(one.frames)
      value.append(one.reason.utf8.prefix(32))
      Self.append(.dropped, value.bytes, to: &writer)
    }
    return ControlFrame.bytes(.report, body: writer.bytes)
  }

  private static func append(_ item: Item, _ value: [UInt8], to writer: inout ByteWriter) {
    guard writer.bytes.count + 2 + value.count <= fixedByteCount + itemLimit else { return }
    writer.append(item.rawValue)
    writer.append(UInt8(value.count))
    writer.append(value)
  }

  /// Reads the body of a report; nil if it is shorter than its fixed part. Items that are cut or unknown are left out.
  public init?(body: RawSpan) {
    guard body.byteCount >= Self.fixedByteCount else { return nil }
    stream = body.read(Field.stream)
    sequence = body.read(Field.sequence)
    isLast = body.read(Field.flags) & Flag.last != 0
    isShared = body.read(Field.flags) & Flag.shared != 0
    sourcePort = body.read(Field.sourcePort)
    mtu = body.read(Field.mtu)
    datagrams = body.read(Field.datagrams)
    bytes = body.read(Field.bytes)
    age = body.read(Field.age)
    clock = body.read(Field.clock)
    captured = body.read(Field.captured)
    forwarded = body.read(Field.forwarded)
    kernelDropped = body.read(Field.kernelDropped)
    readItems(body)
  }

  private mutating func readItems(_ body: RawSpan) {
    var position = Self.fixedByteCount
    while body.byteCount - position >= 2 {
      let type = body.read(Field.itemType, at: position)
      let start = position + 2
      let end = start + Int(body.read(Field.itemByteCount, at: position))
      guard end <= body.byteCount else { return }
      position = end
      switch Item(rawValue: type) {
      case .host: host = Self.text(body, start..<end)
      case .version: version = Self.text(body, start..<end)
      case .task: task = Self.text(body, start..<end)
      case .zone: zone = Self.text(body, start..<end)
      case .dropped where end - start >= 8:
        dropped.append(Dropped(reason: Self.text(body, start + 8..<end), frames: body.uint64(at: start)))
      default: break
      }
    }
  }

  /// Printable ASCII; whatever else a sender writes becomes a question mark, since it is shown on terminals.
  private static func text(_ body: RawSpan, _ range: Range<Int>) -> String {
    var text = ""
    for offset in range {
      let byte = body.uint8(at: offset)
      text.unicodeScalars.append(0x20..<0x7F ~= byte ? Unicode.Scalar(byte) : "?")
    }
    return text
  }
}
