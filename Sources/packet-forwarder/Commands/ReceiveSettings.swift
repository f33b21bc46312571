import ArgumentParser
import Receiver
import Glibc
import System
import Telemetry
import Wire

/// What `receive` was told, read and checked before anything is opened.
struct ReceiveSettings {
  let address: ListenAddress
  /// The only one that datagrams may come in on.
  let interface: String?
  let workers: Int
  /// Bytes of receive buffer for each of them.
  let bufferByteCount: CInt
  let plan: ReceivePlan
  /// Where capture files go; `-` is standard output.
  let file: String?
  /// nil writes one file.
  let rotation: CaptureRotation?
  let tap: String?
  /// Whether a line is printed for each frame.
  let printsLines: Bool
  /// Milliseconds between statistics; 0 is off.
  let interval: Int64
  let format: ReceiveReport.Format
  /// Where figures and health are shown; nil: nowhere.
  let metrics: ScrapeAddress?
  /// Whether only failures are told.
  let isQuiet: Bool

  /// More threads than this are no receiver's.
  private static let maximumWorkers: UInt64 = 256

  /// - Throws: the exit code of the first value that makes no sense, which has been said.
  init(_ command: ReceiveCommand) throws {
    guard let address = ListenAddress(command.listen) else {
      throw OptionValue.invalid("--listen", command.listen, "PORT, HOST:PORT or [IPv6]:PORT, the port from 0 to 65535")
    }
    self.address = address
    interface = command.interface
    let workers = try OptionValue.number(command.workers, "--workers", 0...Self.maximumWorkers)
    self.workers = workers == 0 ? max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN))) : Int(workers)
    bufferByteCount = CInt(
      try OptionValue.size(command.bufferSize, "--buffer-size", 1 << 16...1 << 30, "64KiB to 1GiB"))
    let vnis = try command.vni.map { UInt32(try OptionValue.number($0, "--vni", 0...UInt64(VXLANHeader.maximumVNI))) }
    let senders = try command.from.map { text in
      guard let sender = SenderAddress(text) else {
        throw OptionValue.invalid("--from", text, "an IPv4 or IPv6 address")
      }
      return sender
    }
    plan = ReceivePlan(
      vnis: vnis, senders: senders, filter: try command.filter.map(Self.filter),
      limit: try command.count.map { try OptionValue.number($0, "--count", 1...UInt64(Int64.max)) })
    interval = 1_000 * Int64(try OptionValue.number(command.statDuration, "--stat-duration", 0...86_400))
    format = try OptionValue.choice(command.statFormat, "--stat-format", ReceiveReport.Format.self)
    metrics = try command.metrics.map { text in
      guard let address = ScrapeAddress(text) else { throw OptionValue.invalid("--metrics", text, ScrapeAddress.takes) }
      return address
    }
    file = command.write
    tap = command.tap
    isQuiet = command.quiet
    rotation = try Self.rotation(command)
    printsLines = command.print || (command.write == nil && command.tap == nil && !command.countOnly)
    try check(command)
  }

  /// What must not be said together, and names that are none.
  private func check(_ command: ReceiveCommand) throws {
    if file == "" { throw OptionValue.invalid("--write", "", "a file, or - for standard output") }
    if let tap, !ReceiveOutput.isTapName(tap) {
      throw OptionValue.invalid("--tap", tap, "an interface's name, at most 15 letters, digits, or any of -_.")
    }
    if file == "-" {
      if isatty(STDOUT_FILENO) == 1 {
        throw OptionValue.invalid(
          "--write", "-", "a file, or - where standard output is a pipe or a file, not a terminal")
      }
      if printsLines { throw OptionValue.invalid("--write", "-", "a file where --print has standard output") }
    }
    if rotation != nil, file == nil || file == "-" {
      throw OptionValue.invalid(
        "--write", file ?? "", "a file where --rotate-size, --rotate-seconds or --files says to rotate")
    }
    if let rotation, rotation.byteCount == nil, rotation.seconds == nil {
      throw OptionValue.invalid(
        "--files", command.files ?? "", reason: "nothing says when a new file begins",
        "--rotate-size or --rotate-seconds beside it")
    }
    if command.countOnly, file != nil || tap != nil || command.print {
      let other = file != nil ? "--write" : tap != nil ? "--tap" : "--print"
      throw OptionValue.conflict("--count-only", other, "leave one out")
    }
  }

  private static func rotation(_ command: ReceiveCommand) throws -> CaptureRotation? {
    let rotation = CaptureRotation(
      byteCount: try command.rotateSize.map {
        try OptionValue.size($0, "--rotate-size", 1 << 16...1 << 40, "64KiB to 1024GiB")
      },
      seconds: try command.rotateSeconds.map {
        try OptionValue.number($0, "--rotate-seconds", 1...31_536_000)
      }, fileCount: try command.files.map { Int(try OptionValue.number($0, "--files", 1...100_000)) })
    return rotation == CaptureRotation() ? nil : rotation
  }

  private static func filter(_ text: String) throws -> InnerFilter {
    do throws(InnerFilter.Failure) {
      return try InnerFilter(text)
    } catch {
      throw OptionValue.invalid(
        "--filter", text, reason: error.message, "a pcap-filter expression such as tcp port 443")
    }
  }
}
