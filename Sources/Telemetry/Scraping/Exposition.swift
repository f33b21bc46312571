/// A form in which Prometheus takes figures.
package enum Exposition: Sendable, CaseIterable {
  /// Prometheus' own, version 0.0.4.
  case text
  /// OpenMetrics 1.0.
  case openMetrics

  /// Its media type.
  package var contentType: String {
    switch self {
    case .text: "text/plain; version=0.0.4; charset=utf-8"
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    }
  }

  /// What a client wants that sends this `Accept` (RFC 9110, 12.5.1): OpenMetrics, where it takes that at least as
  /// gladly as text.
  package init(accept: String) {
    var best: (text: Double, open: Double) = (0, 0)
    for range in accept.split(separator: ",") {
      let parts = range.split(separator: ";").map { part in
        part.filter { !$0.isWhitespace && $0 != "\"" }.lowercased()
      }
      guard let type = parts.first else { continue }
      let parameters = parts.dropFirst()
      let weight = parameters.first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
      let version = parameters.first { $0.hasPrefix("version=") }?.dropFirst("version=".count)
      switch type {
      case "application/openmetrics-text" where version.map { ["1.0.0", "0.0.1"].contains($0) } ?? true:
        best.open = max(best.open, weight)
      case "text/plain" where (version ?? "0.0.4") == "0.0.4": best.text = max(best.text, weight)
      default: break
      }
    }
    self = best.open > 0 && best.open >= best.text ? .openMetrics : .text
  }

  /// The families in this form.
  package func bytes(_ families: [MetricFamily]) -> [UInt8] {
    var text = ""
    for family in families { write(family, to: &text) }
    if self == .openMetrics { text += "# EOF\n" }
    return Array(text.utf8)
  }

  private func write(_ family: MetricFamily, to text: inout String) {
    let suffix =
      switch family.kind {
      case .counter: "_total"
      case .info: "_info"
      case .gauge: ""
      }
    let isOpen = self == .openMetrics
    let name = isOpen ? family.name : family.name + suffix
    let kind = family.kind == .info && !isOpen ? MetricFamily.Kind.gauge : family.kind
    text += "# HELP \(name) "
    Self.escape(family.help, quotes: isOpen, to: &text)
    text += "\n# TYPE \(name) \(kind.rawValue)\n"
    if isOpen, let unit = family.unit { text += "# UNIT \(name) \(unit)\n" }
    for sample in family.samples {
      text += family.name
      text += suffix
      for (index, label) in sample.labels.enumerated() {
        text += index == 0 ? "{" : ","
        text += label.name
        text += "=\""
        Self.escape(label.value, quotes: true, to: &text)
        text += "\""
      }
      text += sample.labels.isEmpty ? " " : "} "
      text += sample.value.description
      text += "\n"
    }
  }

  private static func escape(_ string: String, quotes: Bool, to text: inout String) {
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\"" where quotes: text += "\\\""
      default: text.unicodeScalars.append(scalar)
      }
    }
  }
}
