import Glibc

/// Numeric IPv6 addresses as filter expressions need them.
enum NumericAddress {
  /// The four 32-bit words, host order; nil if `text` is not a numeric IPv6 address. A zone (`%eth0`) is ignored.
  static func ipv6Words(_ text: String) -> [UInt32]? {
    var address = in6_addr()
    let bare = String(text.prefix { $0 != "%" })
    guard unsafe inet_pton(AF_INET6, bare, &address) == 1 else { return nil }
    return unsafe withUnsafeBytes(of: &address) { bytes in
      (0..<4).map { unsafe UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)) }
    }
  }
}
