/// A fenced block of a page, and what stands in front of it.
package struct FencedBlock: Sendable, CustomStringConvertible {
  /// How a block is kept from rotting. CONTRIBUTING.md says what each means.
  package enum Mark: Equatable, Sendable {
    /// A shell runs it, with stand-ins for what is not ours.
    case rehearsed
    /// JSON or YAML.
    case data
    /// A test of another place, by its path, reads the page.
    case held(by: String)
    /// Nobody runs it, for this reason.
    case notRun(String)
  }

  package let page: String
  /// Of the opening fence, counted from 1.
  package let line: Int
  /// What stands behind the opening fence.
  package let language: String
  /// What the comment in front of it says; nil where there is none, or one that is not understood.
  package let mark: Mark?
  package let text: String

  package var description: String { "\(page):\(line)" }

  /// What a shell gets: of a session (`console`) the commands alone.
  package var script: String {
    guard language == "console" else { return text }
    var commands: [Substring] = []
    var goesOn = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      guard goesOn || line.hasPrefix("$ ") else { continue }
      commands.append(goesOn ? line : line.dropFirst(2))
      goesOn = line.hasSuffix("\\")
    }
    return commands.joined(separator: "\n") + "\n"
  }

  package var isShell: Bool { ["sh", "console"].contains(language) }
}

extension FencedBlock.Mark {
  /// What stands behind `snippet:` in a comment.
  package init?(_ words: Substring) {
    if words == "rehearsed" {
      self = .rehearsed
    } else if words == "data" {
      self = .data
    } else if words.hasPrefix("held by ") {
      self = .held(by: String(words.dropFirst("held by ".count)))
    } else if words.hasPrefix("not run: "), words.count > "not run: ".count + 10 {
      self = .notRun(String(words.dropFirst("not run: ".count)))
    } else {
      return nil
    }
  }
}

extension Page {
  /// Its fenced blocks, in order.
  package var blocks: [FencedBlock] {
    var blocks: [FencedBlock] = []
    var index = 0
    while index < lines.count {
      defer { index += 1 }
      let indentation = lines[index].prefix { $0 == " " }
      guard lines[index].dropFirst(indentation.count).hasPrefix("```") else { continue }
      let opening = index
      index += 1
      let inside = lines[index...].prefix { $0.drop { $0 == " " } != "```" }
      index += inside.count
      let before = opening > 0 ? lines[opening - 1].drop { $0 == " " } : ""
      let mark = before.wholeMatch(of: #/<!-- snippet: (.+) -->/#).flatMap { FencedBlock.Mark($0.1) }
      blocks.append(
        FencedBlock(
          page: path, line: opening + 1, language: String(lines[opening].dropFirst(indentation.count + 3)), mark: mark,
          text: inside.map { $0.dropFirst(indentation.count) + "\n" }.joined()))
    }
    return blocks
  }
}
