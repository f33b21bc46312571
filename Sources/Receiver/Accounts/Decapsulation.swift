public import Wire

/// Checks VXLAN datagrams and counts what becomes of them.
public struct Decapsulation: Sendable {
  /// Destination, source and ethertype: the least that is an Ethernet frame.
  public static let minimumFrame = 14

  /// The only VNIs let through; none is all.
  public let vnis: [UInt32]
  /// What has been counted; who sent it and what is in the frame is for the caller to count.
  public var counters = ReceiveCounters()

  /// Lets `vnis` through, or every VNI if there are none.
  public init(vnis: [UInt32] = []) {
    self.vnis = vnis
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
    guard vnis.isEmpty || vnis.contains(header.vni) else {
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

  /// Counts a datagram that is not to be checked.
  mutating func skip(_ datagram: RawSpan) {
    counters.datagrams += 1
    counters.bytes += UInt64(datagram.byteCount)
  }

  /// Takes back what `check` has counted for a datagram whose frame it has let through.
  mutating func forget(_ datagram: RawSpan) {
    counters.datagrams -= 1
    counters.bytes -= UInt64(datagram.byteCount)
    counters.frames -= 1
    counters.frameBytes -= UInt64(datagram.byteCount - VXLANHeader.byteCount)
  }
}
