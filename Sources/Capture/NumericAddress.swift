import Glibc

/// A numeric address as filters compare it.
struct NumericAddress: Equatable {
  /// Host order; nil for an IPv6 address.
  private(set) var ipv4: UInt32?
  /// Four words, host order; nil for an IPv4 address.
  private(set) var ipv6: [UInt32]?

  /// nil if `text` is no numeric address. A zone (`%eth0`) is ignored, and an IPv4-mapped address is the IPv4 address
  /// that stands in the packets.
  init?(_ text: String) {
    var v4 = in_addr()
    if unsafe inet_pton(AF_INET, text, &v4) == 1 {
      ipv4 = UInt32(bigEndian: v4.s_addr)
      return
    }
    var v6 = in6_addr()
    let bare = String(text.prefix { $0 != "%" })
    guard unsafe inet_pton(AF_INET6, bare, &v6) == 1 else { return nil }
    let words = unsafe withUnsafeBytes(of: &v6) { bytes in
      (0..<4).map { unsafe UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)) }
    }
    if words.prefix(3) == [0, 0, 0xFFFF] {
      ipv4 = words[3]
    } else {
      ipv6 = words
    }
  }

  /// The numeric addresses among `texts`, by family.
  static func sorted(_ texts: [String]) -> (ipv4: [UInt32], ipv6: [[UInt32]]) {
    let addresses = texts.compactMap { NumericAddress($0) }
    return (addresses.compactMap(\.ipv4), addresses.compactMap(\.ipv6))
  }
}
