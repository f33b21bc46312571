/// Which traffic of a flow is worth mirroring: ENCRYPTED, FLOW_DEPTH and MIRROR.
public struct FlowRules: Equatable, Sendable {
  /// What of an encrypted connection is mirrored.
  public var encrypted = EncryptedPolicy.mirror
  /// Payload bytes of each response that are mirrored on a plaintext connection; nil: all.
  public var depth: Int?
  /// The connections that are mirrored, by who opened them.
  public var side = ConnectionSide.all
  /// Bytes of memory in which a worker keeps flows.
  public var tableByteCount = 16 << 20

  /// Everything is mirrored.
  public init() {}

  /// Whether any rule has anything to say.
  public var isOn: Bool { encrypted != .mirror || depth != nil || side != .all }
}

/// What of a connection is mirrored that is certainly encrypted (ENCRYPTED).
public enum EncryptedPolicy: String, Sendable, CaseIterable {
  /// Everything.
  case mirror
  /// What is in the clear: the handshake, alerts, and what opens and ends the connection.
  case handshake
  /// Once it is known to be encrypted, only what ends it.
  case none
}

/// The TCP connections that are mirrored (MIRROR).
public enum ConnectionSide: String, Sendable, CaseIterable {
  /// All.
  case all
  /// Those that others opened to this host.
  case accepted
  /// Those that this host opened.
  case opened
}
