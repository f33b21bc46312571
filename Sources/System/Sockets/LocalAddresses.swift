import CLinux
import Glibc

/// The addresses of this network namespace's interfaces.
package enum LocalAddresses {
  /// All of them, IPv4 and IPv6, with port 0.
  ///
  /// - Throws: `SystemError` of `getifaddrs`.
  package static func all() throws(SystemError) -> [SocketAddress] { try entries().map(\.address) }

  /// The same, by the names of the interfaces that have them.
  package static func byInterface() throws(SystemError) -> [String: [SocketAddress]] {
    Dictionary(grouping: try entries(), by: \.interface).mapValues { $0.map(\.address) }
  }

  private static func entries() throws(SystemError) -> [(interface: String, address: SocketAddress)] {
    var list: UnsafeMutablePointer<ifaddrs>?
    try Syscall.perform("getifaddrs") { unsafe getifaddrs(&list) }
    defer { unsafe freeifaddrs(list) }
    var found: [(interface: String, address: SocketAddress)] = []
    var entry = unsafe list
    while let current = unsafe entry {
      // Of the structure that its family says; nil for any other family.
      if let address = unsafe current.pointee.ifa_addr, let known = unsafe SocketAddress(address, port: 0) {
        found.append((unsafe String(cString: current.pointee.ifa_name), known))
      }
      unsafe entry = current.pointee.ifa_next
    }
    return found
  }

  /// Whether this host passes on packets that are not for itself, of either family.
  package static var areForwarding: Bool {
    ["ipv4/conf/all", "ipv6/conf/all"].contains { place in
      (try? FileContents.read("/proc/sys/net/\(place)/forwarding"))?.first == UInt8(ascii: "1")
    }
  }
}
