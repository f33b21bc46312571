/// How a format writes the keys that formats have in common.
enum KeyForm: Sendable {
  /// `containerDefinitions`: ECS and Kubernetes.
  case camel
  /// `ContainerDefinitions`: CloudFormation.
  case pascal

  func key(_ camel: String) -> String {
    self == .camel ? camel : camel.prefix(1).uppercased() + camel.dropFirst()
  }

  /// A value with all keys in this form, but those of log options, which belong to the log driver.
  func value(_ value: Value) -> Value {
    guard self == .pascal else { return value }
    switch value {
    case .mapping(let members):
      return .mapping(members.map { .init(key($0.key), $0.key == "options" ? $0.value : self.value($0.value)) })
    case .sequence(let items): return .sequence(items.map(self.value))
    default: return value
    }
  }
}
