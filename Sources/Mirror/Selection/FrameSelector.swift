import Wire

/// The step `select`: which frames are mirrored. Loops are ended here, and sampling takes one flow of many.
struct FrameSelector: ~Copyable {
  /// What becomes of a frame.
  enum Verdict {
    /// It goes on to its collectors.
    case mirrored
    /// Dropped: it was mirrored before.
    case loop
    /// Left out by sampling.
    case sampledOut
  }

  /// One of this many flows is mirrored.
  var sample: UInt64
  /// Finds frames of ours that another forwarder has mirrored back.
  var returnedFrame: ReturnedFrame
  private var loopDetector: LoopDetector
  private var returned: FlowName?

  /// - Parameters:
  ///   - sample: one of this many flows is mirrored.
  ///   - returnedFrame: finds frames of ours that came back.
  ///   - bufferByteCount: bytes of the capture buffer, which bounds how long the loop detector may hold the breath.
  init(sample: UInt64, returnedFrame: ReturnedFrame, bufferByteCount: Int) {
    self.sample = sample
    self.returnedFrame = returnedFrame
    loopDetector = LoopDetector(bufferByteCount: bufferByteCount)
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
    if sample > 1, !frame.sharedFlowHash(packet).isSampled(oneOf: sample) { return .sampledOut }
    return .mirrored
  }

  /// Ends a batch at `now`, nanoseconds of a clock that does not go back.
  ///
  /// - Returns: nanoseconds to send nothing for, then call `held`; 0: go on at once.
  mutating func endBatch(frames: Int, bytes: Int, now: Int64) -> Int64 {
    loopDetector.end(frames: frames, bytes: bytes, now: now)
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
