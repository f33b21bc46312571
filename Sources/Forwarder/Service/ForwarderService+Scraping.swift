import Logging
package import System
import Telemetry

/// What others see over HTTP, and what the program finds out about itself.
extension ForwarderService {
  /// Shows figures and health to whoever connects to `listener`, until the end.
  ///
  /// - Throws: `SystemError` where no more threads may be had.
  package func serveMetrics(on listener: OwnedDescriptor) throws(SystemError) {
    let start = UInt64(clamping: WallClock.nanosecondsSince1970 - statistics.uptime * 1_000_000)
    let server = ScrapeServer(listener) { [weak self] in
      self.map { ForwarderExposition.families($0.snapshot, ProcessFigures(start: start)) } ?? []
    } health: { [weak self] in
      self?.health.reason
    }
    try BackgroundThread.run(name: "metrics") { [ending] in server.run(until: ending) }
  }

  /// Begins to ask what task this is. Not to know is no reason not to mirror.
  func findTask() {
    do throws(SystemError) {
      try task?.start(until: ending) { [logger] outcome in
        switch outcome {
        case .success(let found): logger.info("\(found.words)")
        case .failure(let reason): logger.warning("the task is not known: \(TaskEndpoint.variable): \(reason)")
        }
      }
    } catch {
      logger.warning("the task is not known: \(error)")
    }
  }
}
