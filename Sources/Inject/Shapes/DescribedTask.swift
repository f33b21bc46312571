/// What `aws ecs describe-task-definition` prints: a task definition in an object, with its tags beside it.
enum DescribedTask {
  /// The task definition alone, with the tags in it, as register-task-definition takes it; any other text as it is.
  static func unwrapped(_ source: SourceText) throws(InjectError) -> SourceText {
    guard source.documents.count == 1,
      let task = source.documents[0].entries.first(where: { $0.name == "taskDefinition" }),
      task.value.value.members != nil
    else { return source }
    guard source.language == .json else {
      throw .notUnderstood("describe-task-definition is taken as JSON (--output json)")
    }
    let inner = try SourceText(outdented(task.value.span, of: source))
    guard inner.documents[0].value == task.value.value else {
      throw .refused("the task definition cannot be taken out of its object with certainty")
    }
    guard let tags = source.documents[0].entries.first(where: { $0.name == "tags" })?.value.value, tags.items != []
    else {
      return inner
    }
    let change = Change([.index(0)], .members(set: [.init("tags", tags)]))
    return try SourceText(Editor(inner).apply([change]))
  }

  /// The bytes of a value without the indentation that its last line has, and with the text's last line end. No string of
  /// JSON has a line end in it.
  private static func outdented(_ span: Range<Int>, of source: SourceText) -> [UInt8] {
    let indentation = Array(source.indentation(span.upperBound - 1).utf8)
    var result: [UInt8] = []
    for (number, line) in source.bytes[span].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .enumerated()
    {
      if number > 0 { result.append(UInt8(ascii: "\n")) }
      result += number > 0 && line.starts(with: indentation) ? line.dropFirst(indentation.count) : line
    }
    let newline = Array(source.newline.utf8)
    if source.bytes.suffix(newline.count) == newline[...] { result += newline }
    return result
  }
}
