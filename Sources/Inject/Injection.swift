/// A text with the sidecar in it.
public struct Injection: Sendable {
  /// Bytes that a text may have.
  public static let longestText = SourceText.longest

  /// The text as it was.
  public let before: [UInt8]
  /// The text as it is to be.
  public let after: [UInt8]
  /// What is worth a line to whoever asked, such as what to look out for.
  public let notes: [String]

  /// Adds the sidecar to what the text describes, or updates it there. The same again changes nothing.
  ///
  /// - Parameter text: an ECS task definition (also as describe-task-definition prints it), a CloudFormation template,
  ///   or Kubernetes manifests; JSON or YAML.
  /// - Throws: where there is nothing to add it to, where it could not work, or where the text could not be changed with
  ///   certainty.
  public init(_ sidecar: Sidecar, into text: [UInt8]) throws(InjectError) {
    let source = try DescribedTask.unwrapped(try SourceText(text))
    let documents = source.documents.map(\.value)
    let plan: Plan
    if documents.count == 1, Template.isTemplate(documents[0]) {
      plan = try Template(value: documents[0], sidecar: sidecar).plan()
    } else if documents.count == 1, documents[0]["containerDefinitions"] != nil {
      let task = TaskDefinition(value: documents[0], path: [.index(0)], form: .camel, sidecar: sidecar)
      plan = try task.plan()
    } else if Manifest.isManifest(documents) {
      plan = try Manifest(documents, sidecar: sidecar).plan()
    } else {
      throw .notUnderstood(
        "this is no ECS task definition, CloudFormation template or Kubernetes manifest that has containers")
    }
    before = text
    after = try Editor(source).apply(plan.changes)
    notes = plan.notes
  }
}
