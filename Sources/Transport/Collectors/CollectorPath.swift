import Glibc
import Synchronization
public import System
import Wire

/// The path to one collector address: a socket per source port, and the MTU of the route, shared by all workers.
public final class CollectorPath: Sendable {
  /// Where it leads.
  public let address: SocketAddress
  /// Its sockets, one per source port.
  public let sockets: [SourcePortSocket]
  /// The account of the address.
  public let ledger: CollectorLedger
  /// A number of the address for rendezvous hashing, the same on every forwarder.
  let identity: UInt64
  /// SO_MARK of its datagrams; nil: none.
  public let mark: UInt32?
  private let mtu: Atomic<Int>
  private let segmentation: Atomic<UInt8>
  private let nextTrial = Atomic<Int64>(0)
  /// Until when the collector wants reports, in milliseconds of `MonotonicClock`.
  let reportsWanted = Atomic<Int64>(0)
  /// Tells the answers to this path's probes from others.
  let probeToken = UInt64.random(in: 1...UInt64.max)
  /// Probes sent.
  let probeCount = Atomic<UInt32>(0)
  /// Whether one was answered, until it is asked for.
  let probeAnswered = Atomic<Bool>(false)

  /// Whether batches go by UDP_SEGMENT. Given up, it is tried again once in a while.
  private enum Segmentation {
    static let off: UInt8 = 0
    static let on: UInt8 = 1
    static let onTrial: UInt8 = 2
    static let unsupported: UInt8 = 3
  }

  /// Milliseconds until UDP_SEGMENT is tried again.
  private static let trialInterval: Int64 = 60_000

  /// Opens a socket to `address` from each of the ports. `mark` as in `SourcePortSocket`.
  ///
  /// - Throws: `SystemError`; ENETUNREACH without a route.
  public init(
    to address: SocketAddress, from ports: SourcePorts, mark: UInt32? = nil, ledger: CollectorLedger
  ) throws(SystemError) {
    self.address = address
    self.ledger = ledger
    self.mark = mark
    var sockets: [SourcePortSocket] = []
    for port in ports.ports { sockets.append(try SourcePortSocket(to: address, from: port, mark: mark)) }
    self.sockets = sockets
    identity = address.bytes.reduce(FlowHash.mix(UInt64(address.port))) { FlowHash.mix($0 ^ UInt64($1)) }
    mtu = Atomic(sockets.first?.routeMTU ?? 1_280)
    segmentation = Atomic(sockets.first?.supportsSegmentation == true ? Segmentation.on : Segmentation.unsupported)
  }

  /// Opens `sourcePortCount` sockets from ports of their own.
  public convenience init(to address: SocketAddress, sourcePortCount: Int) throws(SystemError) {
    try self.init(
      to: address, from: try SourcePorts(count: sourcePortCount), ledger: CollectorLedger(address: address))
  }

  /// MTU of the route in bytes, as last seen.
  public var routeMTU: Int { mtu.load(ordering: .relaxed) }

  // MARK: Segmentation offload

  /// Whether batches go by UDP_SEGMENT now.
  public var usesGSO: Bool {
    let state = segmentation.load(ordering: .relaxed)
    return state == Segmentation.on || state == Segmentation.onTrial
  }

  /// The device cannot (EIO: no checksum offload before Linux 6.11), or the kernel refuses what it took before.
  func giveUpSegmentation(code: CInt) {
    nextTrial.store(MonotonicClock.milliseconds + Self.trialInterval, ordering: .relaxed)
    let before = segmentation.exchange(Segmentation.off, ordering: .relaxed)
    if before == Segmentation.on { ledger.note(.segmentationGivenUp(code: code)) }
  }

  /// A segmented send went through.
  @inline(__always)
  func segmentationWorked() {
    guard segmentation.load(ordering: .relaxed) == Segmentation.onTrial else { return }
    let before = segmentation.exchange(Segmentation.on, ordering: .relaxed)
    if before == Segmentation.onTrial { ledger.note(.segmentationRegained) }
  }

  // MARK: Upkeep

  /// Takes in what the kernel has to report about datagrams sent; called once a second, and when a send fails.
  ///
  /// - Returns: the number of ICMP errors.
  @discardableResult
  public func takeReports() -> Int { sockets.reduce(0) { $0 + takeReports(of: $1) } }

  @discardableResult
  func takeReports(of socket: SourcePortSocket) -> Int {
    var count = 0
    ICMPReport.take(from: socket.descriptor) { report in
      ledger.count(report)
      count += 1
    }
    return count
  }

  /// Lets UDP_SEGMENT be tried again when it was given up long enough ago.
  public func retrySegmentation() {
    guard segmentation.load(ordering: .relaxed) == Segmentation.off,
      MonotonicClock.milliseconds >= nextTrial.load(ordering: .relaxed)
    else { return }
    segmentation.store(Segmentation.onTrial, ordering: .relaxed)
  }

  /// Whether a new connection would leave from another address than these sockets do, whose address is gone or no longer
  /// preferred: the path must be made anew. False while there is no route at all.
  public var isOutdated: Bool {
    guard let route = SourcePortSocket.route(to: address, mark: mark) else { return false }
    return sockets.contains { $0.source.bytes != route.source }
  }

  /// Reads the route's MTU from a socket that has just met it, and keeps it if it is smaller.
  func lowerMTU(_ socket: SourcePortSocket) {
    guard let current = socket.routeMTU, current < routeMTU else { return }
    let before = mtu.exchange(current, ordering: .relaxed)
    if current < before { ledger.note(.mtuLowered(from: before, to: current)) }
  }

  /// Looks the route up afresh, as a new connection would see it: a socket of ours may still hold the route of its
  /// last send.
  ///
  /// - Returns: the MTU before and now, if it changed.
  public func refreshMTU() -> (before: Int, now: Int)? {
    guard let now = SourcePortSocket.route(to: address, mark: mark)?.mtu else { return nil }
    let before = routeMTU
    guard now != before else { return nil }
    mtu.store(now, ordering: .relaxed)
    return (before, now)
  }
}
