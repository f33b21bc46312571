import Foundation
import Telemetry
import TestSupport
import Testing

/// Against Foundation's encoder, which this writer took the place of.
@Suite struct JSONValueTests {
  private func foundation(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  @Test func stringsAreEscapedAsFoundationDoes() throws {
    var generator = SeededGenerator(seed: 8_259)
    let ranges: [ClosedRange<Int>] = [0...0x7F, 0...0x20, 0x80...0xD7FF, 0xE000...0x10_FFFF]
    for _ in 0..<500 {
      var text = ""
      for _ in 0..<generator.int(0...20) {
        let code = generator.int(generator.pick(ranges))
        text.unicodeScalars.append(try #require(Unicode.Scalar(UInt32(code))))
      }
      let written = JSONValue.array([.string(text)]).text()
      #expect(try Array(written.utf8) == Array(foundation([text]).utf8))
    }
    for text in [Fixture.oddInterface, Fixture.oddHost, "", "\\\"", "\r\n"] {
      #expect(try JSONValue.array([.string(text)]).text() == foundation([text]))
    }
  }

  @Test func objectsAreSortedAsFoundationDoes() throws {
    let names = ["b", "E3", "a_b", "E135", "a", "aB", "EAGAIN", "ab", "port unreachable", "", "é", "10", "9"]
    let object = JSONValue.object(names.map { ($0, .number(1)) })
    let dictionary = Dictionary(uniqueKeysWithValues: names.map { ($0, 1) })
    #expect(try object.text(sortingNames: true) == foundation(dictionary))
    #expect(JSONValue.object([("b", .null), ("a", .flag(true))]).text() == #"{"b":null,"a":true}"#)
  }

  @Test func valuesOfEveryKind() {
    let value = JSONValue.object([
      ("numbers", .array([.number(0), .number(.max), .decimal("29.996")])), ("none", .array([])),
      ("empty", .object([])), ("flags", .array([.flag(true), .flag(false), .null])),
    ])
    #expect(
      value.text(sortingNames: true)
        == #"{"empty":{},"flags":[true,false,null],"none":[],"numbers":[0,18446744073709551615,29.996]}"#)
  }

  /// An interface or a host may be called anything: a reader gets back the very name.
  @Test func oddNamesOfInterfaceAndHostComeBack() throws {
    let document = try Fixture.object(try Fixture.oddReport().json)
    #expect(document["interface"] as? String == Fixture.oddInterface)
    #expect(document["host"] as? String == Fixture.oddHost)
  }

  /// To the millisecond, without zeros at the end, as Foundation writes the number.
  @Test(arguments: [0, 1, 50, 100, 1_000, 1_150, 10_050, 29_996, 123_456, 86_400_000] as [Int64])
  func intervalsAreWrittenAsNumbers(milliseconds: Int64) throws {
    var report = try Fixture.oddReport()
    report.milliseconds = milliseconds
    let expected = try foundation([Double(milliseconds) / 1_000]).dropFirst().dropLast()
    #expect(report.json.contains("\"interval\":\(expected),"))
  }
}
