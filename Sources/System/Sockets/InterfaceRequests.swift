import CLinux
import Glibc

/// Asks about interfaces with ioctl(2) (netdevice(7)), where a sandbox has no netlink.
final class InterfaceRequests: Sendable {
  private let owner: OwnedDescriptor

  private static let indexRequest: UInt = 0x8933  // SIOCGIFINDEX, linux/sockios.h
  private static let mtuRequest: UInt = 0x8921  // SIOCGIFMTU
  private static let nameByteCount = 16  // IFNAMSIZ
  private static let requestByteCount = 40  // struct ifreq
  private static let ethernetType: UInt16 = 1  // ARPHRD_ETHER

  /// Opens the socket that requests go to.
  init() throws(SystemError) {
    owner = try OwnedDescriptor.socket(AF_INET, .datagram, as: "socket(AF_INET)")
  }

  /// Every interface.
  ///
  /// - Throws: `SystemError` where /proc/net/dev, which has the names, cannot be read.
  func links() throws(SystemError) -> [NetworkLink] {
    try Self.names().compactMap { link(named: $0) }
  }

  private func link(named name: String) -> NetworkLink? {
    guard let index = request(Self.indexRequest, name), let hardware = request(CLinux_SIOCGIFHWADDR, name),
      let flags = request(CLinux_SIOCGIFFLAGS, name)
    else { return nil }
    let type = UInt16(truncatingIfNeeded: Self.word(hardware))
    return NetworkLink(
      name: name, index: Int32(bitPattern: Self.word(index)), hardwareType: type,
      address: type == Self.ethernetType ? hardware[2..<8].reduce(0) { $0 << 8 | UInt64($1) } : 0,
      isUp: Self.word(flags) & 1 != 0,  // IFF_UP
      isRunning: Self.word(flags) & 0x40 != 0,  // IFF_RUNNING
      mtu: request(Self.mtuRequest, name).map { Int(Self.word($0)) } ?? 0)
  }

  /// The first four bytes, host byte order; a 16-bit value is in the lower half, for such hosts are little-endian.
  private static func word(_ value: [UInt8]) -> UInt32 {
    unsafe value.withUnsafeBytes { UInt32(littleEndian: unsafe $0.loadUnaligned(as: UInt32.self)) }
  }

  /// What the kernel puts behind the name of a `struct ifreq` (linux/if.h); nil if it says nothing.
  private func request(_ code: UInt, _ name: String) -> [UInt8]? {
    guard !name.isEmpty, name.utf8.count < Self.nameByteCount else { return nil }
    var request = [UInt8](name.utf8)
    request += [UInt8](repeating: 0, count: Self.requestByteCount - request.count)
    guard unsafe CLinux_ioctl(owner.value, code, &request) == 0 else { return nil }
    return Array(request[Self.nameByteCount...])
  }

  /// Names in /proc/net/dev: two lines of heading, then one interface a line, its name in front of a colon.
  private static func names() throws(SystemError) -> [String] {
    let text = try FileContents.read("/proc/net/dev")
    return text.split(separator: UInt8(ascii: "\n")).dropFirst(2).compactMap { line in
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
      return String(decoding: line[..<colon].drop { $0 == UInt8(ascii: " ") }, as: UTF8.self)
    }
  }
}
