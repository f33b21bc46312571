package import Transport

extension [CollectorReport] {
  /// What each collector here got since `earlier`, an older value of the same list. One that was not there then, or has
  /// begun to count afresh, got all that it has.
  package func since(_ earlier: [CollectorReport]) -> [CollectorReport] {
    map { report in earlier.first { $0.address == report.address }.map(report.since) ?? report }
  }
}

extension CollectorReport {
  /// What was counted since `earlier`, without zeros; the last error is of any time.
  package func since(_ earlier: CollectorReport) -> CollectorReport {
    var difference = self
    difference.sentDatagrams = Self.difference(sentDatagrams, earlier.sentDatagrams)
    difference.sentBytes = Self.difference(sentBytes, earlier.sentBytes)
    difference.failed = Self.difference(failed, earlier.failed)
    difference.icmp = Self.difference(icmp, earlier.icmp)
    return difference
  }

  private static func difference(_ now: UInt64, _ before: UInt64) -> UInt64 { now < before ? now : now - before }

  private static func difference<Key: Hashable>(_ now: [Key: UInt64], _ before: [Key: UInt64]) -> [Key: UInt64] {
    now.reduce(into: [:]) { result, entry in
      let count = difference(entry.value, before[entry.key] ?? 0)
      if count > 0 { result[entry.key] = count }
    }
  }
}
