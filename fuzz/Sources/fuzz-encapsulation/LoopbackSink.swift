import CFuzzSupport
import FuzzSupport
import Glibc

/// Datagrams that came, and the bytes of their outer IP packets.
struct Received: Equatable {
  var datagrams: UInt64 = 0
  var bytes: UInt64 = 0

  mutating func add(_ other: Received) {
    datagrams += other.datagrams
    bytes += other.bytes
  }
}

/// A UDP socket on loopback. What is sent to it has arrived when the send returns.
final class LoopbackSink {
  /// Bytes of the outer IPv4 and UDP headers.
  static let overhead = 28

  let port: UInt16
  /// Whether the socket has room for all that one run can send; only root may ask for so much.
  let holdsAll: Bool
  private let descriptor: CInt

  init() {
    let descriptor = socket(AF_INET, CInt(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    // The largest frames cut for the narrowest route must wait here all at once.
    var room: CInt = 512 << 20
    holdsAll = setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &room, 4) == 0
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
      }
    }
    guard bound else { fatalError("a socket on loopback: errno \(errno)") }
    self.descriptor = descriptor
    port = UInt16(bigEndian: address.sin_port)
  }

  /// Takes everything that waits, checking each datagram's size and tunnel header.
  func drain(limit: Int, vni: UInt32) -> Received {
    let header = (0x0800_0000_0000_0000 | UInt64(vni) << 8).bigEndian
    let found = CFuzzSupport_drain(descriptor, max(limit, 0), header)
    require(found.wrong == 0, "\(found.wrong) datagrams beyond \(limit) bytes, or without a tunnel header")
    return Received(datagrams: found.datagrams, bytes: found.bytes + found.datagrams * UInt64(Self.overhead))
  }
}
