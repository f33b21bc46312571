/// A CloudFormation template.
struct Template {
  let value: Value
  let sidecar: Sidecar

  static let type = "AWS::ECS::TaskDefinition"

  /// Whether this is one.
  static func isTemplate(_ value: Value) -> Bool {
    guard let resources = value["Resources"]?.members else { return false }
    return value["AWSTemplateFormatVersion"] != nil
      || resources.contains { $0.value["Type"]?.text?.contains("::") == true }
  }

  func plan() throws(InjectError) -> Plan {
    let found = (value["Resources"]?.members ?? []).filter { $0.value["Type"]?.text == Self.type }
    let names = found.map(\.key).joined(separator: ", ")
    guard !found.isEmpty else { throw .refused("the template has no \(Self.type)") }
    let chosen: Value.Member
    if let wanted = sidecar.resource {
      guard let match = found.first(where: { $0.key == wanted }) else {
        throw .refused("--resource \(wanted) is no \(Self.type) of this template; there are: \(names)")
      }
      chosen = match
    } else {
      guard found.count == 1 else {
        throw .refused("the template has several \(Self.type); choose one with --resource: \(names)")
      }
      chosen = found[0]
    }
    guard let properties = chosen.value["Properties"], properties.members != nil else {
      throw .refused("\(chosen.key) has no Properties that could be changed")
    }
    let path: [Change.Step] = [.index(0), .key("Resources"), .key(chosen.key), .key("Properties")]
    return try TaskDefinition(value: properties, path: path, form: .pascal, sidecar: sidecar).plan()
  }
}
