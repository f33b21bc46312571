import CLinux
import Glibc

/// Owner of a Landlock rule set (landlock(7)): what the calling thread, and those that it starts later, may still do with
/// files, TCP and signals. Everything that a rule does not allow is refused, for good.
package struct Landlock: ~Copyable {
  // landlock_create_ruleset(2) and its two companions; the same numbers on every architecture.
  private static let createRuleset = 444
  private static let addRule = 445
  private static let restrictSelf = 446
  private static let versionFlag = 1  // LANDLOCK_CREATE_RULESET_VERSION
  private static let pathRule = 1  // LANDLOCK_RULE_PATH_BENEATH
  private static let portRule = 2  // LANDLOCK_RULE_NET_PORT
  private static let bindTCP: UInt64 = 1  // LANDLOCK_ACCESS_NET_BIND_TCP
  private static let connectTCP: UInt64 = 2  // LANDLOCK_ACCESS_NET_CONNECT_TCP
  private static let signals: UInt64 = 2  // LANDLOCK_SCOPE_SIGNAL
  /// O_PATH, which glibc declares only under _GNU_SOURCE.
  private static let pathOnly: CInt = 0o10000000

  /// The first versions that know TCP and signals.
  package static let versionOfTCP = 4
  package static let versionOfSignals = 6

  private let ruleset: OwnedDescriptor
  /// The version of what the kernel offers.
  package let version: Int
  private let files: FileAccess

  /// An empty set of rules, of all that the kernel can refuse: everything is.
  ///
  /// Abstract Unix sockets are not among it: forwarders of one network namespace ask each other through them.
  ///
  /// - Throws: `SystemError`: ENOSYS before Linux 5.13, EOPNOTSUPP where it is switched off, EPERM where the sandbox
  ///   around the program does not know it.
  package init() throws(SystemError) {
    let version = Int(
      try Syscall.perform("Landlock") { CLinux_syscall(Self.createRuleset, 0, 0, Self.versionFlag, 0) })
    let files = FileAccess.all(version: version)
    // struct landlock_ruleset_attr: files, TCP, signals and abstract sockets. An older kernel takes the first of them.
    let attribute: InlineArray<3, UInt64> = [files.rawValue, Self.bindTCP | Self.connectTCP, Self.signals]
    let byteCount = version >= Self.versionOfSignals ? 24 : version >= Self.versionOfTCP ? 16 : 8
    let descriptor = try Syscall.perform("landlock_create_ruleset") {
      unsafe withUnsafePointer(to: attribute) {
        CLinux_syscall(Self.createRuleset, Int(bitPattern: $0), byteCount, 0, 0)
      }
    }
    ruleset = OwnedDescriptor(CInt(descriptor))
    self.version = version
    self.files = files
  }

  /// Allows `access` to `path` and what is below it. What is not there is left out: nobody needs it.
  ///
  /// - Throws: `SystemError` where the rule cannot be added.
  package func allow(_ access: FileAccess, to path: String) throws(SystemError) {
    guard let place = try? OwnedDescriptor(path, { unsafe open(path, Self.pathOnly | O_CLOEXEC) }) else { return }
    var status = stat()
    guard unsafe fstat(place.value, &status) == 0 else { throw .last("fstat(\(path))") }
    let isDirectory = status.st_mode & S_IFMT == S_IFDIR
    let allowed = access.intersection(files).intersection(isDirectory ? files : .ofFile)
    // struct landlock_path_beneath_attr, packed: eight bytes of rights, four of descriptor.
    let rule: InlineArray<2, UInt64> = [allowed.rawValue, UInt64(UInt32(bitPattern: place.value))]
    try add(rule, Self.pathRule, "landlock_add_rule(\(path))")
  }

  /// Allows TCP connections to a port of whatever host; before version 4 all are.
  package func allowConnections(toPort port: UInt16) throws(SystemError) {
    try allow(Self.connectTCP, port: port)
  }

  /// Allows to take connections on a TCP port; before version 4 all are allowed.
  package func allowListening(onPort port: UInt16) throws(SystemError) {
    try allow(Self.bindTCP, port: port)
  }

  private func allow(_ access: UInt64, port: UInt16) throws(SystemError) {
    guard version >= Self.versionOfTCP else { return }
    // struct landlock_net_port_attr.
    try add([access, UInt64(port)], Self.portRule, "landlock_add_rule(port \(port))")
  }

  private func add(_ rule: InlineArray<2, UInt64>, _ kind: Int, _ operation: String) throws(SystemError) {
    try Syscall.perform(operation) {
      unsafe withUnsafePointer(to: rule) {
        CLinux_syscall(Self.addRule, Int(ruleset.value), kind, Int(bitPattern: $0), 0)
      }
    }
  }

  /// Puts the rules in force. Needs no_new_privs.
  package consuming func enforce() throws(SystemError) {
    try Syscall.perform("landlock_restrict_self") {
      CLinux_syscall(Self.restrictSelf, Int(ruleset.value), 0, 0, 0)
    }
  }
}
