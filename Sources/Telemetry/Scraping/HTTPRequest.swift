/// The head of a request (RFC 9112), as far as anything is made of it. What comes behind the head is not looked at: each
/// connection is for one request.
package struct HTTPRequest: Equatable, Sendable {
  /// What has come so far.
  package enum Reading: Equatable, Sendable {
    /// Not the whole head yet.
    case incomplete
    case whole(HTTPRequest)
    /// What is wrong with it.
    case wrong(HTTPStatus)
  }

  /// Such as `GET`; any token.
  package var method: String
  /// Where to, without a query.
  package var path: String
  /// What the client takes: all fields of this name; empty takes anything.
  package var accept: String

  /// Bytes of the longest head.
  package static let maximumByteCount = 8 << 10
  /// Bytes of the longest first line.
  static let maximumLineByteCount = 2 << 10

  /// Reads what has come so far of a head.
  package static func read(_ bytes: [UInt8]) -> Reading {
    // A line may have been left over from before (RFC 9112, 2.2).
    let text = bytes.drop { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
    guard let lines = head(text) else {
      let first = text.prefix(maximumLineByteCount + 1)
      if first.count > maximumLineByteCount, !first.contains(UInt8(ascii: "\n")) { return .wrong(.targetTooLong) }
      return bytes.count >= maximumByteCount ? .wrong(.headTooLong) : .incomplete
    }
    guard lines[0].count <= maximumLineByteCount else { return .wrong(.targetTooLong) }
    return request(lines).map(Reading.whole) ?? .wrong(.badRequest)
  }

  /// The lines in front of the empty one; nil as long as that has not come.
  private static func head(_ text: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
    var lines: [ArraySlice<UInt8>] = []
    var rest = text
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      var line = rest[..<end]
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      if line.isEmpty { return lines.isEmpty ? nil : lines }
      lines.append(line)
      rest = rest[(end + 1)...]
    }
    return nil
  }

  private static func request(_ lines: [ArraySlice<UInt8>]) -> HTTPRequest? {
    let parts = lines[0].split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard parts.count == 3, isToken(parts[0]), let path = path(parts[1]) else { return nil }
    let isLatest = parts[2].elementsEqual("HTTP/1.1".utf8)
    guard isLatest || parts[2].elementsEqual("HTTP/1.0".utf8) else { return nil }
    var request = HTTPRequest(method: String(decoding: parts[0], as: UTF8.self), path: path, accept: "")
    var hosts = 0
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")), isToken(line[..<colon]) else { return nil }
      let value = line[(colon + 1)...]
      guard value.allSatisfy({ $0 == UInt8(ascii: "\t") || ($0 >= 0x20 && $0 != 0x7F) }) else { return nil }
      switch String(decoding: line[..<colon], as: UTF8.self).lowercased() {
      case "host": hosts += 1
      case "accept":
        request.accept += (request.accept.isEmpty ? "" : ",") + String(decoding: value, as: UTF8.self)
      default: break
      }
    }
    return hosts == 1 || (hosts == 0 && !isLatest) ? request : nil
  }

  /// The path of a target, which may be a whole URL (RFC 9112, 3.2.2); nil if it is none.
  private static func path(_ target: ArraySlice<UInt8>) -> String? {
    guard !target.isEmpty, target.allSatisfy({ 0x21...0x7E ~= $0 }) else { return nil }
    var text = Substring(String(decoding: target, as: UTF8.self))
    if text.hasPrefix("http://") {
      text = text.dropFirst("http://".count).drop { $0 != "/" }
      if text.isEmpty { text = "/" }
    }
    guard text.hasPrefix("/") else { return text == "*" ? "*" : nil }
    return String(text.prefix { $0 != "?" && $0 != "#" })
  }

  private static func isToken(_ bytes: ArraySlice<UInt8>) -> Bool {
    !bytes.isEmpty
      && bytes.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "a")...UInt8(ascii: "z"):
          true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }
}
