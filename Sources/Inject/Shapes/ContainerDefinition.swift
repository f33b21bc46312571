/// The sidecar as ECS has it.
struct ContainerDefinition {
  /// Fargate's default capabilities but NET_RAW. "ALL" would drop that as well, and Fargate cannot add it again.
  static let dropped = [
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
    "SETGID",
    "SETPCAP", "SETUID", "SYS_CHROOT",
  ]

  let sidecar: Sidecar
  let memory: SidecarMemory
  /// The log configuration beside which it writes; nil for none.
  let log: Value?

  /// All members, where the container has `present` among its variables.
  func members(present: [Value.Member]) -> [Value.Member] {
    let restart = Value.object(
      ("enabled", .bool(true)),
      // A mirror that is configured wrong stays away, instead of starting again and again beside production.
      ("ignoredExitCodes", .sequence([64, 77, 78].map { .integer($0) })), ("restartAttemptPeriod", .integer(60)))
    let health = Value.object(
      ("command", .strings(["CMD", Sidecar.program, "healthcheck"])), ("interval", .integer(30)),
      ("timeout", .integer(5)), ("retries", .integer(3)), ("startPeriod", .integer(30)))
    let variables = sidecar.settings.variables(beside: present)
    return Value.object(
      ("name", .string(sidecar.name)), ("image", .string(sidecar.image)), ("essential", .bool(sidecar.isEssential)),
      ("restartPolicy", sidecar.isEssential ? nil : restart), ("cpu", sidecar.cpuUnits.map { .integer($0) }),
      ("memoryReservation", .integer(memory.reservation)), ("memory", .integer(memory.limit)),
      ("user", .string("\(Sidecar.user):\(Sidecar.user)")), ("readonlyRootFilesystem", .bool(true)),
      ("linuxParameters", .object(("capabilities", .object(("drop", .strings(Self.dropped)))))),
      ("stopTimeout", .integer(10)), ("healthCheck", health),
      ("environment", .sequence(variables.map { .object(("name", .string($0.key)), ("value", $0.value)) })),
      ("logConfiguration", log)
    ).members ?? []
  }

  /// What the sidecar's log has of another container's: group and region, nothing of its own that could hold it up.
  static func log(beside other: Value?, named name: String, _ form: KeyForm) -> Value? {
    guard let other, other[form.key("logDriver")]?.text == "awslogs", let options = other[form.key("options")] else {
      return nil
    }
    let shared = ["awslogs-group", "awslogs-region", "awslogs-create-group"].compactMap { key in
      options[key].map { Value.Member(key, $0) }
    }
    let own = [Value.Member("awslogs-stream-prefix", .string(name))] + unhurried(options)
    return .object(("logDriver", .string("awslogs")), ("options", .mapping(shared + own)))
  }

  /// Options with which a log that is slow never holds the forwarder up.
  static func unhurried(_ options: Value?) -> [Value.Member] {
    [.init("mode", .string("non-blocking")), .init("max-buffer-size", options?["max-buffer-size"] ?? .string("4m"))]
  }
}
