import Synchronization
import System
public import Wire

// Reports of what was sent, one for each source port.
extension CollectorPath {
  /// Milliseconds for which a request holds; a collector that is there asks more often.
  private static let requestLife: Int64 = 35_000

  /// Takes in requests for reports; called once a second.
  public func takeRequests() {
    guard sockets.reduce(false, { $1.takeRequests() || $0 }) else { return }
    reportsWanted.store(MonotonicClock.milliseconds + Self.requestLife, ordering: .relaxed)
  }

  /// Whether reports are to be sent here now.
  public func wantsReports(_ policy: ReportPolicy) -> Bool {
    switch policy {
    case .on: true
    case .off: false
    case .auto: MonotonicClock.milliseconds < reportsWanted.load(ordering: .relaxed)
    }
  }

  /// Sends a report on each source port. `report` has what is the same for all; `mtu` is the setting's, nil for none. To
  /// be called by the thread that sends, or the figures may be of another moment.
  public func send(_ report: ReportFrame, tunnel: Tunnel, mtu: Int?) {
    var report = report
    report.mtu = UInt16(clamping: min(mtu ?? .max, routeMTU))
    for socket in sockets where socket.send(report, header: tunnel.header) { ledger.countReport() }
  }
}
