public import Wire

/// What became of the datagrams received. Every datagram is in exactly one of these counters:
/// `datagrams = frames + undelivered + probes + invalidHeaders + otherVNI + truncated`.
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
  /// Datagrams without the VXLAN I flag.
  public var invalidHeaders: UInt64 = 0
  /// Datagrams of another VNI than the one asked for.
  public var otherVNI: UInt64 = 0
  /// Datagrams too short for a VXLAN and an Ethernet header, or cut on receipt.
  public var truncated: UInt64 = 0
  /// Datagrams the kernel dropped because the receive buffer was full; not in `datagrams`.
  public var kernelDropped: UInt64 = 0

  /// All zero.
  public init() {}

  /// What was counted since `earlier`, a snapshot of the same counters; `undelivered` stays what it is.
  public func since(_ earlier: ReceiveCounters) -> ReceiveCounters {
    var difference = self
    difference.datagrams -= earlier.datagrams
    difference.bytes -= earlier.bytes
    difference.frames -= earlier.frames
    difference.frameBytes -= earlier.frameBytes
    difference.probes -= earlier.probes
    difference.invalidHeaders -= earlier.invalidHeaders
    difference.otherVNI -= earlier.otherVNI
    difference.truncated -= earlier.truncated
    difference.kernelDropped -= earlier.kernelDropped
    return difference
  }
}

/// Checks VXLAN datagrams and counts what becomes of them.
public struct Decapsulation: Sendable {
  /// Destination, source and ethertype: the least that is an Ethernet frame.
  public static let minimumFrame = 14

  /// The only VNI let through; nil is all.
  public let vni: UInt32?
  /// What has been counted; `kernelDropped` is the caller's to set.
  public var counters = ReceiveCounters()

  /// Lets `vni` through, or every VNI.
  public init(vni: UInt32? = nil) {
    self.vni = vni
  }

  /// Counts a datagram that is a probe.
  mutating func countProbe(_ datagram: RawSpan) {
    counters.datagrams += 1
    counters.bytes += UInt64(datagram.byteCount)
    counters.probes += 1
  }

  /// Checks and counts one datagram.
  ///
  /// - Parameters:
  ///   - datagram: the UDP payload.
  ///   - isSnapped: whether its end was lost on receipt.
  /// - Returns: the header if the datagram carries a frame, which is the rest of it after
  ///   `VXLANHeader.byteCount` bytes and at least `minimumFrame` long; nil if it was counted out.
  public mutating func check(_ datagram: RawSpan, isSnapped: Bool = false) -> VXLANHeader? {
    counters.datagrams += 1
    counters.bytes += UInt64(datagram.byteCount)
    let header: VXLANHeader
    do {
      header = try VXLANHeader.parse(datagram)
    } catch {
      switch error {
      case .truncated: counters.truncated += 1
      default: counters.invalidHeaders += 1
      }
      return nil
    }
    guard vni == nil || header.vni == vni else {
      counters.otherVNI += 1
      return nil
    }
    let frameBytes = datagram.byteCount - VXLANHeader.byteCount
    guard frameBytes >= Self.minimumFrame && !isSnapped else {
      counters.truncated += 1
      return nil
    }
    counters.frames += 1
    counters.frameBytes += UInt64(frameBytes)
    return header
  }
}
