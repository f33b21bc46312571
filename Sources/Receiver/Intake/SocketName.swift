internal import Glibc
internal import Wire

/// A `sockaddr_in` or `sockaddr_in6` as the kernel writes it (ip(7), ipv6(7)).
enum SocketName {
  /// Host byte order.
  private static let family = HeaderField<UInt16>(0)
  private static let port = HeaderField<UInt16>(2)
  private static let ipv4Address = HeaderField<UInt32>(4)
  private static let ipv6High = HeaderField<UInt64>(8)
  private static let ipv6Low = HeaderField<UInt64>(16)

  /// Address and port, host byte order. Traps on fewer than 24 bytes.
  static func read(_ name: RawSpan) -> (address: SenderAddress, port: UInt16) {
    // The field reads as big-endian what is in host byte order.
    let isIPv6 = UInt16(bigEndian: name.read(family)) == UInt16(AF_INET6)
    let address =
      isIPv6
      ? SenderAddress(high: name.read(ipv6High), low: name.read(ipv6Low))
      : SenderAddress(ipv4: name.read(ipv4Address))
    return (address, name.read(port))
  }
}
