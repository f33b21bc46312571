/// The lines in which two texts differ, as `diff -u` and patch(1) know them.
public struct UnifiedDiff: Sendable {
  private enum Line {
    case same(Substring)
    case removed(Substring)
    case added(Substring)
  }

  private static let context = 3

  private let lines: [Line]
  private let (before, after): (String, String)

  /// - Parameters:
  ///   - before: name of the old text.
  ///   - after: name of the new one.
  public init(_ old: [UInt8], _ new: [UInt8], before: String, after: String) {
    (self.before, self.after) = (before, after)
    let (old, new) = (Self.split(old), Self.split(new))
    let difference = new.difference(from: old)
    var removed: Set<Int> = []
    var added: Set<Int> = []
    for change in difference {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): added.insert(offset)
      }
    }
    var lines: [Line] = []
    var (left, right) = (0, 0)
    while left < old.count || right < new.count {
      if removed.contains(left), left < old.count {
        lines.append(.removed(old[left]))
        left += 1
      } else if added.contains(right), right < new.count {
        lines.append(.added(new[right]))
        right += 1
      } else {
        lines.append(.same(old[left]))
        (left, right) = (left + 1, right + 1)
      }
    }
    self.lines = lines
  }

  /// Lines with their ends, so that one without an end is another line.
  private static func split(_ text: [UInt8]) -> [Substring] {
    var lines: [Substring] = []
    let text = String(decoding: text, as: UTF8.self)
    var rest = text.utf8[...]
    while !rest.isEmpty {
      let end = rest.firstIndex(of: UInt8(ascii: "\n")).map { rest.index(after: $0) } ?? rest.endIndex
      lines.append(Substring(rest[..<end]))
      rest = rest[end...]
    }
    return lines
  }

  /// Nothing where the texts are the same.
  public func text(isColoured: Bool) -> String {
    let changed = lines.indices.filter { if case .same = lines[$0] { false } else { true } }
    guard !changed.isEmpty else { return "" }
    func paint(_ text: String, _ colour: Int) -> String { isColoured ? "\u{1B}[\(colour)m\(text)\u{1B}[0m" : text }
    var result = paint("--- \(before)", 1) + "\n" + paint("+++ \(after)", 1) + "\n"
    for hunk in hunks(changed) {
      let (left, right) = (position(hunk.lowerBound), count(hunk))
      result += paint("@@ -\(range(left.old, right.old)) +\(range(left.new, right.new)) @@", 36) + "\n"
      for line in lines[hunk] {
        let (sign, text, colour): (String, Substring, Int?) =
          switch line {
          case .same(let text): (" ", text, nil)
          case .removed(let text): ("-", text, 31)
          case .added(let text): ("+", text, 32)
          }
        let whole = text.utf8.last == UInt8(ascii: "\n")
        let bare = sign + (whole ? Substring(text.utf8.dropLast()) : text)
        result += (colour.map { paint(String(bare), $0) } ?? String(bare)) + "\n"
        if !whole { result += "\\ No newline at end of file\n" }
      }
    }
    return result
  }

  /// Changed lines with some around them, and those together that would touch.
  private func hunks(_ changed: [Int]) -> [Range<Int>] {
    var hunks: [Range<Int>] = []
    for index in changed {
      let range = max(0, index - Self.context)..<min(lines.count, index + Self.context + 1)
      if let last = hunks.last, range.lowerBound <= last.upperBound {
        hunks[hunks.count - 1] = last.lowerBound..<range.upperBound
      } else {
        hunks.append(range)
      }
    }
    return hunks
  }

  /// Lines of either text in front of an index, and so the number of the line before it.
  private func position(_ index: Int) -> (old: Int, new: Int) { count(0..<index) }

  private func count(_ range: Range<Int>) -> (old: Int, new: Int) {
    var (old, new) = (0, 0)
    for line in lines[range] {
      switch line {
      case .same: (old, new) = (old + 1, new + 1)
      case .removed: old += 1
      case .added: new += 1
      }
    }
    return (old, new)
  }

  private func range(_ before: Int, _ count: Int) -> String {
    "\(count == 0 ? before : before + 1)" + (count == 1 ? "" : ",\(count)")
  }
}
