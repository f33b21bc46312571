package import System

extension Settings {
  /// Becomes USER_NAME and gives up what the forwarder does not need, as SANDBOX says. Comes before there is any other
  /// thread, and before anything is opened: what cannot be opened again in the sandbox then fails at once.
  package func confine() throws(Confinement.Failure) -> Confinement {
    try Confinement.apply(sandbox, as: user.flatMap { UserAccount($0) }) {
      ConfinementPlan.forwarder(isStrict: sandbox == .require)
    }
  }
}
