import System
public import Wire

/// One entry of DESTINATION: a host name or numeric address, and a UDP port.
public struct Destination: Hashable, Sendable {
  /// Host name or numeric address, without brackets.
  public let host: String
  /// UDP port, 1 ... 65535.
  public let port: UInt16

  /// A destination known to be well formed.
  public init(host: String, port: UInt16 = Tunnel.port) {
    self.host = host
    self.port = port
  }

  /// Reads `host`, `host:port`, `1.2.3.4:port`, `[v6]`, `[v6]:port` or a bare IPv6 address; nil if it is none of them.
  public init?(parsing text: String) {
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      let host = String(text[text.index(after: text.startIndex)..<end])
      guard SocketAddress.isIPv6Literal(host) else { return nil }
      let rest = text[text.index(after: end)...]
      guard let port = Self.port(rest) else { return nil }
      self.init(host: host, port: port)
    } else if SocketAddress.isIPv6Literal(text) {
      self.init(host: text)
    } else {
      let host = String(text.prefix { $0 != ":" })
      guard let port = Self.port(text.dropFirst(host.count)), Self.isHostName(host) else { return nil }
      self.init(host: host, port: port)
    }
  }

  /// The port behind a colon; the default for nothing at all.
  private static func port(_ text: Substring) -> UInt16? {
    if text.isEmpty { return Tunnel.port }
    let digits = text.dropFirst()
    guard text.first == ":", !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    guard let port = UInt16(digits), port > 0 else { return nil }
    return port
  }

  /// RFC 1123 section 2.1, with the underscore that service names in private zones have.
  private static func isHostName(_ text: String) -> Bool {
    guard !text.isEmpty, text.utf8.count <= 253 else { return false }
    // Numbers and dots only is a mistyped address, not a name.
    if text.allSatisfy({ $0 == "." || ($0.isASCII && $0.isNumber) }) {
      return SocketAddress(numeric: text, port: 0) != nil
    }
    let labels = (text.hasSuffix(".") ? text.dropLast() : text[...]).split(
      separator: ".", omittingEmptySubsequences: false)
    return labels.allSatisfy { label in
      !label.isEmpty && label.utf8.count <= 63 && label.first != "-" && label.last != "-"
        && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
    }
  }
}

extension Destination: CustomStringConvertible {
  /// One line for people.
  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
