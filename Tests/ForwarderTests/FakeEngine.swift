import Capture
import Synchronization
import System

/// An engine that captures the same frame over and over or nothing at all, refuses as many filters as it is told, and
/// remembers what it was asked.
final class FakeEngine: CaptureEngine, Sendable {
  struct State {
    /// Filters that are refused before one is taken.
    var refusals = 0
    /// The user's filters that were put in force.
    var applied: [String] = []
    /// Whom the filter in force keeps out, as ports.
    var excluded: [UInt16] = []
    var tries = 0
    var failure: CaptureError?
    var deadline: Int64?
    /// A frame for every call; empty: none.
    var frame: [UInt8] = []
  }

  let state = Mutex(State())
  let name = "fake"
  var kernelDropped: UInt64 { 7 }
  var blindMilliseconds: UInt64 { 3 }

  /// With the filter of `plan` in force.
  init(_ plan: CapturePlan? = nil, frame: [UInt8] = []) {
    state.withLock {
      $0.frame = frame
      $0.excluded = plan?.exclusions.collectors.map(\.port) ?? []
    }
  }

  func capture(
    into consumer: any FrameConsumer, wakeDescriptor: CInt, timeoutMilliseconds: Int32
  ) throws(CaptureError) {
    let (failure, frame) = state.withLock { ($0.failure, $0.frame) }
    if let failure { throw failure }
    if !frame.isEmpty { deliver(frame, to: consumer) }
    _ = Polling.isReady(.readable(wakeDescriptor), within: frame.isEmpty ? timeoutMilliseconds : 1)
  }

  private func deliver(_ frame: [UInt8], to consumer: any FrameConsumer) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 + frame.count, alignment: 8)
    defer { memory.deallocate() }
    UnsafeMutableRawBufferPointer(rebasing: memory[64...]).copyBytes(from: frame)
    var batch = FrameBatch()
    batch.append(
      CapturedFrame(
        start: memory.baseAddress! + 64, byteCount: frame.count, wireByteCount: frame.count, headroom: 64,
        link: .ethernet, interfaceAddress: 0, offload: .unknown))
    consumer.consume(batch)
  }

  func apply(_ plan: CapturePlan) throws(CaptureError) {
    let isRefused = state.withLock { state in
      state.tries += 1
      guard state.tries > state.refusals else { return true }
      state.applied.append(plan.filter)
      state.excluded = plan.exclusions.collectors.map(\.port)
      return false
    }
    if isRefused { throw .failed(operation: "SO_ATTACH_FILTER", reason: "no memory") }
  }

  func finish(into consumer: any FrameConsumer, by deadline: Int64) { state.withLock { $0.deadline = deadline } }
}
