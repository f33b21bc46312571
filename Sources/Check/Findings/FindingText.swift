/// Findings as lines for people.
public struct FindingText: Sendable {
  /// Whether verdicts are coloured, for a terminal.
  private let isColoured: Bool

  /// Columns of verdict and subject.
  private static let widths = (verdict: 9, subject: 16)

  /// Lines with or without colours.
  public init(isColoured: Bool) { self.isColoured = isColoured }

  /// The line of a finding, and one with the remedy below it.
  public func lines(_ finding: Finding) -> [String] {
    let name = finding.verdictName
    let head = coloured(name, like: name) + Self.padding(name, Self.widths.verdict)
    var lines = [head + finding.subject + Self.padding(finding.subject, Self.widths.subject) + finding.text]
    if let remedy = finding.remedy {
      lines.append(String(repeating: " ", count: Self.widths.verdict + Self.widths.subject) + "-> \(remedy)")
    }
    return lines
  }

  /// The last line.
  public func conclusion(_ report: CheckReport) -> String {
    guard let first = report.first, let cause = first.cause else { return coloured("all is fine", like: "fine") }
    let count = report.findings.count { $0.cause != nil }
    let others = count == 1 ? "" : ", the first of \(count) causes"
    let head = coloured(cause.isFatal ? "not fine" : "look at this", like: first.verdictName)
    return "\(head): \(cause.rawValue) (\(first.text)), exit code \(cause.exitCode)\(others)"
  }

  private func coloured(_ text: String, like verdict: String) -> String {
    guard isColoured else { return text }
    let colour =
      switch verdict {
      case "fine": "32"
      case "note": "36"
      case "warning": "33"
      default: "1;31"
      }
    return "\u{1B}[\(colour)m\(text)\u{1B}[0m"
  }

  private static func padding(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(1, width - text.count))
  }
}
