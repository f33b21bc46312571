import Logging
import Synchronization
import System
import Telemetry
import Transport

/// What has been said about where frames go.
struct ServiceWords {
  /// The first line has been said.
  var isStarted = false
  /// It has been said that there is no collector.
  var isWithoutCollector = false
}

/// What the log says of the start, and of where frames go.
extension ForwarderService {
  /// One line when frames first can flow: all that an operator would ask for. And one if they cannot for want of a
  /// collector.
  func announceStart() {
    let addresses = state.withLock { $0.current.paths.map(\.address) }
    guard workers.allSatisfy(\.status.isCapturing) else { return }
    if addresses.isEmpty { return announceNoCollector() }
    let isFirst = state.withLock { state in
      defer { state.words = ServiceWords(isStarted: true) }
      return !state.words.isStarted
    }
    guard isFirst else { return }
    let now = snapshot
    let filter = settings.filter.isEmpty ? "no filter" : "filter \"\(settings.filter)\""
    let list = Self.list(addresses)
    let names = now.destination == list ? "" : " (\(now.destination))"
    let parts =
      [
        "capturing on \(settings.interfaceNames) (\(now.engine))", filter, "sending to \(list)\(names)",
        "VNI \(settings.vni)", "MTU \(now.mtu ?? 0)",
      ] + settings.choices
    logger.info("packet-forwarder \(Version.current): \(parts.joined(separator: ", "))")
  }

  /// Frames go elsewhere from now on, or nowhere.
  func announceMove(from before: [SocketAddress], to addresses: [SocketAddress]) {
    let words = state.withLock { $0.words }
    guard words.isStarted else { return announceStart() }
    if addresses.isEmpty { return announceNoCollector() }
    state.withLock { $0.words.isWithoutCollector = false }
    let again = before.isEmpty ? "again " : ""
    logger.notice("sending \(again)to \(Self.list(addresses))")
  }

  private func announceNoCollector() {
    let isNew = state.withLock { state in
      defer { state.words.isWithoutCollector = true }
      return !state.words.isWithoutCollector
    }
    if isNew { logger.warning("no collector: frames are dropped and counted") }
  }

  private static func list(_ addresses: [SocketAddress]) -> String {
    addresses.map(\.description).joined(separator: ", ")
  }
}
