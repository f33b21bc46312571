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
    let (host, port) = Self.split(text[...])
    guard let number = port.map(Self.parsePort) ?? VXLANHeader.port else { return nil }
    guard let host else { return nil }
    guard Self.isHost(host) else { return nil }
    self.init(host: host.isEmpty ? nil : String(host), port: number)
  }

  /// Splits into host and port text; a nil host is a syntax error, an empty one means every address.
  private static func split(_ text: Substring) -> (host: Substring?, port: Substring?) {
    if text.hasPrefix("[") {
      guard let close = text.firstIndex(of: "]") else { return (nil, nil) }
      let host = text[text.index(after: text.startIndex)..<close]
      let rest = text[text.index(after: close)...]
      guard host.contains(":") else { return (nil, nil) }
      if rest.isEmpty { return (host, nil) }
      return rest.hasPrefix(":") ? (host, rest.dropFirst()) : (nil, nil)
    }
    guard let colon = text.firstIndex(of: ":") else {
      if text.isEmpty { return (nil, nil) }
      return text.allSatisfy(\.isNumber) ? ("", text) : (text, nil)
    }
    let rest = text[text.index(after: colon)...]
    return rest.contains(":") ? (text, nil) : (text[..<colon], rest)
  }

  private static func parsePort(_ text: Substring) -> UInt16? {
    guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
    return UInt16(text)
  }

  /// Whether the characters are those of a name, an IPv4 address, or with colons an IPv6 address and its zone
  /// (`fe80::1%eth0`). Whether it exists is the resolver's to say.
  private static func isHost(_ text: Substring) -> Bool {
    let address = text.prefix { $0 != "%" }
    if address.contains(":") {
      return address.allSatisfy { $0.isASCII && ($0.isHexDigit || $0 == ":" || $0 == ".") }
    }
    // No host is called like a flag.
    return !text.hasPrefix("-")
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }
  }
}

extension ListenAddress: CustomStringConvertible {
  /// `host:port`, with brackets around an IPv6 address; every address is `*`.
  public var description: String {
    guard let host else { return "*:\(port)" }
    return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
