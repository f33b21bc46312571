internal import System
internal import Wire

/// The MTU for frames that come out of the tunnel.
enum TapMTU {
  /// Where interfaces cannot be looked at.
  private static let usual = 1_500
  /// ARPHRD_LOOPBACK (linux/if_arp.h).
  private static let loopbackType: UInt16 = 772

  /// What fits into the largest packet that an interface of this host takes, loopback apart: no forwarder sends outer
  /// fragments.
  static var ofThisHost: Int {
    let links = (try? LinkTable().links().filter { $0.isUp && $0.hardwareType != loopbackType }) ?? []
    return of(outer: links.map(\.mtu).max() ?? usual)
  }

  /// What fits into an outer packet of so many bytes.
  static func of(outer mtu: Int) -> Int {
    let inner = mtu - Tunnel.overhead(isIPv6: false) - TapSink.headerByteCount
    return min(max(inner, usual), TapSink.maximumMTU)
  }
}
