import CLinux
import Glibc

/// The system's resolver (getaddrinfo(3)). Blocks.
package enum NameLookup {
  /// Why a name has no address.
  package struct Failure: Error, Equatable, Sendable {
    /// EAI_*.
    package let code: CInt

    /// With one of EAI_*.
    package init(code: CInt) { self.code = code }

    /// The resolver's text.
    package var reason: String { unsafe String(cString: gai_strerror(code)) }
  }

  /// The addresses of `host`, a name or a numeric address, each with `port`, in the order of preference (RFC 6724).
  ///
  /// - Parameter onlyReachable: whether families that this host has no address of are left out (AI_ADDRCONFIG).
  package static func addresses(
    of host: String, port: UInt16, onlyReachable: Bool
  ) throws(Failure) -> [SocketAddress] {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = CInt(SOCK_DGRAM.rawValue)
    unsafe hints.ai_flags = onlyReachable ? AI_ADDRCONFIG : 0
    var list: UnsafeMutablePointer<addrinfo>?
    let status = unsafe getaddrinfo(host, nil, &hints, &list)
    guard status == 0 else { throw Failure(code: status) }
    defer { unsafe freeaddrinfo(list) }
    var found: [SocketAddress] = []
    var entry = unsafe list
    while let current = unsafe entry {
      if let address = unsafe current.pointee.ai_addr, let parsed = unsafe SocketAddress(address, port: port) {
        found.append(parsed)
      }
      unsafe entry = current.pointee.ai_next
    }
    return found
  }
}
