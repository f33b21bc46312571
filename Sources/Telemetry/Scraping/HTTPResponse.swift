/// How a request ends (RFC 9110, section 15).
package enum HTTPStatus: Int, Sendable {
  case ok = 200
  case badRequest = 400
  case notFound = 404
  case methodNotAllowed = 405
  case targetTooLong = 414
  case headTooLong = 431
  case unavailable = 503

  /// Its words.
  package var reason: String {
    switch self {
    case .ok: "OK"
    case .badRequest: "Bad Request"
    case .notFound: "Not Found"
    case .methodNotAllowed: "Method Not Allowed"
    case .targetTooLong: "URI Too Long"
    case .headTooLong: "Request Header Fields Too Large"
    case .unavailable: "Service Unavailable"
    }
  }
}

/// An answer, after which the connection ends.
package struct HTTPResponse: Sendable {
  /// How the request ends.
  package var status: HTTPStatus
  /// Media type of `body`.
  package var contentType = "text/plain; charset=utf-8"
  /// What was asked for, or one line of why not. Answers may share it.
  package var body: [UInt8]
  /// Whether only the length of `body` is told (HEAD).
  package var isHead = false

  /// A line of text.
  package init(_ status: HTTPStatus, _ line: String? = nil) {
    self.status = status
    body = Array("\(line ?? status.reason)\n".utf8)
  }

  /// `body`, as it is.
  package init(_ body: [UInt8], contentType: String) {
    status = .ok
    self.contentType = contentType
    self.body = body
  }

  /// What is sent in front of the body.
  package var head: [UInt8] {
    let lines = [
      "HTTP/1.1 \(status.rawValue) \(status.reason)", "Content-Type: \(contentType)", "Content-Length: \(body.count)",
      "Connection: close", "X-Content-Type-Options: nosniff",
    ]
    let allowed = status == .methodNotAllowed ? ["Allow: GET, HEAD"] : []
    return Array((lines + allowed + ["", ""]).joined(separator: "\r\n").utf8)
  }
}
