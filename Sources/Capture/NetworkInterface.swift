import CLinux
import Glibc

/// A network interface of the current network namespace.
public struct NetworkInterface: Equatable, Sendable {
  /// Name, at most 15 bytes.
  public let name: String
  /// Interface index.
  public let index: Int32
  /// ARPHRD_* hardware type (linux/if_arp.h).
  public let hardwareType: UInt16
  /// MAC address in the low 48 bits, first byte highest; 0 if it has none.
  public let address: UInt64
  /// Whether the interface is administratively up.
  public let isUp: Bool

  /// ARPHRD_ETHER.
  public static let ethernetType: UInt16 = 1
  /// ARPHRD_LOOPBACK: its frames have an Ethernet header too.
  public static let loopbackType: UInt16 = 772

  /// Whether its frames begin with an Ethernet header.
  public var isEthernet: Bool { hardwareType == Self.ethernetType || hardwareType == Self.loopbackType }

  /// Every interface there is, in the order of their indices.
  public static func all() -> [NetworkInterface] {
    guard let list = unsafe if_nameindex() else { return [] }
    defer { unsafe if_freenameindex(list) }
    var found: [NetworkInterface] = []
    var entry = unsafe list
    while unsafe entry.pointee.if_index != 0 {
      let name = unsafe String(cString: entry.pointee.if_name)
      if let interface = NetworkInterface(named: name) { found.append(interface) }
      unsafe entry += 1
    }
    return found.sorted { $0.index < $1.index }
  }

  /// The interface of this name; nil if there is none.
  public init?(named name: String) {
    guard !name.isEmpty, name.utf8.count < Int(IFNAMSIZ) else { return nil }
    let index = unsafe if_nametoindex(name)
    guard index != 0 else { return nil }
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard let hardware = unsafe Self.request(CLinux_SIOCGIFHWADDR, name, descriptor),
      let flags = unsafe Self.request(CLinux_SIOCGIFFLAGS, name, descriptor)
    else { return nil }
    self.name = name
    self.index = Int32(index)
    let type = unsafe hardware.ifr_ifru.ifru_hwaddr.sa_family
    hardwareType = type
    if type == Self.ethernetType {
      let data = unsafe hardware.ifr_ifru.ifru_hwaddr.sa_data
      let bytes = [data.0, data.1, data.2, data.3, data.4, data.5]
      address = bytes.reduce(0) { $0 << 8 | UInt64(UInt8(bitPattern: $1)) }
    } else {
      address = 0
    }
    isUp = unsafe Int32(flags.ifr_ifru.ifru_flags) & Int32(IFF_UP) != 0
  }

  private static func request(_ code: UInt, _ name: String, _ descriptor: CInt) -> ifreq? {
    var request = unsafe ifreq()
    unsafe withUnsafeMutableBytes(of: &request) { bytes in
      for (offset, byte) in name.utf8.enumerated() { unsafe bytes[offset] = byte }
    }
    return unsafe CLinux_ioctl(descriptor, code, &request) == 0 ? request : nil
  }
}
