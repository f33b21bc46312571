import Glibc
import System
public import Wire

/// One worker's sending side: queues datagrams by lane and sends them in batches.
///
/// What is queued points into the capture buffer and must be flushed before that buffer is given back.
@safe
public struct DatagramSender: ~Copyable {
  /// Bytes of the largest UDP payload over IPv4 (65,535 less 28 of headers), which bounds a UDP_SEGMENT send.
  public static let maximumSendByteCount = 65_507

  /// The collectors of the moment.
  public let collectors: CollectorSet
  /// Counters since this value was made.
  public internal(set) var counters = SendCounters()
  private let balancer: FlowBalancer
  let lanesPerPath: Int
  private let pathCount: Int
  private let copies: Bool
  var queue: DatagramQueue
  var schedule = FlowSchedule()
  var batchSender = BatchSender()
  var ledger: DeliveryLedger
  var batch = Batch()
  /// What the last flush could not send, in the order of its flows.
  var tooBig: [TooBigDatagram] = []
  var patience: SendPatience

  /// Lanes to `collectors`, for batches of at most `frameCapacity` captured frames. `balancer` shares flows among the
  /// same collectors.
  public init(to collectors: CollectorSet, balancer: FlowBalancer, frameCapacity: Int) {
    self.collectors = collectors
    self.balancer = balancer
    lanesPerPath = collectors.paths.first?.sockets.count ?? 0
    pathCount = collectors.paths.count
    copies = collectors.mode == .copy
    queue = DatagramQueue(laneCount: pathCount * lanesPerPath)
    ledger = DeliveryLedger(capacity: frameCapacity)
    patience = SendPatience(pathCount: pathCount)
  }

  /// Whether this many more datagrams for every collector fit; flush if not.
  ///
  /// Mutating for the reason given at `placement(of:shared:)`.
  public mutating func hasRoom(for count: Int) -> Bool { queue.count + count * pathCount <= DatagramQueue.capacity }

  /// Where the datagrams of a flow go: its lane by the keyed hash, its path by the shared one, which is only asked
  /// for where there is a choice.
  ///
  /// Mutating only so that the compiler works on the value in place: for a borrow it copies all of it, every time.
  public mutating func placement(of flow: FlowHash, shared: @autoclosure () -> FlowHash) -> FlowPlacement {
    // Different bits choose the lane, and tell flows apart within a lane.
    let lane = (Int((flow.value >> 40) & 0xFF) * lanesPerPath) >> 8
    let flowBits = UInt8(truncatingIfNeeded: flow.value >> 32)
    if copies { return FlowPlacement(paths: 0..<pathCount, lane: lane, flow: flowBits) }
    let path = pathCount == 1 ? 0 : balancer.path(of: shared())
    return FlowPlacement(paths: path..<path + 1, lane: lane, flow: flowBits)
  }

  /// Queues a datagram of captured frame `frame` at `placement`, once for each of its paths.
  ///
  /// - Safety: both runs must stay in place until `flush` returns.
  @unsafe public mutating func append(
    head: UnsafeRawPointer, headByteCount: Int, tail: UnsafeRawPointer?, tailByteCount: Int, frame: Int,
    placement: FlowPlacement
  ) {
    for path in placement.paths {
      unsafe queue.append(
        QueuedDatagram(
          head: head, tail: tail, headByteCount: UInt32(headByteCount), tailByteCount: UInt32(tailByteCount),
          frame: UInt32(frame), flow: placement.flow, next: -1),
        lane: path * lanesPerPath + placement.lane)
      ledger.queued(UInt32(frame), path: path)
    }
  }

  /// Sends everything that waits. Nothing waits afterwards, but some may have been too big: see `takeTooBig`.
  public mutating func flush() {
    patience.begin()
    for pathIndex in collectors.paths.indices {
      for lane in 0..<lanesPerPath { sendLane(pathIndex: pathIndex, lane: lane) }
    }
    queue.removeAll()
    counters.sendCalls = batchSender.calls
  }

  /// Whether datagrams of the last flush were too big.
  public var hasTooBig: Bool { !tooBig.isEmpty }

  /// The datagrams that were not sent because their route turned out to carry less, in the order of their flows: cut
  /// them again and queue the pieces.
  public mutating func takeTooBig() -> [TooBigDatagram] {
    defer { tooBig = [] }
    return tooBig
  }

  /// Counts a datagram of captured frame `frame` as lost because it fits its route no more.
  public mutating func drop(frame: Int, placement: FlowPlacement) {
    for path in placement.paths { ledger.failed(UInt32(frame), path: path, code: EMSGSIZE) }
  }

  /// Counts what became of captured frames 0 ..< `frameCount`. Call once per batch of frames, after the last flush.
  public mutating func commit(frameCount: Int) {
    ledger.commit(count: frameCount, into: &counters)
  }
}
