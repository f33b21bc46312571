import Foundation
import Telemetry
import TestSupport
import Testing

@Suite struct JSONReaderTests {
  private func read(_ text: String) -> String? { JSONValue(parsing: Array(text.utf8))?.text() }

  @Test(arguments: [
    ("null", "null"), (" true\n", "true"), ("[]", "[]"), ("{ }", "{}"), ("-0", "-0"), ("1.50E+3", "1.50E+3"),
    (#"{"a":[1,{"b":"c"}],"a":false}"#, #"{"a":[1,{"b":"c"}],"a":false}"#),
    (#""\u00e9\ud83e\udd8a\/\b\f\n\r\t\"\\""#, #""é🦊/\b\f\n\r\t\"\\""#),
  ])
  func whatIsJSON(_ text: String, _ written: String) { #expect(read(text) == written) }

  @Test(arguments: [
    "", " ", "nul", "tru e", "[1,]", "[,]", "{\"a\"}", "{a:1}", "{\"a\":1,}", "01", "1.", ".5", "+1", "1e", "--1", "\"",
    "\"\n\"", #""\x""#, #""\ud83e""#, #""\udd8a""#, #""\ud83e\u0041""#, #""\u+041""#, #""\u00""#, "1 2", "[1}", "'a'",
    "NaN",
    "[" + String(repeating: "[", count: 40) + String(repeating: "]", count: 41),
  ])
  func whatIsNone(_ text: String) { #expect(read(text) == nil) }

  @Test func bounds() {
    #expect(read(String(repeating: "[", count: 32) + String(repeating: "]", count: 32)) != nil)
    #expect(read("\"" + String(repeating: "a", count: (64 << 10) - 2) + "\"") != nil)
    #expect(read("\"" + String(repeating: "a", count: (64 << 10) - 1) + "\"") == nil)
    #expect(JSONValue(parsing: [0x22, 0xFF, 0x22]) == nil)
    #expect(JSONValue(parsing: [0x22, 0xED, 0xA0, 0x80, 0x22]) == nil)
  }

  /// What is changed at random is JSON here if it is JSON to Foundation, which lets a comma stand at the end.
  @Test func asFoundationSeesIt() throws {
    var generator = SeededGenerator(seed: 2_026)
    let good = Array(#"{"TaskARN":"arn:aws:\u00e9","n":[1,-2.5e3,true,null],"o":{"Zone":"eu-west-1b"}}"#.utf8)
    var count = 0
    for _ in 0..<2_000 {
      var bytes = good
      for _ in 0..<generator.int(1...3) {
        let place = generator.int(0...bytes.count - 1)
        switch generator.int(0...2) {
        case 0: bytes[place] = generator.pick(Array(#"{}[]",:\u0123e.-+tfn "#.utf8))
        case 1: bytes.remove(at: place)
        default: bytes.insert(generator.pick(Array(#"{}[]",:\0123e.- "#.utf8)), at: place)
        }
      }
      let theirs = (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
      let ours = JSONValue(parsing: bytes) != nil
      if ours { count += 1 }
      let text = String(decoding: bytes, as: UTF8.self)
      if ours != theirs { #expect(theirs && text.contains(/,\s*[\]}]/), "\(text)") }
    }
    #expect(count > 100)
  }
}
