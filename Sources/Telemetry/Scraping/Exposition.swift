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
    var page: [UInt8] = []
    page.reserveCapacity(16 << 10)
    for family in families { write(family, to: &page) }
    if self == .openMetrics { page += "# EOF\n".utf8 }
    return page
  }

  private func write(_ family: MetricFamily, to page: inout [UInt8]) {
    let suffix =
      switch family.kind {
      case .counter: "_total"
      case .info: "_info"
      case .gauge: ""
      }
    let isOpen = self == .openMetrics
    let name = isOpen ? family.name : family.name + suffix
    let kind = family.kind == .info && !isOpen ? MetricFamily.Kind.gauge : family.kind
    page += "# HELP \(name) ".utf8
    Self.escape(family.help, quotes: isOpen, to: &page)
    page += "\n# TYPE \(name) \(kind.rawValue)\n".utf8
    if isOpen, let unit = family.unit { page += "# UNIT \(name) \(unit)\n".utf8 }
    for sample in family.samples {
      page += family.name.utf8
      page += suffix.utf8
      for (index, label) in sample.labels.enumerated() {
        page += index == 0 ? "{".utf8 : ",".utf8
        page += label.name.utf8
        page += "=\"".utf8
        Self.escape(label.value, quotes: true, to: &page)
        page += "\"".utf8
      }
      page += sample.labels.isEmpty ? " ".utf8 : "} ".utf8
      page += sample.value.description.utf8
      page.append(UInt8(ascii: "\n"))
    }
  }

  private static func escape(_ text: String, quotes: Bool, to page: inout [UInt8]) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): page += "\\\\".utf8
      case UInt8(ascii: "\n"): page += "\\n".utf8
      case UInt8(ascii: "\"") where quotes: page += "\\\"".utf8
      default: page.append(byte)
      }
    }
  }
}
