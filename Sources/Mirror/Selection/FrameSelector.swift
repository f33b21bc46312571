import System
import Wire

/// The step `select`: which frames are mirrored. Loops are ended here, sampling takes one flow of many, and limits shed
/// flows. The capture's filter has kept out most of what the last two leave out.
struct FrameSelector: ~Copyable {
  /// What becomes of a frame.
  enum Verdict {
    /// It goes on to its collectors.
    case mirrored
    /// Dropped: it was mirrored before.
    case loop
    /// Left out by sampling.
    case sampledOut
    /// Shed by RATE_LIMIT.
    case overRate
    /// Shed by CPU_LIMIT.
    case overCPU
    /// Not worth mirroring by one of the flow rules.
    case withheld(WithholdingRule)
    /// Of a super-frame so many payload bytes are; the rest is withheld by FLOW_DEPTH.
    case shortened(Int)
  }

  /// The flows that sampling leaves.
  var sample: FlowShare {
    didSet {
      usesShares = !sample.isAll || admission != nil
      isSelective = usesShares || followsFlows
    }
  }
  private let admission: FlowAdmission?
  /// Whether SAMPLE, a limit or a rule has anything to say.
  private var isSelective: Bool
  private var usesShares: Bool
  /// Whether there is a flow rule.
  private(set) var followsFlows = false
  /// Finds frames of ours that another forwarder has mirrored back.
  var returnedFrame: ReturnedFrame
  /// ENCRYPTED, FLOW_DEPTH and MIRROR. No optional: one whose value cannot be copied is moved out and in for each use.
  var flows = FlowSelector()
  private var loopDetector: LoopDetector
  private var returned: FlowName?

  /// - Parameters:
  ///   - sample: the flows that are mirrored.
  ///   - limiter: limits that all workers share; nil: none.
  ///   - returnedFrame: finds frames of ours that came back.
  ///   - bufferByteCount: bytes of the capture buffer, which bounds how long the loop detector may hold the breath.
  init(sample: FlowShare, limiter: FlowLimiter? = nil, returnedFrame: ReturnedFrame, bufferByteCount: Int) {
    self.sample = sample
    admission = limiter.map { FlowAdmission($0) }
    self.returnedFrame = returnedFrame
    loopDetector = LoopDetector(bufferByteCount: bufferByteCount)
    usesShares = !sample.isAll || limiter != nil
    isSelective = usesShares
  }

  /// Follows flows by `rules` from now on.
  ///
  /// - Throws: `SystemError` if there is no memory for them.
  mutating func follow(_ rules: FlowRules) throws(SystemError) {
    flows = try FlowSelector(rules)
    flows.table.takeUp()
    followsFlows = rules.isOn
    isSelective = usesShares || followsFlows
  }

  /// The verdict on a frame of flow `flow` that the kernel saw at `timestamp`, nanoseconds since 1970.
  @inline(__always)
  mutating func select(_ frame: InnerFrame, _ packet: IPPacket?, _ flow: FlowHash, timestamp: Int64) -> Verdict {
    guard
      loopDetector.admits(flow.value, timestamp: timestamp, name: FlowName(frame.packetBytes, packet))
    else { return .loop }
    if returnedFrame.mayBeTunnel(frame.packetBytes, packet), let packet,
      returnedFrame.contains(frame.packetBytes, packet)
    {
      returned = FlowName(frame.packetBytes, packet)
      return .loop
    }
    return isSelective ? choose(frame, packet, flow, timestamp) : .mirrored
  }

  @inline(never)
  private mutating func choose(
    _ frame: InnerFrame, _ packet: IPPacket?, _ flow: FlowHash, _ timestamp: Int64
  ) -> Verdict {
    let hash = usesShares ? ShareHash.of(frame.packetBytes, etherType: frame.etherType) : nil
    if let hash, !sample.contains(hash) { return .sampledOut }
    if followsFlows {
      switch flows.judge(frame, packet, flow, timestamp: timestamp) {
      case .mirrored: break
      case .withheld(let rule): return .withheld(rule)
      case .shortened(let byteCount): return limit(frame, packet, hash, flow) ?? .shortened(byteCount)
      }
    }
    return limit(frame, packet, hash, flow) ?? .mirrored
  }

  /// Why a limit sheds the frame; nil if it does not.
  private mutating func limit(
    _ frame: InnerFrame, _ packet: IPPacket?, _ hash: UInt32?, _ flow: FlowHash
  ) -> Verdict? {
    guard let admission, !admission.admits(frame, packet, hash, flow) else { return nil }
    return admission.limiter.cause == .rate ? .overRate : .overCPU
  }

  /// A batch begins, whose frames are sent at `cost`.
  mutating func begin(_ cost: @autoclosure () -> FrameCost) {
    admission?.begin(cost())
    if followsFlows { flows.begin(MonotonicClock.nanoseconds) }
  }

  /// The batch was sent, as so many datagrams and bytes of outer packets.
  func sent(datagrams: UInt64, bytes: UInt64) {
    guard let admission else { return }
    let units = admission.limiter.rate.map { $0.unit == .bits ? bytes : datagrams } ?? 0
    admission.end(units: Int64(clamping: units))
  }

  /// Ends a batch at `now`, nanoseconds of a clock that does not go back.
  ///
  /// - Returns: nanoseconds to send nothing for, then call `held`; 0: go on at once.
  mutating func endBatch(frames: Int, bytes: Int, now: Int64, time: @autoclosure () -> Int64) -> Int64 {
    loopDetector.end(frames: frames, bytes: bytes, now: now, time: time())
  }

  /// Nothing was sent from `start` to `end`, nanoseconds since 1970.
  mutating func held(from start: Int64, to end: Int64) { loopDetector.held(from: start, to: end) }

  /// Loops found since the last call.
  mutating func takeFound() -> [LoopEvent] {
    let flows = loopDetector.takeFound()
    guard returned != nil || !flows.isEmpty else { return [] }
    defer { returned = nil }
    return (returned.map { [.returned($0)] } ?? []) + flows.map { .flow($0) }
  }
}
