import Synchronization
package import System

/// Finds out where the program runs: of ECS where that is its host, else of EC2. Once known it is known for good.
package final class PlacementFinder: Sendable {
  /// Why it is not known.
  package struct Failure: Error, Equatable, CustomStringConvertible {
    /// For people.
    package let description: String
  }

  /// Milliseconds that each endpoint may take.
  private static let patience: Int64 = 1_000

  private let endpoint: TaskEndpoint?
  private let instance: SocketAddress
  private let known = Mutex<Placement?>(nil)

  /// Asks `endpoint`, ECS's, if there is one, and `instance`, EC2's.
  package init(_ endpoint: TaskEndpoint?, instance: SocketAddress = InstanceMetadata.address) {
    self.endpoint = endpoint
    self.instance = instance
  }

  /// Where the program runs. Blocks for two seconds at most.
  package func find() throws(Failure) -> Placement {
    if let found = known.withLock({ $0 }) { return found }
    let found = try ask()
    known.withLock { $0 = found }
    return found
  }

  private func ask() throws(Failure) -> Placement {
    var reasons: [String] = []
    if let endpoint {
      do throws(MetadataFailure) {
        let task = try TaskMetadataClient.ask(endpoint, until: TimeLimit(milliseconds: Self.patience))
        if let found = Placement(task) { return found }
        reasons.append("ECS does not say")
      } catch {
        reasons.append("ECS: \(error)")
      }
    }
    do throws(MetadataFailure) {
      return try InstanceMetadata.placement(at: instance, until: TimeLimit(milliseconds: Self.patience))
    } catch {
      reasons.append("EC2: \(error)")
    }
    throw Failure(description: reasons.joined(separator: "; "))
  }
}
