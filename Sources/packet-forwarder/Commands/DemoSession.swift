import Forwarder
import Mirror
import Receiver
import System
import Telemetry
import Transport

/// The demo at work: forwarder, collector and traffic.
struct DemoSession {
  /// What it came to.
  struct Summary {
    /// Frames that the forwarder sent, and the datagrams they became.
    var mirrored: UInt64
    var datagrams: UInt64
    /// Of these, those that arrived at the collector.
    var delivered: UInt64
    /// What was captured and not sent, or was dropped by the kernel in front of the capture.
    var dropped: UInt64
    /// CPU time of the process, in nanoseconds.
    var processorTime: Int64

    /// Frames and datagrams that went missing anywhere.
    var lost: UInt64 { dropped + (datagrams > delivered ? datagrams - delivered : 0) }
  }

  /// Milliseconds in which something of the demo's own traffic must have arrived: it comes at once, and twice a second.
  private static let patience: Int64 = 1_100

  private let service: ForwarderService
  private let receiver: MirrorReceiver
  private let traffic: SampleTraffic
  /// As many frames as asked for were shown.
  private let shown: Event
  private let startTime = ProcessClock.nanoseconds

  /// Starts collector and traffic; the service runs. Or ends the program with one line.
  init(_ service: ForwarderService, _ receiver: MirrorReceiver, view: DemoView, count: UInt64?) throws {
    self.service = service
    self.receiver = receiver
    do throws(SystemError) { shown = try Event() } catch { throw ExitStatus.failure(error) }
    traffic = try SampleTraffic()
    do throws(ReceiverError) {
      try receiver.start(into: [view.output(limit: count) { [shown] in shown.set() }])
    } catch {
      throw ExitStatus.failure(ExitStatus.inputOutput, "cannot open the collector: \(error)")
    }
    try traffic.start()
  }

  /// Runs until a signal, the last frame that was asked for, or the end of who reads them.
  ///
  /// - Returns: why it cannot work; nil where it was ended.
  func run(_ signals: Signals, hasFilter: Bool, note: (String) -> Void) -> String? {
    let patient = MonotonicClock.milliseconds + Self.patience
    if wait(signals, until: patient) != .timeout { return nil }
    if delivered == 0 {
      let captured = service.counters.capture.captured
      if captured > 0 { return "\(captured) frames were captured, and none arrived on 127.0.0.1\(hint)" }
      guard hasFilter else { return "nothing is captured on lo, although there is traffic" }
      note("nothing yet that --filter lets through; the demo's own traffic is HTTP and UDP on 127.0.0.1")
    }
    _ = wait(signals)
    return nil
  }

  private func wait(_ signals: Signals, until deadline: Int64? = nil) -> Signals.Wake {
    signals.wait(
      done: receiver.ended.descriptor, shown.descriptor, until: deadline, onHangup: service.reload)
  }

  /// Ends all of it: first what makes traffic, and last what counts what has arrived.
  ///
  /// - Parameter deadline: how long the forwarder is waited for, in milliseconds of `MonotonicClock`.
  /// - Returns: what it came to, and what the figures cannot vouch for.
  func end(by deadline: Int64) -> (Summary, doubt: String?) {
    traffic.stop()
    let doubt = service.stop(by: deadline)
    receiver.stop()
    // Whoever does not read the frames need not be waited for.
    _ = receiver.join(milliseconds: 400)
    let counters = service.counters
    let forwarded = counters.send.forwardedFrames
    let summary = Summary(
      mirrored: forwarded, datagrams: counters.send.sentDatagrams, delivered: delivered,
      dropped: max(counters.capture.captured, forwarded) - forwarded + counters.kernelDropped,
      processorTime: ProcessClock.nanoseconds - startTime)
    return (summary, doubt)
  }

  /// Frames that have arrived, shown or not.
  private var delivered: UInt64 {
    let counters = receiver.statistics.counters
    return counters.frames + counters.undelivered
  }

  private var hint: String {
    let error = service.snapshot.reports.lazy.compactMap(\.lastError).first.map { " (\($0))" } ?? ""
    return "\(error): a firewall on lo, perhaps; nft list ruleset shows it"
  }
}
