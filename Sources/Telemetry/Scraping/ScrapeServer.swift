package import System

/// Shows figures to Prometheus, and health to load balancers, over HTTP: `/metrics` and `/healthz`.
///
/// A server of our own, since all it has to do is to read one short head and to send one answer. A library (SwiftNIO,
/// Hummingbird) reads all that HTTP has, of whoever reaches the port, on threads of its own. Here is no keep-alive, no body,
/// no compression, no TLS; each client has a few seconds, and there is a bound to all that clients can make this thread
/// keep and do.
package final class ScrapeServer: Sendable {
  /// Makes the figures of the moment.
  package typealias Figures = @Sendable () -> [MetricFamily]
  /// Why it is not healthy; nil while it is.
  package typealias Health = @Sendable () -> String?

  /// Clients at a time: those of some Prometheus servers and health checks.
  package static let maximumClients = 32
  /// Milliseconds that a client has.
  package static let patience: Int64 = 5_000

  private let listener: OwnedDescriptor
  private let figures: Figures
  private let health: Health

  /// On a socket that listens.
  package init(_ listener: OwnedDescriptor, figures: @escaping Figures, health: @escaping Health) {
    self.listener = listener
    self.figures = figures
    self.health = health
  }

  /// Answers until `end` has happened.
  package func run(until end: Event) {
    let limits = ClientLoop<HTTPConversation>.Limits(
      clients: Self.maximumClients, patience: Self.patience, admissions: 8)
    let pages = ScrapePages(figures: figures, health: health)
    ClientLoop(listener, limits) { _ in HTTPConversation(answer: pages.answer) }.run(until: end)
  }
}
