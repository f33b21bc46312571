import System

/// An address as filters compare it: in 32-bit words, host order.
extension SocketAddress {
  /// nil for an IPv6 address.
  var ipv4Word: UInt32? { isIPv6 ? nil : words[0] }

  /// Four; nil for an IPv4 address.
  var ipv6Words: [UInt32]? { isIPv6 ? words : nil }

  private var words: [UInt32] {
    stride(from: 0, to: bytes.count, by: 4).map { start in
      bytes[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
  }
}
