/// A frame that asks whether the tunnel works, and the answer to it: `check` and `failover` send probes to the collector's port, and
/// `receive` answers each to where it came from. Both are Ethernet frames inside the tunnel, behind the VXLAN header, with
/// the EtherType that IEEE 802 keeps for local experiments, so that a collector that knows nothing of them sees one frame
/// of an unknown protocol to a station that is not there.
///
/// It has the head of a `ControlFrame`, of kind 2 for a probe and 3 for the answer to one. Behind it:
///
/// ```
/// 20  1  verdict of an answer: 0 the frame would be taken, 1 it is of another VNI than `--vni`; 0 in a probe
/// 21  1  zero
/// 22  2  number of the probe, chosen by who sends it, repeated in the answer
/// 24  2  length of the outer IP packet: of a probe as it was sent, in the answer as it arrived
/// 26  8  token, chosen at random for each run of `check`, repeated in the answer
/// 34 26  zeros
/// 60  .  zeros, up to the length that a probe is to have; an answer ends here
/// ```
///
/// All integers are in network byte order. A shorter probe is none, so no answer is ever longer than what it answers.
public struct ProbeFrame: BitwiseCopyable, Equatable, Sendable {
  /// What a frame is.
  public enum Kind: UInt8, BitwiseCopyable, Sendable {
    /// Asks.
    case probe = 2
    /// Answers.
    case answer = 3
  }

  /// Bytes of an answer and of the shortest probe, without the tunnel's header: the shortest Ethernet frame.
  @inlinable public static var byteCount: Int { 60 }
  private static let verdictField = HeaderField<UInt8>(20)
  private static let numberField = HeaderField<UInt16>(22)
  private static let lengthField = HeaderField<UInt16>(24)
  private static let tokenField = HeaderField<UInt64>(26)

  /// Whether it asks or answers.
  public var kind: Kind
  /// In an answer: whether frames of the probe's VNI are taken.
  public var isTaken = true
  /// Which probe it is, or answers.
  public var number: UInt16
  /// Bytes of the probe's outer IP packet: as it was sent, or as it arrived.
  public var packetByteCount: UInt16
  /// Who asks.
  public var token: UInt64

  /// A probe.
  public init(number: UInt16, packetByteCount: UInt16, token: UInt64) {
    kind = .probe
    self.number = number
    self.packetByteCount = packetByteCount
    self.token = token
  }

  /// The answer to a probe that arrived in a packet of so many bytes.
  public init(answering probe: ProbeFrame, packetByteCount: UInt16, isTaken: Bool) {
    self = probe
    kind = .answer
    self.packetByteCount = packetByteCount
    self.isTaken = isTaken
  }

  /// Reads a frame; nil for one that is neither probe nor answer.
  public init?(_ frame: RawSpan) {
    guard frame.byteCount >= Self.byteCount, let kind = ControlFrame.kind(frame).flatMap(Kind.init(rawValue:))
    else { return nil }
    self.kind = kind
    isTaken = frame.read(Self.verdictField) == 0
    number = frame.read(Self.numberField)
    packetByteCount = frame.read(Self.lengthField)
    token = frame.read(Self.tokenField)
  }

  /// The datagram that carries it in network `vni`, the tunnel's header included, followed by zeros up to `byteCount`
  /// bytes if that is more.
  public func datagram(vni: UInt32, byteCount: Int = 0) -> [UInt8] {
    var writer = ByteWriter()
    writer.append(VXLANHeader.identifierFlag)
    writer.append([0, 0, 0])
    writer.append(VXLANHeader(vni: vni).vni << 8)
    writer.append(ControlFrame.head(kind.rawValue, isToCollector: kind == .probe))
    writer.append(UInt16(isTaken ? 0 : 0x0100))
    writer.append(number)
    writer.append(packetByteCount)
    writer.append(token)
    var bytes = writer.bytes
    let rest = max(byteCount, VXLANHeader.byteCount + Self.byteCount) - bytes.count
    bytes.append(contentsOf: repeatElement(0, count: rest))
    return bytes
  }

  /// The probe or answer in a datagram and its VNI; nil for any other datagram.
  @inlinable public static func find(in datagram: RawSpan) -> (frame: ProbeFrame, vni: UInt32)? {
    let start = VXLANHeader.byteCount
    // Mirrored traffic has another EtherType: it costs this look and no more.
    guard datagram.byteCount >= start + byteCount,
      datagram.read(ControlFrame.etherTypeField, at: start) == ControlFrame.etherType
    else {
      return nil
    }
    return parse(datagram)
  }

  @usableFromInline static func parse(_ datagram: RawSpan) -> (frame: ProbeFrame, vni: UInt32)? {
    let start = VXLANHeader.byteCount
    guard let header = try? VXLANHeader.parse(datagram),
      let frame = ProbeFrame(datagram.extracting(start..<datagram.byteCount))
    else { return nil }
    return (frame, header.vni)
  }
}
