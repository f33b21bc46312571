import Foundation
import TestSupport
import Testing

/// Each fenced block of a page says how it is kept from rotting, and is.
@Suite(.timeLimit(.minutes(2))) struct MarkTests {
  static let pages = (try? Page.forUsers()) ?? []

  @Test func thePagesAreThere() throws {
    let paths = Self.pages.map(\.path)
    #expect(Set(paths).isSuperset(of: ["README.md", "docs/ecs.md", "deploy/README.md", "bench/scale/README.md"]))
    #expect(Self.pages.flatMap(\.blocks).count > 50)
  }

  @Test(arguments: pages) func everyBlockIsMarked(_ page: Page) {
    // The other fence is for blocks that would not be found.
    #expect(!page.lines.contains { $0.drop { $0 == " " }.hasPrefix("~~~") }, "\(page)")
    for block in page.blocks {
      #expect(block.mark != nil, "\(block): no <!-- snippet: ... --> in front of it, or none that is known")
      switch block.mark {
      case .rehearsed: #expect(block.isShell, "\(block): only shell is rehearsed")
      case .data: #expect(["json", "yaml"].contains(block.language), "\(block): only JSON and YAML are data")
      case .held(let path): #expect(Self.isHeld(block, by: path), "\(block): \(path) does not read it")
      case .notRun, nil: break
      }
    }
  }

  /// The test is there, and has the page's name in it.
  private static func isHeld(_ block: FencedBlock, by path: String) -> Bool {
    guard path.hasPrefix("Tests/") || path.hasPrefix("deploy/tests/"),
      let test = try? String(contentsOf: Page.root.appending(path: path), encoding: .utf8)
    else { return false }
    return test.contains(block.page.split(separator: "/").last ?? "")
  }

  @Test func aMarkThatIsNotKnownIsNone() {
    for words in ["run", "datum", "held by", "not run", "not run: so", "rehearsed twice", ""] {
      #expect(FencedBlock.Mark(words[...]) == nil, "\(words)")
    }
    #expect(FencedBlock.Mark("not run: it takes an account") == .notRun("it takes an account"))
    #expect(FencedBlock.Mark("held by Tests/A.swift") == .held(by: "Tests/A.swift"))
  }

  /// Whoever pastes it gets no syntax error, whatever the mark.
  @Test(arguments: pages.filter { $0.blocks.contains(where: \.isShell) }) func shellIsShell(_ page: Page) throws {
    for block in page.blocks where block.isShell {
      let script = block.script
      #expect(script.contains { !$0.isWhitespace }, "\(block): no command in it")
      let complaint = try Self.complaint(of: script)
      #expect(complaint == nil, "\(block)")
    }
  }

  @Test func whatIsNoShellIsFound() throws {
    for script in ["if true; then echo\n", "echo 'open\n", "echo (a)\n"] {
      let complaint = try Self.complaint(of: script)
      #expect(complaint != nil, "\(script)")
    }
  }

  /// What bash says about a script that it only reads; nil if nothing.
  private static func complaint(of script: String) throws -> String? {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = ["-n", "-c", script]
    let error = Pipe()
    (process.standardInput, process.standardError) = (FileHandle.nullDevice, error)
    try process.run()
    let text = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return process.terminationStatus == 0 && text.isEmpty ? nil : text
  }
}
