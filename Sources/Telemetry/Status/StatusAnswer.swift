/// The answers to a `StatusRequest`, as they go over the socket.
package enum StatusAnswer {
  /// Bytes of the longest answer that a client takes.
  package static let maximumByteCount = 1 << 20

  /// Of `.health`: `0 healthy ...` or `1 unhealthy: ...`, the exit code in front.
  package static func health(_ status: ForwarderStatus) -> String {
    if let reason = status.unhealthy { return "1 unhealthy: \(reason)\n" }
    let count = status.collectors.count { $0.pathMTU != nil }
    return "0 healthy: capturing on \(status.interface), sending to \(count) collector\(count == 1 ? "" : "s")\n"
  }

  /// Of `.screen`: the time and all counters as `key=value`, then a line for each of the screen's, its mood in front.
  package static func screen(_ status: ForwarderStatus) -> String {
    let figures = ForwarderMetrics.counters.rows.map { "\($0.key)=\($0.sum(of: status.counters))" }
    let head = (["uptime=\(status.uptime)"] + figures).joined(separator: " ")
    let lines = StatusScreen(status).lines.map { line in
      // Names from outside may hold anything; a line is one.
      "\(line.mood.rawValue)\(line.text.split(whereSeparator: \.isNewline).joined(separator: " "))"
    }
    return ([head] + lines).joined(separator: "\n") + "\n"
  }

  /// What a client shows of an answer: no control characters, whoever has sent it.
  package static func shown(_ text: some StringProtocol) -> String {
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
      shown.append(isControl ? "?" : scalar)
    }
    return String(shown)
  }

  /// The figures and lines of an answer to `.screen`; nil if it is none.
  package static func parsed(_ answer: String) -> (figures: [String: UInt64], lines: [StatusScreen.Line])? {
    let rows = answer.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    guard let head = rows.first, head.hasPrefix("uptime=") else { return nil }
    var figures: [String: UInt64] = [:]
    for pair in head.split(separator: " ") {
      let parts = pair.split(separator: "=", maxSplits: 1)
      if parts.count == 2, let value = UInt64(parts[1]) { figures[String(parts[0])] = value }
    }
    let lines = rows.dropFirst().map { row in
      StatusScreen.Line(row.first.flatMap(StatusScreen.Mood.init) ?? .plain, shown(row.dropFirst()))
    }
    return (figures, lines)
  }
}
