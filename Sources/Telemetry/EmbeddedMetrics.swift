/// A line of log from which CloudWatch makes metrics by itself (embedded metric format). Each metric and each value of its
/// dimension costs money, so a service has one set of them, however many tasks it has; what tells the tasks apart stands
/// beside it and is found by queries of the log.
package struct EmbeddedMetrics: Sendable {
  /// A number that becomes a metric.
  typealias Figure = (name: String, unit: String, value: JSONValue)

  /// The one dimension.
  static let dimension = "Service"
  /// Metrics of one line at most.
  static let maximumCount = 100
  /// Characters of a dimension's value at most.
  private static let maximumLength = 1_024

  private let namespace: String
  private let time: Int64
  private let service: String
  private var figures: [Figure] = []
  private var properties: [JSONValue.Member] = []

  /// A line of the moment `time`, in nanoseconds since 1970, for what is added up under `service`.
  package init(namespace: String, time: Int64, service: String) {
    self.namespace = namespace
    self.time = time
    // CloudWatch takes ASCII that is not all white space.
    let name = String(
      service.unicodeScalars.prefix(Self.maximumLength).map { 0x20..<0x7F ~= $0.value ? Character($0) : "?" })
    self.service = name.allSatisfy { $0 == " " } ? "unknown" : name
  }

  /// The figures of a table: numbers become metrics, all else is told beside them.
  package mutating func add<Source>(_ table: MetricTable<Source>, of source: Source) {
    for row in table.rows {
      let value = row.json(of: source)
      if let unit = row.embeddedUnit {
        figures.append((row.key, unit, value))
      } else {
        properties.append((row.key, value))
      }
    }
  }

  /// One more metric, without a unit.
  package mutating func add(_ name: String, _ number: UInt64) { figures.append((name, "None", .number(number))) }

  /// What is told beside the metrics.
  package mutating func add(_ members: [JSONValue.Member]) { properties += members }

  /// One line, without a newline.
  package var text: String {
    let definitions = figures.prefix(Self.maximumCount).map { figure in
      JSONValue.object([("Name", .string(figure.name)), ("Unit", .string(figure.unit))])
    }
    let directive = JSONValue.object([
      ("Namespace", .string(namespace)), ("Dimensions", .array([.array([.string(Self.dimension)])])),
      ("Metrics", .array(definitions)),
    ])
    let head = JSONValue.object([
      ("Timestamp", .number(UInt64(clamping: time / 1_000_000))), ("CloudWatchMetrics", .array([directive])),
    ])
    let members: [JSONValue.Member] = [("_aws", head), (Self.dimension, .string(service))]
    return JSONValue.object(members + figures.map { ($0.name, $0.value) } + properties).text()
  }
}

extension Metric {
  /// The unit as CloudWatch calls it; nil for what is not one whole number, or says what the rest is about.
  fileprivate var embeddedUnit: String? {
    guard case .number = reading, kind != .identity else { return nil }
    return switch unit {
    case .bytes: "Bytes"
    case .seconds: "Seconds"
    case .milliseconds: "Milliseconds"
    case .ratio, nil: "None"
    case .packets, .datagrams, .checksums, .instructions, .flows, .lines, .messages: "Count"
    }
  }
}

extension TaskMetadata {
  /// All that is known, for a line of log.
  package var members: [JSONValue.Member] {
    [("task_arn", arn), ("cluster", cluster), ("family", family)].compactMap { name, text in
      text.isEmpty ? nil : (name, .string(text))
    }
  }
}
