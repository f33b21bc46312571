import Glibc
package import System

/// Where Prometheus and load balancers ask: a local address, or all of them, and a TCP port.
public struct ScrapeAddress: Equatable, Sendable, CustomStringConvertible {
  /// nil: every address.
  let host: SocketAddress?
  /// TCP port in host byte order, 1 ... 65,535.
  public let port: UInt16

  /// What it is read from, for messages.
  package static let takes = "an address and a port, such as :9749, 127.0.0.1:9749 or [::1]:9749"

  /// Reads `:port`, `address:port` or `[IPv6]:port`, where `localhost` is 127.0.0.1; nil for any other text.
  public init?(_ text: String) {
    guard let parts = HostPort(text), let port = parts.port, port > 0 else { return nil }
    self.port = port
    if parts.host.isEmpty, !parts.isBracketed {
      host = nil
      return
    }
    let name = parts.host == "localhost" ? "127.0.0.1" : parts.host
    guard let address = SocketAddress(numeric: name, port: port), parts.isBracketed == parts.host.contains(":") else {
      return nil
    }
    host = address
  }

  /// As it may be given again.
  public var description: String { host.map(\.description) ?? ":\(port)" }

  /// Listens there.
  ///
  /// - Throws: `SystemError` of `StreamSocket.listen`.
  package func listen() throws(SystemError) -> OwnedDescriptor {
    if let host { return try StreamSocket.listen(on: host, backlog: Self.backlog) }
    do throws(SystemError) {
      return try StreamSocket.listen(on: .wildcard(isIPv6: true, port: port), backlog: Self.backlog)
    } catch  where [EAFNOSUPPORT, EADDRNOTAVAIL].contains(error.code) {
      // A kernel without IPv6.
      return try StreamSocket.listen(on: .wildcard(isIPv6: false, port: port), backlog: Self.backlog)
    }
  }

  /// Connections that wait for their turn.
  private static let backlog: CInt = 64
}
