import Foundation
import Glibc

/// A child process in a process group of its own, its output kept in files so that no pipe can fill up.
///
/// The group is what gets killed, so nothing that the child started outlives `terminate()`.
final class Subprocess {
  /// How a process ended.
  enum Exit: Equatable {
    case status(Int32)
    case signal(Int32)
  }

  let name: String
  let processID: pid_t
  private let outputPath: String
  private let errorPath: String
  private var exit: Exit?

  /// Starts `arguments[0]`, looked up with `Tool.path`.
  ///
  /// - Parameters:
  ///   - environment: exactly what the child sees.
  ///   - standardInput: a descriptor to hand over; `/dev/null` when absent.
  init(
    _ arguments: [String], environment: [String: String] = Tool.environment,
    standardInput: Int32? = nil, in directory: String
  ) throws {
    name = arguments.joined(separator: " ")
    let stem = "\(directory)/\(UUID().uuidString)"
    outputPath = stem + ".out"
    errorPath = stem + ".err"

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let standardInput {
      posix_spawn_file_actions_adddup2(&actions, standardInput, 0)
    } else {
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    let flags = O_WRONLY | O_CREAT | O_TRUNC
    posix_spawn_file_actions_addopen(&actions, 1, outputPath, flags, 0o644)
    posix_spawn_file_actions_addopen(&actions, 2, errorPath, flags, 0o644)

    // The test runner may block or ignore signals; a child must start with a clean slate.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    let program = try Tool.path(arguments[0])
    var argv = arguments.map { strdup($0) } + [nil]
    var envp = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { (argv + envp).forEach { free($0) } }
    var pid = pid_t()
    let error = posix_spawn(&pid, program, &actions, &attributes, &argv, &envp)
    guard error == 0 else { throw Failure("\(name): \(String(cString: strerror(error)))") }
    processID = pid
  }

  deinit { terminate() }

  /// Whether the process has not ended yet.
  var isRunning: Bool {
    reap(WNOHANG)
    return exit == nil
  }

  /// What it has written to standard output so far.
  var output: String { String(decoding: outputData, as: UTF8.self) }

  /// What it has written to standard output so far, unchanged.
  var outputData: Data { FileManager.default.contents(atPath: outputPath) ?? Data() }

  /// What it has written to standard error so far.
  var errorOutput: String {
    String(decoding: FileManager.default.contents(atPath: errorPath) ?? Data(), as: UTF8.self)
  }

  /// Sends a signal to the process itself (not to its group).
  func signal(_ number: Int32) {
    if isRunning { kill(processID, number) }
  }

  /// Waits for the end, at most `seconds`; kills the process and throws when that is not enough.
  func wait(seconds: Double) throws -> Exit {
    do {
      try eventually("end of \(name)", within: seconds) { !isRunning }
    } catch {
      terminate()
      throw error
    }
    guard let exit else { throw Failure("\(name) cannot be waited for") }
    return exit
  }

  /// Kills the whole process group and reaps the child.
  func terminate() {
    guard exit == nil else { return }
    kill(-processID, SIGKILL)
    reap(0)
  }

  private func reap(_ options: Int32) {
    guard exit == nil else { return }
    var status: Int32 = 0
    var result = waitpid(processID, &status, options)
    while result < 0 && errno == EINTR { result = waitpid(processID, &status, options) }
    guard result == processID else { return }
    let signal = status & 0x7f
    exit = signal == 0 ? .status((status >> 8) & 0xff) : .signal(signal)
  }
}

extension Subprocess {
  /// Runs a command to its end and returns its standard output; any exit status but 0 throws.
  @discardableResult
  static func run(
    _ arguments: [String], environment: [String: String] = Tool.environment,
    seconds: Double = 20, in directory: String
  ) throws -> Data {
    let process = try Subprocess(arguments, environment: environment, in: directory)
    let exit = try process.wait(seconds: seconds)
    guard exit == .status(0) else {
      throw Failure("\(process.name): \(exit)\n\(process.errorOutput)")
    }
    return process.outputData
  }
}
