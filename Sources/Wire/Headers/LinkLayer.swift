/// The link layers that can be turned into Ethernet, by what precedes the network packet.
public enum LinkLayer: UInt8, Sendable, BitwiseCopyable {
  /// Ethernet: the frame goes as it is.
  case ethernet
  /// No link header: tun devices, WireGuard (LINKTYPE_RAW).
  case rawIP
  /// A 4-byte address family in the capturing host's byte order (LINKTYPE_NULL), or in network order (LINKTYPE_LOOP).
  case null
  /// Linux cooked capture, 16 bytes (LINKTYPE_LINUX_SLL).
  case linuxCooked
  /// Linux cooked capture version 2, 20 bytes (LINKTYPE_LINUX_SLL2).
  case linuxCooked2

  /// Bytes in front of the network packet (Ethernet: without tags).
  @inlinable public var headerByteCount: Int {
    switch self {
    case .ethernet: EthernetHeader.byteCount
    case .rawIP: 0
    case .null: 4
    case .linuxCooked: 16
    case .linuxCooked2: 20
    }
  }
}
