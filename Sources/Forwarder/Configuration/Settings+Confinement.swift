package import System
package import Telemetry
import Transport

extension Settings {
  /// Becomes USER_NAME and gives up what the forwarder does not need, as SANDBOX says. Comes before there is any other
  /// thread, and before anything is opened: what cannot be opened again in the sandbox then fails at once.
  ///
  /// - Parameter task: where the program asks for its task.
  package func confine(asking task: TaskEndpoint? = nil) throws(Confinement.Failure) -> Confinement {
    try Confinement.apply(sandbox, as: user.flatMap { UserAccount($0) }) {
      ConfinementPlan.forwarder(
        writable: healthFolder, connectPorts: (task.map { [$0.address.port] } ?? []) + metadataPorts,
        listenPorts: metrics.map { [$0.port] } ?? [], isStrict: sandbox == .require)
    }
  }

  /// Where EC2 is asked for what stands in a destination's name.
  private var metadataPorts: [UInt16] {
    destinations.allSatisfy(\.placeholders.isEmpty) ? [] : [InstanceMetadata.address.port]
  }

  /// Where HEALTH_FILE is made: the folder, since the file is written beside its place and renamed.
  private var healthFolder: [String] {
    guard let healthFile, let slash = healthFile.lastIndex(of: "/") else { return [] }
    return [slash == healthFile.startIndex ? "/" : String(healthFile[..<slash])]
  }
}
