import CLinux
import Glibc

/// What the kernel tells of this network namespace's TCP ports (sock_diag(7)). It is asked for sockets that listen only: of
/// others there may be hundreds of thousands.
package final class TCPListeners: Sendable {
  private let socket: NetlinkSocket

  /// SOCK_DIAG_BY_FAMILY.
  private static let byFamily: UInt16 = 20
  /// TCP_LISTEN, as a bit.
  private static let listening: UInt32 = 1 << 10

  /// Opens the means to ask.
  ///
  /// - Throws: `SystemError` where there are no more descriptors, or a sandbox has no such socket.
  package init() throws(SystemError) { socket = try NetlinkSocket(.socketDiagnosis, groups: [], isBlocking: true) }

  /// The ports that something listens on.
  ///
  /// - Throws: `SystemError` if the kernel does not say, of IPv4: without IPv6 there is no other.
  package func ports() throws(SystemError) -> Set<UInt16> {
    let ports = try ports(family: AF_INET)
    return ports.union((try? self.ports(family: AF_INET6)) ?? [])
  }

  private func ports(family: CInt) throws(SystemError) -> Set<UInt16> {
    var ports: Set<UInt16> = []
    var dump = NetlinkDump(sequence: UInt32(family))
    try socket.send(Self.request(family: UInt8(family)))
    while !dump.hasEnded {
      try socket.receive { datagram in
        dump.take(datagram, type: Self.byFamily) { if let port = Self.port($0) { ports.insert(port) } }
      }
    }
    guard dump.code == 0 else { throw SystemError(operation: "SOCK_DIAG_BY_FAMILY", code: dump.code) }
    return ports
  }

  /// A request for the listening sockets of a family (`struct inet_diag_req_v2`, linux/inet_diag.h).
  package static func request(family: UInt8) -> [UInt8] {
    // Family and protocol, states, and 48 bytes of addresses that are not looked at in a dump.
    let words = [UInt32(family) | UInt32(IPPROTO_TCP) << 8, listening] + [UInt32](repeating: 0, count: 12)
    return NetlinkMessages.dumpRequest(
      type: byFamily, sequence: UInt32(family), NetlinkMessages.bytes(of: words))
  }

  /// The socket's own port in an answer (`struct inet_diag_msg`: four bytes, then the port in network order).
  package static func port(_ message: RawSpan) -> UInt16? {
    message.byteCount >= 6 ? UInt16(bigEndian: message.host16(at: 4)) : nil
  }

  /// The ports that connections are opened from where nobody chooses one: what ip(7) calls ip_local_port_range.
  package static func ephemeralPorts() -> ClosedRange<UInt16> {
    let text = (try? FileContents.read("/proc/sys/net/ipv4/ip_local_port_range")) ?? []
    let words = text.split { $0 == 9 || $0 == 10 || $0 == 32 }.compactMap {
      UInt16(String(decoding: $0, as: UTF8.self))
    }
    guard words.count == 2, words[0] <= words[1] else { return 32_768...60_999 }
    return words[0]...words[1]
  }
}
