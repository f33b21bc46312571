import CLinux
import Glibc
package import System
package import Wire

/// Owner of an UDP socket that carries a single probe to a collector, so that an ICMP error that comes back to its port
/// can only be about that probe, however little of the datagram it quotes.
///
/// DF is set and what the kernel believes of the path is ignored (IP_PMTUDISC_PROBE), so that a probe of any size goes out
/// that the first link carries. It is not connected: a collector with several addresses may answer from another one.
package final class ProbeSocket: Sendable {
  /// Where it sends to.
  package let address: SocketAddress
  private let owner: OwnedDescriptor

  /// For poll(2): readable when something came, in error when an ICMP error did.
  package var descriptor: CInt { owner.value }

  /// Opens a socket for one probe to `address`. `mark`: SO_MARK of it, so that a forwarder here does not mirror it;
  /// without the permission there is none.
  ///
  /// - Throws: `SystemError` of `socket` or an option.
  package init(to address: SocketAddress, mark: UInt32?) throws(SystemError) {
    self.address = address
    owner = try OwnedDescriptor.socket(address.isIPv6 ? AF_INET6 : AF_INET, .datagram, isBlocking: false)
    let (level, discovery, errors) =
      address.isIPv6
      ? (Int32(IPPROTO_IPV6), (IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE), IPV6_RECVERR)
      : (Int32(IPPROTO_IP), (IP_MTU_DISCOVER, IP_PMTUDISC_PROBE), IP_RECVERR)
    try SocketOption.set(owner.value, level, discovery.0, to: discovery.1, "IP_MTU_DISCOVER")
    try SocketOption.set(owner.value, level, errors, to: 1, "IP_RECVERR")
    if let mark { try? SocketOption.set(owner.value, SOL_SOCKET, SO_MARK, to: CInt(bitPattern: mark), "SO_MARK") }
  }

  /// Sends a probe as an outer IP packet of `packet.packetByteCount` bytes, or as many as it takes at least.
  ///
  /// - Throws: `SystemError` of `sendto`: EPERM from a firewall of this host, ENETUNREACH without a route, EMSGSIZE for
  ///   more than the first link carries.
  package func send(_ probe: ProbeFrame, vni: UInt32) throws(SystemError) {
    let byteCount = Int(probe.packetByteCount) - address.overhead
    try owner.send(probe.datagram(vni: vni, byteCount: byteCount), to: address)
  }

  /// The answer that has come, if one has.
  package func answer() -> ProbeFrame? {
    var answer: ProbeFrame?
    while answer == nil,
      owner.receive(
        upTo: 2_048,
        { datagram in
          if let found = ProbeFrame.find(in: datagram), found.frame.kind == .answer { answer = found.frame }
        })
    {}
    return answer
  }

  /// The ICMP errors that have come.
  package func reports() -> [ICMPReport] {
    var found: [ICMPReport] = []
    ICMPReport.take(from: owner.value) { found.append($0) }
    return found
  }
}

/// The route to a collector, as a new connection would take it.
package struct CollectorRoute: Equatable, Sendable {
  /// Local address that packets would carry.
  package let source: SocketAddress
  /// MTU of the route in bytes.
  package let mtu: Int

  /// The route to `address`.
  ///
  /// - Throws: `SystemError` of `connect` where there is none: ENETUNREACH, EHOSTUNREACH, EACCES or EINVAL, as the
  ///   routing table has it.
  package init(to address: SocketAddress, mark: UInt32?) throws(SystemError) {
    let probe = try OwnedDescriptor.socket(address.isIPv6 ? AF_INET6 : AF_INET, .datagram)
    if let mark { try? SocketOption.set(probe.value, SOL_SOCKET, SO_MARK, to: CInt(bitPattern: mark), "SO_MARK") }
    try probe.connect(to: address)
    guard let source = SocketAddress(localOf: probe.value),
      let mtu = SourcePortSocket.routeMTU(probe.value, isIPv6: address.isIPv6)
    else { throw SystemError(operation: "connect", code: ENETUNREACH) }
    self.source = source
    self.mtu = mtu
  }
}
