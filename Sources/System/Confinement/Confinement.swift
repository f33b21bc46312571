import Glibc

/// What the program gives up before it takes anything from outside: another user, capabilities, files, system calls. Each
/// comes before there are other threads, and holds for all of them.
package struct Confinement: Equatable, Sendable {
  /// Why the program cannot start as it was told to.
  package enum Failure: Error, Equatable, Sendable {
    /// It cannot become the user.
    case user(SystemError)
    /// SANDBOX=require, and this cannot be had.
    case sandbox(SystemError)
  }

  /// What is in force, in words.
  package private(set) var inForce: [String] = []
  /// What is not to be had, and why.
  package private(set) var missing: [String] = []
  /// There will be no backtrace of a crash, although one was asked for.
  package private(set) var hasNoBacktrace = false

  private let isRequired: Bool
  private var failure: SystemError?

  /// Confines the calling thread and all that it starts. Call it before there is another one.
  ///
  /// - Parameters:
  ///   - account: whom to become; nil stays who it is.
  ///   - plan: makes the plan, asked as who the program is by then.
  /// - Throws: `Failure`; what was given up until then stays so.
  package static func apply(
    _ mode: SandboxMode, as account: UserAccount?, plan: () -> ConfinementPlan
  ) throws(Failure) -> Confinement {
    var confinement = Confinement(isRequired: mode == .require)
    guard mode != .off || account != nil else { return confinement }
    if let account { try confinement.become(account) }
    // Who was root a moment ago still has all of root's capabilities.
    try confinement.dropRights(mustSucceed: account != nil)
    if mode != .off { try confinement.restrict(plan()) }
    return confinement
  }

  private init(isRequired: Bool) { self.isRequired = isRequired }

  private mutating func become(_ account: UserAccount) throws(Failure) {
    do throws(SystemError) {
      Capabilities.netRaw.bound()
      try Privileges.become(account)
      inForce.append("user \(account.user)")
    } catch {
      throw .user(error)
    }
  }

  /// Whoever stays root keeps its user, but not what root may do beyond that.
  private mutating func dropRights(mustSucceed: Bool) throws(Failure) {
    Capabilities.netRaw.bound()
    try part("capabilities") { () throws(SystemError) in
      let kept = try Privileges.keep(.netRaw)
      return kept.bits == 0 ? "no capability" : "no capability but CAP_NET_RAW (to open a capture again)"
    }
    if mustSucceed, let error = failure { throw .user(error) }
    try part("no_new_privs") { () throws(SystemError) in
      try Privileges.gainNoMore()
      return "no new privileges"
    }
    try part("memory") { () throws(SystemError) in
      try Privileges.hideMemory()
      return "no core files"
    }
  }

  private mutating func restrict(_ plan: ConfinementPlan) throws(Failure) {
    try part("Landlock") { () throws(SystemError) in
      let rules = try Landlock()
      for path in plan.readable { try rules.allow(.reading, to: path) }
      for path in plan.writable { try rules.allow(.updating, to: path) }
      for port in plan.connectPorts { try rules.allowConnections(toPort: port) }
      for port in plan.listenPorts { try rules.allowListening(onPort: port) }
      let version = rules.version
      try rules.enforce()
      let what =
        version >= Landlock.versionOfSignals ? ", TCP, signals" : version >= Landlock.versionOfTCP ? ", TCP" : ""
      return "Landlock \(version) (files\(what))"
    }
    try part("seccomp") { () throws(SystemError) in
      let rules = SyscallRule.list(writesFiles: !plan.writable.isEmpty, process: getpid())
      SyscallAlarm.set()
      try SyscallProgram(rules).enforce()
      return "seccomp (\(rules.count) system calls)"
    }
    // After that nothing can be started any more, a backtracer neither.
    if inForce.last?.hasPrefix("seccomp") == true { hasNoBacktrace = SyscallAlarm.leaveCrashesToTheKernel() }
  }

  /// Does one part, and keeps in words what came of it.
  private mutating func part(_ name: String, _ body: () throws(SystemError) -> String) throws(Failure) {
    do throws(SystemError) {
      inForce.append(try body())
    } catch {
      guard !isRequired else { throw .sandbox(error) }
      failure = error
      missing.append("\(name) (\(error))")
    }
  }
}

extension Confinement: CustomStringConvertible {
  /// One line for the log.
  package var description: String {
    let lacking = missing.isEmpty ? "" : "; not to be had: \(missing.joined(separator: ", "))"
    return "sandbox: \(inForce.isEmpty ? "off" : inForce.joined(separator: ", "))\(lacking)"
  }
}
