package import System
package import Telemetry

extension Settings {
  /// Becomes USER_NAME and gives up what the forwarder does not need, as SANDBOX says. Comes before there is any other
  /// thread, and before anything is opened: what cannot be opened again in the sandbox then fails at once.
  ///
  /// - Parameter task: where the program asks for its task.
  package func confine(asking task: TaskEndpoint? = nil) throws(Confinement.Failure) -> Confinement {
    try Confinement.apply(sandbox, as: user.flatMap { UserAccount($0) }) {
      ConfinementPlan.forwarder(
        writable: healthFolder, connectPorts: task.map { [$0.address.port] } ?? [],
        listenPorts: metrics.map { [$0.port] } ?? [], isStrict: sandbox == .require)
    }
  }

  /// Where HEALTH_FILE is made: the folder, since the file is written beside its place and renamed.
  private var healthFolder: [String] {
    guard let healthFile, let slash = healthFile.lastIndex(of: "/") else { return [] }
    return [slash == healthFile.startIndex ? "/" : String(healthFile[..<slash])]
  }
}
