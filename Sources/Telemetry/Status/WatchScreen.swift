package import System

/// The live view: graphs of rates on top, the forwarder's screen below, cut to what the terminal shows.
package struct WatchScreen: Sendable {
  /// What a terminal can show.
  package struct Style: Equatable, Sendable {
    /// Whether moods have colours.
    package var hasColours: Bool
    /// Whether graphs are made of block characters; else of ASCII.
    package var hasBlocks: Bool

    /// A style chosen by hand.
    package init(hasColours: Bool, hasBlocks: Bool) {
      self.hasColours = hasColours
      self.hasBlocks = hasBlocks
    }

    /// What the environment asks for: no colours with NO_COLOR (no-color.org) or without a terminal that has some, and
    /// blocks where the language's characters are UTF-8.
    package init(environment: [String: String], isDrawn: Bool) {
      let language = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
      hasColours = isDrawn && (environment["NO_COLOR"] ?? "").isEmpty
      hasBlocks = language.uppercased().contains("UTF-8") || language.uppercased().contains("UTF8")
    }
  }

  /// A rate that is shown as a graph.
  private struct Graph {
    let label: String
    /// Key of the counter.
    let key: String
    let unit: String
    /// What one of the counter is in that unit.
    let factor: Double
    let isLoss: Bool
  }

  private static let graphs = [
    Graph(label: "captured", key: "captured_bytes", unit: "Mbit/s", factor: 8 / 1_000_000, isLoss: false),
    Graph(label: "captured", key: "captured_packets", unit: "packets/s", factor: 1, isLoss: false),
    Graph(label: "sent", key: "sent_datagrams", unit: "datagrams/s", factor: 1, isLoss: false),
    Graph(label: "dropped", key: "dropped_total", unit: "packets/s", factor: 1, isLoss: true),
    Graph(label: "kernel dropped", key: "kernel_dropped_packets", unit: "packets/s", factor: 1, isLoss: true),
  ]
  /// Rates that are kept: more than any terminal has columns for.
  private static let maximumHistory = 512
  private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
  private static let letters: [Character] = ["_", ".", ":", "-", "=", "+", "*", "#"]
  /// Columns in front of a graph.
  private static let labelWidth = 44

  private let style: Style
  private var last: [String: UInt64]?
  private var history: [[Double]] = graphs.map { _ in [] }
  private var below: [StatusScreen.Line] = []

  /// Nothing seen yet.
  package init(style: Style) { self.style = style }

  /// Takes in the answer to a request for the screen.
  ///
  /// - Returns: whether it was one.
  package mutating func take(_ answer: String) -> Bool {
    guard let (figures, lines) = StatusAnswer.parsed(answer) else { return false }
    if let last, let before = last["uptime"], let now = figures["uptime"], now > before {
      for (index, graph) in Self.graphs.enumerated() {
        let (from, to) = (last[graph.key] ?? 0, figures[graph.key] ?? 0)
        let rate = to >= from ? Double(to - from) * 1_000 / Double(now - before) * graph.factor : 0
        history[index].append(rate)
        if history[index].count > Self.maximumHistory { history[index].removeFirst() }
      }
    }
    last = figures
    below = lines
    return true
  }

  /// What fills the terminal: never more rows or columns than it has.
  package func lines(_ size: Terminal.Size) -> [String] {
    let graphs = Self.graphs.indices.map { graph($0, width: size.columns) }
    let all = Array(below.prefix(2)) + graphs + below.dropFirst(2)
    return all.flatMap { $0.wrapped(to: size.columns) }.prefix(size.rows).map(shown)
  }

  private func graph(_ index: Int, width: Int) -> StatusScreen.Line {
    let (graph, rates) = (Self.graphs[index], history[index])
    let now = rates.last ?? 0
    let value = MetricFigure.rounded(now, digits: graph.factor == 1 ? 0 : 1)
    let label =
      StatusScreen.padded(graph.label, 16) + StatusScreen.right(value, 14) + " "
      + StatusScreen.padded(graph.unit, 13)
    // The highest column is the largest rate in sight; a rate of 0 has none.
    let visible = rates.suffix(max(0, width - Self.labelWidth))
    let largest = visible.max() ?? 0
    let steps = style.hasBlocks ? Self.blocks : Self.letters
    let bars = visible.map { rate -> Character in
      rate <= 0 ? " " : steps[min(steps.count - 1, Int(rate / largest * Double(steps.count)))]
    }
    return StatusScreen.Line(graph.isLoss && now > 0 ? .bad : .plain, label + String(bars))
  }

  private func shown(_ line: StatusScreen.Line) -> String {
    let text = line.text
    guard style.hasColours else { return text }
    return switch line.mood {
    case .plain: text
    case .heading: "\u{1B}[1m\(text)"
    case .good: "\u{1B}[32m\(text)"
    case .bad: "\u{1B}[31m\(text)"
    }
  }
}
