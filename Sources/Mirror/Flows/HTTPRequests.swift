/// The requests of an HTTP/1 connection that have no response yet, in order: two bits for each in a word.
struct HTTPRequests: BitwiseCopyable {
  /// What matters of a request for the framing of its response (RFC 9112 section 6.3).
  enum Method: UInt8, BitwiseCopyable {
    case other = 1
    /// Its response has no body, whatever the head says.
    case head = 2
    /// After its response the connection is a tunnel.
    case connect = 3
  }

  /// Requests that there may be.
  static let capacity: UInt8 = 31

  var bits: UInt64
  var count: UInt8

  /// Adds one.
  ///
  /// - Returns: whether there was room.
  mutating func append(_ method: Method) -> Bool {
    guard count < Self.capacity else { return false }
    bits |= UInt64(method.rawValue) << (2 * UInt64(count))
    count += 1
    return true
  }

  /// Takes the first one; nil if there is none.
  mutating func removeFirst() -> Method? {
    guard count > 0 else { return nil }
    defer {
      bits >>= 2
      count -= 1
    }
    return Method(rawValue: UInt8(bits & 3))
  }
}
