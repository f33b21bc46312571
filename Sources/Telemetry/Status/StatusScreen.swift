import Mirror

/// The forwarder's state on one screen, in lines. All figures come out of the catalogue's tables, as those of
/// `StatusDocument` do.
package struct StatusScreen {
  /// How a line is meant; where there is no colour, nothing tells.
  package enum Mood: Character, Sendable {
    case plain = " "
    /// What the lines below are about.
    case heading = "#"
    /// All is well.
    case good = "+"
    /// Something is lost.
    case bad = "!"
  }

  /// One line.
  package struct Line: Equatable, Sendable {
    package var mood: Mood
    package var text: String

    /// A line in a mood.
    package init(_ mood: Mood, _ text: String) {
      self.mood = mood
      self.text = text
    }

    /// The line in parts of at most `width` columns, those behind the first indented below it. It is parted where a
    /// phrase ends, and anywhere where that is too far.
    package func wrapped(to width: Int) -> [Line] {
      let indent = min(StatusScreen.indent, max(0, width - 1))
      var parts: [Line] = []
      var rest = text[...]
      var room = width
      while rest.count > room {
        let head = rest.prefix(room)
        let end = head.lastIndex(of: ",").map { head.index(after: $0) } ?? head.endIndex
        parts.append(Line(mood, parts.isEmpty ? String(rest[..<end]) : StatusScreen.padded("", indent) + rest[..<end]))
        rest = rest[end...].drop { $0 == " " }
        room = max(1, width - indent)
      }
      return parts + [Line(mood, parts.isEmpty ? String(rest) : StatusScreen.padded("", indent) + rest)]
    }
  }

  /// In the first line, which has words of its own for them.
  private static let headKeys = ["version", "host", "unhealthy", "time", "pid", "uptime"]
  /// Columns in front of what the label names.
  static let indent = 12

  /// The lines.
  package let lines: [Line]

  /// The screen of a moment.
  package init(_ status: ForwarderStatus) {
    let lost = ForwarderMetrics.status["lost_lines"]?.sum(of: status) ?? 0
    lines =
      Self.head(status)
      + [Line(lost > 0 ? .bad : .plain, Self.labelled("capture", Self.capture(status)))]
      + status.interfaces.map { interface in
        let phrases = ForwarderMetrics.interface.phrases(of: interface, withSubject: true)
        return Line(interface.trouble == nil ? .plain : .bad, Self.labelled("interface", phrases))
      }
      + status.workers.map { worker in
        let isWell = worker.isCapturing && worker.filterFailure == nil
        return Line(
          isWell ? .plain : .bad,
          Self.labelled("worker", ForwarderMetrics.worker.phrases(of: worker, withSubject: true)))
      }
      + status.destinations.map { destination in
        let phrases = ForwarderMetrics.destination.phrases(of: destination, withSubject: true)
        return Line(destination.failure == nil ? .plain : .bad, Self.labelled("destination", phrases))
      }
      + status.collectors.map { collector in
        let phrases =
          ForwarderMetrics.collector.phrases(of: collector.report, withSubject: true)
          + ForwarderMetrics.path.phrases(of: collector)
        return Line(.plain, Self.labelled("collector", phrases))
      } + Self.counters(status) + Self.flows(status)
  }

  /// Text without moods.
  package var text: String { lines.map(\.text).joined(separator: "\n") }

  private static func head(_ status: ForwarderStatus) -> [Line] {
    let uptime = Metric<ForwarderStatus>.duration(UInt64(clamping: status.uptime))
    let time = ForwarderMetrics.process["time"]?.phrase(of: status) ?? ""
    let words = "packet-forwarder \(status.version) on \(status.host), pid \(status.processID), up \(uptime), \(time)"
    let verdict = status.unhealthy.map { Line(.bad, "unhealthy: \($0)") } ?? Line(.good, "healthy")
    return [Line(.heading, words), verdict]
  }

  /// Everything that is of the forwarder as a whole; what is new in the tables comes here by itself.
  private static func capture(_ status: ForwarderStatus) -> [String] {
    func phrases(_ table: MetricTable<ForwarderStatus>) -> [String] {
      MetricTable(table.rows.filter { !headKeys.contains($0.key) }).phrases(of: status)
    }
    return phrases(ForwarderMetrics.status) + phrases(ForwarderMetrics.process)
  }

  /// A line for each counter: by the second, and since the start. That nothing is captured or lost is news, and of the
  /// rest what has happened.
  private static func counters(_ status: ForwarderStatus) -> [Line] {
    let head = Line(.heading, padded("", 26) + right("a second", 14) + right("since start", 22))
    return [head]
      + ForwarderMetrics.counters.rows.compactMap { row in
        let isLoss = row.key.contains("dropped") || row.key.hasPrefix("blind")
        guard isLoss || row.key == "captured_packets" || row.sum(of: status.counters) > 0 else { return nil }
        let now = status.recent.map { row.sum(of: $0.counters) }
        let rate = now.map { perSecond($0, status.recent?.milliseconds ?? 0) } ?? "-"
        let total = row.phrase(of: status.counters) ?? ""
        // The number stands in its column, the reasons behind it.
        let parts = total.split(separator: " ", maxSplits: 1)
        let text =
          padded(row.name, 26) + right(rate, 14) + right(String(parts.first ?? ""), 22)
          + (row.parts.isEmpty || parts.count < 2 ? "" : " \(parts[1])")
        return Line(isLoss && (now ?? 0) > 0 ? .bad : .plain, text)
      }
  }

  private static func flows(_ status: ForwarderStatus) -> [Line] {
    guard let flows = status.flows else { return [] }
    let rows = flows.map { flow in
      let rate = MetricFigure.rounded(Double(flow.bytesPerSecond) * 8 / 1_000_000, digits: 1)
      return Line(.plain, right("\(rate) Mbit/s", 18) + "  \(flow.name)")
    }
    return [Line(.heading, flows.isEmpty ? "no flow was seen in the last second" : "flows that carry most, about")]
      + rows
  }

  private static func perSecond(_ value: UInt64, _ milliseconds: Int64) -> String {
    MetricFigure.rounded(Double(value) * 1_000 / Double(max(1, milliseconds)), digits: 0)
  }

  private static func labelled(_ label: String, _ phrases: [String]) -> String {
    padded(label, indent) + phrases.joined(separator: ", ")
  }

  static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
