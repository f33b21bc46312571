import System

/// What there is to see. Belongs to the server's thread.
final class ScrapePages {
  private let figures: ScrapeServer.Figures
  private let health: ScrapeServer.Health
  /// By form, with when it is too old, in milliseconds of `MonotonicClock`.
  private var kept: [Exposition: (end: Int64, body: [UInt8])] = [:]

  /// Milliseconds for which all get the same page, at least: no flood of requests costs more than a little, and the
  /// clients of a moment share its memory.
  private static let freshness: Int64 = 100
  /// A page that takes long to make is kept for so many times as long.
  private static let ease: Int64 = 10

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
    let start = MonotonicClock.milliseconds
    if let page = kept[form], start < page.end { return page.body }
    let body = form.bytes(figures())
    let end = MonotonicClock.milliseconds
    kept[form] = (end + max(Self.freshness, (end - start) * Self.ease), body)
    return body
  }
}
