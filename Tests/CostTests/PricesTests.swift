import Foundation
import Testing

@testable import Cost

/// Prices, and what comes of them.
@Suite struct PricesTests {
  static let deployed = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("deploy/prices.json")

  private static func text(_ change: (String) -> String = { $0 }) throws -> [UInt8] {
    Array(change(try String(contentsOf: deployed, encoding: .utf8)).utf8)
  }

  @Test func theDeployedFile() throws {
    let prices = try Prices(Self.text())
    #expect(prices.region == "us-east-1" && prices.date == "2026-11")
    #expect(prices.crossZone == 0.01 && prices.capacityUnit == 0.006 && prices.endpoint == 0.01)
  }

  @Test(arguments: [
    ("\"nlcu_hour\"", "\"other\"", "nlcu_hour has no price; it takes {\"price\": 0.01}"),
    ("{\"price\": 0.006,", "{\"price\": \"0.006\",", "nlcu_hour has no price; it takes {\"price\": 0.01}"),
    ("{\"price\": 0.006,", "{\"price\": -1,", "nlcu_hour has no price; it takes {\"price\": 0.01}"),
    ("{", "", "it is no JSON"),
  ])
  func otherFiles(_ old: String, _ new: String, _ reason: String) throws {
    let text = try Self.text { $0.replacingOccurrences(of: old, with: new) }
    #expect(throws: Prices.Failure(reason: reason)) { try Prices(text) }
  }

  /// 100 Mbit/s, as deploy/README.md has it by another program.
  @Test func aHundredMegabits() throws {
    let cost = MonthlyCost(bytesPerSecond: 12_500_000, try Prices(Self.text()))
    #expect(DecimalText.grouped(cost.gigabytes, 0) == "30,594")
    #expect(DecimalText.grouped(cost.crossZone, 2) == "611.88")
    #expect(DecimalText.grouped(cost.loadBalancer, 2) == "183.56")
    #expect(DecimalText.grouped(cost.privateLink, 2) == "305.94")
  }

  @Test(
    arguments: [
      (0, 0, "0"), (0.5, 2, "0.50"), (999.995, 2, "1,000.00"), (1_234_567.891, 1, "1,234,567.9"), (100, 0, "100"),
      (-1_234.5, 1, "-1,234.5"), (-0.001, 2, "0.00"), (-123, 0, "-123"),
    ] as [(Double, Int, String)])
  func decimals(_ value: Double, _ places: Int, _ text: String) {
    #expect(DecimalText.grouped(value, places) == text)
  }
}
