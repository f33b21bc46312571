import Foundation
import Mirror
import Telemetry
import TestSupport
import Testing

/// Lines that CloudWatch makes metrics of.
@Suite struct EmbeddedMetricsTests {
  /// The very bytes, which a validator reads as well.
  @Test func everyByte() throws {
    let line = try Fixture.oddReport(isFinal: true).emf
    #expect(try GoldenFile.has(line + "\n", "forwarder.emf.json"), "\(line)")
  }

  /// Every metric that is declared is there, and every number of the interval is one; nothing of the rest is paid for.
  @Test func metricsAreWhatTheIntervalCounted() throws {
    let object = try Fixture.object(try Fixture.oddReport().emf)
    let head = try #require(object["_aws"] as? [String: Any])
    #expect(head["Timestamp"] as? Int == 1_700_000_000_125)
    let directive = try #require((head["CloudWatchMetrics"] as? [[String: Any]])?.first)
    #expect(directive["Dimensions"] as? [[String]] == [["Service"]] && object["Service"] as? String == "orders-service")
    let metrics = try #require(directive["Metrics"] as? [[String: String]])
    let names = metrics.compactMap { $0["Name"] }
    let counted = ForwarderMetrics.counters.rows.filter { $0.parts.isEmpty }.map(\.key)
    #expect(names == counted + ["healthy"] && Set(names).count == names.count && names.count <= 100)
    for name in names { #expect(object[name] is NSNumber, "\(name)") }
    #expect(object["captured_packets"] as? Int == 1_000_001 && object["healthy"] as? Int == 0)
    #expect(metrics.first { $0["Name"] == "blind_milliseconds" }?["Unit"] == "Milliseconds")
    #expect(metrics.first { $0["Name"] == "sent_bytes" }?["Unit"] == "Bytes")
  }

  @Test func namesOfServicesAreWhatCloudWatchTakes() throws {
    for (host, shown) in [("é\u{1}b", "??b"), ("   ", "unknown"), (String(repeating: "a", count: 2_000), nil)] {
      let status = Fixture.status(Counters(), host: host)
      let report = StatisticsReport(status, since: Counters(), [], milliseconds: 1, isFinal: false)
      let service = try #require(try Fixture.object(report.emf)["Service"] as? String)
      #expect(service == shown ?? String(repeating: "a", count: 1_024))
    }
  }
}
