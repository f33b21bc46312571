public import Capture
public import System
import Wire

/// What rules would leave of traffic. It sends nothing, and counts what would be sent.
public final class FlowTrial: FrameConsumer {
  /// What would be sent.
  public struct Account: Equatable, Sendable {
    /// Datagrams.
    public var datagrams: UInt64 = 0
    /// Bytes of these as outer IP packets.
    public var bytes: UInt64 = 0

    /// Nothing.
    public init() {}
  }

  /// What would be sent.
  public private(set) var account = Account()
  /// Frames seen.
  public private(set) var frames: UInt64 = 0
  /// When the first and the last of them were captured, nanoseconds since 1970; nil without any.
  public private(set) var span: ClosedRange<Int64>?

  private var selector: FlowSelector
  private let key = FlowHash.Key.process
  private let overhead = UInt64(Tunnel.overhead(isIPv6: false))
  private let maximumFrame: UInt64

  /// Tries `rules` on what comes, for outer packets over IPv4 of `mtu` bytes at most.
  ///
  /// - Throws: `SystemError` if there is no memory for the flows.
  public init(_ rules: FlowRules, mtu: Int) throws(SystemError) {
    selector = try FlowSelector(rules)
    maximumFrame = UInt64(max(mtu - Tunnel.overhead(isIPv6: false), 64))
  }

  /// Judges every frame of the batch, and counts those that are left.
  public func consume(_ batch: borrowing FrameBatch) {
    for index in 0..<batch.count {
      let captured = batch[index]
      frames += 1
      span =
        min(
          span?.lowerBound ?? captured.timestamp, captured.timestamp)...max(
          span?.upperBound ?? captured.timestamp, captured.timestamp)
      let frame = InnerFrame(captured)
      let packet = IPPacket(frame.packetBytes, etherType: frame.etherType)
      // What a capture's snap length has cut off was sent all the same.
      let whole = frame.byteCount + captured.wireByteCount - captured.byteCount
      selector.begin(captured.timestamp)
      let flow = frame.flowHash(packet, key: key)
      switch selector.judge(frame, packet, flow, timestamp: captured.timestamp) {
      case .withheld: continue
      case .mirrored: add(whole, headers: Self.headers(frame, packet))
      case .shortened(let byteCount):
        let headers = Self.headers(frame, packet)
        add(min(whole, headers + byteCount), headers: headers)
      }
    }
  }

  /// Bytes that each segment of a frame repeats.
  private static func headers(_ frame: InnerFrame, _ packet: IPPacket?) -> Int {
    guard let packet, let segment = FlowSegment(frame.packetBytes, packet) else { return frame.linkByteCount }
    return frame.linkByteCount + segment.payloadOffset
  }

  private func add(_ byteCount: Int, headers: Int) {
    let (whole, headers) = (UInt64(max(byteCount, 0)), UInt64(headers))
    guard whole > maximumFrame, maximumFrame > headers else {
      account.datagrams += 1
      account.bytes += min(whole, maximumFrame) + overhead
      return
    }
    let payload = whole - headers
    let count = (payload + maximumFrame - headers - 1) / (maximumFrame - headers)
    account.datagrams += count
    account.bytes += payload + count * (headers + overhead)
  }
}
