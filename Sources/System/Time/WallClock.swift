import Glibc

/// The time of day.
package enum WallClock {
  /// Nanoseconds since 1970 (CLOCK_REALTIME), as the kernel stamps frames.
  package static var nanosecondsSince1970: Int64 { timespec.now(CLOCK_REALTIME).nanoseconds }

  /// Nanoseconds since 1970 of a `struct timespec`, as the kernel hands it over; nil if that is too short.
  package static func nanoseconds(ofTimespec bytes: RawSpan) -> Int64? {
    guard bytes.byteCount >= MemoryLayout<timespec>.size else { return nil }
    return unsafe bytes.unsafeLoadUnaligned(as: timespec.self).nanoseconds
  }

  /// Local time with its offset, `2025-01-31T12:00:00+0000`; `-` where the system does not know it.
  package static var localTimestamp: String {
    var now = timespec.now(CLOCK_REALTIME).tv_sec
    var local = unsafe tm()
    guard unsafe localtime_r(&now, &local) != nil else { return "-" }
    return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
      let count = unsafe strftime(text.baseAddress!, text.count, "%Y-%m-%dT%H:%M:%S%z", &local)
      return unsafe String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
}
