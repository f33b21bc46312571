internal import System
public import Wire

/// Where the receiver listens: one local address, or all of them, and a UDP port.
public struct ListenAddress: Equatable, Sendable {
  /// A local IPv4 or IPv6 address (without brackets) or a name for one; nil is every address.
  public let host: String?
  /// UDP port in host byte order; 0 lets the kernel choose.
  public let port: UInt16

  /// Every address and the VXLAN port unless said otherwise.
  public init(host: String? = nil, port: UInt16 = VXLANHeader.port) {
    self.host = host
    self.port = port
  }

  /// Reads `port`, `host`, `host:port`, `[IPv6]`, `[IPv6]:port`, `:port` or a bare IPv6 address.
  ///
  /// - Returns: nil if the text is none of these, or the port is not in 0 ... 65535.
  public init?(_ text: String) {
    if !text.isEmpty, text.allSatisfy(\.isNumber) {
      guard let port = HostPort.port(text) else { return nil }
      self.init(port: port)
      return
    }
    guard let parts = HostPort(text), Self.isHost(parts) else { return nil }
    self.init(host: parts.host.isEmpty ? nil : parts.host, port: parts.port ?? VXLANHeader.port)
  }

  /// Whether the characters are those of a name, an IPv4 address, or with colons an IPv6 address and its zone
  /// (`fe80::1%eth0`). Whether it exists is the resolver's to say.
  private static func isHost(_ parts: HostPort) -> Bool {
    let address = parts.host.prefix { $0 != "%" }
    if address.contains(":") {
      return address.allSatisfy { $0.isASCII && ($0.isHexDigit || $0 == ":" || $0 == ".") }
    }
    // Brackets are for addresses, no host is called like a flag, and none at all needs a port.
    return !parts.isBracketed && !parts.host.hasPrefix("-") && !(parts.host.isEmpty && parts.port == nil)
      && parts.host.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }
  }
}

extension ListenAddress: CustomStringConvertible {
  /// `host:port`, with brackets around an IPv6 address; every address is `*`.
  public var description: String { HostPort.text(host ?? "*", port) }
}
