import System
import Testing

@testable import Check

@Suite struct CheckReportTests {
  private func report(_ findings: [Finding]) -> CheckReport {
    var report = CheckReport()
    for finding in findings { report.append(finding) }
    return report
  }

  @Test func notesAreNoCause() {
    let fine = report([.fine("settings", "all make sense"), .note("collector", "silent", remedy: "ask")])
    #expect(fine.first == nil)
    #expect(fine.exitCode == 0)
    #expect(FindingText(isColoured: false).conclusion(fine) == "all is fine")
  }

  /// What keeps the mirror from working comes before what does not, else the order is that of a frame's way.
  @Test func theFirstCause() {
    let warning = Finding.cause(.misspeltVariable, "settings", "BPF_FLITER is not a setting")
    let wrong = Finding.cause(.noRoute, "route", "no way to 192.0.2.1")
    let other = Finding.cause(.noSuchName, "name", "a has no address")
    #expect(report([warning]).exitCode == 78)
    #expect(report([warning, wrong, other]).first == wrong)
    #expect(report([warning, wrong, other]).exitCode == 69)
    #expect(report([warning, .cause(.portClosed, "collector", "closed")]).first == warning)
  }

  @Test func jsonToTheByte() {
    let text = report([
      .fine("interface", "eth0 is \"up\""), .cause(.noRoute, "route", "no way", remedy: "add one"),
    ]).json
    let expected = #"""
      {"fine":false,"exit_code":69,"first_cause":"no-route","findings":[{"subject":"interface","verdict":"fine",\#
      "cause":null,"text":"eth0 is \"up\"","remedy":null},{"subject":"route","verdict":"wrong","cause":"no-route",\#
      "text":"no way","remedy":"add one"}],"version":"\#(Version.current)"}
      """#
    #expect(text == expected)
    #expect(report([]).json.hasPrefix(#"{"fine":true,"exit_code":0,"first_cause":null,"findings":[],"#))
  }

  @Test func linesForPeople() {
    let text = FindingText(isColoured: false)
    #expect(text.lines(.fine("route", "there is one")) == ["fine     route           there is one"])
    #expect(
      text.lines(.note("a very long subject", "seen", remedy: "look")) == [
        "note     a very long subject seen", "                         -> look",
      ])
    let wrong = Finding.cause(.noSuchInterface, "settings", "INTERFACE=eth7 makes no sense")
    #expect(
      text.lines(wrong) == [
        "wrong    settings        INTERFACE=eth7 makes no sense",
        "                         -> use one of those listed, or any; on Fargate it is often eth1, not eth0",
      ])
    let twice = report([wrong, .cause(.portClosed, "collector", "closed")])
    #expect(
      text.conclusion(twice)
        == "not fine: no-such-interface (INTERFACE=eth7 makes no sense), exit code 78, the first of 2 causes")
    #expect(
      text.conclusion(report([.cause(.portClosed, "collector", "closed")]))
        == "look at this: port-closed (closed), exit code 69")
  }

  /// Colours stand around verdicts and take no columns.
  @Test func colours() {
    let text = FindingText(isColoured: true)
    #expect(text.lines(.fine("route", "one")) == ["\u{1B}[32mfine\u{1B}[0m     route           one"])
    #expect(
      text.lines(.cause(.noRoute, "route", "none", remedy: "add one"))[0]
        == "\u{1B}[1;31mwrong\u{1B}[0m    route           none")
    #expect(text.conclusion(report([])) == "\u{1B}[32mall is fine\u{1B}[0m")
  }
}
