import CLinux
import Glibc

/// The mark (SO_MARK) that a forwarder's datagrams carry, so that its capture filter knows them on sight, whatever
/// addresses they get on their way. It stays within the network namespace: the kernel clears it on the way out of one.
package enum OwnMark {
  /// Bits that nobody is known to look at: not 0x4000 and 0x8000 (Kubernetes), 0x0F00 and the upper half (Cilium,
  /// Calico, Tailscale, Antrea), 0x80 (AWS VPC CNI), and none of the whole values 1337 (Istio), 51820 (wg-quick),
  /// 0x1000, 0x2000 and 0x3000 (Azure), or the small numbers of IPVS and Docker Swarm.
  package static let value: UInt32 = 0x106D

  /// The mark where it may be used; nil without the permission, and where routing rules look at marks: a forwarder's must
  /// not change how its datagrams are routed.
  package static var usable: UInt32? {
    guard (try? PolicyRouting.usesMarks()) == false else { return nil }
    guard let probe = try? OwnedDescriptor.socket(AF_INET, .datagram) else { return nil }
    return (try? set(on: probe.value)) == nil ? nil : value
  }

  /// Marks what `descriptor` sends from now on.
  ///
  /// - Throws: `SystemError` of SO_MARK: EPERM where CAP_NET_RAW is not enough (before Linux 5.17, CAP_NET_ADMIN was
  ///   asked for).
  package static func set(on descriptor: CInt) throws(SystemError) {
    try SocketOption.set(descriptor, SOL_SOCKET, SO_MARK, to: CInt(bitPattern: value), "SO_MARK")
  }
}
