/// What became of the datagrams received. Every datagram is in exactly one of `frames`, `undelivered`, `probes`, `reports`,
/// `invalidHeaders`, `otherVNI`, `truncated`, `otherSender` and `filtered`.
public struct ReceiveCounters: Equatable, Sendable {
  /// Datagrams looked at.
  public var datagrams: UInt64 = 0
  /// Their UDP payload in bytes, VXLAN headers included.
  public var bytes: UInt64 = 0
  /// Inner frames handed on: once they are written, where they go to a file.
  public var frames: UInt64 = 0
  /// Bytes of these frames.
  public var frameBytes: UInt64 = 0
  /// Inner frames that wait to be written or, in the last figures, could not be. Not cumulative.
  public var undelivered: UInt64 = 0
  /// Probes of `check`, which are answered and not handed on.
  public var probes: UInt64 = 0
  /// Reports of forwarders, which are taken in and not handed on.
  public var reports: UInt64 = 0
  /// Datagrams without the VXLAN I flag.
  public var invalidHeaders: UInt64 = 0
  /// Datagrams of another VNI than those asked for.
  public var otherVNI: UInt64 = 0
  /// Datagrams too short for a VXLAN and an Ethernet header, or cut on receipt.
  public var truncated: UInt64 = 0
  /// Datagrams of another sender than those asked for.
  public var otherSender: UInt64 = 0
  /// Frames that the expression does not let through.
  public var filtered: UInt64 = 0
  /// Datagrams that came in IP fragments, which no forwarder sends; they are in another counter as well.
  public var fragmented: UInt64 = 0
  /// Datagrams from source ports that there was no room to keep an account of; they are in another counter as well.
  public var unlisted: UInt64 = 0
  /// Messages the kernel dropped because the receive buffer was full, a train of datagrams counting once; not in
  /// `datagrams`.
  public var kernelDropped: UInt64 = 0

  /// All zero.
  public init() {}

  /// The counters that only grow; `undelivered` is a gauge.
  private static let sums: [any WritableKeyPath<ReceiveCounters, UInt64> & Sendable] = [
    \.datagrams, \.bytes, \.frames, \.frameBytes, \.probes, \.reports, \.invalidHeaders, \.otherVNI, \.truncated,
    \.otherSender, \.filtered, \.fragmented, \.unlisted, \.kernelDropped,
  ]

  /// What was counted since `earlier`, a snapshot of the same counters; `undelivered` stays what it is.
  public func since(_ earlier: ReceiveCounters) -> ReceiveCounters {
    var difference = self
    for key in Self.sums {
      // Frames may have been taken for delivered while a slow output had not said yet that they wait.
      let (value, before) = (self[keyPath: key], earlier[keyPath: key])
      difference[keyPath: key] = value > before ? value - before : 0
    }
    return difference
  }

  /// Both together.
  static func + (a: ReceiveCounters, b: ReceiveCounters) -> ReceiveCounters {
    var sum = a
    for key in sums { sum[keyPath: key] += b[keyPath: key] }
    sum.undelivered += b.undelivered
    return sum
  }
}
