package import System

/// Where a task asks what it is: `http://` with an IPv4 address, which needs no name to be looked up, and a path.
package struct TaskEndpoint: Equatable, Sendable {
  /// The variable by which ECS tells each container.
  package static let variable = "ECS_CONTAINER_METADATA_URI_V4"

  /// Address and port.
  package let address: SocketAddress
  /// From `/` on, without a slash at the end.
  package let path: String

  private static let maximumByteCount = 1_024

  /// nil for any other text.
  package init?(_ text: String) {
    let scheme = "http://"
    guard text.hasPrefix(scheme), text.utf8.count <= Self.maximumByteCount else { return nil }
    let rest = text.dropFirst(scheme.count)
    let authority = rest.prefix { $0 != "/" }
    guard let parts = HostPort(String(authority)), !parts.isBracketed,
      let address = SocketAddress(numeric: parts.host, port: parts.port ?? 80), !address.isIPv6, address.port > 0
    else { return nil }
    var path = rest.dropFirst(authority.count)
    while path.last == "/" { path.removeLast() }
    guard path.utf8.allSatisfy(Self.isPlain) else { return nil }
    self.address = address
    self.path = String(path)
  }

  /// Nothing that means anything in a request, or that would have to be encoded.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: "/-._~:".utf8.contains(byte)
    }
  }
}
