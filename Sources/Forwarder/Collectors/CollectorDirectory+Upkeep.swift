import Glibc
import Logging
import Synchronization
import System
import Transport

// What keeps the paths to the collectors right while the network changes.
extension CollectorDirectory {
  /// The network has changed, or enough time has passed that it may have without a word: paths whose source address is
  /// no longer the one that a new connection would have are made anew, missing ones are opened, and the routes' MTUs
  /// are read.
  func revalidate() {
    chooseMark()
    if let ports = reservePorts() {
      let mark = state.withLock { $0.mark }
      for (address, path) in state.withLock({ $0.paths }) where path.isOutdated || path.mark != mark {
        remake(address, path, ports)
      }
    }
    _ = openAll()
    elect()
    watchRoutes()
  }

  private func remake(_ address: SocketAddress, _ path: CollectorPath, _ ports: SourcePorts) {
    do throws(SystemError) {
      let fresh = try make(address, ports)
      state.withLock { $0.paths[address] = fresh }
      let source = fresh.sockets.first?.source.host ?? "nowhere"
      logger.notice("sockets to \(address) are made anew: it is now reached from \(source)")
    } catch {
      // The old sockets may still do; where not, their sends say why.
      logger.warning("sockets to \(address) could not be made anew: \(error)")
    }
  }

  /// Decides whether what is sent is marked: a forwarder's mark must not change how its datagrams are routed, so
  /// where routing rules look at marks there is none.
  func chooseMark() {
    let mark = OwnMark.usable
    state.withLock { $0.mark = mark }
  }

  /// Looks whether routes carry more or less than they did; logs each change.
  func watchRoutes() {
    for (address, path) in state.withLock({ $0.paths }) {
      guard let change = path.refreshMTU() else { continue }
      announceMTU(address, change.before, change.now)
    }
    announceClamp()
  }

  /// Once a second: takes in what the kernel has to report about datagrams sent, and says what happened on the paths.
  func tick() {
    let (paths, ledgers) = state.withLock { ($0.paths, $0.ledgers) }
    for path in paths.values {
      path.takeReports()
      path.retrySegmentation()
      path.takeRequests()
    }
    watchEntries(paths, ledgers)
    for (address, ledger) in ledgers {
      for event in ledger.takeEvents() { announce(event, address) }
    }
  }

  private func announce(_ event: PathEvent, _ address: SocketAddress) {
    switch event {
    case .segmentationGivenUp(let code):
      let reason = SystemError(operation: "UDP_SEGMENT", code: code)
      logger.warning(
        """
        \(ErrnoName.of(code)) on the way to \(address) (\(reason)): datagrams go one by one, at several times the CPU; \
        UDP_SEGMENT is tried again every minute
        """)
    case .segmentationRegained:
      logger.notice("UDP_SEGMENT works again on the way to \(address)")
    case .mtuLowered(let before, let now):
      announceMTU(address, before, now)
    }
  }

  private func announceMTU(_ address: SocketAddress, _ before: Int, _ now: Int) {
    logger.warning("the route to \(address) now carries \(now) bytes, before \(before)")
  }
}
