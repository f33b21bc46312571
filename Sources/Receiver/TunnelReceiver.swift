internal import Synchronization
public import System
internal import Wire

/// The receiving side put together: datagrams in, checked frames out to a sink, everything counted.
public struct TunnelReceiver: ~Copyable {
  /// How receiving ended without an error.
  public enum End: Sendable {
    /// The stop event happened.
    case stopped
    /// As many frames as asked for were handed on.
    case limitReached
    /// Whoever read the sink's output went away.
    case readerGone
  }

  /// A snapshot that any thread may take; up to date to the batch.
  public final class Statistics: Sendable {
    private let counters = Mutex(ReceiveCounters())

    /// The counters since the receiver was made.
    public var snapshot: ReceiveCounters { counters.withLock { $0 } }

    fileprivate init() {}

    fileprivate func publish(_ current: ReceiveCounters) { counters.withLock { $0 = current } }
  }

  private var socket: UDPReceiver
  private var decapsulation: Decapsulation
  private var responder = ProbeResponder()
  /// The frame at which the sink failed, which it did not take.
  private var refused = FrameTally()
  /// Shared with whoever prints it.
  public let statistics = Statistics()

  /// After a stop at most this many batches are still taken: more than any receive buffer holds, yet an end even
  /// under a flood.
  private static let drainBatches = 512

  /// Receives from `socket`, frames of `vni` only or of every VNI.
  public init(socket: consuming UDPReceiver, vni: UInt32? = nil) {
    self.socket = socket
    decapsulation = Decapsulation(vni: vni)
  }

  /// The UDP port listened on, host byte order.
  public var port: UInt16 { socket.port }

  /// Hands frames to `sink` until `stop` happens, `limit` frames were handed on, or the sink's reader is gone. What
  /// had arrived before `stop` is still handed on, and the sink is flushed at the end.
  ///
  /// - Throws: `ReceiverError` of `.recvmmsg`, `.poll`, or what the sink throws.
  public mutating func run(
    stop: Event, limit: UInt64? = nil, into sink: inout some FrameSink & ~Copyable
  ) throws(ReceiverError) -> End {
    // After the last flush, and also where it failed.
    defer { publish(pending: sink.pending) }
    do throws(ReceiverError) {
      let end = try receive(stop: stop, limit: limit ?? .max, into: &sink)
      try sink.flush()
      return end
    } catch let error where error == ReceiverError.readerGone {
      return .readerGone
    }
  }

  private mutating func receive(
    stop: Event, limit: UInt64, into sink: inout some FrameSink & ~Copyable
  ) throws(ReceiverError) -> End {
    var drained = 0
    while decapsulation.counters.frames < limit {
      let isStopped = stop.isSet
      let count = try socket.receive()
      for index in 0..<count where decapsulation.counters.frames < limit {
        try Self.handOn(index, of: socket, through: &decapsulation, &responder, to: &sink, refused: &refused)
      }
      publish(pending: sink.pending)
      drained += isStopped ? 1 : 0
      if isStopped && (count < UDPReceiver.batchCapacity || drained == Self.drainBatches) { return .stopped }
      if count < UDPReceiver.batchCapacity && decapsulation.counters.frames < limit {
        try sink.flush()
        publish(pending: sink.pending)
        try socket.wait(stop: stop, output: sink.outputDescriptor)
      }
    }
    return .limitReached
  }

  private static func handOn(
    _ index: Int, of socket: borrowing UDPReceiver, through decapsulation: inout Decapsulation,
    _ responder: inout ProbeResponder, to sink: inout some FrameSink & ~Copyable, refused: inout FrameTally
  ) throws(ReceiverError) {
    let datagram = socket.datagram(at: index)
    if let probe = ProbeFrame.find(in: datagram) {
      decapsulation.countProbe(datagram)
      return socket.answer(probe, at: index, vni: decapsulation.vni, by: &responder)
    }
    guard let header = decapsulation.check(datagram, isSnapped: socket.isSnapped(at: index)) else { return }
    let frame = datagram.extracting(VXLANHeader.byteCount..<datagram.byteCount)
    do throws(ReceiverError) {
      try sink.receive(frame, header: header, timestamp: socket.timestamp(at: index))
    } catch {
      refused = FrameTally(frames: 1, bytes: UInt64(frame.byteCount))
      throw error
    }
  }

  private mutating func publish(pending: FrameTally) {
    socket.updateKernelDrops()
    var counters = decapsulation.counters
    counters.kernelDropped = socket.kernelDrops
    counters.frames -= pending.frames + refused.frames
    counters.frameBytes -= pending.bytes + refused.bytes
    counters.undelivered = pending.frames + refused.frames
    statistics.publish(counters)
  }
}
