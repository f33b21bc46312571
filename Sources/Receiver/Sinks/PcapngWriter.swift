internal import Glibc
internal import System
internal import Wire

/// Writes frames as pcapng (draft-ietf-opsawg-pcapng) with nanosecond timestamps: a section header, then for each
/// sender and VNI an interface description named after them when the first frame comes, then enhanced packet blocks. A
/// frame whose end the forwarder has cut off keeps its original length.
///
/// Blocks are in the byte order of this machine, as the format allows. Nothing is allocated per frame.
public struct PcapngWriter: ~Copyable, FrameSink {
  /// Senders and VNIs with an interface of their own; the frames of any more share one that is named so.
  public static let maximumInterfaces = 1_024

  private struct Source: Hashable {
    var sender: SenderAddress
    var vni: UInt32
  }

  private var output: OutputBuffer
  private var interfaces: [Source: UInt32] = [:]
  private var lastSource: Source?
  private var lastInterface: UInt32 = 0
  private var overflowInterface: UInt32?

  /// Writes to an open descriptor, which stays the caller's to close.
  public init(descriptor: CInt) {
    self.init(OutputBuffer(descriptor: descriptor, capacity: Self.bufferBytes))
  }

  /// Creates or empties the file at `path`, readable by its owner alone: captured traffic may hold secrets.
  ///
  /// - Throws: `ReceiverError` of `.open`.
  public init(path: String) throws(ReceiverError) { try self.init(path, O_TRUNC) }

  /// Creates the file at `path`, which must not be there, as `init(path:)` does.
  ///
  /// - Throws: `ReceiverError` of `.open`, with EEXIST where it is there.
  init(newFile path: String) throws(ReceiverError) { try self.init(path, O_EXCL) }

  private init(_ path: String, _ flag: CInt) throws(ReceiverError) {
    let owner = try ReceiverError.from(.open) { () throws(SystemError) in
      try OwnedDescriptor("open") { unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flag, 0o600) }
    }
    self.init(OutputBuffer(owner, capacity: Self.bufferBytes))
  }

  private init(_ output: consuming OutputBuffer) {
    self.output = output
    interfaces.reserveCapacity(Self.maximumInterfaces)
    writeSectionHeader()
  }

  /// Several of the largest frames.
  private static let bufferBytes = 256 << 10

  /// Where the file goes.
  public var outputDescriptor: CInt? { output.descriptor }

  /// Bytes of the file, those in the buffer included.
  var byteCount: Int { output.total }

  /// The most bytes that a frame adds to the file: its block, and where it is the first of its kind the interface's.
  func growth(_ frame: RawSpan, _ origin: FrameOrigin) -> Int {
    let source = Source(sender: origin.sender, vni: origin.header.vni)
    let isKnown = source == lastSource || interfaces[source] != nil
    return Self.blockByteCount(of: frame.byteCount) + (isKnown ? 0 : Self.longestInterface)
  }

  /// Bytes of an enhanced packet block for a frame of `byteCount`.
  private static func blockByteCount(of byteCount: Int) -> Int { packetOverhead + (byteCount + 3) & ~3 }
  /// Bytes that no interface description exceeds: the name is an IPv6 address and a VNI.
  private static let longestInterface = 96

  /// Writes an enhanced packet block, and before the first frame of a sender and VNI their interface.
  public mutating func receive(_ frame: RawSpan, _ origin: FrameOrigin) throws(ReceiverError) {
    let interface = try interface(for: Source(sender: origin.sender, vni: origin.header.vni))
    let length = Self.blockByteCount(of: frame.byteCount)
    try output.reserve(length)
    output.append(BlockType.enhancedPacket)
    output.append(UInt32(length))
    output.append(interface)
    output.append(UInt32(truncatingIfNeeded: origin.timestamp >> 32))
    output.append(UInt32(truncatingIfNeeded: origin.timestamp))
    output.append(UInt32(frame.byteCount))
    output.append(UInt32(OriginalLength.of(frame)))
    output.append(frame)
    for _ in 0..<(-frame.byteCount & 3) { output.append(UInt8(0)) }
    output.append(UInt32(length))
    output.endFrame(byteCount: frame.byteCount)
  }

  /// Frames in the buffer, or lost with it.
  public var pending: FrameTally { output.pending }

  /// Writes out what is buffered. Where that fails, the file ends with the last block that is whole.
  public mutating func flush() throws(ReceiverError) {
    try output.flush()
  }

  /// The bytes of an enhanced packet block around the frame and its padding.
  private static let packetOverhead = 32

  private enum BlockType {
    static let sectionHeader: UInt32 = 0x0A0D_0D0A
    static let interfaceDescription: UInt32 = 1
    static let enhancedPacket: UInt32 = 6
  }

  private mutating func interface(for source: Source) throws(ReceiverError) -> UInt32 {
    if source == lastSource { return lastInterface }
    let interface: UInt32
    if let known = interfaces[source] {
      interface = known
    } else if interfaces.count < Self.maximumInterfaces {
      interface = UInt32(interfaces.count)
      try writeInterface(name: "\(source.sender) vni \(source.vni)")
      interfaces[source] = interface
    } else if let overflowInterface {
      interface = overflowInterface
    } else {
      interface = UInt32(Self.maximumInterfaces)
      try writeInterface(name: "other senders")
      overflowInterface = interface
    }
    lastSource = source
    lastInterface = interface
    return interface
  }

  private mutating func writeSectionHeader() {
    let program = Option(code: 4, text: "packet-forwarder")  // shb_userappl
    let length = UInt32(28 + program.byteCount + Option.endByteCount)
    output.append(BlockType.sectionHeader)
    output.append(length)
    output.append(UInt32(0x1A2B_3C4D))  // byte-order magic
    output.append(UInt16(1))  // version 1.0
    output.append(UInt16(0))
    output.append(Int64(-1))  // the section's length is not known
    program.write(to: &output)
    Option.writeEnd(to: &output)
    output.append(length)
  }

  private mutating func writeInterface(name: String) throws(ReceiverError) {
    let options = [Option(code: 2, text: name), Option(code: 9, bytes: [9])]  // if_name, if_tsresol: 10^-9 s
    let length = 20 + options.reduce(0) { $0 + $1.byteCount } + Option.endByteCount
    try output.reserve(length)
    output.append(BlockType.interfaceDescription)
    output.append(UInt32(length))
    output.append(UInt16(1))  // LINKTYPE_ETHERNET
    output.append(UInt16(0))
    output.append(UInt32(0))  // no snap length
    for option in options { option.write(to: &output) }
    Option.writeEnd(to: &output)
    output.append(UInt32(length))
  }
}

/// An option of a pcapng block: code, length, value, padding to 4 bytes.
private struct Option {
  static let endByteCount = 4
  let code: UInt16
  let bytes: [UInt8]

  init(code: UInt16, bytes: [UInt8]) {
    self.code = code
    self.bytes = bytes
  }

  init(code: UInt16, text: String) {
    self.init(code: code, bytes: Array(text.utf8))
  }

  var byteCount: Int { 4 + (bytes.count + 3) & ~3 }

  func write(to output: inout OutputBuffer) {
    output.append(code)
    output.append(UInt16(bytes.count))
    for byte in bytes { output.append(byte) }
    for _ in 0..<(-bytes.count & 3) { output.append(UInt8(0)) }
  }

  static func writeEnd(to output: inout OutputBuffer) {
    output.append(UInt32(0))
  }
}
