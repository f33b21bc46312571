import Testing

@testable import Forwarder

/// Settings that belong to a single run and have no variable, the filter behind everything else, and the words for what makes no
/// sense.
@Suite struct SettingsOfARunTests {
  private func read(
    _ flags: [String: String], environment: [String: String] = [:], words: String? = nil
  ) throws -> Settings {
    let all = environment.merging(["DESTINATION": "c"]) { $1 }
    return try Settings(SettingSource(flags: flags, environment: all, words: words))
  }

  @Test(arguments: [
    ("30", 30), ("30s", 30), ("10m", 600), ("1h30m", 5_400), (" 2H ", 7_200), ("1d", 86_400), ("1d1s", 86_401),
    ("90m", 5_400), ("365d", 31_536_000), ("1d0h5m0s", 86_700),
  ])
  func times(_ text: String, _ seconds: Int) throws {
    let settings = try read(["for": text])
    #expect(settings.mirrorsFor == seconds)
    // What the log's first line shows may be given again.
    let shown = SettingForm<Int>.duration.write(seconds)
    #expect(SettingForm<Int>.duration.read(shown) == seconds)
  }

  @Test(arguments: [
    "", "0", "0s", "-1", "+1", "1.5h", "10 m", "10 minutes", "m", "30m1h", "1m1m", "366d", "31536001", "1h1", "1w",
    "s1",
    "99999999999999999999s", "٣s", "1e3",
  ])
  func noTimes(_ text: String) {
    #expect(throws: SettingsError.self) { try read(["for": text]) }
  }

  @Test func packets() throws {
    #expect(try read(["until-packets": "1"]).untilPackets == 1)
    #expect(try read(["until-packets": "9223372036854775807"]).untilPackets == .max)
    for text in ["0", "-1", "1k", "9223372036854775808", ""] {
      #expect(throws: SettingsError.self, "\(text)") { try read(["until-packets": text]) }
    }
  }

  /// A task definition must not end a forwarder by a variable.
  @Test func noVariableEndsARun() throws {
    let settings = try read([:], environment: ["FOR": "10m", "UNTIL_PACKETS": "1", "--for": "1s", "": "x"])
    #expect(settings.mirrorsFor == nil && settings.untilPackets == nil)
  }

  @Test func theFilterBehindEverythingWinsOverTheVariable() throws {
    #expect(try read([:], environment: ["BPF_FILTER": "udp"], words: "tcp port 80").filter == "tcp port 80")
    let source = SettingSource(flags: [:], environment: ["BPF_FILTER": "udp"], words: "tcp")
    #expect(source.name(of: \.filter) == "filter" && source.name(of: \.exclude) == "EXCLUDE")
    #expect(source.name(of: \.mirrorsFor) == "--for")
  }

  @Test(arguments: [
    ("abc", "abc"), ("192.0.2.1:4789", "192.0.2.1:4789"), ("[::1]", "[::1]"), ("", "\"\""),
    ("tcp port 80", "\"tcp port 80\""),
    ("a\"b\\c", "\"a\\\"b\\\\c\""), ("90\n00", "\"90\\n00\""), ("\u{1B}[2J", "\"\\x1b[2J\""), ("a\tb", "\"a\\tb\""),
    ("\u{9B}1m", "\"\\x9b1m\""), ("é", "\"é\""), ("$(x)", "\"$(x)\""),
  ])
  func valuesAreShownAsAShellNeedsThem(_ value: String, _ shown: String) {
    #expect(SettingsError.shown(value) == shown)
  }

  @Test func aLongValueIsCut() {
    let shown = SettingsError.shown(String(repeating: "a", count: 100_000))
    #expect(shown.hasPrefix("\"aaa") && shown.hasSuffix("a...\"") && shown.utf8.count < 600)
  }

  @Test func theReasonStandsBetween() {
    let error = SettingsError(name: "filter", value: "a b", reason: "syntax error", takes: "tcp")
    #expect("\(error)" == "filter=\"a b\" makes no sense: syntax error; it takes tcp")
  }
}
