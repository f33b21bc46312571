import Glibc

/// A UDP socket on loopback that keeps what it is sent.
package final class UDPSink {
  /// One datagram.
  package struct Datagram: Equatable, Sendable {
    package var bytes: [UInt8]
    package var sourcePort: UInt16
  }

  private let descriptor: CInt
  package let port: UInt16

  /// Binds to `port` of 127.0.0.1 or ::1; 0 takes a free one.
  package init(isV6: Bool = false, port: UInt16 = 0) throws {
    let descriptor = socket(isV6 ? AF_INET6 : AF_INET, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
    var buffer: CInt = 4 << 20
    // As root beyond the system's limit.
    if setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, 4) != 0 {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &buffer, 4)
    }
    var address = Self.loopback(isV6: isV6, port: port)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(descriptor, generic, isV6 ? size : socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
          && getsockname(descriptor, generic, &size) == 0
      }
    }
    self.descriptor = descriptor
    // The port is at the same place in both families.
    self.port = UInt16(bigEndian: address.sin6_port)
    if !bound { throw Malformed("bind: errno \(errno)") }
  }

  deinit { close(descriptor) }

  /// A port that was free a moment ago and that nobody listens on.
  package static func closedPort(isV6: Bool = false) throws -> UInt16 { try UDPSink(isV6: isV6).port }

  /// The next datagrams, `count` of them, or fewer if none comes for `patience` milliseconds.
  package func receive(_ count: Int, patience: CInt = 3_000) -> [Datagram] {
    var found: [Datagram] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while found.count < count {
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&entry, 1, patience) > 0 else { break }
      var address = sockaddr_in6()
      var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
      let got = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          recvfrom(descriptor, &buffer, buffer.count, CInt(MSG_DONTWAIT), $0, &size)
        }
      }
      guard got >= 0 else { continue }
      found.append(Datagram(bytes: Array(buffer.prefix(got)), sourcePort: UInt16(bigEndian: address.sin6_port)))
    }
    return found
  }

  /// Whether nothing more has come.
  package var isEmpty: Bool { receive(1, patience: 0).isEmpty }

  /// A `sockaddr_in` or `sockaddr_in6`, whichever is asked for.
  private static func loopback(isV6: Bool, port: UInt16) -> sockaddr_in6 {
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(isV6 ? AF_INET6 : AF_INET)
    address.sin6_port = port.bigEndian
    if isV6 { address.sin6_addr = in6addr_loopback } else { address.sin6_flowinfo = UInt32(0x7F00_0001).bigEndian }
    return address
  }
}
