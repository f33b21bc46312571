public import System
public import Wire

/// One entry of DESTINATION: a host name or numeric address, and a UDP port.
public struct Destination: Hashable, Sendable {
  /// What stands in a name for where the program runs.
  public enum Placeholder: String, Sendable, CaseIterable {
    /// Availability zone, such as `eu-west-1a`.
    case zone
    /// Region, such as `eu-west-1`.
    case region

    /// As it is written.
    public var text: String { "{\(rawValue)}" }
  }

  /// Host name, in which there may be placeholders, or numeric address, without brackets.
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
    guard let parts = HostPort(text), parts.port != 0 else { return nil }
    let isAddress = parts.isBracketed || parts.host.contains(":")
    // Whatever takes their place is made of letters, digits and hyphens.
    let name = Self.fill(parts.host) { $0.rawValue }
    guard isAddress ? SocketAddress.isIPv6Literal(parts.host) : Self.isHostName(name) else { return nil }
    self.init(host: parts.host, port: parts.port ?? Tunnel.port)
  }

  /// The address, where `host` is one and not a name. The interface of a zone is looked up each time: it may come later.
  public var numericAddress: SocketAddress? { SocketAddress(numeric: host, port: port) }

  /// The placeholders in the name.
  public var placeholders: [Placeholder] { Placeholder.allCases.filter { host.contains($0.text) } }

  /// The destination with `value` of each placeholder in its place; nil if that makes no name.
  public func filled(_ value: (Placeholder) -> String) -> Destination? {
    guard !placeholders.isEmpty else { return self }
    let name = Self.fill(host, value)
    return Self.isHostName(name) ? Destination(host: name, port: port) : nil
  }

  private static func fill(_ host: String, _ value: (Placeholder) -> String) -> String {
    Placeholder.allCases.reduce(host) { name, placeholder in
      name.split(separator: placeholder.text, omittingEmptySubsequences: false).joined(separator: value(placeholder))
    }
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
  public var description: String { HostPort.text(host, port) }
}
