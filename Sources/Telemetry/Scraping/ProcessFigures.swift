import Glibc
import System

/// What the program takes of the machine, under the names that Prometheus' own libraries have for it.
package struct ProcessFigures: Sendable {
  /// CPU time of all threads, in nanoseconds.
  var cpu: Int64
  /// Bytes of memory in use; nil where there is no /proc.
  var memory: UInt64?
  /// When the program began, in nanoseconds since 1970.
  var start: UInt64

  /// As it is now, of a program that began at `start`, in nanoseconds since 1970.
  package init(start: UInt64) {
    cpu = ProcessClock.nanoseconds
    memory = Self.residentMemory
    self.start = start
  }

  /// Values chosen by hand.
  package init(cpu: Int64, memory: UInt64?, start: UInt64) {
    self.cpu = cpu
    self.memory = memory
    self.start = start
  }

  /// Pages are the second number (proc(5)).
  private static var residentMemory: UInt64? {
    guard let text = try? FileContents.read("/proc/self/statm") else { return nil }
    let words = text.split(separator: UInt8(ascii: " "))
    guard words.count > 1, let pages = UInt64(String(decoding: words[1], as: UTF8.self)) else { return nil }
    return pages &* UInt64(max(0, sysconf(CInt(_SC_PAGESIZE))))
  }

  /// As families.
  package var families: [MetricFamily] { Self.table.families(prefix: "process_", of: self) }

  private static let table = MetricTable<ProcessFigures>([
    Metric(
      "cpu", .counter, .seconds, help: "CPU time of the program, in user space and in the kernel",
      .decimal { decimal(UInt64(clamping: $0.cpu)) }),
    Metric("resident_memory", .gauge, .bytes, help: "memory of the program that is in use", .known(\.memory)),
    Metric("start_time", .gauge, .seconds, help: "when the program began, since 1970", .decimal { decimal($0.start) }),
  ])

  /// Nanoseconds as seconds, to the millisecond.
  private static func decimal(_ nanoseconds: UInt64) -> String {
    MetricFamily.Value.milli(nanoseconds / 1_000_000).description
  }
}
