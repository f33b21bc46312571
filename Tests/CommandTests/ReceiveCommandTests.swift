import Foundation
import Testing

/// Runs the built program as an operator would.
@Suite(.timeLimit(.minutes(1))) struct ReceiveCommandTests {
  /// Each bad value ends before anything is opened, with one line that names flag, value and what it takes.
  @Test(arguments: [
    (["--vni", "16777216"], "--vni=16777216 makes no sense; it takes a number from 0 to 16777215"),
    (["--vni", "-1"], "--vni=-1 makes no sense; it takes a number from 0 to 16777215"),
    (["--vni", ""], "--vni=\"\" makes no sense; it takes a number from 0 to 16777215"),
    (["--count", "0"], "--count=0 makes no sense; it takes a number from 1 on"),
    (["--stat-duration", "-1"], "--stat-duration=-1 makes no sense; it takes a number from 0 to 86400"),
    (["--stat-duration", "1s"], "--stat-duration=1s makes no sense; it takes a number from 0 to 86400"),
    (["--stat-format", "xml"], "--stat-format=xml makes no sense; it takes text or json"),
    (["--from", "name"], "--from=name makes no sense; it takes an IPv4 or IPv6 address"),
    (
      ["--buffer-size", "2GiB"],
      "--buffer-size=2GiB makes no sense; it takes a size from 64KiB to 1GiB, such as 100MiB"
    ),
    (
      ["--interface", "none-such"],
      "--interface=none-such makes no sense: No such device; it takes the name of an interface that is there"
    ),
    (["--workers", "257"], "--workers=257 makes no sense; it takes a number from 0 to 256"),
    (
      ["--filter", "tcp prt 80"],
      "--filter=\"tcp prt 80\" makes no sense: can't parse filter expression: syntax error; it takes a pcap-filter "
        + "expression such as tcp port 443"
    ),
    (
      ["--tap", "a/b"],
      "--tap=a/b makes no sense; it takes an interface's name, at most 15 letters, digits, or any of -_."
    ),
    (
      ["--write", "file", "--rotate-size", "1KiB"],
      "--rotate-size=1KiB makes no sense; it takes a size from 64KiB to 1024GiB, such as 100MiB"
    ),
    (
      ["--rotate-seconds", "60"],
      "--write=\"\" makes no sense; it takes a file where --rotate-size, --rotate-seconds or --files says to rotate"
    ),
    (
      ["--write", "file", "--files", "3"],
      "--files=3 makes no sense: nothing says when a new file begins; it takes --rotate-size or --rotate-seconds beside it"
    ),
    (["--write", "-", "--print"], "--write=- makes no sense; it takes a file where --print has standard output"),
    (
      ["--count-only", "--tap", "mirror0"],
      "--count-only makes no sense beside --tap; leave one out"
    ),
    (["--write", ""], "--write=\"\" makes no sense; it takes a file, or - for standard output"),
    (
      ["--listen", "a:99999"],
      "--listen=a:99999 makes no sense; it takes PORT, HOST:PORT or [IPv6]:PORT, the port from 0 to 65535"
    ),
  ])
  func aBadValueEndsWith78(arguments: [String], line: String) throws {
    let run = try Run(arguments)
    #expect(run.exitCode() == 78)
    #expect(run.standardError() == "packet-forwarder: \(line)\n")
    #expect(run.standardOutput().isEmpty)
  }

  @Test func anUnknownFlagEndsWith64() throws {
    #expect(try Run(["--bogus"]).exitCode() == 64)
  }

  @Test(arguments: [
    (["--listen", "192.0.2.1:0"], "cannot listen on 192.0.2.1:0: Cannot assign requested address"),
    (
      ["--listen", "127.0.0.1:0", "--write", "/nonexistent/file"],
      "cannot write /nonexistent/file: No such file or directory"
    ),
  ])
  func whatCannotBeOpenedEndsWith74(arguments: [String], line: String) throws {
    let run = try Run(arguments)
    #expect(run.exitCode() == 74)
    #expect(run.standardError() == "packet-forwarder: \(line)\n")
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func aSignalEndsWith0AndFinalStatistics(signal: CInt) throws {
    let run = try Run(["--listen", "127.0.0.1:0", "--stat-format", "json"])
    try run.send(vxlanFrame, to: run.port())
    let line = run.firstOutput()
    #expect(line.hasSuffix(" vni 1 02:00:00:00:00:01 -> 02:00:00:00:00:02 ethertype 0x88b5 14 bytes\n"))
    run.send(signal: signal)
    #expect(run.exitCode() == 0)
    let statistics = run.standardOutput()
    #expect(statistics.contains("\"final\":true"))
    #expect(statistics.contains("\"received_datagrams\":1,\"received_bytes\":22,\"delivered_frames\":1,"))
  }

  /// Standard output is the capture file and nothing else; statistics are on standard error.
  @Test func framesOnStandardOutputMoveStatisticsAway() throws {
    let run = try Run(["--listen", "[::1]:0", "--write", "-", "--count", "2"])
    let port = try run.port()
    try run.send(vxlanFrame, to: port, host: "::1")
    try run.send(vxlanFrame, to: port, host: "::1")
    #expect(run.exitCode() == 0)
    // Section header, interface, two packets of 14 bytes and 2 of padding.
    #expect(run.outputBytes().count == 52 + 48 + 2 * 48)
    #expect(run.standardError().contains(" s: 2 datagrams (44 bytes), 2 frames (28 bytes), "))
  }

  /// A file that must not grow is an error of one line, not a signal that kills; what is in the file is whole, and is
  /// what the statistics say was delivered.
  @Test func aFileThatMustNotGrow() throws {
    let path = NSTemporaryDirectory() + "receive-tests-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let run = try Run(
      ["--listen", "127.0.0.1:0", "--write", path, "--stat-format", "json"],
      wrapper: "exec prlimit --fsize=10000 \"$@\"")
    let port = try run.port()
    for _ in 0..<1_000 { try run.send(vxlanFrame, to: port) }
    #expect(run.exitCode() == 74)
    #expect(
      run.standardError().split(separator: "\n").dropFirst() == [
        "packet-forwarder: cannot write \(path): File too large"
      ])
    let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    // Section header, interface, packets of 14 bytes and 2 of padding.
    let frames = (size - 52 - 52) / 48
    #expect(size == 52 + 52 + frames * 48 && frames == 206)
    #expect(run.standardOutput().contains("\"delivered_frames\":206,"))
  }

  /// A reader that leaves is told of once, and is no failure: `receive | head`.
  @Test(arguments: [[], ["--write", "-"]]) func aReaderThatLeaves(arguments: [String]) throws {
    let run = try Run(
      ["--listen", "127.0.0.1:0", "--stat-duration", "0"] + arguments,
      wrapper: "set -o pipefail; \"$@\" | head -c 1", shell: "/bin/bash")
    let port = try run.port()
    try run.send(vxlanFrame, to: port)
    #expect(run.exitCode() == 0)
    let name = arguments.isEmpty ? "standard output" : "-"
    #expect(
      run.standardError().split(separator: "\n").dropFirst() == ["packet-forwarder: the reader of \(name) has gone"])
  }

  /// A closed standard output is not the first file to be opened: nothing but frames is in the capture file.
  @Test func closedDescriptors() throws {
    let path = NSTemporaryDirectory() + "receive-tests-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let run = try Run(
      ["--listen", "127.0.0.1:0", "--write", path, "--count", "1"], wrapper: "exec \"$@\" <&- >&-")
    try run.send(vxlanFrame, to: run.port())
    #expect(run.exitCode() == 0)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == 52 + 52 + 48)
  }

  @Test func statisticsCanBeOff() throws {
    let run = try Run(["--listen", "127.0.0.1:0", "--stat-duration", "0", "--count", "1"])
    try run.send(vxlanFrame, to: run.port())
    #expect(run.exitCode() == 0)
    #expect(run.standardOutput().split(separator: "\n").count == 1)
  }

  private let vxlanFrame: [UInt8] =
    [8, 0, 0, 0, 0, 0, 1, 0] + [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xB5]
}

