public import System

/// The address that a datagram came from, in two machine words: no allocation to make, compare or hash one.
public struct SenderAddress: BitwiseCopyable, Hashable, Sendable {
  /// The sixteen bytes of an IPv6 address; an IPv4 address is mapped into one (RFC 4291 section 2.5.5.2).
  let high: UInt64
  let low: UInt64

  private static let mapped: UInt64 = 0x0000_FFFF_0000_0000

  /// From an IPv6 address in two halves, host byte order.
  init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// From an IPv4 address, host byte order.
  init(ipv4 address: UInt32) { self.init(high: 0, low: Self.mapped | UInt64(address)) }

  /// From an address; its port and zone do not matter.
  public init(_ address: SocketAddress) {
    func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
    if address.isIPv6 {
      self.init(high: number(address.bytes[..<8]), low: number(address.bytes[8...]))
    } else {
      self.init(ipv4: UInt32(number(address.bytes[..<4])))
    }
  }

  /// The address with a port, to send to.
  func at(port: UInt16) -> SocketAddress {
    let bytes = [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
    return SocketAddress(bytes: bytes, port: port)
  }

  /// Reads a numeric address; nil if the text is none.
  public init?(_ text: String) {
    guard let address = SocketAddress(numeric: text, port: 0) else { return nil }
    self.init(address)
  }
}

extension SenderAddress: CustomStringConvertible {
  /// The numeric address.
  public var description: String { at(port: 0).host }
}
