import Foundation
import Glibc

/// A share of a core for one process, by the `cpu` controller of control groups, version 1.
final class ControlGroup {
  private static let root = "/sys/fs/cgroup/cpu"
  private let path: String

  /// Whether groups can be made here.
  static let isUsable = access(root + "/cpu.cfs_quota_us", F_OK) == 0 && access(root, W_OK) == 0

  /// A group that may run `percentOfACore` milliseconds of every 100.
  init(percentOfACore: Int) throws {
    path = "\(Self.root)/pfe-\(UUID().uuidString)"
    guard mkdir(path, 0o755) == 0 else { throw Failure("mkdir \(path): errno \(errno)") }
    try write("100000", to: "cpu.cfs_period_us")
    try write("\(percentOfACore * 1_000)", to: "cpu.cfs_quota_us")
  }

  /// Starts a command in it.
  var launcher: [String] { ["sh", "-c", "echo $$ >\(path)/cgroup.procs && exec \"$@\"", "sh"] }

  /// Moves every thread of a process into it.
  func add(_ process: pid_t) throws { try write("\(process)", to: "cgroup.procs") }

  /// Ends a process that is still in it, and removes it.
  func remove(killing process: pid_t) {
    // Out of its limits first, so that it ends at once.
    try? write("-1", to: "cpu.cfs_quota_us")
    kill(process, SIGKILL)
    try? eventually("the group to be empty") { rmdir(path) == 0 || errno != EBUSY }
  }

  private func write(_ text: String, to file: String) throws {
    let descriptor = open("\(path)/\(file)", O_WRONLY)
    defer { close(descriptor) }
    guard Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count else {
      throw Failure("\(file): errno \(errno)")
    }
  }
}
