/// What wraps the mirrored frames, and all that the rest of the program knows of it: another encapsulation would be one
/// more type with these members.
public typealias Tunnel = VXLANTunnel

/// Ethernet frames in VXLAN (RFC 7348): UDP, then the header.
public struct VXLANTunnel: BitwiseCopyable, Sendable {
  /// UDP port of collectors that name none.
  @inlinable public static var port: UInt16 { VXLANHeader.port }
  /// Bytes between the UDP header and the inner frame.
  @inlinable public static var headerByteCount: Int { VXLANHeader.byteCount }

  /// Bytes that an outer packet has beside the inner frame: IP and UDP headers, and the tunnel's.
  @inlinable public static func overhead(isIPv6: Bool) -> Int {
    (isIPv6 ? IPv6Header.byteCount : IPv4Header.minimumByteCount) + UDPHeader.byteCount + headerByteCount
  }

  /// The header, the same in front of every frame, as one integer in memory order.
  public let header: UInt64

  /// A tunnel whose frames belong to network `vni`.
  @inlinable public init(vni: UInt32) {
    header = VXLANHeader(vni: vni).wireBytes
  }
}
