/// A host and a UDP or TCP port as people write them: `host`, `host:port`, `[IPv6]`, `[IPv6]:port`, `:port`, or a bare
/// IPv6 address. What a host may look like is for the caller to say.
package struct HostPort: Equatable, Sendable {
  /// Without brackets; may be empty.
  package let host: String
  /// Whether it stood in brackets.
  package let isBracketed: Bool
  /// nil where the text has none.
  package let port: UInt16?

  /// nil if a bracket has no end, or what stands behind a colon is no port.
  package init?(_ text: String) {
    let rest: Substring
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      host = String(text[..<end].dropFirst())
      rest = text[end...].dropFirst()
      isBracketed = true
    } else {
      // Two colons are those of an address.
      let colons = text.utf8.count { $0 == UInt8(ascii: ":") }
      let end = colons == 1 ? text.firstIndex(of: ":") ?? text.endIndex : text.endIndex
      host = String(text[..<end])
      rest = text[end...]
      isBracketed = false
    }
    if rest.isEmpty {
      port = nil
    } else {
      guard rest.hasPrefix(":"), let number = Self.port(rest.dropFirst()) else { return nil }
      port = number
    }
  }

  /// A port as digits and nothing else; nil if it is none.
  package static func port(_ text: some StringProtocol) -> UInt16? {
    guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
    return UInt16(text)
  }

  /// `host:port`, with brackets around an IPv6 address.
  package static func text(_ host: String, _ port: UInt16) -> String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
