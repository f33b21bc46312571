/// A VLAN tag (IEEE 802.1Q, 802.1ad) behind the type that announces it.
public enum VLANTag {
  /// Its size in bytes, the type behind it included.
  @inlinable public static var byteCount: Int { 4 }

  /// Priority, drop eligibility and, in the lower 12 bits, the VLAN.
  @inlinable public static var control: HeaderField<UInt16> { HeaderField(0) }
  /// EtherType, or the type of the next tag.
  @inlinable public static var type: HeaderField<UInt16> { HeaderField(2) }
  /// Of `control`: the VLAN's number.
  @inlinable public static var identifierMask: UInt16 { 0x0FFF }
}
