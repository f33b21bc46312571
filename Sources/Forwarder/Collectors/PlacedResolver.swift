package import System
package import Telemetry
package import Transport

/// Looks up destinations, with where the program runs in place of `{zone}` and `{region}`.
package struct PlacedResolver: Sendable {
  /// Looks up the addresses of a destination. Blocks.
  package typealias Resolve = @Sendable (Destination) throws(Resolver.Failure) -> [SocketAddress]

  private let finder: PlacementFinder
  private let resolve: Resolve

  /// Asks `finder` where the program runs, and `resolve` for addresses.
  package init(_ finder: PlacementFinder, resolve: @escaping Resolve = Resolver.addresses) {
    self.finder = finder
    self.resolve = resolve
  }

  /// The addresses of `destination`. Blocks, for two seconds more than a look-up at most.
  package func addresses(of destination: Destination) throws(Resolver.Failure) -> [SocketAddress] {
    guard !destination.placeholders.isEmpty else { return try resolve(destination) }
    let placement: Placement
    do throws(PlacementFinder.Failure) {
      placement = try finder.find()
    } catch {
      throw Resolver.Failure(host: destination.host, reason: "it is not known where this runs (\(error))")
    }
    let filled = destination.filled { placeholder in
      switch placeholder {
      case .zone: placement.zone
      case .region: placement.region
      }
    }
    guard let filled else {
      throw Resolver.Failure(host: destination.host, reason: "\(placement.zone) makes no name of it")
    }
    return try resolve(filled)
  }
}
