/// EtherType values of IEEE 802 that the packet path tells apart, host byte order.
public enum EtherType {
  /// IPv4.
  public static let ipv4: UInt16 = 0x0800
  /// Address Resolution Protocol.
  public static let arp: UInt16 = 0x0806
  /// IEEE 802.1Q customer tag.
  public static let vlan: UInt16 = 0x8100
  /// IEEE 802.1ad service tag (QinQ).
  public static let serviceVLAN: UInt16 = 0x88A8
  /// The tag that was used for QinQ before 802.1ad.
  public static let oldServiceVLAN: UInt16 = 0x9100
  /// IPv6.
  public static let ipv6: UInt16 = 0x86DD

  /// Whether `type` announces a four-byte tag in front of the next EtherType.
  @inlinable public static func isTag(_ type: UInt16) -> Bool {
    type == vlan || type == serviceVLAN || type == oldServiceVLAN
  }
}
