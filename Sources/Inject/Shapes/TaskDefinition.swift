/// An ECS task definition, in JSON of its own or as a resource of CloudFormation.
struct TaskDefinition {
  /// What describe-task-definition says and register-task-definition does not take.
  static let readOnly = [
    "taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt", "registeredBy",
    "deregisteredAt", "deleteRequestedAt",
  ]

  let value: Value
  let path: [Change.Step]
  let form: KeyForm
  let sidecar: Sidecar

  private func member(_ key: String) -> Value? { value[form.key(key)] }

  private var listKey: String { form.key("containerDefinitions") }

  /// What has to change, and what is worth saying.
  func plan() throws(InjectError) -> Plan {
    let containers = try containers()
    var plan = Plan()
    try refuse(&plan)
    let index = containers.firstIndex { $0[form.key("name")]?.text == sidecar.name }
    if let index, !sidecar.isForwarder(containers[index], form) {
      throw .refused("there is a container \(sidecar.name) that is no forwarder; --name gives ours another name")
    }
    let others = containers.indices.filter { $0 != index }.map { containers[$0] }
    if index == nil, let other = others.first(where: { sidecar.isForwarder($0, form) }) {
      let name = other[form.key("name")]?.text ?? "without a name"
      plan.notes.append("the container \(name) is a forwarder too; --name \(name) would change that one instead")
    }
    let old = index.map { containers[$0] }
    let present = old.map { sidecar.environment($0, form) } ?? []
    let memory = SidecarMemory(sidecar.settings.effective(beside: present))
    let size = TaskSize(cpu: member("cpu"), memory: member("memory"))
    if let objection = size.objection(others: others, form, sidecar: sidecar, needs: memory) {
      throw .refused(objection)
    }
    let application = try application(among: containers, except: index)
    let definition = ContainerDefinition(
      sidecar: sidecar, memory: memory, log: log(old, application.map { containers[$0] }, others))
    let wanted = form.value(.mapping(definition.members(present: present))).members ?? []
    let list = path + [.key(listKey)]
    if let index, let old {
      var merge = Merge(names: [form.key("name")])
      merge.merge(
        wanted, into: old, at: list + [.index(index)],
        removing: sidecar.isEssential ? [form.key("restartPolicy")] : [])
      plan.changes += merge.changes
    } else {
      plan.changes.append(Change(list, .append([.mapping(wanted)])))
    }
    if sidecar.isWaitedFor, let application {
      plan.changes += waiting(containers[application], at: list + [.index(application)])
    }
    if form == .camel {
      let removed = Self.readOnly.filter { value[$0] != nil }
      if !removed.isEmpty { plan.changes.append(Change(path, .members(set: [], remove: removed))) }
    }
    return plan
  }

  private func containers() throws(InjectError) -> [Value] {
    switch member("containerDefinitions") {
    case .sequence(let items) where !items.isEmpty: return items
    case .sequence: throw .refused("\(listKey) is empty: there is nothing to mirror")
    case .tagged(let tag, _):
      throw .refused("\(listKey) is \(tag), and which containers that gives is not in this text; write the list itself")
    case .mapping(let members) where members.count == 1:
      throw .refused(
        "\(listKey) is \(members[0].key), and which containers that gives is not in this text; write the list itself")
    case .alias(let name): throw .refused("\(listKey) is the alias *\(name); write the list itself")
    case nil: throw .notUnderstood("a task definition without \(listKey)")
    default: throw .notUnderstood("\(listKey) is no list")
    }
  }

  /// What cannot work.
  private func refuse(_ plan: inout Plan) throws(InjectError) {
    let mode = member("networkMode")
    switch mode?.text {
    case "none": throw .refused("networkMode is none: the containers have no network, and there is nothing to mirror")
    case "host" where !sidecar.settings.has("INTERFACE"):
      throw .refused(
        "networkMode is host: the forwarder would see all of the host's traffic; name an interface (--set INTERFACE=docker0)"
      )
    case nil where mode == nil && !isFargate, "bridge":
      plan.notes.append(
        """
        networkMode \(mode == nil ? "is not given, which is" : "is") bridge: each container has a network of its own, and \
        the forwarder sees none of the others' traffic; awsvpc shares one
        """)
    default: break
    }
    let system = member("runtimePlatform")?[form.key("operatingSystemFamily")]?.text ?? ""
    if system.uppercased().hasPrefix("WINDOWS") {
      throw .refused("operatingSystemFamily is \(system): it runs on Linux")
    }
  }

  private var isFargate: Bool {
    member("requiresCompatibilities")?.items?.contains { $0.text == "FARGATE" } == true
  }

  /// The container that is mirrored: the one that is named, or the first that nothing else speaks for.
  private func application(among containers: [Value], except own: Int?) throws(InjectError) -> Int? {
    func name(_ index: Int) -> String? { containers[index][form.key("name")]?.text }
    if let wanted = sidecar.application {
      guard let index = containers.indices.first(where: { $0 != own && name($0) == wanted }) else {
        let names = containers.indices.filter { $0 != own }.compactMap(name).joined(separator: ", ")
        throw .refused("--app \(wanted) is no container; there are: \(names)")
      }
      return index
    }
    let proxy = member("proxyConfiguration")?[form.key("containerName")]?.text
    let candidates = containers.indices.filter { index in
      index != own && containers[index][form.key("firelensConfiguration")] == nil
        && (proxy == nil || name(index) != proxy)
        && !sidecar.isForwarder(containers[index], form)
    }
    let essential = candidates.filter { containers[$0][form.key("essential")] != .bool(false) }
    let open = essential.first { containers[$0][form.key("portMappings")]?.items?.isEmpty == false }
    return open ?? essential.first ?? candidates.first
  }

  /// The sidecar's own log, made unhurried; else one beside the application's, or beside any that goes to CloudWatch.
  private func log(_ old: Value?, _ application: Value?, _ others: [Value]) -> Value? {
    let key = form.key("logConfiguration")
    if let own = old?[key] {
      guard own[form.key("logDriver")]?.text == "awslogs" else { return nil }
      return .object(("options", .mapping(ContainerDefinition.unhurried(own[form.key("options")]))))
    }
    let candidates = [application?[key]] + (application?[key] == nil ? [] : others.map { $0[key] })
    return candidates.lazy.compactMap { ContainerDefinition.log(beside: $0, named: sidecar.name, form) }.first
  }

  /// The application starts behind the forwarder. Behind its health only where it ends with it anyway: a mirror that does
  /// not come up must not keep an application down that can do without.
  private func waiting(_ application: Value, at path: [Change.Step]) -> [Change] {
    let condition = sidecar.isEssential ? "HEALTHY" : "START"
    let entry = form.value(.object(("containerName", .string(sidecar.name)), ("condition", .string(condition))))
    var merge = Merge(names: [form.key("containerName")])
    merge.merge([.init(form.key("dependsOn"), .sequence([entry]))], into: application, at: path)
    return merge.changes
  }
}
