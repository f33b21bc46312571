// HTTP/1 without reassembly (RFC 9112): heads are read byte by byte, and say where the body ends; of a body only the length
// counts. What is not plain to see ends it: a field folded over lines, a space in front of a colon, two lengths, a length
// beside a coding. Whatever a decoder makes of that, nothing is withheld then.
extension FlowDirection {
  /// Where in a message the next byte is.
  enum HTTPState: UInt8, BitwiseCopyable {
    /// In front of a message.
    case start
    /// In the word that a request begins with.
    case method
    /// In the rest of the request line.
    case target
    /// In `HTTP/1.` of a status line.
    case version
    /// In what follows it, up to the status code's last digit.
    case status
    /// In the reason.
    case reason
    /// At the start of a field.
    case field
    /// Behind CR at the start of a field.
    case headEnd
    /// In a field's name.
    case name
    /// In the value of a field that does not matter.
    case value
    /// In the value of Content-Length: in front of the digits, among them, behind them.
    case lengthStart, length, lengthEnd
    /// In the value of Transfer-Encoding.
    case coding
    /// In a body of known length.
    case body
    /// In a body that ends with the connection.
    case untilClose
    /// In a chunk's size, behind it, in the chunk, behind it.
    case chunkSize, chunkExtension, chunk, chunkEnd
    /// At the start of a trailer field, behind CR there, in one.
    case trailer, trailerEnd, trailerField
  }

  /// What a byte has completed.
  enum HTTPEvent: BitwiseCopyable {
    case nothing
    /// The head of a message.
    case head
    /// A message whose body had no known length.
    case message
    /// It is not HTTP/1, or not plainly so.
    case invalid
  }

  /// Facts of HTTP's own, of those that it does not use.
  static var hasLength: Facts { .encrypted }
  static var hasCoding: Facts { .unacknowledged }

  var http: HTTPState {
    get { HTTPState(rawValue: state) ?? .start }
    set { state = newValue.rawValue }
  }

  /// Messages are expected from `position` on.
  mutating func beginMessages(at position: UInt32) {
    self.position = position
    http = .start
    facts.subtract([Self.hasLength, Self.hasCoding, .begun, .lost, .cutting])
    facts.insert(.followed)
  }

  /// The body's length that the head named; nil if it named none.
  var contentLength: UInt64? { facts.contains(Self.hasLength) ? remaining : nil }
  /// Whether the head named a transfer coding.
  var hasTransferCoding: Bool { facts.contains(Self.hasCoding) }

  /// Takes one byte of a head, or of what is around the chunks of a body.
  mutating func takeHTTP(_ byte: UInt8, isResponse: Bool) -> HTTPEvent {
    switch http {
    case .start, .method, .target, .version, .status, .reason: return takeFirstLine(byte, isResponse: isResponse)
    case .chunkSize, .chunkExtension, .chunkEnd, .trailer, .trailerEnd, .trailerField: return takeChunked(byte)
    case .field:
      if byte == Self.cr {
        http = .headEnd
      } else if byte == Self.lf {
        return .head
      } else {
        http = .name
        (count, words) = (0, 3)
        return takeName(byte)
      }
    case .headEnd: return byte == Self.lf ? .head : .invalid
    case .name: return takeName(byte)
    case .value: if byte == Self.lf { http = .field }
    case .lengthStart, .length, .lengthEnd: return takeLength(byte)
    case .coding: return takeCoding(byte)
    case .body, .untilClose, .chunk: return .invalid
    }
    return .nothing
  }

  static var cr: UInt8 { 13 }
  static var lf: UInt8 { 10 }
  static var space: UInt8 { 32 }
  static var tab: UInt8 { 9 }

  private mutating func takeFirstLine(_ byte: UInt8, isResponse: Bool) -> HTTPEvent {
    switch http {
    case .start:
      // Empty lines in front of a request are to be passed over (section 2.2).
      if !isResponse, byte == Self.cr || byte == Self.lf { return .nothing }
      facts.subtract([Self.hasLength, Self.hasCoding])
      (count, words, value, remaining) = (0, 3, 0, 0)
      mirrored = position
      http = isResponse ? .version : .method
      return takeFirstLine(byte, isResponse: isResponse)
    case .method:
      if byte == Self.space, count > 0 {
        let isHead = count == 4 && words & 1 != 0
        let isConnect = count == 7 && words & 2 != 0
        value = UInt32((isHead ? HTTPRequests.Method.head : isConnect ? .connect : .other).rawValue)
        http = .target
        return .nothing
      }
      guard byte >= 65, byte <= 90 || byte == 95, count < 20 else { return .invalid }
      if !HTTPWord.head.has(byte, at: count) { words &= ~1 }
      if !HTTPWord.connect.has(byte, at: count) { words &= ~2 }
      count += 1
    case .target:
      if byte == Self.lf {
        // The last eight bytes but for CR: `HTTP/1.` and a digit.
        guard remaining >> 8 == 0x48_5454_502F_312E else { return .invalid }
        facts.insert(.begun)
        remaining = 0
        http = .field
      } else if byte != Self.cr {
        remaining = remaining << 8 | UInt64(byte)
      }
    case .version:
      guard HTTPWord.version.has(byte, at: count) else { return .invalid }
      count += 1
      if count == 7 { (http, count) = (.status, 0) }
    case .status:
      // A digit, a space, three digits.
      let isDigit = byte >= 48 && byte <= 57
      guard count == 1 ? byte == Self.space : isDigit else { return .invalid }
      if count > 1 { value = value * 10 + UInt32(byte - 48) }
      count += 1
      if count == 5 { http = .reason }
    default:
      if byte == Self.lf {
        http = .field
      } else if count == 5 {
        guard byte == Self.space || byte == Self.cr else { return .invalid }
        count = 6
      }
    }
    return .nothing
  }
}
