internal import Glibc
internal import System

/// What one worker does: datagrams in, checked frames out to the outputs, everything counted.
struct ReceiveLoop: ~Copyable {
  private let socket: ListeningSocket
  private let worker: Int
  private let slab = DatagramSlab()
  private var frames = FrameList()
  /// What poll(2) waits for: the socket, the stop, and the readers of outputs.
  private var waiting: [pollfd] = []
  /// Whose readers these are, by place among the outputs.
  private var readers: [Int] = []
  private var lastDropCount: UInt32 = 0
  private var kernelDrops: UInt64 = 0
  /// When senders are looked through for whom to ask for reports, nanoseconds of `MonotonicClock`.
  private var nextRequests: Int64 = 0

  /// Nanoseconds between these looks.
  private static let requestPeriod: Int64 = 100_000_000
  /// After a stop at most this many batches are still taken: more than any receive buffer holds, yet an end even
  /// under a flood.
  private static let drainBatches = 512

  /// The loop of worker number `worker`.
  init(_ socket: consuming ListeningSocket, worker: Int) {
    self.socket = socket
    self.worker = worker
  }

  /// Hands frames to `outputs` until `stop` happens, the plan's frames have come, or no output is left of those there
  /// were. What had arrived before `stop` is still handed on, and the outputs are flushed at the end.
  ///
  /// - Throws: `ReceiverError` of `.recvmmsg` or `.poll`.
  mutating func run(
    _ plan: ReceivePlan, account: WorkerAccount, outputs: [ReceiveOutput], stop: Event
  ) throws(ReceiverError) -> MirrorReceiver.End {
    defer { for output in outputs { output.flush(worker: worker) } }
    waiting = [.readable(socket.descriptor), .readable(stop.descriptor)]
    for (place, output) in outputs.enumerated() {
      for descriptor in output.descriptors {
        // poll(2) reports that a reader has gone without being asked to.
        waiting.append(.closed(descriptor))
        readers.append(place)
      }
    }
    var drained = 0
    while !plan.budget.isSpent {
      let isStopped = stop.isSet
      let count = try slab.receive(from: socket.descriptor)
      if count > 0 { handOn(count, account, outputs) }
      sendRequests(account)
      if Self.isOver(outputs) { return .outputsEnded }
      drained += isStopped ? 1 : 0
      if isStopped && (count < DatagramSlab.capacity || drained == Self.drainBatches) { return .stopped }
      if count < DatagramSlab.capacity && !plan.budget.isSpent {
        for output in outputs { output.flush(worker: worker) }
        if Self.isOver(outputs) { return .outputsEnded }
        try wait(outputs)
      }
    }
    return .limitReached
  }

  private mutating func handOn(_ count: Int, _ account: WorkerAccount, _ outputs: [ReceiveOutput]) {
    frames.removeAll()
    for reply in account.take(count, of: slab, into: &frames) { socket.send(reply) }
    if frames.count > 0 {
      for output in outputs { output.deliver(frames, of: slab, worker: worker) }
    }
    updateKernelDrops()
    account.land(kernelDropped: kernelDrops)
  }

  /// Asks forwarders for reports where it is time to.
  private mutating func sendRequests(_ account: WorkerAccount) {
    let now = MonotonicClock.nanoseconds
    guard now >= nextRequests else { return }
    nextRequests = now + Self.requestPeriod
    for request in account.requests(now: now) { socket.send(request) }
  }

  private static func isOver(_ outputs: [ReceiveOutput]) -> Bool { !outputs.isEmpty && outputs.allSatisfy(\.isOver) }

  /// Waits for a datagram, for `stop`, or for the reader of an output to go away.
  private mutating func wait(_ outputs: [ReceiveOutput]) throws(ReceiverError) {
    var span = waiting.mutableSpan
    do throws(SystemError) {
      try Polling.poll(&span, milliseconds: 1_000)
    } catch {
      throw ReceiverError(.poll, code: error.code)
    }
    for (entry, output) in zip(waiting.indices.dropFirst(2), readers) {
      if waiting[entry].revents & Int16(POLLERR) != 0 { outputs[output].finish(.readerGone) }
      // A reader that has gone would end every wait.
      if outputs[output].isOver { waiting[entry] = .closed(-1) }
    }
  }

  /// The kernel's 32 bits may wrap between two batches, once.
  private mutating func updateKernelDrops() {
    guard let count = socket.dropCount else { return }
    kernelDrops += UInt64(count &- lastDropCount)
    lastDropCount = count
  }
}
