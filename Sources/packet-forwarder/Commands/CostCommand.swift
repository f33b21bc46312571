import ArgumentParser
import Cost
import Forwarder
import Glibc
import System
import Telemetry

/// `cost`: what a stream costs a month, and what each rule would save, before anybody turns it on.
struct CostCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cost",
    abstract: "Say what a stream costs a month, rule by rule.",
    discussion: """
      Takes the statistics of a forwarder (STAT_FORMAT json or emf, as its log has them), or with --read a capture file \
      as `receive --write` makes it, on which the rules are tried. The rate is taken for that of the whole month.
      """)

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Capture file to try the rules on.", valueName: "CAPTURE"),
    completion: .file())
  var read: String?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Prices, such as deploy/prices.json.", valueName: "FILE"),
    completion: .file())
  var priceFile: String?

  @Option(parsing: .unconditional, help: "With --read: FLOW_DEPTH that is tried.")
  var flowDepth = "64KiB"

  @Option(parsing: .unconditional, help: "With --read: largest outer packet in bytes.")
  var mtu = "8500"

  @Option(
    parsing: .unconditional, help: "Table as text or json.",
    completion: .list(TextFormat.allCases.map(\.rawValue)))
  var format = TextFormat.text.rawValue

  @Argument(
    help: ArgumentHelp("Statistics; standard input without it.", valueName: "STATISTICS"), completion: .file())
  var statistics: String?

  func validate() throws {
    if read != nil, statistics != nil {
      throw ValidationError("--read takes the place of STATISTICS: give one of them")
    }
  }

  func run() throws {
    let format = try OptionValue.choice(format, "--format", TextFormat.self)
    let depth = try OptionValue.size(flowDepth, "--flow-depth", 1 << 10...1 << 30, "1KiB to 1GiB")
    let mtu = try OptionValue.number(mtu, "--mtu", 576...65_535)
    let prices = try priceFile.map(Self.prices)
    let report = try read.map { try Self.sample($0, mtu, depth, flowDepth, prices) } ?? sum(prices)
    let text = Array(((format == .text ? report.text : report.json) + "\n").utf8)
    if let error = WholeWrite.write(text, to: STDOUT_FILENO, "standard output") {
      throw ExitStatus.failure(ExitStatus.inputOutput, error.description)
    }
  }

  private static func prices(_ path: String) throws -> Prices {
    let text = try contents(path)
    do throws(Prices.Failure) {
      return try Prices(text)
    } catch {
      throw ExitStatus.failure(ExitStatus.dataError, "\(path): \(error.reason)")
    }
  }

  private static func sample(
    _ path: String, _ mtu: Int, _ depth: Int, _ depthText: String, _ prices: Prices?
  ) throws -> CostReport {
    let sample: CaptureSample
    do throws(CaptureSample.Failure) {
      sample = try CaptureSample(path, mtu: mtu, depth: depth, depthText: depthText)
    } catch {
      switch error {
      case .capture(let error):
        let isThere = (try? FileContents.read(path, atMost: 0)) != nil
        throw ExitStatus.failure(isThere ? ExitStatus.dataError : ExitStatus.noInput, "\(error)")
      case .system(let error): throw ExitStatus.failure(error)
      }
    }
    guard sample.seconds > 0 else {
      throw ExitStatus.failure(
        ExitStatus.dataError, "\(path) has \(sample.frames) frames in no time; a rate takes two at different times")
    }
    return CostReport(title: path, seconds: sample.seconds, rows: sample.rows, prices: prices)
  }

  private func sum(_ prices: Prices?) throws -> CostReport {
    let path = statistics == "-" ? nil : statistics
    let title = path ?? "standard input"
    if path == nil, isatty(STDIN_FILENO) == 1 {
      LineOutput.writeNow(
        "packet-forwarder: no STATISTICS: standard input is read, to its end (Ctrl-D)", to: STDERR_FILENO, within: 200)
    }
    let text = try path.map(Self.contents) ?? Self.standardInput()
    var sum = StatisticsSum()
    for line in text.split(separator: UInt8(ascii: "\n")) { sum.add(Array(line)) }
    guard sum.seconds > 0 else {
      throw ExitStatus.failure(
        ExitStatus.dataError, "\(title) has no line of statistics; it takes those of STAT_FORMAT=json or emf")
    }
    return CostReport(title: title, seconds: sum.seconds, rows: sum.rows, prices: prices)
  }

  private static func contents(_ path: String) throws -> [UInt8] {
    do throws(SystemError) {
      return try FileContents.read(path)
    } catch {
      throw ExitStatus.failure(ExitStatus.noInput, "\(path) cannot be read: \(error.reason)")
    }
  }

  private static func standardInput() throws -> [UInt8] {
    do throws(SystemError) {
      return try FileContents.read(from: STDIN_FILENO, "standard input")
    } catch {
      throw ExitStatus.failure(ExitStatus.noInput, "standard input cannot be read: \(error.reason)")
    }
  }
}
