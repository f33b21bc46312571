/// A pod's spec, which gets a native sidecar: an init container that runs on (Kubernetes 1.29, stable in 1.33).
struct PodSpec {
  let value: Value
  let path: [Change.Step]
  /// Whose it is, for messages.
  let title: String
  let sidecar: Sidecar

  func plan() throws(InjectError) -> Plan {
    guard let containers = value["containers"]?.items, !containers.isEmpty else {
      throw .refused("\(title) has no list of containers that could be looked at")
    }
    var plan = Plan()
    try refuse(containers, &plan)
    let sidecars: [Value]?
    switch value["initContainers"] {
    case nil, .null: sidecars = nil
    case .sequence(let items): sidecars = items
    default: throw .refused("\(title): initContainers is no list that could be changed")
    }
    let list = path + [.key("initContainers")]
    guard let index = sidecars?.firstIndex(where: { $0["name"]?.text == sidecar.name }), let old = sidecars?[index]
    else {
      let new = Value.mapping(container(present: []))
      if let sidecars, !sidecars.isEmpty {
        plan.changes.append(Change(list, .append([new])))
      } else {
        plan.changes.append(
          Change(path, .members(set: [.init("initContainers", .sequence([new]))], after: "containers")))
      }
      return plan
    }
    guard sidecar.isForwarder(old, .camel) else { throw clash }
    var merge = Merge(names: ["name"])
    merge.merge(
      container(present: sidecar.environment(old, .camel)), into: old, at: list + [.index(index)],
      removing: sidecar.isEssential && sidecar.isWaitedFor ? [] : ["startupProbe"])
    plan.changes += merge.changes
    return plan
  }

  private var clash: InjectError {
    .refused("\(title) has a container \(sidecar.name) that is no forwarder; --name gives ours another name")
  }

  /// What cannot work.
  private func refuse(_ containers: [Value], _ plan: inout Plan) throws(InjectError) {
    if value["hostNetwork"]?.isTrue == true, !sidecar.settings.has("INTERFACE") {
      throw .refused(
        "\(title) has hostNetwork: the forwarder would see all of the node's traffic; name an interface (--set INTERFACE=eth0)"
      )
    }
    if value["os"]?["name"]?.text == "windows" || value["nodeSelector"]?["kubernetes.io/os"]?.text == "windows" {
      throw .refused("\(title) runs on Windows: the forwarder runs on Linux")
    }
    if sidecar.isEssential, !sidecar.isWaitedFor {
      throw .refused(
        "--essential is for ECS: a pod does not end with its sidecar; with --wait, it does not start before it is healthy"
      )
    }
    if let other = containers.first(where: { $0["name"]?.text == sidecar.name }) {
      guard sidecar.isForwarder(other, .camel) else { throw clash }
      throw .refused(
        "\(title) has the forwarder \(sidecar.name) among its containers; take it out there first: it goes to initContainers"
      )
    }
    let looksRestricted = containers.allSatisfy { container in
      let context = container["securityContext"]
      return context?["allowPrivilegeEscalation"] == .bool(false)
        && context?["capabilities"]?["drop"]?.items?.contains { $0.text == "ALL" } == true
    }
    if looksRestricted {
      plan.notes.append(
        """
        \(title) is made for the restricted Pod Security level, which allows no NET_RAW: in a namespace that enforces it, \
        the pod needs an exemption
        """)
    }
  }

  /// All members of the container, where it has `present` among its variables.
  private func container(present: [Value.Member]) -> [Value.Member] {
    let memory = SidecarMemory(sidecar.settings.effective(beside: present))
    let command = Value.object(("command", .strings([Sidecar.program, "healthcheck"])))
    let variables = sidecar.settings.variables(beside: present)
    let cpu = sidecar.cpuUnits.map { max(1, $0 * 1_000 / 1_024) } ?? 50
    let starting = Value.object(("exec", command), ("periodSeconds", .integer(1)), ("failureThreshold", .integer(60)))
    return Value.object(
      ("name", .string(sidecar.name)), ("image", .string(sidecar.image)), ("restartPolicy", .string("Always")),
      ("env", .sequence(variables.map { .object(("name", .string($0.key)), ("value", $0.value)) })),
      ("startupProbe", sidecar.isEssential ? starting : nil),
      // No readiness probe: the pod would be as unready as its mirror.
      (
        "livenessProbe",
        .object(
          ("exec", command), ("initialDelaySeconds", .integer(30)), ("periodSeconds", .integer(30)),
          ("timeoutSeconds", .integer(5)))
      ),
      (
        "resources",
        .object(
          ("requests", .object(("cpu", .string("\(cpu)m")), ("memory", .string("\(memory.reservation)Mi")))),
          // No limit of CPU: throttling would lose frames where CPU_LIMIT sheds flows.
          ("limits", .object(("memory", .string("\(memory.limit)Mi")))))
      ),
      (
        "securityContext",
        .object(
          ("runAsNonRoot", .bool(true)), ("runAsUser", .integer(Sidecar.user)), ("runAsGroup", .integer(Sidecar.user)),
          ("readOnlyRootFilesystem", .bool(true)),
          // So that the capability of the image's binary counts. Capabilities are left unset: NET_RAW is one of
          // containerd's defaults, and under the baseline level it cannot be added.
          ("allowPrivilegeEscalation", .bool(true)),
          ("seccompProfile", .object(("type", .string("RuntimeDefault")))))
      )
    ).members ?? []
  }
}
