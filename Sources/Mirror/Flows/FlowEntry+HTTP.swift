import Wire

// HTTP/1 on a connection: requests are followed so that each response is known for what it answers, and responses so that
// each body's place is known. What the client sends is mirrored in any case.
extension FlowEntry {
  private var pending: HTTPRequests {
    get { HTTPRequests(bits: requests, count: requestCount) }
    set { (requests, requestCount) = (newValue.bits, newValue.count) }
  }

  /// A request was seen, sent from the lower endpoint or the upper one. It acknowledges all that was sent before it, so
  /// the response begins there.
  mutating func beginHTTP(fromLower isLower: Bool, at sequence: UInt32, acknowledgment: UInt32) {
    stage = .http
    (requests, requestCount) = (0, 0)
    self[fromLower: isLower].beginMessages(at: sequence)
    self[fromLower: !isLower].beginMessages(at: acknowledgment)
    opener = isLower ? .lower : .upper
  }

  /// Follows what the client sends. False: it is not HTTP/1, or not plainly so.
  mutating func followRequests(_ direction: inout FlowDirection, _ payload: RawSpan, at sequence: UInt32) -> Bool {
    var walk = HTTPWalk(payload, at: sequence)
    while let event = walk.next(&direction, isResponse: false) {
      switch event {
      case .invalid: return false
      case .head:
        guard let method = HTTPRequests.Method(rawValue: UInt8(truncatingIfNeeded: direction.value)),
          pending.append(method)
        else { return false }
        if direction.hasTransferCoding {
          direction.beginChunks()
        } else if let length = direction.contentLength, length > 0 {
          direction.http = .body
        } else {
          direction.http = .start
        }
      case .message: direction.http = .start
      case .nothing: break
      }
    }
    return true
  }

  /// Follows what the server sends, of whose responses `limit` bytes are mirrored.
  ///
  /// - Returns: from which byte of the payload on there is nothing but a body's bytes beyond the limit: the payload's
  ///   length if there are none. Nil: it is not HTTP/1, not plainly so, or not any more.
  mutating func followResponses(
    _ direction: inout FlowDirection, _ payload: RawSpan, at sequence: UInt32, limit: (UInt32) -> Int
  ) -> Int? {
    // Where the body began that the payload lies in, as far as is known before it.
    var isCutting = direction.facts.contains(.cutting)
    var cut = direction.cut
    var walk = HTTPWalk(payload, at: sequence)
    while let event = walk.next(&direction, isResponse: true) {
      switch event {
      case .invalid: return nil
      case .head:
        guard beginBody(&direction, limit: limit) else { return nil }
        (isCutting, cut) = (direction.facts.contains(.cutting), direction.cut)
      case .message: direction.http = .start
      case .nothing: break
      }
    }
    guard isCutting, let start = walk.bodyStart else { return payload.byteCount }
    return min(max(start, sequenceDistance(cut, from: sequence)), payload.byteCount)
  }

  /// The head of a response is complete (RFC 9112 section 6.3). False: what follows is no message of HTTP/1.
  private mutating func beginBody(_ direction: inout FlowDirection, limit: (UInt32) -> Int) -> Bool {
    let status = direction.value
    direction.facts.remove(.cutting)
    direction.http = .start
    if status >= 100, status < 200, status != 101 { return true }
    guard let method = pending.removeFirst(), status != 101 else { return false }
    if method == .connect, status / 100 == 2 { return false }
    if method == .head || status == 204 || status == 304 { return true }
    if direction.hasTransferCoding {
      // A gap between chunks ends what a decoder makes of the connection.
      direction.beginChunks()
      return true
    }
    let length = direction.contentLength
    if length == 0 { return true }
    direction.http = length == nil ? .untilClose : .body
    if length == nil { direction.remaining = .max }
    let body = direction.position
    let head = sequenceDistance(body, from: direction.mirrored)
    let rest = max(0, limit(direction.mirrored) - head)
    guard UInt64(rest) < direction.remaining else { return true }
    direction.cut = body &+ UInt32(truncatingIfNeeded: rest)
    direction.facts.insert(.cutting)
    return true
  }
}
