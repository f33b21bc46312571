package import System

/// One request and its answer over TCP.
package struct HTTPConversation: Conversation {
  /// Makes the answer to a request.
  package typealias Answer = (HTTPRequest) -> HTTPResponse

  private enum Phase {
    case asking([UInt8])
    /// What is to be sent: head and body, each without what was sent.
    case answering(ArraySlice<UInt8>, ArraySlice<UInt8>)
    /// All is sent. To hang up on a client that is still sending would take the answer away from it (RFC 9112, 9.6), so
    /// it is heard out, for so many bytes at most.
    case leaving(Int)
  }

  /// Bytes behind a request that are read, and not looked at.
  private static let maximumIgnored = 1 << 20
  /// Bytes written at a time.
  private static let step = 64 << 10
  /// Bytes read at a time of what is not looked at: there are seldom any.
  private static let gulp = 4 << 10

  private let answer: Answer
  private var phase = Phase.asking([])

  /// Nothing has come yet.
  package init(answer: @escaping Answer) { self.answer = answer }

  /// Whether the answer is being sent.
  package var isWriting: Bool { if case .answering = phase { true } else { false } }

  /// Goes as far as it can without waiting.
  package mutating func advance(over connection: OwnedDescriptor) throws(SystemError) -> Bool {
    if case .asking(let head) = phase, try !ask(head, connection) { return false }
    if case .answering(let head, let body) = phase, try !send(head, body, connection) { return false }
    guard case .leaving(var left) = phase else { return true }
    while left > 0 {
      guard let more = try connection.receiveNow(atMost: min(left, Self.gulp)) else {
        phase = .leaving(left)
        return false
      }
      if more.isEmpty { return true }
      left -= more.count
    }
    return true
  }

  /// Reads on.
  ///
  /// - Returns: whether there is something to be done: an answer, or the end.
  private mutating func ask(_ before: [UInt8], _ connection: OwnedDescriptor) throws(SystemError) -> Bool {
    guard let more = try connection.receiveNow(atMost: HTTPRequest.maximumByteCount - before.count) else {
      return false
    }
    let head = before + more
    let response: HTTPResponse
    switch HTTPRequest.read(head) {
    case .incomplete:
      phase = more.isEmpty ? .leaving(0) : .asking(head)
      return more.isEmpty
    case .wrong(let status): response = HTTPResponse(status)
    case .whole(let request): response = answer(request)
    }
    phase = .answering(response.head[...], response.isHead ? [] : response.body[...])
    return true
  }

  /// Sends on.
  ///
  /// - Returns: whether all is sent.
  private mutating func send(
    _ head: ArraySlice<UInt8>, _ body: ArraySlice<UInt8>, _ connection: OwnedDescriptor
  ) throws(SystemError) -> Bool {
    var (head, body) = (head, body)
    while !head.isEmpty || !body.isEmpty {
      let next = Array(head) + body.prefix(Self.step)
      let sent = try connection.sendNow(next)
      body = body.dropFirst(max(0, sent - head.count))
      head = head.dropFirst(sent)
      guard sent == next.count else {
        phase = .answering(head, body)
        return false
      }
    }
    connection.finishSending()
    phase = .leaving(Self.maximumIgnored)
    return true
  }
}
