import Mirror
import Telemetry
import TestSupport
import Testing

/// What Prometheus gets.
@Suite struct ExpositionTests {
  private static let process = ProcessFigures(cpu: 12_345_678_901, memory: 4_096, start: 1_700_000_000_125_000_000)

  private static func families() throws -> [MetricFamily] {
    var status = try Fixture.fullStatus()
    status.host = Fixture.oddHost
    status.interface = Fixture.oddInterface
    return ForwarderExposition.families(status, process)
  }

  /// The very bytes of both forms, which validators read too.
  @Test(arguments: [(Exposition.text, "forwarder.prom"), (.openMetrics, "forwarder.openmetrics")])
  func everyByte(_ form: Exposition, _ file: String) throws {
    let text = String(decoding: form.bytes(try Self.families()), as: UTF8.self)
    #expect(try GoldenFile.has(text, file), "\(text)")
  }

  @Test func aFewFamiliesInBothForms() {
    let families = [
      MetricFamily(
        "a_bytes", .counter, unit: "bytes", help: "a \"b\" \\ c\nd",
        [([.init(name: "l", value: "x\"y\\z\nw")], .whole(.max)), ([], .milli(1_050))]),
      MetricFamily("b", .gauge, help: "none", []), MetricFamily("c", .info, help: "i", [([], .whole(1))]),
    ]
    #expect(
      String(decoding: Exposition.text.bytes(families), as: UTF8.self) == #"""
        # HELP a_bytes_total a "b" \\ c\nd
        # TYPE a_bytes_total counter
        a_bytes_total{l="x\"y\\z\nw"} 18446744073709551615
        a_bytes_total 1.050
        # HELP b none
        # TYPE b gauge
        # HELP c_info i
        # TYPE c_info gauge
        c_info 1

        """#)
    #expect(
      String(decoding: Exposition.openMetrics.bytes(families), as: UTF8.self) == #"""
        # HELP a_bytes a \"b\" \\ c\nd
        # TYPE a_bytes counter
        # UNIT a_bytes bytes
        a_bytes_total{l="x\"y\\z\nw"} 18446744073709551615
        a_bytes_total 1.050
        # HELP b none
        # TYPE b gauge
        # HELP c i
        # TYPE c info
        c_info 1
        # EOF

        """#)
  }

  /// Names as prometheus.io/docs/practices/naming has them, each once.
  @Test func namesAreByConvention() throws {
    let families = try Self.families()
    #expect(Set(families.map(\.name)).count == families.count)
    for family in families {
      #expect(family.name.wholeMatch(of: /(packet_forwarder|process)_[a-z][a-z_]*[a-z]/) != nil, "\(family.name)")
      #expect(!family.name.hasSuffix("_total") && !family.name.contains("milli"), "\(family.name)")
      #expect(!family.help.contains("`") && !family.help.isEmpty, "\(family.name)")
      if let unit = family.unit { #expect(family.name.hasSuffix("_" + unit), "\(family.name)") }
      let labels = family.samples.map { $0.labels.map { "\($0.name)=\($0.value)" } }
      #expect(Set(labels).count == labels.count, "\(family.name)")
    }
  }

  /// Whatever is counted is shown: a new row of the catalogue is here by itself, but for those that labels add up to.
  @Test func theCatalogueIsWhole() throws {
    let families = try Self.families()
    func sum(_ name: String) -> MetricFamily? { families.first { $0.name == "packet_forwarder_\(name)" } }
    for row in ForwarderMetrics.counters.rows where row.unit != .milliseconds {
      if ["dropped_total", "sent_datagrams", "sent_bytes"].contains(row.key) { continue }
      let values = try #require(sum(row.key), "\(row.key)").samples.map(\.value)
      let numbers = values.compactMap { if case .whole(let number) = $0 { number } else { nil } }
      #expect(numbers.count == values.count)
      #expect(numbers.reduce(0, &+) == row.sum(of: Fixture.counters(2_000_000)), "\(row.key)")
    }
    #expect(sum("blind_seconds")?.samples.first?.value == .milli(2_000_023))
    #expect(sum("dropped_packets")?.samples.contains { $0.labels.map(\.value) == ["send", "ENOBUFS"] } == true)
    #expect(sum("ring_size_bytes")?.samples.first?.value == .whole(2 << 20))
    #expect(sum("last_error_timestamp_seconds")?.samples.map(\.value) == [.milli(1_700_000_001_000)])
  }

  @Test func whatIsNotKnownIsNotShown() {
    let status = Fixture.status(Counters())
    let families = ForwarderExposition.families(status, ProcessFigures(cpu: 0, memory: nil, start: 0))
    #expect(!families.contains { $0.name == "packet_forwarder_task" })
    #expect(families.first { $0.name == "process_resident_memory_bytes" }?.samples.isEmpty == true)
    #expect(families.first { $0.name == "packet_forwarder_healthy" }?.samples.first?.value == .whole(1))
  }

  @Test(arguments: [
    ("", Exposition.text), ("*/*", .text), ("text/plain", .text), ("text/html", .text),
    ("application/openmetrics-text", .openMetrics), ("application/openmetrics-text; version=0.0.1", .openMetrics),
    ("application/openmetrics-text; version=2.0.0, text/plain", .text),
    ("application/openmetrics-text;q=0", .text), ("application/openmetrics-text;q=nonsense", .text),
    ("text/plain;version=0.0.4;q=0.9,application/openmetrics-text;q=0.5", .text),
    // Prometheus 2 and 3.
    (
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
        + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", .openMetrics
    ),
    (
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
        + "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
        + "text/plain;version=0.0.4;q=0.3,*/*;q=0.2", .openMetrics
    ),
  ])
  func theFormIsWhatTheClientTakes(_ accept: String, _ form: Exposition) {
    #expect(Exposition(accept: accept) == form)
  }

  @Test func theProcessKnowsItself() throws {
    let families = ProcessFigures(start: 0).families
    let memory = try #require(families.first { $0.name == "process_resident_memory_bytes" }?.samples.first?.value)
    guard case .whole(let bytes) = memory else { return #expect(Bool(false), "\(memory)") }
    #expect(bytes > 1 << 20)
  }
}
