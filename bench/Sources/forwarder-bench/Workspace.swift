import Foundation
import Glibc
import Synchronization

/// What goes wrong in a run, in words for the person at the terminal.
struct BenchError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// The monotonic clock.
enum Clock {
  /// Nanoseconds since an arbitrary start.
  static var now: UInt64 { clock_gettime_nsec(CLOCK_MONOTONIC) }

  private static func clock_gettime_nsec(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

/// A folder for this run's tools and outputs, gone when the run ends.
enum Workspace {
  /// Names namespaces and files, so that two runs on one machine do not meet.
  static let tag = "pfb\(getpid())"
  static let directory = "/tmp/\(tag)"
  private static let number = Atomic<Int>(0)

  static func create() throws {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  }

  static func nextNumber() -> Int { number.add(1, ordering: .relaxed).newValue }

  static func remove() { try? FileManager.default.removeItem(atPath: directory) }
}

/// The children that run, and the CPU time of those that ended.
enum Children {
  private struct State {
    var running: [pid_t] = []
    var ended: UInt64 = 0
  }

  private static let state = Mutex(State())

  static func add(_ child: Child) { state.withLock { $0.running.append(child.pid) } }

  static func remove(_ child: Child, cpu: UInt64) {
    state.withLock {
      $0.running.removeAll { $0 == child.pid }
      $0.ended += cpu
    }
  }

  /// CPU time of every program this harness has started, ended or not, in nanoseconds.
  static var cpu: UInt64 {
    state.withLock { $0.ended + Proc.cpu(trees: $0.running) }
  }

  /// Ends what still runs: the way out after an interrupt or an error.
  static func endAll() {
    let roots = state.withLock { $0.running }
    roots.forEach { kill($0, SIGTERM) }
    // A server that is asked first ends its own children.
    _ = try? waitFor(1, "children to end") { Proc.children(of: roots).isEmpty }
    for pid in Proc.children(of: roots) + roots { kill(pid, SIGKILL) }
  }
}

/// Cleans up when SIGINT or SIGTERM ends the harness.
enum Interrupt {
  /// Blocks the signals in the calling thread (so call it first) and runs `cleanUp` when one arrives.
  static func handle(_ cleanUp: @escaping @Sendable () -> Void) {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    Thread.detachNewThread {
      var signals = sigset_t()
      sigemptyset(&signals)
      sigaddset(&signals, SIGINT)
      sigaddset(&signals, SIGTERM)
      var signal: Int32 = 0
      sigwait(&signals, &signal)
      cleanUp()
      exit(128 + signal)
    }
  }
}

/// One measuring run at a time: two would measure each other.
enum Turn {
  /// Waits for the machine-wide lock; the kernel lets it go when the process ends.
  static func take() throws {
    let path = "/run/lock/forwarder-bench.lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw BenchError("\(path): \(String(cString: strerror(errno)))") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) != 0 else { return }
    note("another run is measuring on this machine; waiting for it")
    while flock(descriptor, LOCK_EX) != 0 {}
  }
}

/// Writes a line of progress to standard error.
func note(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
