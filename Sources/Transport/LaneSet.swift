import Glibc
import System
public import Wire

/// One worker's sending side: queues datagrams by lane and sends them in batches.
///
/// What is queued points into the capture buffer and must be flushed before that buffer is given back.
@safe
public struct LaneSet: ~Copyable {
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
  var sender = BatchSender()
  var fates: FrameFates
  var batch = Batch()
  var stalled: [StalledDatagram] = []
  var patience: SendPatience

  /// Lanes to `collectors`, for batches of at most `frameCapacity` captured frames. `balancer` shares flows among the
  /// same collectors.
  public init(to collectors: CollectorSet, balancer: FlowBalancer, frameCapacity: Int) {
    self.collectors = collectors
    self.balancer = balancer
    lanesPerPath = collectors.paths.first?.lanes.count ?? 0
    pathCount = collectors.paths.count
    copies = collectors.mode == .copy
    queue = DatagramQueue(laneCount: pathCount * lanesPerPath)
    fates = FrameFates(capacity: frameCapacity)
    patience = SendPatience(pathCount: pathCount)
  }

  /// Whether this many more datagrams for every collector fit; flush if not.
  ///
  /// Mutating for the reason given at `route(of:shared:)`.
  public mutating func hasRoom(for count: Int) -> Bool { queue.count + count * pathCount <= DatagramQueue.capacity }

  /// The way the datagrams of a flow take: its lane by the keyed hash, its path by the shared one, which is only asked
  /// for where there is a choice.
  ///
  /// Mutating only so that the compiler works on the value in place: for a borrow it copies all of it, every time.
  public mutating func route(of flow: FlowHash, shared: @autoclosure () -> FlowHash) -> LaneRoute {
    // Different bits choose the lane, and tell flows apart within a lane.
    let lane = (Int((flow.value >> 40) & 0xFF) * lanesPerPath) >> 8
    let flowBits = UInt8(truncatingIfNeeded: flow.value >> 32)
    if copies { return LaneRoute(paths: 0..<pathCount, lane: lane, flow: flowBits) }
    let path = pathCount == 1 ? 0 : balancer.path(of: shared())
    return LaneRoute(paths: path..<path + 1, lane: lane, flow: flowBits)
  }

  /// Queues a datagram of captured frame `frame` on `route`, once for each of its paths.
  ///
  /// - Safety: both runs must stay in place until `flush` returns.
  @unsafe public mutating func append(
    head: UnsafeRawPointer, headByteCount: Int, tail: UnsafeRawPointer?, tailByteCount: Int, frame: Int,
    route: LaneRoute
  ) {
    for path in route.paths {
      unsafe queue.append(
        QueuedDatagram(
          head: head, tail: tail, headByteCount: UInt32(headByteCount), tailByteCount: UInt32(tailByteCount),
          frame: UInt32(frame), flow: route.flow, next: -1),
        lane: path * lanesPerPath + route.lane)
      fates.queued(UInt32(frame), path: path)
    }
  }

  /// Sends everything that waits. Nothing waits afterwards, but datagrams may have stalled: see `takeStalled`.
  public mutating func flush() {
    patience.begin()
    for path in collectors.paths.indices {
      for lane in 0..<lanesPerPath { sendLane(path: path, lane: lane) }
    }
    queue.removeAll()
    counters.sendCalls = sender.calls
  }

  /// Whether datagrams stalled in the last flush.
  public var hasStalled: Bool { !stalled.isEmpty }

  /// The datagrams that were not sent because their route turned out to carry less, in the order of their flows: cut
  /// them again and queue the pieces.
  public mutating func takeStalled() -> [StalledDatagram] {
    defer { stalled = [] }
    return stalled
  }

  /// Counts a datagram of captured frame `frame` as lost because it fits its route no more.
  public mutating func drop(frame: Int, route: LaneRoute) {
    for path in route.paths { fates.failed(UInt32(frame), path: path, code: EMSGSIZE) }
  }

  /// Counts the fates of captured frames 0 ..< `count`. Call once per batch of frames, after the last flush.
  public mutating func settle(frameCount: Int) {
    fates.settle(count: frameCount, into: &counters)
  }
}
