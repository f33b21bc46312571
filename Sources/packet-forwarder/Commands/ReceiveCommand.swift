import ArgumentParser
import Receiver
import Glibc
import System
import Wire

/// The collector's side: takes VXLAN datagrams and shows or stores the frames inside.
struct ReceiveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "receive",
    abstract: "Receive mirrored frames: print a line for each, or write them as pcapng.",
    discussion: """
      Statistics go to standard output, or to standard error if frames are written to standard output.

        packet-forwarder receive --write - | tshark -r -
      """)

  // Values are texts so that a bad one ends with our line and exit code 78, not as a usage error.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Where to listen: PORT, HOST:PORT or [IPv6]:PORT.", valueName: "address"))
  var listen = String(Tunnel.port)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Write frames as pcapng to this file; - is standard output.", valueName: "file"))
  var write: String?

  @Option(parsing: .unconditional, help: "Take only this VXLAN network identifier.")
  var vni: String?

  @Option(parsing: .unconditional, help: "End after this many frames.")
  var count: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Seconds between statistics; 0 is off.", valueName: "seconds"))
  var statDuration = "30"

  @Option(parsing: .unconditional, help: "Statistics as text or json.")
  var statFormat = "text"

  func run() throws {
    guard let address = ListenAddress(listen) else {
      throw invalid("--listen", listen, "PORT, HOST:PORT or [IPv6]:PORT, the port in 0 ... 65535")
    }
    let vni = try self.vni.map { try number($0, "--vni", 0...UInt64(VXLANHeader.maximumVNI)) }
    let limit = try count.map { try number($0, "--count", 1...UInt64(Int64.max)) }
    let interval = try number(statDuration, "--stat-duration", 0...86_400)
    guard let format = ReceiveReport.Format(rawValue: statFormat) else {
      throw invalid("--stat-format", statFormat, "text or json")
    }
    if write == "-" && isatty(STDOUT_FILENO) == 1 {
      throw invalid("--write", "-", "a file, or - where standard output is a pipe or a file, not a terminal")
    }
    if write == "" { throw invalid("--write", "", "a file, or - for standard output") }

    // A name may take long to look up; until then signals end the program as they would any other.
    let receiver = try listen(on: address, vni: vni.map { UInt32($0) })
    let bound = ListenAddress(host: address.host, port: receiver.port)
    let signals = try Signals([SIGTERM, SIGINT])
    let console = try Console()
    let thread = try start(receiver, limit: limit)
    Console.sayPlainly("listening on \(bound)", console.log)
    var report = ReceiveReport(format: format)
    let output = interval == 0 ? nil : write == "-" ? console.log : console.statistics
    var next = MonotonicClock.milliseconds + Int64(interval) * 1_000
    while signals.wait(done: thread.ended.descriptor, until: interval == 0 ? nil : next) == .timeout {
      output?.write(report.line(total: thread.statistics.snapshot, isFinal: false))
      next = MonotonicClock.milliseconds + Int64(interval) * 1_000
    }
    let deadline = MonotonicClock.milliseconds + Deadline.forEnding
    Deadline.set()
    thread.stop()
    // The sink may be waiting for a reader that does not read; nobody has to wait with it.
    let outcome = thread.join(milliseconds: 1_000)
    output?.write(report.line(total: thread.statistics.snapshot, isFinal: true))
    let isTold = console.statistics.flush(by: deadline - 300)
    let code = status(outcome, console)
    let isLogged = console.log.flush(by: deadline)
    if code != 0 { throw ExitCode(code) }
    if !isTold || !isLogged { throw ExitCode(ExitStatus.temporaryFailure) }
  }

  /// The exit code for how receiving ended; says what went wrong.
  private func status(_ outcome: ReceiverThread.Outcome?, _ console: Console) -> Int32 {
    switch outcome {
    case .success:
      return 0
    case .failure(let error):
      let what = error.operation == .write ? "write \(write ?? "-"): \(error.reason)" : "receive: \(error)"
      Console.sayPlainly("cannot \(what)", console.log)
      return ExitStatus.inputOutput
    case nil:
      Console.sayPlainly("the last frames are lost: the reader of \(write ?? "-") does not read", console.log)
      return ExitStatus.temporaryFailure
    }
  }

  private func listen(on address: ListenAddress, vni: UInt32?) throws -> TunnelReceiver {
    do throws(ReceiverError) {
      return TunnelReceiver(socket: try UDPReceiver(listen: address), vni: vni)
    } catch {
      throw ExitStatus.failure(ExitStatus.inputOutput, "cannot listen on \(address): \(error.reason)")
    }
  }

  /// Opens the output and starts receiving.
  private func start(_ receiver: consuming TunnelReceiver, limit: UInt64?) throws -> ReceiverThread {
    var attempt = "start a thread"
    do throws(ReceiverError) {
      switch write {
      case nil:
        return try ReceiverThread(receiver, into: SummaryPrinter(descriptor: STDOUT_FILENO), limit: limit)
      case "-":
        return try ReceiverThread(receiver, into: PcapngWriter(descriptor: STDOUT_FILENO), limit: limit)
      case let path?:
        attempt = "write \(path)"
        let writer = try PcapngWriter(path: path)
        attempt = "start a thread"
        return try ReceiverThread(receiver, into: writer, limit: limit)
      }
    } catch {
      throw ExitStatus.failure(ExitStatus.inputOutput, "cannot \(attempt): \(error.reason)")
    }
  }

  /// A decimal number within `range`, or the line and exit code of a bad value.
  private func number(_ text: String, _ flag: String, _ range: ClosedRange<UInt64>) throws -> UInt64 {
    let isDecimal = text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    guard isDecimal, let number = UInt64(text), range.contains(number) else {
      throw invalid(flag, text, "a whole number, \(range.lowerBound) ... \(range.upperBound)")
    }
    return number
  }

  private func invalid(_ flag: String, _ value: String, _ expected: String) -> ExitCode {
    ExitStatus.failure(ExitStatus.configuration, "\(flag) \"\(value)\" is not valid: it takes \(expected)")
  }
}
