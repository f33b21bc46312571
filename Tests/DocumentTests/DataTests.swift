import Forwarder
import TestSupport
import Testing

@testable import Inject

/// JSON and YAML in pages can be read, and what they give a forwarder are settings.
@Suite struct DataTests {
  static let pages = MarkTests.pages.filter { page in page.blocks.contains { ["json", "yaml"].contains($0.language) } }

  @Test(arguments: pages) func itCanBeRead(_ page: Page) throws {
    for block in page.blocks where ["json", "yaml"].contains(block.language) {
      do {
        let value = try Self.read(block)
        #expect(Self.troubles(value) == [], "\(block)")
      } catch {
        Issue.record("\(block): \(error)")
      }
    }
  }

  @Test func whatMakesNoSenseIsFound() throws {
    func troubles(_ text: String) throws -> [String] { Self.troubles(try SourceText(Array(text.utf8)).value) }
    #expect(try troubles(#"{"environment": [{"name": "MTU", "value": "9000"}]}"#) == [])
    #expect(try troubles(#"{"environment": [{"name": "MUT", "value": "9000"}]}"#) == ["MUT is no setting"])
    #expect(try troubles("env:\n  - {name: MTU, value: \"9\"}\n").count == 1)
    #expect(throws: InjectError.self) { try troubles(#"{"environment": [}"#) }
    #expect(throws: InjectError.self) { try troubles("a: [b\n") }
  }

  /// Members of an object may stand there without the object.
  private static func read(_ block: FencedBlock) throws -> Value {
    let isPart = block.language == "json" && block.text.hasPrefix("\"")
    let text = try SourceText(Array((isPart ? "{\(block.text)}" : block.text).utf8))
    guard (text.language == .json) == (block.language == "json") else {
      throw InjectError.notUnderstood("it is no \(block.language)")
    }
    return text.value
  }

  /// What is wrong with the variables that containers get, wherever they are.
  private static func troubles(_ value: Value) -> [String] {
    var environment: [String: String] = [:]
    for item in value.items ?? [] {
      guard let name = (item["name"] ?? item["Name"])?.text, let text = (item["value"] ?? item["Value"])?.words else {
        continue
      }
      environment[name] = text
    }
    let known = Set(Setting.all.flatMap(\.variables))
    let strangers = environment.keys.filter { !known.contains($0) }.sorted().map { "\($0) is no setting" }
    let errors = Settings.read(SettingSource(flags: [:], environment: environment)).errors
    let wrong = environment.isEmpty ? [] : errors.filter { $0.value != nil }.map(\.description)
    let below = (value.items ?? []) + (value.members ?? []).map(\.value)
    return strangers + wrong + below.flatMap(troubles)
  }
}
