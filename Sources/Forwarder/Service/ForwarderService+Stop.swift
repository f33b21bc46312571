import Logging
import Mirror
import Synchronization
import System
import Telemetry
import Transport

/// How it ends.
extension ForwarderService {
  /// Milliseconds that the file system of HEALTH_FILE has to remove it, while the workers send what they have.
  private static let fileTime: Int64 = 300

  /// Whether the end has begun.
  var isStopping: Bool { ending.isSet }

  /// Ends the capture, sends what was captured, and prints the last statistics, after the last batch of every worker.
  ///
  /// - Parameter deadline: how long workers are waited for, in milliseconds of `MonotonicClock`. The last statistics
  ///   are printed in any case.
  /// - Returns: what these cannot vouch for; nil where they are exact.
  public func stop(by deadline: Int64) -> String? {
    ending.set()
    resolverWake.signal()
    periodicWake.signal()
    limitsWake.signal()
    // What is left after that is counting.
    for worker in workers { worker.stop(by: deadline - 100) }
    health.end(by: min(deadline, MonotonicClock.milliseconds + Self.fileTime))
    for worker in workers { worker.ended.wait(milliseconds: TimeLimit(by: deadline).left) }
    let unfinished = workers.count { !$0.status.hasEnded }
    if unfinished == 0 { reportTheEnd(snapshot) }
    let total = snapshot
    statistics.finish(total)
    logger.debug(
      "\(total.counters.send.sendCalls) sends, \(total.counters.send.repeatedSends) repeated after an ICMP error")
    guard unfinished > 0 else { return nil }
    return """
      the last statistics are not exact: \(unfinished) of \(workers.count) capture threads had not ended in time, and \
      what they still held is in no counter
      """
  }
}
