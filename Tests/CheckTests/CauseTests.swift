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
}
