import Synchronization
import System

/// What one socket has sent since it was made, so that a report can say it. Sends by all workers add to it.
final class PortAccount: Sendable {
  /// Tells this socket's stream of datagrams from those of other sockets and processes on the same port.
  let stream = UInt64.random(in: 1...UInt64.max)
  private let start = MonotonicClock.nanoseconds
  private let datagrams = Atomic<UInt64>(0)
  private let bytes = Atomic<UInt64>(0)
  private let reports = Atomic<UInt32>(0)

  /// So many datagrams, with so many bytes of outer IP packets, are on their way.
  @inline(__always)
  func add(datagrams: Int, bytes: Int) {
    self.datagrams.wrappingAdd(UInt64(datagrams), ordering: .relaxed)
    self.bytes.wrappingAdd(UInt64(bytes), ordering: .relaxed)
  }

  /// What there is to say: figures up to now.
  var figures: (datagrams: UInt64, bytes: UInt64, age: UInt64, sequence: UInt32) {
    let age = UInt64(max(0, MonotonicClock.nanoseconds - start))
    return (
      datagrams.load(ordering: .relaxed), bytes.load(ordering: .relaxed), age, reports.load(ordering: .relaxed)
    )
  }

  /// A report has gone out, itself a datagram of so many bytes.
  func addReport(bytes: Int) {
    reports.wrappingAdd(1, ordering: .relaxed)
    add(datagrams: 1, bytes: bytes)
  }
}
