/// Protocol numbers (IANA) that the packet path tells apart.
public enum IPProtocol {
  /// IPv6 hop-by-hop options (RFC 8200 section 4.3).
  public static let hopByHop: UInt8 = 0
  /// ICMP for IPv4.
  public static let icmp: UInt8 = 1
  /// TCP.
  public static let tcp: UInt8 = 6
  /// UDP.
  public static let udp: UInt8 = 17
  /// DCCP.
  public static let dccp: UInt8 = 33
  /// IPv6 routing header.
  public static let routing: UInt8 = 43
  /// IPv6 fragment header.
  public static let fragment: UInt8 = 44
  /// Authentication header.
  public static let authentication: UInt8 = 51
  /// ICMP for IPv6.
  public static let icmpv6: UInt8 = 58
  /// IPv6: nothing follows.
  public static let noNextHeader: UInt8 = 59
  /// IPv6 destination options.
  public static let destinationOptions: UInt8 = 60
  /// SCTP.
  public static let sctp: UInt8 = 132
  /// Mobility header (RFC 6275).
  public static let mobility: UInt8 = 135
  /// UDP-Lite.
  public static let udpLite: UInt8 = 136

  /// Whether the upper-layer header begins with a source and a destination port.
  @inlinable public static func hasPorts(_ number: UInt8) -> Bool {
    number == tcp || number == udp || number == sctp || number == udpLite || number == dccp
  }
}
