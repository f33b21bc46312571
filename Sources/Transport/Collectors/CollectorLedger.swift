import Synchronization
public import System

/// Something about the path to a collector that an operator should hear of once.
public enum PathEvent: Equatable, Sendable {
  /// UDP_SEGMENT failed with this errno: datagrams now go one by one, at more CPU.
  case segmentationGivenUp(code: CInt)
  /// UDP_SEGMENT works again.
  case segmentationRegained
  /// The route carries fewer bytes than it did.
  case mtuLowered(from: Int, to: Int)
}

/// The account of one collector address since start, kept while its paths come and go. All workers add to it.
public final class CollectorLedger: Sendable {
  /// Where the datagrams go.
  public let address: SocketAddress
  private let sentDatagrams = Atomic<UInt64>(0)
  private let sentBytes = Atomic<UInt64>(0)
  private let reports = Atomic<UInt64>(0)
  private let rare: Mutex<Rare>

  /// What changes only when something is wrong.
  private struct Rare {
    var report: CollectorReport
    var events: [PathEvent] = []
  }

  /// Events that wait at most; of a flapping path the latest are of no news.
  private static let maximumEvents = 16

  /// Nothing sent yet.
  public init(address: SocketAddress) {
    self.address = address
    rare = Mutex(Rare(report: CollectorReport(address: address)))
  }

  /// The account up to now.
  public var report: CollectorReport {
    var report = rare.withLock { $0.report }
    report.sentDatagrams = sentDatagrams.load(ordering: .relaxed)
    report.sentBytes = sentBytes.load(ordering: .relaxed)
    report.reports = reports.load(ordering: .relaxed)
    return report
  }

  /// What happened since the last call.
  public func takeEvents() -> [PathEvent] {
    rare.withLock { rare in
      defer { rare.events = [] }
      return rare.events
    }
  }

  /// Once per send that the kernel took; `bytes` are those of the outer IP packets.
  func countSent(datagrams: Int, bytes: Int) {
    sentDatagrams.wrappingAdd(UInt64(datagrams), ordering: .relaxed)
    sentBytes.wrappingAdd(UInt64(bytes), ordering: .relaxed)
  }

  /// A report has gone out.
  func countReport() { reports.wrappingAdd(1, ordering: .relaxed) }

  func countFailed(datagrams: Int, code: CInt) {
    rare.withLock { rare in
      rare.report.failed[code, default: 0] &+= UInt64(datagrams)
      rare.report.lastError = ErrnoName.of(code)
      rare.report.lastErrorTime = WallClock.nanosecondsSince1970
    }
  }

  func count(_ report: ICMPReport) {
    let sender = report.sender.map { " from \($0.host)" } ?? ""
    rare.withLock { rare in
      rare.report.icmp[report.meaning, default: 0] &+= 1
      rare.report.lastError = report.meaning + sender
      rare.report.lastErrorTime = WallClock.nanosecondsSince1970
    }
  }

  func note(_ event: PathEvent) {
    rare.withLock { rare in
      if rare.events.count < Self.maximumEvents { rare.events.append(event) }
    }
  }
}