/// One run of `packet-forwarder receive`; ended with it.
private final class Run {
  private let process = Process()
  private let output = Pipe()
  private let error = Pipe()
  private var errorText = ""

  /// `wrapper` is what a shell does with the command in `"$@"`.
  init(_ arguments: [String], wrapper: String = "exec \"$@\"", shell: String = "/bin/sh") throws {
    process.executableURL = URL(fileURLWithPath: shell)
    process.arguments = ["-c", wrapper, "sh", Command.binary.path, "receive"] + arguments
    process.standardOutput = output
    process.standardError = error
    try process.run()
  }

  deinit { if process.isRunning { process.terminate() } }

  /// The port it says it listens on.
  func port() throws -> UInt16 {
    while !errorText.contains("\n") {
      let more = error.fileHandleForReading.availableData
      try #require(!more.isEmpty, "ended: \(errorText)")
      errorText += String(decoding: more, as: UTF8.self)
    }
    let digits = try #require(errorText.split(separator: "\n").first?.split(separator: ":").last)
    return try #require(UInt16(digits))
  }

  func send(_ datagram: [UInt8], to port: UInt16, host: String = "127.0.0.1") throws {
    var hints = addrinfo()
    hints.ai_socktype = CInt(SOCK_DGRAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    try #require(getaddrinfo(host, String(port), &hints, &list) == 0)
    let address = try #require(list)
    defer { freeaddrinfo(list) }
    let descriptor = socket(address.pointee.ai_family, address.pointee.ai_socktype, 0)
    defer { close(descriptor) }
    let sent = sendto(
      descriptor, datagram, datagram.count, 0, address.pointee.ai_addr, address.pointee.ai_addrlen)
    #expect(sent == datagram.count)
  }

  func send(signal: CInt) { kill(process.processIdentifier, signal) }

  /// What comes first on standard output.
  func firstOutput() -> String {
    String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
  }

  func exitCode() -> CInt {
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    return process.terminationStatus
  }

  /// What came after `firstOutput`, once it has ended.
  func outputBytes() -> Data { output.fileHandleForReading.readDataToEndOfFile() }

  /// The same as text.
  func standardOutput() -> String { String(decoding: outputBytes(), as: UTF8.self) }

  /// All of standard error, once it has ended.
  func standardError() -> String {
    errorText += String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    return errorText
  }
}
