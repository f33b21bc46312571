/// What ECS says of the task that the program runs in (task metadata endpoint, version 4). What is not known is empty.
package struct TaskMetadata: Equatable, Sendable {
  /// Amazon's name of the task (ARN).
  package var arn = ""
  /// Short name of the cluster.
  package var cluster = ""
  /// Family of the task definition.
  package var family = ""
  /// The service that started the task.
  package var service = ""
  /// Availability zone, such as `eu-west-1a`.
  package var zone = ""

  /// Characters of a name that are kept.
  private static let maximumLength = 255

  /// Nothing known.
  package init() {}

  /// From the document that the endpoint shows at `/task`; nil if it is none.
  package init?(_ document: JSONValue) {
    guard let arn = document["TaskARN"]?.string, !arn.isEmpty else { return nil }
    func name(_ key: String) -> String { Self.clean(document[key]?.string ?? "") }
    self.arn = Self.clean(arn)
    // A name or an ARN.
    cluster = Self.last(of: name("Cluster"))
    family = name("Family")
    service = name("ServiceName")
    zone = name("AvailabilityZone")
  }

  /// The last part of the ARN, by which the AWS CLI knows the task within its cluster.
  package var id: String { Self.last(of: arn) }

  /// One line for people.
  package var words: String {
    let parts = [("of", service.isEmpty ? family : service), ("in cluster", cluster), ("in zone", zone)]
    return "task \(id)" + parts.filter { !$0.1.isEmpty }.map { " \($0.0) \($0.1)" }.joined()
  }

  /// As labels.
  package func family(_ name: String) -> MetricFamily? {
    .info(
      name, help: "what ECS says of the task",
      ["task": id, "cluster": cluster, "family": family, "service": service, "zone": zone])
  }

  private static func last(of text: String) -> String { text.split(separator: "/").last.map(String.init) ?? "" }

  /// It goes into logs and onto terminals.
  private static func clean(_ text: String) -> String { StatusAnswer.shown(text.prefix(maximumLength)) }
}

/// The name under which the figures of many tasks are added up.
package enum ServiceName {
  /// The service of the task, else the family of its definition, else the host.
  package static func of(_ task: TaskMetadata?, host: String) -> String {
    [task?.service, task?.family, host].compactMap(\.self).first { !$0.isEmpty } ?? "unknown"
  }
}
