import Foundation
import Testing

/// One finished run of the built program.
struct Command {
  let exitCode: Int32
  let standardOutput: String
  let standardError: String

  /// The release build where the tests were given one: without optimisation the library of the command line takes seconds
  /// over a flag that it does not know. Else the one beside the test runner.
  static let binary =
    ProcessInfo.processInfo.environment["PACKET_FORWARDER"].map(URL.init(fileURLWithPath:))
    ?? URL(fileURLWithPath: CommandLine.arguments[0])
    .deletingLastPathComponent().appendingPathComponent("packet-forwarder")

  /// SANDBOX, if the tests were given it: a program with a sanitizer in it cannot be confined.
  private static let settings = ProcessInfo.processInfo.environment.filter { $0.key == "SANDBOX" }

  /// Runs the program with no variables but these (and `settings`), to its end. `wrapper` is a command line that ends in
  /// the program's.
  init(
    _ arguments: [String], environment: [String: String] = [:], wrapper: [String] = [], binary: URL = Self.binary
  ) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = wrapper + [binary.path] + arguments
    process.environment = Self.settings.merging(["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]) { $1 }
      .merging(environment) { $1 }
    let output = Pipe()
    let error = Pipe()
    process.standardOutput = output
    process.standardError = error
    process.standardInput = FileHandle.nullDevice
    try process.run()
    // Both are far smaller than a pipe holds, but for --help.
    standardOutput = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    standardError = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    exitCode = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
  }
}

extension Command {
  /// A copy of the program where any user may run it.
  static func withReadableCopy(_ body: (URL) throws -> Void) throws {
    let folder = URL(fileURLWithPath: "/tmp/command-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
    defer { try? FileManager.default.removeItem(at: folder) }
    let copy = folder.appendingPathComponent("packet-forwarder")
    // By another process: a descriptor of ours would be inherited by what other tests start just now, and a file that is
    // open for writing cannot be run.
    try #require(try Command([copy.path], wrapper: ["cp"]).exitCode == 0)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: copy.path)
    try body(copy)
  }
}
