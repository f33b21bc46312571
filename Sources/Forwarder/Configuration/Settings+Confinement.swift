package import System

extension Settings {
  /// Becomes USER_NAME and gives up what the forwarder does not need, as SANDBOX says. Comes before there is any other
  /// thread, and before anything is opened: what cannot be opened again in the sandbox then fails at once.
  package func confine() throws(Confinement.Failure) -> Confinement {
    try Confinement.apply(sandbox, as: user.flatMap { UserAccount($0) }) {
      ConfinementPlan.forwarder(writable: healthFolder, isStrict: sandbox == .require)
    }
  }

  /// Where HEALTH_FILE is made: the folder, since the file is written beside its place and renamed.
  private var healthFolder: [String] {
    guard let healthFile, let slash = healthFile.lastIndex(of: "/") else { return [] }
    return [slash == healthFile.startIndex ? "/" : String(healthFile[..<slash])]
  }
}
