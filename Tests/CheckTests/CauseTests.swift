import TestSupport
import Testing

@testable import Check

@Suite struct CauseTests {
  /// Codes of sysexits.h that README.md explains.
  @Test(arguments: Cause.allCases) func theCodeIsOneThatIsExplained(_ cause: Cause) {
    #expect([68, 69, 74, 77, 78].contains(cause.exitCode))
  }

  /// README.md's troubleshooting has a row for each cause, in this order.
  @Test func readmeHasTheCatalogue() throws {
    let table = try #require(try Readme.tables(head: "| cause | exit code | what it is | what to do |").first)
    let expected = Cause.allCases.map { "| `\($0.rawValue)` | \($0.exitCode) | \($0.meaning) | \($0.remedy) |" }
    let missing = expected.filter { !table.contains($0) }
    #expect(missing.isEmpty, "README.md lacks:\n\(missing.joined(separator: "\n"))")
    #expect(table == expected)
  }
}
