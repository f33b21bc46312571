import CLinux
import Glibc
public import System

/// Looks up destinations. Blocks, so it has a thread of its own.
public enum Resolver {
  /// Why a name has no address.
  public struct Failure: Error, Equatable, Sendable {
    /// The name.
    public let host: String
    /// The resolver's text.
    public let reason: String
    /// Whether trying again may help (the server did not answer).
    public let isTemporary: Bool
  }

  /// The addresses of `destination`, in ascending order. Of a name with addresses of both families only those of the
  /// preferred one (RFC 6724) are used: they are most likely the same hosts.
  public static func addresses(of destination: Destination) throws(Failure) -> [SocketAddress] {
    if let numeric = SocketAddress(numeric: destination.host, port: destination.port) { return [numeric] }
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
    unsafe hints.ai_flags = AI_ADDRCONFIG
    var list: UnsafeMutablePointer<addrinfo>?
    let status = unsafe getaddrinfo(destination.host, nil, &hints, &list)
    guard status == 0 else {
      let reason = unsafe String(cString: gai_strerror(status))
      throw Failure(host: destination.host, reason: reason, isTemporary: status == EAI_AGAIN || status == EAI_FAIL)
    }
    defer { unsafe freeaddrinfo(list) }
    var found: Set<SocketAddress> = []
    var entry = unsafe list
    let family = unsafe list?.pointee.ai_family
    while let current = unsafe entry {
      if unsafe current.pointee.ai_family == family, let address = unsafe current.pointee.ai_addr,
        let parsed = unsafe SocketAddress(address, port: destination.port)
      {
        found.insert(parsed)
      }
      unsafe entry = current.pointee.ai_next
    }
    return found.sorted()
  }
}
