internal import Wire

/// What a frame is in columns, for people at a terminal of 80 columns. What is longer than its column moves the rest.
struct FrameColumns {
  /// Whether parts have colours.
  let hasColours: Bool
  /// When the first column is zero, in nanoseconds since 1970.
  let start: UInt64

  private enum Colour: Int {
    case red = 31
    case green = 32
    case yellow = 33
    case magenta = 35
    case cyan = 36
    case grey = 90
  }

  /// Characters of an address with its port, as loopback has them.
  private static let endWidth = 15

  /// The names of the columns.
  var heading: String {
    let names = [
      Self.right("seconds", 7), "vni", Self.left("from", Self.endWidth + 2), Self.left("to", Self.endWidth),
      Self.left("what", 11), Self.right("bytes", 5), "checksum",
    ]
    let text = names.joined(separator: "  ")
    return hasColours ? "\u{1B}[1m\(text)\u{1B}[0m" : text
  }

  /// The line of a frame, without a line end.
  func line(_ frame: RawSpan, vni: UInt32, timestamp: UInt64) -> String {
    let summary = FrameSummary(frame)
    let what = summary.tags + summary.what
    let verdict = ChecksumVerdict(frame)
    let (source, destination) = (summary.ends?.source ?? "-", summary.ends?.destination ?? "-")
    let parts = [
      painted(Self.right(seconds(timestamp), 7), .grey), painted(Self.right("\(vni)", 3), .grey),
      "\(Self.left(source, Self.endWidth)) \(painted(">", .grey))", Self.left(destination, Self.endWidth),
      painted(Self.left(what, 11), Self.colour(of: summary.what)), Self.right("\(frame.byteCount)", 5),
      painted(verdict.rawValue, verdict == .good ? .green : verdict == .bad ? .red : .grey),
    ]
    return parts.joined(separator: "  ")
  }

  /// Since the start, with three decimals; what came before it is at zero.
  private func seconds(_ timestamp: UInt64) -> String {
    let milliseconds = (timestamp > start ? timestamp - start : 0) / 1_000_000
    return "\(milliseconds / 1_000).\(String(1_000 + milliseconds % 1_000).dropFirst())"
  }

  private static func colour(of what: String) -> Colour {
    if what.hasPrefix("malformed") { return .red }
    if what.hasPrefix("TCP") { return .cyan }
    return what.hasPrefix("UDP") ? .magenta : .yellow
  }

  private func painted(_ text: String, _ colour: Colour) -> String {
    hasColours ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[39m" : text
  }

  private static func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.utf8.count))
  }

  private static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.utf8.count)) + text
  }
}
