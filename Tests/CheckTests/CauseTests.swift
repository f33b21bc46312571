import TestSupport
import Testing

@testable import Check

@Suite struct CauseTests {
  /// Codes of sysexits.h that docs/reference.md explains.
  @Test(arguments: Cause.allCases) func theCodeIsOneThatIsExplained(_ cause: Cause) {
    #expect([68, 69, 74, 77, 78].contains(cause.exitCode))
  }

  /// docs/troubleshooting.md has a row for each cause, in this order.
  @Test func thePageHasTheCatalogue() throws {
    let table = try Page.table(
      "docs/troubleshooting.md", head: "| cause | exit code | what it is | what to do |")
    let expected = Cause.allCases.map { "| `\($0.rawValue)` | \($0.exitCode) | \($0.meaning) | \($0.remedy) |" }
    let missing = expected.filter { !table.contains($0) }
    #expect(missing.isEmpty, "docs/troubleshooting.md lacks:\n\(missing.joined(separator: "\n"))")
    #expect(table == expected)
  }

  /// The report that docs/reference.md shows, read line by line and written again: verdicts, columns, the cause's remedy, the last line.
  @Test func theReportOfThePageIsOne() throws {
    let block = try #require(
      try Page("docs/reference.md").blocks.first { $0.text.hasPrefix("$ MTU=9000 packet-forwarder check") })
    let lines = block.text.split(separator: "\n").dropFirst().map(String.init)
    var report = CheckReport()
    for (line, next) in zip(lines, lines.dropFirst()) {
      guard let match = line.wholeMatch(of: #/(fine|note|wrong|warning) +(\S+(?: \S+)*) {2,}(.*)/#) else { continue }
      let (subject, text) = (String(match.2), String(match.3))
      let remedy = next.firstMatch(of: #/^ +-> (.*)/#).map { String($0.1) }
      switch match.1 {
      case "fine": report.append(.fine(subject, text))
      case "note": report.append(.note(subject, text, remedy: remedy))
      default: report.append(.cause(.mtuAbovePath, subject, text, remedy: remedy))
      }
    }
    let shown = FindingText(isColoured: false)
    #expect(report.findings.flatMap(shown.lines) + [shown.conclusion(report)] == lines)
    let path = try #require(report.first)
    #expect(path.remedy?.contains("the forwarder lowers it by itself, at the price of some datagrams") == true)
  }
}
