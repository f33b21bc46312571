import Forwarder
import Glibc
import System
import Transport

/// Whether there is a way to a collector, from which address it goes, and what its first link carries.
enum RouteProbe {
  /// The route, if there is one, and what is to be said of it.
  static func run(
    to address: SocketAddress, _ settings: Settings, mark: UInt32?, local: [SocketAddress]
  ) -> (route: CollectorRoute?, findings: [Finding]) {
    do throws(SystemError) {
      let route = try CollectorRoute(to: address, mark: mark)
      return (route, findings(route, to: address, mtu: settings.mtu, local: local))
    } catch {
      return (nil, [noRoute(to: address, error)])
    }
  }

  /// What is to be said of a route.
  static func findings(
    _ route: CollectorRoute, to address: SocketAddress, mtu: Int?, local: [SocketAddress]
  ) -> [Finding] {
    var findings = [
      Finding.fine("route", "\(address) is reached from \(route.source.host), the route carries \(route.mtu) bytes")
    ]
    if route.source.bytes == address.bytes || local.contains(where: { $0.bytes == address.bytes }) {
      findings.append(.cause(.collectorIsHere, "collector", "\(address.host) is an address of this host"))
    }
    if let mtu, mtu > route.mtu {
      findings.append(
        .cause(
          .mtuAboveRoute, "MTU", "MTU=\(mtu) is more than the \(route.mtu) bytes that the route to \(address) carries",
          remedy: "set MTU=\(route.mtu); the forwarder lowers it by itself"))
    }
    return findings
  }

  /// A way that is not there, for this errno.
  static func noRoute(to address: SocketAddress, _ error: SystemError) -> Finding {
    let why =
      switch error.code {
      case EINVAL: "a blackhole route"
      case EACCES: "a route that prohibits it"
      default: error.reason
      }
    return .cause(.noRoute, "route", "no way to \(address): \(why) (\(ErrnoName.of(error.code)))")
  }
}
