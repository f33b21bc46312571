import Foundation
import Mirror
import Telemetry
import Testing

/// What an engineer sees, and that a program sees the same.
@Suite struct StatusScreenTests {
  private func value(_ value: Any) -> [String] {
    switch value {
    case let object as [String: Any]: object.values.flatMap { self.value($0) }
    case let list as [Any]: list.flatMap { self.value($0) }
    case let text as String: [text]
    // 0 and 1 are also what no and yes are read as.
    case let number as NSNumber: number.doubleValue > 1 ? ["\(number)"] : []
    default: []
    }
  }

  /// Every name and number of the JSON is on the screen: sizes and ages in units for people, the rest as it is.
  @Test func screenAndDocumentSayTheSame() throws {
    let status = try Fixture.fullStatus()
    let screen = StatusScreen(status).text
    var document = try Fixture.object(StatusDocument.text(status))
    // Rates on the screen.
    document["recent"] = nil
    let inWords: Set<String> = [
      "93784000", "113", "1234", "2097152", "3145728", "4194304", "31457280", "6291456", "7340032", "12500000",
    ]
    for value in value(document) where !inWords.contains(value) {
      #expect(screen.contains(value), "\(value) is not on the screen:\n\(screen)")
    }
    for words in [
      "up 1 d 02:03:04", "turn age 113 ms", "answer age 1 s", "ring size 2.0 MiB", "ring used 3.0 MiB",
      "ring high water 4.0 MiB", "reserve size 30.0 MiB", "reserve used 6.0 MiB", "reserve high water 7.0 MiB",
      "100.0 Mbit/s  TCP 192.0.2.7:1000 > 192.0.2.8:80", "capturing yes",
    ] { #expect(screen.contains(words), "\(words) is not on the screen:\n\(screen)") }
  }

  @Test func moodsShowWhatIsLost() throws {
    var status = try Fixture.fullStatus()
    func line(_ start: String) throws -> StatusScreen.Line {
      try #require(StatusScreen(status).lines.first { $0.text.hasPrefix(start) }, "\(start)")
    }
    #expect(try line("packet-forwarder 0.1.0 on app-1, pid 4711").mood == .heading)
    #expect(try line("healthy").mood == .good)
    #expect(try line("interface   eth0").mood == .plain)
    #expect(try line("interface   wlan0").mood == .bad)
    #expect(try line("destination collector:4789").mood == .bad)
    #expect(try line("dropped packets ").mood == .bad)
    #expect(try line("dropped packets ").text.contains("(oversize 2000003, "))
    #expect(try line("captured packets ").mood == .plain)
    #expect(try line("captured packets ").text.contains(" 999002 "), "by the second")
    status.unhealthy = "no destination: no answer"
    #expect(try line("unhealthy: no destination: no answer").mood == .bad)
    // What was lost long ago is not news.
    status.recent = .init(counters: Counters(), milliseconds: 1_000)
    #expect(try line("dropped packets ").mood == .plain)
    status.recent = nil
    #expect(try line("dropped packets ").text.contains(" - "))
    status.workers[0].filterFailure = "no memory"
    #expect(try line("worker      0").mood == .bad)
  }

  /// Nothing lost is shown; nothing else that has not happened.
  @Test func anIdleForwarderFitsOnAScreen() throws {
    var status = Fixture.status(Counters(), interface: "any")
    status.workers = [.init(index: 0, isCapturing: true, turnAge: 0)]
    let lines = StatusScreen(status).lines
    #expect(lines.count < 12, "\(StatusScreen(status).text)")
    #expect(lines.contains { $0.text.hasPrefix("dropped packets") })
    #expect(lines.contains { $0.text.hasPrefix("kernel dropped packets") })
    #expect(!lines.contains { $0.text.hasPrefix("segmented") })
    #expect(!StatusScreen(status).text.contains("flows"), "flows only where somebody has asked")
  }

  @Test func longLinesAreFolded() {
    let line = StatusScreen.Line(.bad, "worker      0, capturing yes, turn age 12 ms, ring size 2.0 MiB")
    #expect(line.wrapped(to: 80) == [line])
    #expect(
      line.wrapped(to: 40).map(\.text) == [
        "worker      0, capturing yes,", "            turn age 12 ms,", "            ring size 2.0 MiB",
      ])
    #expect(line.wrapped(to: 40).allSatisfy { $0.mood == .bad })
    for width in 1...70 {
      let parts = line.wrapped(to: width)
      #expect(parts.allSatisfy { $0.text.count <= width }, "\(width)")
      let all = parts.map(\.text).joined().filter { $0 != " " }
      #expect(all == line.text.filter { $0 != " " }, "\(width)")
    }
  }
}
