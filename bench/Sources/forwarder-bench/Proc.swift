import Foundation
import Glibc

/// Figures from /proc.
enum Proc {
  /// Direct and indirect children of some processes.
  static func children(of roots: [pid_t]) -> [pid_t] {
    var parents: [pid_t: [pid_t]] = [:]
    for process in processes {
      // The second field is a name in parentheses that may hold anything; the parent is the second after it.
      let fields = read("/proc/\(process)/stat").split(separator: ")").last?.split(separator: " ") ?? []
      if fields.count > 1, let parent = pid_t(fields[1]) { parents[parent, default: []].append(process) }
    }
    var found: [pid_t] = []
    var open = roots
    while let next = open.popLast() {
      found += parents[next] ?? []
      open += parents[next] ?? []
    }
    return found
  }

  /// Time on a CPU of all threads of some processes and their descendants, in nanoseconds, as the scheduler counts.
  static func cpu(trees roots: [pid_t]) -> UInt64 {
    (roots + children(of: roots)).reduce(UInt64(0)) { $0 + cpu(of: $1) }
  }

  /// Time on a CPU of all threads of one process, in nanoseconds.
  static func cpu(of pid: pid_t) -> UInt64 {
    tasks(of: pid).reduce(UInt64(0)) { sum, task in
      let fields = read("/proc/\(pid)/task/\(task)/schedstat").split(separator: " ")
      return sum + (fields.first.flatMap { UInt64($0) } ?? 0)
    }
  }

  /// Largest resident size a process has had, in bytes, ring pages that it touched included.
  static func peakBytes(of pid: pid_t) -> UInt64 {
    for line in read("/proc/\(pid)/status").split(separator: "\n") where line.hasPrefix("VmHWM:") {
      return (line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { UInt64($0) } ?? 0) * 1024
    }
    return 0
  }

  /// Time that the CPUs of the machine were not idle, in nanoseconds, without what the hypervisor took.
  static func busy() -> UInt64 {
    let fields = read("/proc/stat").prefix { $0 != "\n" }.split(separator: " ").compactMap { UInt64($0) }
    guard fields.count >= 8 else { return 0 }
    // user, nice, system, irq, softirq; guest time is inside user already.
    let ticks = fields[0] + fields[1] + fields[2] + fields[5] + fields[6]
    return ticks * (1_000_000_000 / UInt64(sysconf(Int32(_SC_CLK_TCK))))
  }

  /// Threads in which the kernel does network work that was put off.
  static let softirqThreads = processes.filter { read("/proc/\($0)/comm").hasPrefix("ksoftirqd/") }

  /// Frames and bytes of an interface.
  struct Traffic {
    var receivedBytes: UInt64 = 0
    var receivedFrames: UInt64 = 0
    var sentBytes: UInt64 = 0
    var sentFrames: UInt64 = 0
  }

  /// Counters of an interface in the namespace of the process `pid`.
  static func traffic(of interface: String, seenBy pid: pid_t) throws -> Traffic {
    for line in read("/proc/\(pid)/net/dev").split(separator: "\n") {
      let parts = line.split(separator: ":")
      guard parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == interface else { continue }
      let fields = parts[1].split(separator: " ").compactMap { UInt64($0) }
      guard fields.count >= 16 else { break }
      return Traffic(
        receivedBytes: fields[0], receivedFrames: fields[1], sentBytes: fields[8], sentFrames: fields[9])
    }
    throw BenchError("no counters for interface \(interface)")
  }

  private static var processes: [pid_t] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
  }

  private static func tasks(of pid: pid_t) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
  }

  private static func read(_ path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16384)
    while true {
      let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(contentsOf: chunk[..<count])
    }
  }
}
