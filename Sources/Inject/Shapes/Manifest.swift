/// Kubernetes objects: documents, or a List of them.
struct Manifest {
  /// An object in the text.
  private struct Object {
    let value: Value
    let path: [Change.Step]

    var kind: String { value["kind"]?.text ?? "" }
    var name: String? { value["metadata"]?["name"]?.text }
    var namespace: String? { value["metadata"]?["namespace"]?.text }
    /// As people say it.
    var title: String { "\(kind) \(name ?? "without a name")" }
  }

  /// Where each kind has the pod's spec.
  private static let pods: [String: [String]] = [
    "Pod": ["spec"],
    "Deployment": ["spec", "template", "spec"], "DaemonSet": ["spec", "template", "spec"],
    "StatefulSet": ["spec", "template", "spec"], "ReplicaSet": ["spec", "template", "spec"],
    "Job": ["spec", "template", "spec"], "CronJob": ["spec", "jobTemplate", "spec", "template", "spec"],
  ]
  private static let level = "pod-security.kubernetes.io/enforce"

  private let objects: [Object]
  private let sidecar: Sidecar

  init(_ documents: [Value], sidecar: Sidecar) {
    self.sidecar = sidecar
    objects = documents.enumerated().flatMap { number, document in
      let path: [Change.Step] = [.index(number)]
      guard document["kind"]?.text == "List", let items = document["items"]?.items else {
        return [Object(value: document, path: path)]
      }
      return items.enumerated().map { Object(value: $1, path: path + [.key("items"), .index($0)]) }
    }
  }

  /// Whether these are some.
  static func isManifest(_ documents: [Value]) -> Bool {
    documents.contains { $0["apiVersion"]?.words != nil && $0["kind"]?.text != nil }
  }

  func plan() throws(InjectError) -> Plan {
    let workloads = objects.filter { Self.pods[$0.kind] != nil }
    guard !workloads.isEmpty else {
      let kinds = Set(objects.map(\.kind)).subtracting([""]).sorted().joined(separator: ", ")
      throw .refused("nothing here has pods; there are: \(kinds)")
    }
    var chosen = workloads
    if let wanted = sidecar.resource {
      chosen = workloads.filter {
        $0.name == wanted || "\($0.kind.lowercased())/\($0.name ?? "")" == wanted.lowercased()
      }
      guard !chosen.isEmpty else {
        throw .refused("--resource \(wanted) is not here; there are: \(workloads.map(\.title).joined(separator: ", "))")
      }
    }
    var plan = Plan()
    for workload in chosen {
      if let namespace = restricted(workload) {
        throw .refused(
          """
          \(workload.title): its namespace \(namespace) enforces the restricted Pod Security level, which allows no \
          NET_RAW; such a namespace needs an exemption, or baseline
          """)
      }
      plan += try self.plan(workload)
    }
    return plan
  }

  private func plan(_ workload: Object) throws(InjectError) -> Plan {
    var path = workload.path
    var spec = workload.value
    for key in Self.pods[workload.kind] ?? [] {
      guard let inner = spec[key], inner.members != nil else {
        throw .refused("\(workload.title) has no \(key) that could be changed")
      }
      spec = inner
      path.append(.key(key))
    }
    return try PodSpec(value: spec, path: path, title: workload.title, sidecar: sidecar).plan()
  }

  /// The namespace of a workload, if it is among the documents and takes nothing but restricted pods.
  private func restricted(_ workload: Object) -> String? {
    let namespaces = objects.filter { $0.kind == "Namespace" }
    let own =
      namespaces.first { $0.name == workload.namespace }
      ?? (workload.namespace == nil && namespaces.count == 1 ? namespaces[0] : nil)
    return own?.value["metadata"]?["labels"]?[Self.level]?.text == "restricted" ? own?.name : nil
  }
}
