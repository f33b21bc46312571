import System

/// What there is to see. Belongs to the server's thread.
final class ScrapePages {
  private let figures: ScrapeServer.Figures
  private let health: ScrapeServer.Health
  /// By form, with when it was made, in milliseconds of `MonotonicClock`.
  private var kept: [Exposition: (time: Int64, body: [UInt8])] = [:]

  /// Milliseconds for which all get the same page: no flood of requests costs more than a little, and the clients of a
  /// moment share its memory.
  private static let freshness: Int64 = 100

  init(figures: @escaping ScrapeServer.Figures, health: @escaping ScrapeServer.Health) {
    self.figures = figures
    self.health = health
  }

  func answer(_ request: HTTPRequest) -> HTTPResponse {
    guard request.method == "GET" || request.method == "HEAD" else { return HTTPResponse(.methodNotAllowed) }
    var response = page(request)
    response.isHead = request.method == "HEAD"
    return response
  }

  private func page(_ request: HTTPRequest) -> HTTPResponse {
    switch request.path {
    case "/metrics":
      let form = Exposition(accept: request.accept)
      return HTTPResponse(metrics(form), contentType: form.contentType)
    case "/healthz":
      guard let reason = health() else { return HTTPResponse(.ok, "healthy") }
      return HTTPResponse(.unavailable, "unhealthy: \(StatusAnswer.shown(reason))")
    default:
      return HTTPResponse(.notFound, "there is /metrics and /healthz")
    }
  }

  private func metrics(_ form: Exposition) -> [UInt8] {
    let now = MonotonicClock.milliseconds
    if let page = kept[form], now - page.time < Self.freshness { return page.body }
    let body = form.bytes(figures())
    kept[form] = (now, body)
    return body
  }
}
