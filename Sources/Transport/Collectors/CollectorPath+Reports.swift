import Glibc
import Synchronization
import System
public import Wire

// Reports of what was sent, one for each source port.
extension CollectorPath {
  /// Milliseconds for which a request holds; a collector that is there asks more often.
  private static let requestLife: Int64 = 35_000

  /// Takes in requests for reports, and answers to probes; called once a second.
  public func takeRequests() {
    var isWanted = false
    for socket in sockets {
      let found = socket.takeControlFrames()
      isWanted = isWanted || found.isReportWanted
      // Of another token it is of another run; not taken is as good as not there.
      if found.answers.contains(where: { $0.token == probeToken && $0.isTaken }) {
        probeAnswered.store(true, ordering: .relaxed)
      }
    }
    if isWanted { reportsWanted.store(MonotonicClock.milliseconds + Self.requestLife, ordering: .relaxed) }
  }

  /// Asks the collector whether it is there, by a probe in network `vni` from the first source port.
  ///
  /// - Returns: errno; nil if the kernel took it.
  public func probe(vni: UInt32) -> CInt? {
    guard let socket = sockets.first else { return ENOTCONN }
    let number = probeCount.wrappingAdd(1, ordering: .relaxed).newValue
    let byteCount = VXLANHeader.byteCount + ProbeFrame.byteCount + address.overhead
    let probe = ProbeFrame(
      number: UInt16(truncatingIfNeeded: number), packetByteCount: UInt16(byteCount), token: probeToken)
    return socket.send(probe, vni: vni)
  }

  /// Whether a probe has been answered since the last call.
  public func takeAnswer() -> Bool { probeAnswered.exchange(false, ordering: .relaxed) }

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
