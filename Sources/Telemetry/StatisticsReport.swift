package import Mirror
package import Transport

/// The figures of one interval, as they are printed.
package struct StatisticsReport: Sendable {
  /// The forwarder at the end of the interval, with what it counted since the start.
  package var status: ForwarderStatus
  /// Length of the interval in milliseconds, as measured.
  package var milliseconds: Int64
  /// Whether the program is ending.
  package var isFinal: Bool
  /// What the interval counted.
  package var counters: Counters
  /// What the interval sent to each collector.
  package var collectors: [CollectorReport]

  /// The interval from a moment with these counters, `milliseconds` ago, to `status`.
  package init(
    _ status: ForwarderStatus, since counters: Counters, _ collectors: [CollectorReport], milliseconds: Int64,
    isFinal: Bool
  ) {
    self.status = status
    self.milliseconds = milliseconds
    self.isFinal = isFinal
    self.counters = status.counters - counters
    self.collectors = status.reports.since(collectors)
  }
}
