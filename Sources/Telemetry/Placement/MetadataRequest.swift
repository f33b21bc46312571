package import System

/// A question to one of the cloud's metadata endpoints. The answer is believed to be short and to come soon: it is read up
/// to a bound, until a limit, and followed nowhere.
package struct MetadataRequest {
  /// Bytes of the longest answer.
  static let maximumByteCount = JSONReader.maximumByteCount

  /// Whom it goes to.
  package var address: SocketAddress
  /// GET or PUT.
  package var method = "GET"
  /// From `/` on.
  package var path: String
  /// Lines beside `Host`.
  package var headers: [String] = []

  /// A question to `address`.
  package init(_ address: SocketAddress, method: String = "GET", _ path: String, headers: [String] = []) {
    self.address = address
    self.method = method
    self.path = path
    self.headers = headers
  }

  /// Asks once, and returns the body of the answer. Blocks, at most until `limit`.
  package func ask(until limit: TimeLimit) throws(MetadataFailure) -> [UInt8] {
    let answer: [UInt8]?
    do throws(SystemError) {
      let connection = try StreamSocket.connect(to: address, until: limit)
      // A server of HTTP/1.0 sends the body as it is, and then hangs up.
      let lines = ["\(method) \(path) HTTP/1.0", "Host: \(address.host)"] + headers
      let request = Array((lines + ["", ""]).joined(separator: "\r\n").utf8)
      // The socket is new, so there is room for it.
      answer = try connection.sendNow(request) == request.count ? Self.read(connection, until: limit) : nil
    } catch {
      throw .system(error)
    }
    guard let answer else { throw .silent }
    return try Self.body(of: answer)
  }

  /// All that comes until the other side hangs up; nil where it does not in time.
  private static func read(_ connection: OwnedDescriptor, until limit: TimeLimit) throws(SystemError) -> [UInt8]? {
    var answer: [UInt8] = []
    while answer.count <= maximumByteCount {
      guard Polling.isReady(.readable(connection.value), within: limit.left) else { return nil }
      let more = try connection.receiveNow(atMost: 16 << 10)
      if more?.isEmpty == true { break }
      answer += more ?? []
    }
    return answer
  }

  /// What stands behind the head of an answer that says 200.
  static func body(of answer: [UInt8]) throws(MetadataFailure) -> [UInt8] {
    guard answer.count <= maximumByteCount else { throw .tooLong }
    let end = [UInt8]("\r\n\r\n".utf8)
    guard let start = answer.indices.first(where: { answer[$0...].starts(with: end) }) else { throw .notUnderstood }
    let lines = String(decoding: answer[..<start], as: UTF8.self).split(separator: "\r\n")
    let words = (lines.first ?? "").split(separator: " ")
    guard words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1] == "200" else {
      throw .refused(StatusAnswer.shown((lines.first ?? "").prefix(64)))
    }
    return Array(answer[(start + end.count)...])
  }
}
