/// What flows asked for, by band. All counters are sums.
struct LoadTally: BitwiseCopyable {
  /// Bytes or datagrams, as RATE_LIMIT counts.
  var units: InlineArray<240, UInt64> = InlineArray(repeating: 0)
  /// CPU time in nanoseconds, as estimated: only its proportions count.
  var work: InlineArray<240, UInt64> = InlineArray(repeating: 0)

  /// Counts a frame.
  @inline(__always) mutating func add(_ hash: UInt32, units: Int64, byteCount: Int) {
    let band = FlowBands.band(of: hash)
    self.units[band] &+= UInt64(units)
    // bench/README.md: some 700 ns for a small packet, some 240 for each KiB of a large one.
    work[band] &+= 700 &+ UInt64(byteCount) / 4
  }

  /// Adds all of another.
  mutating func add(_ other: LoadTally) {
    for band in 0..<FlowBands.count {
      units[band] &+= other.units[band]
      work[band] &+= other.work[band]
    }
  }

  /// All units together.
  var unitSum: UInt64 {
    var sum: UInt64 = 0
    for band in 0..<FlowBands.count { sum &+= units[band] }
    return sum
  }
}
