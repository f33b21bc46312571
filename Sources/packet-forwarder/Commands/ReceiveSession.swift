import ArgumentParser
import Receiver
import System
import Telemetry

/// A receiver at work: its statistics, until a signal or its own end, and what is said of that.
struct ReceiveSession {
  let receiver: MirrorReceiver
  let outputs: [ReceiveOutput]
  let console: Console
  let settings: ReceiveSettings
  /// Finds out what task this is; nil where there is none to ask.
  let task: TaskMetadataWatch?

  /// Shows figures and health on `listener` for as long as anything is received.
  ///
  /// - Throws: the exit code, which has been explained.
  func show(on listener: OwnedDescriptor) throws {
    let exposition = ReceiveExposition()
    let start = UInt64(clamping: WallClock.nanosecondsSince1970)
    let server = ScrapeServer(listener) { [receiver, outputs, task] in
      exposition.families(
        receiver.statistics, outputs: outputs, ProcessFigures(start: start), task: task?.current)
    } health: { [receiver] in
      receiver.ended.isSet ? "nothing is received any more" : nil
    }
    do throws(SystemError) {
      // It goes with the program: a load balancer is to see the end before the last frames are written.
      let end = try Event()
      try BackgroundThread.run(name: "metrics") { server.run(until: end) }
    } catch {
      throw ExitStatus.failure(error)
    }
  }

  /// Runs to the end.
  ///
  /// - Throws: an exit code that is not 0.
  func run(_ signals: Signals) throws {
    var report = ReceiveReport(format: settings.format)
    let interval = settings.interval
    let lines = interval == 0 ? nil : settings.file == "-" ? console.log : console.statistics
    var next = MonotonicClock.milliseconds + interval
    while signals.wait(done: receiver.ended.descriptor, until: interval == 0 ? nil : next) == .timeout {
      lines?.write(report.line(receiver.statistics, isFinal: false, task: task?.current))
      next = MonotonicClock.milliseconds + interval
    }
    let deadline = MonotonicClock.milliseconds + Deadline.forEnding
    Deadline.set()
    receiver.stop()
    // An output may be waiting for a reader that does not read; nobody has to wait with it.
    let outcome = receiver.join(milliseconds: 1_000)
    lines?.write(report.line(receiver.statistics, isFinal: true, task: task?.current))
    let isTold = console.statistics.flush(by: deadline - 300)
    let code = status(outcome)
    let isLogged = console.log.flush(by: deadline)
    if code != 0 { throw ExitCode(code) }
    if !isTold || !isLogged { throw ExitCode(ExitStatus.temporaryFailure) }
  }

  /// The exit code for how receiving ended. What went wrong with an output was said when it did.
  private func status(_ outcome: MirrorReceiver.Outcome?) -> Int32 {
    switch outcome {
    case .success:
      let isFailed = outputs.contains { if case .failed = $0.end { true } else { false } }
      return isFailed ? ExitStatus.inputOutput : 0
    case .failure(let error):
      Console.sayPlainly("cannot receive: \(error)", console.log)
      return ExitStatus.inputOutput
    case nil:
      Console.sayPlainly(
        "the last frames are lost: the reader of \(settings.file ?? "standard output") does not read", console.log)
      return ExitStatus.temporaryFailure
    }
  }
}
