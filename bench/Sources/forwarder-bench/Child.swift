import Foundation
import Glibc

/// A program that the harness started, with its output in files so that nobody has to drain pipes.
final class Child {
  /// How a program ended.
  struct Ending {
    /// The exit code, or 128 plus the signal's number.
    var code: Int32
    /// User and system time of the program and of its waited-for children, in nanoseconds.
    var cpu: UInt64
  }

  let pid: pid_t
  let name: String
  private let outputPath: String
  private let errorPath: String
  private var ending: Ending?

  /// Starts `arguments` (the first is looked up in PATH) in a named network namespace.
  ///
  /// - Parameter cores: the only ones that it may use, as taskset(1) takes them; any when absent.
  init(
    _ arguments: [String], in namespace: String? = nil, environment: [String: String] = [:], cores: String? = nil
  ) throws {
    var command = arguments
    if let namespace { command = ["nsenter", "--net=/run/netns/\(namespace)", "--"] + command }
    if let cores { command = ["taskset", "--cpu-list", cores] + command }
    name = arguments[0].split(separator: "/").last.map(String.init) ?? arguments[0]
    let base = "\(Workspace.directory)/\(name)-\(Workspace.nextNumber())"
    outputPath = base + ".out"
    errorPath = base + ".err"

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, outputPath, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, errorPath, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    // The harness blocks the signals that end it; a child must not inherit that.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

    var variables = ProcessInfo.processInfo.environment
    variables.merge(environment) { _, new in new }
    var argv = command.map { strdup($0) } + [nil]
    var envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (argv + envp).forEach { free($0) } }
    var started: pid_t = 0
    let code = posix_spawnp(&started, command[0], &actions, &attributes, &argv, &envp)
    guard code == 0 else { throw BenchError("\(command[0]): \(String(cString: strerror(code)))") }
    pid = started
    Children.add(self)
  }

  /// What the program has written to standard output so far.
  var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }

  /// What the program has written to standard error so far.
  var errors: String { (try? String(contentsOfFile: errorPath, encoding: .utf8)) ?? "" }

  /// CPU time so far of a running program with its threads and descendants, or of an ended one, in nanoseconds.
  var cpu: UInt64 { ending?.cpu ?? Proc.cpu(trees: [pid]) }

  /// Blocks until standard error contains `text`.
  func awaitError(containing text: String, seconds: Double = 10) throws {
    try waitFor(seconds, "\(name) to report '\(text)'", everyMicroseconds: 500) {
      if try reap(WNOHANG) { throw BenchError("\(name) ended early: \(errors)") }
      return errors.contains(text)
    }
  }

  /// Waits for the program to end by itself.
  @discardableResult
  func wait(seconds: Double) throws -> Ending {
    try waitFor(seconds, "\(name) to end") { try self.reap(WNOHANG) }
    guard let ending else { throw BenchError("\(name) has no exit status") }
    return ending
  }

  /// Asks the program to end, insists after five seconds, and returns how it ended.
  @discardableResult
  func stop() throws -> Ending {
    if ending == nil { kill(pid, SIGTERM) }
    do {
      return try wait(seconds: 5)
    } catch {
      kill(pid, SIGKILL)
      return try wait(seconds: 5)
    }
  }

  private func reap(_ options: Int32) throws -> Bool {
    if ending != nil { return true }
    var status: Int32 = 0
    var usage = rusage()
    let result = wait4(pid, &status, options, &usage)
    if result == 0 || (result < 0 && errno == EINTR) { return false }
    guard result == pid else { throw BenchError("wait4(\(name)): \(String(cString: strerror(errno)))") }
    let signal = status & 0x7f
    let spent = Self.nanoseconds(usage.ru_utime) + Self.nanoseconds(usage.ru_stime)
    ending = Ending(code: signal == 0 ? (status >> 8) & 0xff : 128 + signal, cpu: spent)
    Children.remove(self, cpu: spent)
    return true
  }

  private static func nanoseconds(_ time: timeval) -> UInt64 {
    UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_usec) * 1000
  }
}

/// Runs a command to its end and returns its standard output; a failure carries its standard error.
@discardableResult
func run(_ arguments: String..., in namespace: String? = nil) throws -> String {
  let child = try Child(arguments, in: namespace)
  let ending = try child.wait(seconds: 60)
  guard ending.code == 0 else {
    throw BenchError("\(arguments.joined(separator: " ")) ended with \(ending.code): \(child.errors)")
  }
  return child.output
}

/// Polls `condition` until it holds. What is not timed is polled seldom, since the harness runs on the cores it measures.
func waitFor(
  _ seconds: Double, _ what: String, everyMicroseconds interval: UInt32 = 5000, _ condition: () throws -> Bool
) throws {
  let deadline = Clock.now + UInt64(seconds * 1e9)
  while try !condition() {
    guard Clock.now < deadline else { throw BenchError("waited \(seconds) s for \(what)") }
    usleep(interval)
  }
}
