import Foundation
import Testing

/// Runs `inject` as an operator would.
@Suite(.timeLimit(.minutes(2))) struct InjectCommandTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  static let usual = [
    "inject", "--image", "registry.example.com/packet-forwarder:1.0.0", "--destination", "192.0.2.10",
  ]

  /// A text, what comes out, and the arguments for that.
  struct Case: CustomStringConvertible {
    let input: String
    let output: String
    let arguments: [String]

    var description: String { input }

    static let all: [Case] = {
      let text = try? String(contentsOf: root.appendingPathComponent("Tests/Golden/inject/cases"), encoding: .utf8)
      return (text ?? "").split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
        let words = line.split(separator: " ").map(String.init)
        return Case(input: words[0], output: words[1], arguments: Array(words[2...]))
      }
    }()
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
  }

  /// Runs the body with the path of a file that has this text.
  private func withFile(_ text: String, _ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("inject-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("file")
    try text.write(to: file, atomically: false, encoding: .utf8)
    try body(file)
  }

  @Test func thereAreCases() { #expect(Case.all.count > 20) }

  /// The examples of deploy/ are among them: they are its output.
  @Test(arguments: Case.all)
  func golden(_ one: Case) throws {
    let run = try Command(["inject"] + one.arguments + [Self.root.appendingPathComponent(one.input).path])
    #expect(run.exitCode == 0, "\(run.standardError)")
    #expect(try run.standardOutput == text(one.output))
    let again = try Command(["inject"] + one.arguments + [Self.root.appendingPathComponent(one.output).path])
    #expect(again.standardOutput == run.standardOutput)
  }

  static let task = #"{"networkMode": "awsvpc", "containerDefinitions": [{"name": "app"}]}"#

  @Test func aDryRunWritesNothing() throws {
    try withFile(Self.task) { file in
      let run = try Command(Self.usual + ["--dry-run", file.path])
      #expect(run.exitCode == 0 && run.standardOutput.hasPrefix("--- \(file.path)\n+++ \(file.path)\n@@ -1 +1 @@\n-"))
      #expect(!run.standardOutput.contains("\u{1B}"))
      #expect(try String(contentsOf: file, encoding: .utf8) == Self.task)
      #expect(try FileManager.default.contentsOfDirectory(atPath: file.deletingLastPathComponent().path) == ["file"])
    }
  }

  @Test func writeKeepsTheFilesModeAndLink() throws {
    try withFile(Self.task) { file in
      let manager = FileManager.default
      let link = file.deletingLastPathComponent().appendingPathComponent("link")
      try manager.createSymbolicLink(at: link, withDestinationURL: file)
      try manager.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file.path)
      let run = try Command(Self.usual + ["--write", link.path])
      #expect(run.exitCode == 0 && run.standardOutput.isEmpty && run.standardError.isEmpty, "\(run.standardError)")
      let found = try String(contentsOf: file, encoding: .utf8)
      #expect(found.contains("192.0.2.10"))
      #expect(try manager.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int == 0o640)
      #expect(try manager.attributesOfItem(atPath: link.path)[.type] as? FileAttributeType == .typeSymbolicLink)
      #expect(try Set(manager.contentsOfDirectory(atPath: file.deletingLastPathComponent().path)) == ["file", "link"])
      // A second time there is nothing to write, and so no other file.
      let number = try manager.attributesOfItem(atPath: file.path)[.systemFileNumber] as? Int
      #expect(try Command(Self.usual + ["--write", link.path]).exitCode == 0)
      #expect(try manager.attributesOfItem(atPath: file.path)[.systemFileNumber] as? Int == number)
    }
  }

  @Test(arguments: [
    (["--write"], 64, "--write takes a FILE to replace"), (["--write", "--dry-run", "f"], 64, "choose one"),
    (["/nonexistent/file"], 66, "/nonexistent/file cannot be read: No such file or directory"),
    (["/"], 66, "/ cannot be read: Is a directory"), ([], 65, "standard input: the text is empty"),
    (["--set", "MTX=1"], 78, "--set MTX is no setting"), (["--set", "VNI=x"], 78, "VNI=x makes no sense"),
    (["--name", "A b"], 78, "--name=\"A b\" makes no sense"), (["--cpu", "x"], 78, "--cpu=x makes no sense"),
    (["--image", "a b"], 78, "--image=\"a b\" makes no sense"),
  ])
  func oneLineAndTheRightCode(_ arguments: [String], _ code: Int, _ message: String) throws {
    let run = try Command(Self.usual + arguments)
    #expect(run.exitCode == Int32(code))
    #expect(run.standardError.contains(message), "\(run.standardError)")
    #expect(run.standardOutput.isEmpty)
    if code != 64 { #expect(run.standardError.split(separator: "\n").count == 1) }
  }

  /// What cannot be written says so, and nothing is left behind.
  @Test func whatIsNoFileIsNotReplaced() throws {
    let run = try Command(
      ["-c", "printf %s '\(Self.task)' | \"$0\" \"$@\"", Command.binary.path] + Self.usual + ["--write", "/dev/stdin"],
      wrapper: [], binary: URL(fileURLWithPath: "/bin/sh"))
    #expect(run.exitCode == 73)
    #expect(run.standardError.contains("was not written"), "\(run.standardError)")
  }

  @Test func theFileIsNamedInFrontOfTheReason() throws {
    try withFile(#"{"networkMode": "none", "containerDefinitions": [{"name": "app"}]}"#) { file in
      let run = try Command(Self.usual + ["--write", file.path])
      #expect(run.exitCode == 78)
      #expect(
        run.standardError
          == "packet-forwarder: \(file.path): networkMode is none: the containers have no network, and there is nothing to mirror\n"
      )
    }
  }
}
