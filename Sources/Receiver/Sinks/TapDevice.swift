internal import CLinux
internal import Glibc
internal import System

/// A TAP interface (Documentation/networking/tuntap.rst): what is written to it arrives there as if it had come over a
/// wire. It goes with its last descriptor.
@safe
struct TapDevice: ~Copyable {
  private let owner: OwnedDescriptor
  let name: String

  // linux/if_tun.h, linux/sockios.h, linux/if.h, linux/ethtool.h.
  private static let setInterface: UInt = 0x4004_54CA  // TUNSETIFF
  private static let setOffload: UInt = 0x4004_54D0  // TUNSETOFFLOAD
  private static let getFlags: UInt = 0x8913  // SIOCGIFFLAGS
  private static let setFlags: UInt = 0x8914  // SIOCSIFFLAGS
  private static let setMTU: UInt = 0x8922  // SIOCSIFMTU
  private static let isTap: UInt16 = 0x0002  // IFF_TAP
  private static let hasNoHeader: UInt16 = 0x1000  // IFF_NO_PI
  private static let hasQueues: UInt16 = 0x0100  // IFF_MULTI_QUEUE
  private static let isUp: UInt16 = 0x0001  // IFF_UP
  private static let hasNoARP: UInt16 = 0x0080  // IFF_NOARP
  private static let nameByteCount = 16  // IFNAMSIZ
  private static let requestByteCount = 40  // struct ifreq

  /// Whether an interface may be called so, as far as this program goes: what a shell and a file system take as well.
  static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count < nameByteCount && text != "." && text != ".."
      && text.utf8.allSatisfy {
        $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
          || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20
      }
  }

  /// Makes the interface, or takes one that is there and nobody has; with `hasQueues` several descriptors may have it.
  ///
  /// - Throws: `ReceiverError` of `.openTap`: EPERM without CAP_NET_ADMIN, ENOENT or ENODEV without the driver, EBUSY where
  ///   another program has it.
  init(_ name: String, hasQueues: Bool) throws(ReceiverError) {
    let owner = try ReceiverError.from(.openTap) { () throws(SystemError) in
      try OwnedDescriptor("open") { unsafe open("/dev/net/tun", O_RDWR | O_CLOEXEC) }
    }
    let flags = Self.isTap | Self.hasNoHeader | (hasQueues ? Self.hasQueues : 0)
    try Self.request(owner.value, Self.setInterface, name, flags)
    // No header of virtio's and no offload: every frame is what was on the wire, checksum and all.
    guard Self.turnOffOffload(owner.value) == 0 else { throw ReceiverError(.openTap, code: errno) }
    self.owner = owner
    self.name = name
  }

  /// Brings it up with an MTU. The host neither answers ARP there nor gives it addresses: what comes out is other
  /// people's traffic.
  ///
  /// - Throws: `ReceiverError` of `.openTap`.
  func bringUp(mtu: Int) throws(ReceiverError) {
    // Only where /proc/sys may be written; without it the interface has a link-local address, which disturbs nobody.
    Self.write("1", to: "/proc/sys/net/ipv6/conf/\(name)/disable_ipv6")
    try setMTU(mtu)
    let socket = try Self.requestSocket()
    let flags = try Self.request(socket.value, Self.getFlags, name, 0)
    try Self.request(socket.value, Self.setFlags, name, flags | Self.isUp | Self.hasNoARP)
  }

  /// Sets the MTU, 68 ... 65,521 bytes.
  ///
  /// - Throws: `ReceiverError` of `.openTap`.
  func setMTU(_ mtu: Int) throws(ReceiverError) {
    try Self.request(Self.requestSocket().value, Self.setMTU, name, UInt16(clamping: mtu))
  }

  /// Lets a frame arrive there.
  func write(_ frame: RawSpan) throws(SystemError) {
    _ = try unsafe frame.withUnsafeBytes { bytes throws(SystemError) in
      try Syscall.perform("write") { unsafe Glibc.write(owner.value, bytes.baseAddress, bytes.count) }
    }
  }

  private static func requestSocket() throws(ReceiverError) -> OwnedDescriptor {
    try ReceiverError.from(.openTap) { () throws(SystemError) in try OwnedDescriptor.socket(AF_INET, .datagram) }
  }

  /// Makes a request about the interface `name` with a 16-bit value, which is also the lower half of a 32-bit one on the
  /// little-endian machines that Swift runs on, and returns what is there afterwards.
  @discardableResult
  private static func request(
    _ descriptor: CInt, _ code: UInt, _ name: String, _ value: UInt16
  ) throws(ReceiverError) -> UInt16 {
    var request = [UInt8](name.utf8)
    request += [UInt8](repeating: 0, count: requestByteCount - request.count)
    request[nameByteCount] = UInt8(truncatingIfNeeded: value)
    request[nameByteCount + 1] = UInt8(truncatingIfNeeded: value >> 8)
    guard unsafe CLinux_ioctl(descriptor, code, &request) == 0 else { throw ReceiverError(.openTap, code: errno) }
    return UInt16(request[nameByteCount]) | UInt16(request[nameByteCount + 1]) << 8
  }

  private static func turnOffOffload(_ descriptor: CInt) -> CInt {
    // The argument is the number itself: no feature.
    CLinux_ioctl_number(descriptor, setOffload, 0)
  }

  private static func write(_ text: String, to path: String) {
    guard let file = try? OwnedDescriptor("open", { unsafe open(path, O_WRONLY | O_CLOEXEC) }) else { return }
    let bytes = Array(text.utf8)
    _ = unsafe Glibc.write(file.value, bytes, bytes.count)
  }
}
