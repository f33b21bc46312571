import Glibc

/// TCP sockets (tcp(7)) that wait for nobody.
package enum StreamSocket {
  /// Listens on `address` and lets `backlog` connections wait. An IPv6 wildcard takes IPv4 as well.
  ///
  /// - Throws: `SystemError`; EADDRINUSE where another program listens there, EADDRNOTAVAIL where no interface has the
  ///   address, EACCES for a port that takes a privilege or that the sandbox does not know.
  package static func listen(on address: SocketAddress, backlog: CInt) throws(SystemError) -> OwnedDescriptor {
    let opened = try open(address)
    // Connections of an earlier run that are not forgotten yet keep nobody from the port.
    try SocketOption.set(opened.value, SOL_SOCKET, SO_REUSEADDR, to: 1, "SO_REUSEADDR")
    if address.isIPv6 {
      try SocketOption.set(opened.value, CInt(IPPROTO_IPV6), IPV6_V6ONLY, to: 0, "IPV6_V6ONLY")
    }
    try opened.bind(to: address)
    try Syscall.perform("listen") { Glibc.listen(opened.value, backlog) }
    return opened
  }

  /// Connects to `address`, waiting until `limit`.
  ///
  /// - Throws: `SystemError` of `connect`; ETIMEDOUT where nobody has answered in time.
  package static func connect(to address: SocketAddress, until limit: TimeLimit) throws(SystemError) -> OwnedDescriptor
  {
    let opened = try open(address)
    do throws(SystemError) {
      try opened.connect(to: address)
    } catch  where error.code == EINPROGRESS {
      guard Polling.isReady(.writable(opened.value), within: limit.left) else {
        throw SystemError(operation: "connect", code: ETIMEDOUT)
      }
      let code = SocketOption.get(opened.value, SOL_SOCKET, SO_ERROR) ?? 0
      if code != 0 { throw SystemError(operation: "connect", code: code) }
    }
    return opened
  }

  private static func open(_ address: SocketAddress) throws(SystemError) -> OwnedDescriptor {
    try OwnedDescriptor.socket(address.isIPv6 ? AF_INET6 : AF_INET, .stream, isBlocking: false)
  }
}
