import Testing

@testable import Inject

/// Texts are changed where they have to be, in their own manner.
@Suite struct EditingTests {
  /// Makes a change in the only document of a text.
  private func edit(_ text: String, _ path: [Change.Step], _ action: Change.Action) throws -> String {
    let editor = Editor(try SourceText(Array(text.utf8)))
    return String(decoding: try editor.apply([Change([.index(0)] + path, action)]), as: UTF8.self)
  }

  private static let small = Value.object(("name", .string("b")), ("size", .integer(2)))
  private static let deep = Value.object(("k", .object(("l", small))))

  @Test(arguments: [
    // Compact, wide, dense, with tabs, opened on one line.
    (#"{"a":[{"x":1}]}"#, #"{"a":[{"x":1},{"name":"b","size":2}]}"#),
    ("{\"a\": [\n  1\n]}", "{\"a\": [\n  1,\n  {\n    \"name\": \"b\",\n    \"size\": 2\n  }\n]}"),
    (
      "{\n  \"a\": [\n    1.50\n  ]\n}",
      "{\n  \"a\": [\n    1.50,\n    {\n      \"name\": \"b\",\n      \"size\": 2\n    }\n  ]\n}"
    ),
    ("{\n\t\"a\": [{}, 1]\n}\n", "{\n\t\"a\": [{}, 1, {\"name\": \"b\", \"size\": 2}]\n}\n"),
    (
      "{\n  \"a\": [{\n    \"x\": [1]\n  }]\n}",
      "{\n  \"a\": [{\n    \"x\": [1]\n  }, {\"name\": \"b\", \"size\": 2}]\n}"
    ),
    ("{\n  \"a\": []\n}", "{\n  \"a\": [\n    {\n      \"name\": \"b\",\n      \"size\": 2\n    }\n  ]\n}"),
    ("{\"a\":[]}", "{\"a\":[{\"name\":\"b\",\"size\":2}]}"),
    (
      "{\r\n  \"a\": [\r\n    { \"x\": 1 }\r\n  ]\r\n}",
      "{\r\n  \"a\": [\r\n    { \"x\": 1 },\r\n    { \"name\": \"b\", \"size\": 2 }\r\n  ]\r\n}"
    ),
    // YAML: dashes where they are, flow, comments, no last line end, block scalars, carriage returns.
    ("a:\n- 1\n", "a:\n- 1\n- name: b\n  size: 2\n"),
    ("a:\n  - 1\nb: 2\n", "a:\n  - 1\n  - name: b\n    size: 2\nb: 2\n"),
    ("a: [1, 2] # three\n", "a: [1, 2, {name: b, size: 2}] # three\n"), ("a: [1,]\n", "a: [1, {name: b, size: 2},]\n"),
    (
      "a:\n  - 1 # one\n    # of one\n  # of none\n\nb: 2\n",
      "a:\n  - 1 # one\n    # of one\n  - name: b\n    size: 2\n  # of none\n\nb: 2\n"
    ),
    ("a:\n  - 1", "a:\n  - 1\n  - name: b\n    size: 2"),
    ("a:\n- |\n  x\n\n  y\n", "a:\n- |\n  x\n\n  y\n- name: b\n  size: 2\n"),
    ("a:\n- |+\n  x\n\n", "a:\n- |+\n  x\n\n- name: b\n  size: 2\n"),
    ("a:\r\n  - 1\r\nb: 2\r\n", "a:\r\n  - 1\r\n  - name: b\r\n    size: 2\r\nb: 2\r\n"),
    ("\u{FEFF}a:\n- ä\n", "\u{FEFF}a:\n- ä\n- name: b\n  size: 2\n"),
    ("%YAML 1.1\n---\na:\n- 1\n...\n", "%YAML 1.1\n---\na:\n- 1\n- name: b\n  size: 2\n...\n"),
    (
      "a:\n  -   x: 1\n      y: 'two\n        lines'\n",
      "a:\n  -   x: 1\n      y: 'two\n        lines'\n  - name: b\n    size: 2\n"
    ),
  ])
  func appending(_ text: String, _ expected: String) throws {
    let result = try edit(text, [.key("a")], .append([Self.small]))
    #expect(result == expected && result.utf8.elementsEqual(expected.utf8))
  }

  @Test(arguments: [
    (#"{"a": 1, "b": [2], "c": 3}"#, #"{"a": "x", "c": 3, "d": 4}"#),
    ("{\n  \"b\": 1,\n  \"a\": [\n    1\n  ]\n}\n", "{\n  \"a\": \"x\",\n  \"d\": 4\n}\n"),
    ("{\n  \"a\": 1,\n  \"b\": 1\n}", "{\n  \"a\": \"x\",\n  \"d\": 4\n}"),
    (#"{"b": 1}"#, #"{"a": "x", "d": 4}"#),
    ("a: 1 # one\n# two\nb:\n  - 2\nc: 3\n", "a: x # one\n# two\nc: 3\nd: 4\n"),
    ("b: |\n  text\n\na: {y: 1}\n", "\na: x\nd: 4\n"), ("a:\n  y: 1\n  # deep\nb:\n", "a: x\n  # deep\nd: 4\n"),
  ])
  func members(_ text: String, _ expected: String) throws {
    let result = try edit(text, [], .members(set: [.init("a", .string("x")), .init("d", .integer(4))], remove: ["b"]))
    #expect(result == expected)
  }

  @Test func membersInBraces() throws {
    let action = Change.Action.members(set: [.init("a", .string("x")), .init("d", .integer(4))], remove: ["b"])
    #expect(try edit("o: {a: 1, b: 2} # o\n", [.key("o")], action) == "o: {a: x, d: 4} # o\n")
    #expect(try edit(#"{"o": {"b": 2}}"#, [.key("o")], .members(set: [], remove: ["b"])) == #"{"o": {}}"#)
  }

  @Test func aMemberBehindADash() throws {
    let text = "a:\n- b: 1\n  c: 2\n"
    #expect(try edit(text, [.key("a"), .index(0)], .members(set: [], remove: ["b"])) == "a:\n- c: 2\n")
    // The comment would have to go with it.
    #expect(throws: InjectError.self) {
      try edit("a:\n- b: 1\n  # of c\n  c: 2\n", [.key("a"), .index(0)], .members(set: [], remove: ["b"]))
    }
  }

  @Test func aMemberBehindAnother() throws {
    let action = Change.Action.members(set: [.init("i", .sequence([Self.deep]))], after: "a")
    #expect(
      try edit("a: 1\nb: 2\n", [], action) == "a: 1\ni:\n  - k:\n      l:\n        name: b\n        size: 2\nb: 2\n")
    #expect(try edit(#"{"a":1,"b":2}"#, [], action) == #"{"a":1,"i":[{"k":{"l":{"name":"b","size":2}}}],"b":2}"#)
  }

  /// What other places use too is not changed.
  @Test func anchors() throws {
    #expect(throws: InjectError.self) { try edit("a: &x\n- 1\nb: *x\n", [.key("a")], .append([.null])) }
    #expect(throws: InjectError.self) { try edit("a: &x\n- 1\nb: *x\n", [.key("b")], .append([.null])) }
    #expect(throws: InjectError.self) { try edit("a: &x 1\nb: *x\n", [], .members(set: [.init("a", .null)])) }
    #expect(try edit("a:\n- &x 1\nb: *x\n", [.key("a")], .append([.alias("x")])) == "a:\n- &x 1\n- *x\nb: *x\n")
  }

  /// A string that a reader would take for something else is put in quotes.
  @Test(arguments: [
    ("any", "any"), ("a/b:1", "a/b:1"), ("1/a", "1/a"), ("50m", "50m"), ("64Mi", "64Mi"), ("30", "\"30\""),
    ("1e3", "\"1e3\""), ("yes", "\"yes\""), ("NO", "\"NO\""), ("n", "\"n\""), ("null", "\"null\""), ("~", "\"~\""),
    ("", "\"\""), ("a b", "\"a b\""), ("a: b", "\"a: b\""), ("a:", "\"a:\""), ("a#b", "\"a#b\""), ("*a", "\"*a\""),
    ("12:30:45", "\"12:30:45\""), ("2026-01-02", "\"2026-01-02\""), ("0x1F", "\"0x1F\""), ("\"\\\n", "\"\\\"\\\\\\n\""),
    ("\u{7F}\u{2028}", "\"\\u007f\\u2028\""), ("ä", "\"ä\""), ("{a}", "\"{a}\""),
  ])
  func scalars(_ text: String, _ written: String) throws {
    let result = try edit("a: 1\n", [], .members(set: [.init("b", .string(text))]))
    #expect(result == "a: 1\nb: \(written)\n")
    #expect(try value(result)["b"] == .string(text))
  }

  @Test(arguments: [
    ("0", true, true), ("-12.50e+3", true, true), ("1e5", true, true), ("007", false, true), (".5", false, true),
    ("5.", false, true), ("+5", false, true), ("0x1F", false, true), ("0o17", false, true), ("0o18", false, false),
    ("0x", false, false), ("", false, false), ("-", false, false), (".", false, false), ("1e", false, false),
    ("1.e", false, false), ("1_000", false, false), ("12:30", false, false), ("1.2.3", false, false),
    ("e5", false, false),
  ])
  func numbers(_ text: String, _ isJSON: Bool, _ isYAML: Bool) {
    #expect(NumberText.isJSON(text) == isJSON)
    #expect(NumberText.isYAML(text) == isYAML)
  }

  /// In JSON escapes are read, and what is not touched stays as it is written.
  @Test func escapes() throws {
    let text = #"{"a": "\u00e4\ud83d\ude00\/", "b": 1e05}"#
    #expect(try value(text)["a"] == .string("ä😀/"))
    #expect(try edit(text, [], .members(set: [.init("c", .null)])) == text.dropLast() + #", "c": null}"#)
    for bad in [#""\ud83d""#, #""\x""#, "\"\u{1}\"", #""\u12"#, "01", "+1", "tru", ".5", "'a'", "\""] {
      #expect(throws: InjectError.self) { try value("[\(bad)]") }
    }
  }

  /// One line end is no other.
  @Test func differences() {
    let diff = UnifiedDiff(Array("a\nb\nc".utf8), Array("a\nx\nc\n".utf8), before: "f", after: "f")
    #expect(
      diff.text(isColoured: false)
        == "--- f\n+++ f\n@@ -1,3 +1,3 @@\n a\n-b\n-c\n\\ No newline at end of file\n+x\n+c\n")
    #expect(diff.text(isColoured: true).contains("\u{1B}[31m-b\u{1B}[0m\n"))
    #expect(UnifiedDiff([1], [1], before: "f", after: "f").text(isColoured: true).isEmpty)
  }
}
