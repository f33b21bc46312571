import ArgumentParser
import Collector
import Glibc
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
  var listen = String(VXLANHeader.port)

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

    let thread = try start(on: address, vni: vni.map { UInt32($0) }, limit: limit)
    var statistics = StatisticsOutput(
      descriptor: write == "-" ? STDERR_FILENO : STDOUT_FILENO,
      report: ReceiveReport(format: format), interval: interval)
    while !statistics.waitForSignal() {
      statistics.print(thread.statistics.snapshot, isFinal: false)
    }
    thread.stop()
    // The sink may be waiting for a reader that does not read; nobody has to wait with it.
    let outcome = thread.join(milliseconds: 1000)
    statistics.print(thread.statistics.snapshot, isFinal: true)
    switch outcome {
    case .success: break
    case .failure(let error) where error.operation == .write:
      throw failure(EX_IOERR, "cannot write \(write ?? "-"): \(error.reason)")
    case .failure(let error): throw failure(EX_IOERR, "cannot receive: \(error)")
    case nil: log("the last frames are lost: the reader of \(write ?? "-") does not read")
    }
  }

  /// Opens the socket and the output, and starts receiving.
  private func start(on address: ListenAddress, vni: UInt32?, limit: UInt64?) throws -> ReceiverThread {
    var attempt = "listen on \(address)"
    do throws(CollectorError) {
      let receiver = Receiver(socket: try UDPReceiver(listen: address), vni: vni)
      let bound = ListenAddress(host: address.host, port: receiver.port)
      attempt = "start a thread"
      let mainThread = pthread_self()
      let wake: @Sendable () -> Void = { pthread_kill(mainThread, SIGUSR1) }
      let thread: ReceiverThread
      switch write {
      case nil:
        StatisticsOutput.blockSignals()
        thread = try ReceiverThread(
          receiver, into: SummaryPrinter(descriptor: STDOUT_FILENO), limit: limit, atEnd: wake)
      case "-":
        StatisticsOutput.blockSignals()
        thread = try ReceiverThread(
          receiver, into: PcapngWriter(descriptor: STDOUT_FILENO), limit: limit, atEnd: wake)
      case let path?:
        attempt = "write \(path)"
        let writer = try PcapngWriter(path: path)
        attempt = "start a thread"
        StatisticsOutput.blockSignals()
        thread = try ReceiverThread(receiver, into: writer, limit: limit, atEnd: wake)
      }
      log("listening on \(bound)")
      return thread
    } catch {
      throw failure(EX_IOERR, "cannot \(attempt): \(error.reason)")
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
    failure(EX_CONFIG, "\(flag) \"\(value)\" is not valid: it takes \(expected)")
  }

  private func failure(_ code: CInt, _ message: String) -> ExitCode {
    log(message)
    return ExitCode(code)
  }

  private func log(_ message: String) {
    writeLine("packet-forwarder: " + message, to: STDERR_FILENO)
  }
}

/// Waits for signals on the main thread and prints statistics in between.
private struct StatisticsOutput {
  /// Where lines go.
  let descriptor: CInt
  var report: ReceiveReport
  /// Seconds between lines; 0 is none.
  let interval: UInt64

  /// The signals that end receiving; SIGUSR1 is how the receiving thread says that it is done.
  private static func signals() -> sigset_t {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for number in [SIGINT, SIGTERM, SIGUSR1] { unsafe sigaddset(&set, number) }
    return set
  }

  /// Before threads are started, so that none of them takes a signal. A reader that went away is an error of
  /// write(2) and not a signal.
  static func blockSignals() {
    var set = signals()
    unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    signal(SIGPIPE, SIG_IGN)
  }

  /// Waits until a signal comes (true) or the next line is due (false).
  func waitForSignal() -> Bool {
    var set = Self.signals()
    var timeout = timespec(tv_sec: Int(interval), tv_nsec: 0)
    while true {
      let received = interval == 0 ? unsafe sigwaitinfo(&set, nil) : unsafe sigtimedwait(&set, nil, &timeout)
      if received > 0 { return true }
      if errno == EAGAIN { return false }
    }
  }

  /// Prints a line, unless a reader that does not read would hold us up: the next line then covers this interval.
  mutating func print(_ total: ReceiveCounters, isFinal: Bool) {
    guard interval > 0 else { return }
    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    guard unsafe poll(&entry, 1, isFinal ? 500 : 0) == 1 else { return }
    writeLine(report.line(total: total, isFinal: isFinal), to: descriptor)
  }
}

/// Writes a line in one piece. Nothing can be done about a reader of statistics or messages that is gone.
private func writeLine(_ text: String, to descriptor: CInt) {
  let bytes = Array((text + "\n").utf8)
  _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
}
