/// A network interface as the kernel describes it.
public struct NetworkLink: Equatable, Sendable {
  /// Name, at most 15 bytes.
  public var name: String
  /// Interface index, from 1 on.
  public var index: Int32
  /// ARPHRD_* hardware type (linux/if_arp.h).
  public var hardwareType: UInt16
  /// Hardware address of six bytes in the low 48 bits, first byte highest; 0 if it has none of that length.
  public var address: UInt64
  /// Whether the interface is administratively up (IFF_UP).
  public var isUp: Bool
  /// Whether it can carry frames (IFF_RUNNING): up, with a carrier.
  public var isRunning = true
  /// MTU in bytes; 0 if unknown.
  public var mtu: Int
  /// Index of the bridge or bond that it is a port of; 0 if it is of none, or unknown.
  public var master: Int32 = 0
}

/// The payload of RTM_NEWLINK and RTM_DELLINK: `struct ifinfomsg` and attributes (linux/rtnetlink.h, linux/if_link.h).
struct LinkMessage {
  /// ifi_index.
  let index: Int32
  /// ifi_type, ARPHRD_*.
  let hardwareType: UInt16
  /// IFF_UP of ifi_flags.
  let isUp: Bool
  /// IFF_RUNNING of ifi_flags.
  let isRunning: Bool
  private var name: String?
  private var address: UInt64 = 0
  private var mtu = 0
  private var master: Int32 = 0

  private static let byteCount = 16

  /// nil for a payload that is too short.
  init?(_ payload: RawSpan) {
    guard payload.byteCount >= Self.byteCount else { return nil }
    hardwareType = payload.host16(at: 2)
    index = Int32(bitPattern: payload.host32(at: 4))
    isUp = payload.host32(at: 8) & 1 != 0
    isRunning = payload.host32(at: 8) & 0x40 != 0
    var (name, address, mtu, master): (String?, UInt64, Int, Int32) = (nil, 0, 0, 0)
    NetlinkMessages.forEachAttribute(in: payload, from: Self.byteCount) { type, value in
      switch type {
      case 1 where value.byteCount == 6:  // IFLA_ADDRESS
        address = (0..<6).reduce(0) { $0 << 8 | UInt64(value.byte(at: $1)) }
      case 3:  // IFLA_IFNAME
        let bytes = (0..<value.byteCount).map { value.byte(at: $0) }.prefix { $0 != 0 }
        if !bytes.isEmpty, bytes.count < 16 { name = String(decoding: bytes, as: UTF8.self) }
      case 4 where value.byteCount >= 4: mtu = Int(value.host32(at: 0))  // IFLA_MTU
      case 10 where value.byteCount >= 4: master = Int32(bitPattern: value.host32(at: 0))  // IFLA_MASTER
      default: break
      }
    }
    self.name = name
    self.address = address
    self.mtu = mtu
    self.master = master
  }

  /// The interface; nil for a message without a name.
  var link: NetworkLink? {
    guard let name, index > 0 else { return nil }
    return NetworkLink(
      name: name, index: index, hardwareType: hardwareType, address: address, isUp: isUp,
      isRunning: isRunning, mtu: mtu, master: master)
  }
}

extension RawSpan {
  /// The byte at `offset`. Traps outside the span.
  func byte(at offset: Int) -> UInt8 { unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self) }
}
