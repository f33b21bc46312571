package import System

/// Asks ECS what this task is. The answer is believed to be short and to come soon: it is read up to a bound, until a
/// limit, and followed nowhere.
package enum TaskMetadataClient {
  /// Why there is no answer.
  package enum Failure: Error, Equatable, CustomStringConvertible {
    case system(SystemError)
    case silent
    case tooLong
    /// What the first line says.
    case refused(String)
    case notUnderstood

    /// For people.
    package var description: String {
      switch self {
      case .system(let error): "\(error)"
      case .silent: "no answer in time"
      case .tooLong: "the answer is longer than \(maximumByteCount) bytes"
      case .refused(let line): "the answer is \(line)"
      case .notUnderstood: "the answer is not the description of a task"
      }
    }
  }

  /// Bytes of the longest answer.
  private static let maximumByteCount = JSONReader.maximumByteCount

  /// Asks once. Blocks, at most until `limit`.
  package static func ask(_ endpoint: TaskEndpoint, until limit: TimeLimit) throws(Failure) -> TaskMetadata {
    let answer: [UInt8]?
    do throws(SystemError) {
      let connection = try StreamSocket.connect(to: endpoint.address, until: limit)
      // A server of HTTP/1.0 sends the body as it is, and then hangs up.
      let lines = ["GET \(endpoint.path)/task HTTP/1.0", "Host: \(endpoint.address.host)", "Accept: application/json"]
      let request = Array((lines + ["", ""]).joined(separator: "\r\n").utf8)
      // The socket is new, so there is room for it.
      answer = try connection.sendNow(request) == request.count ? read(connection, until: limit) : nil
    } catch {
      throw .system(error)
    }
    guard let answer else { throw .silent }
    return try metadata(answer)
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

  /// What an answer says.
  static func metadata(_ answer: [UInt8]) throws(Failure) -> TaskMetadata {
    guard answer.count <= maximumByteCount else { throw .tooLong }
    let end = [UInt8]("\r\n\r\n".utf8)
    guard let start = answer.indices.first(where: { answer[$0...].starts(with: end) }) else { throw .notUnderstood }
    let lines = String(decoding: answer[..<start], as: UTF8.self).split(separator: "\r\n")
    let words = (lines.first ?? "").split(separator: " ")
    guard words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1] == "200" else {
      throw .refused(StatusAnswer.shown((lines.first ?? "").prefix(64)))
    }
    guard let document = JSONValue(parsing: Array(answer[(start + end.count)...])),
      let metadata = TaskMetadata(document)
    else { throw .notUnderstood }
    return metadata
  }
}
